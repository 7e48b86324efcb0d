"""A terminal's text with its colours, as a picture for the documents."""

import re
from html import escape

# What `␛[…m` sets; 0 ends all of it, 39 the colours.
STYLES = {
    "1": 'font-weight="bold"',
    "2": 'fill="#8b949e"',
    "31": 'fill="#ff7b72"',
    "32": 'fill="#3fb950"',
    "33": 'fill="#d29922"',
}

CHARACTER, LINE, EDGE = 7.8, 18, 14


def picture(command, text):
    """An SVG of what a command has printed, below its own line."""
    lines = [f"␛[2m$␛[0m {command}", *text.splitlines()]
    width = max(len(re.sub("␛\\[[0-9;]*m", "", line)) for line in lines) * CHARACTER + 2 * EDGE
    height = len(lines) * LINE + 2 * EDGE
    styles, rows = [], []
    for number, line in enumerate(lines):
        spans, styles = spans_of(line, styles)
        rows.append(f'<text x="{EDGE}" y="{EDGE + LINE * (number + 0.75):.1f}" xml:space="preserve">{spans}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
        f'height="{height}" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="13" fill="#e6edf3">\n'
        f"<title>{escape(command)}</title>\n"
        f'<rect width="100%" height="100%" rx="8" fill="#0d1117"/>\n' + "\n".join(rows) + "\n</svg>\n"
    )


def spans_of(line, styles):
    """A line in spans, and the styles that go on in the next one."""
    spans = []
    for part in re.split("(␛\\[[0-9;]*m)", line):
        if part.startswith("␛["):
            for code in part[2:-1].split(";"):
                styles = [style for style in styles if code != "0" and (code != "39" or style in "12")]
                styles += [code] if code in STYLES else []
        elif part:
            # Of two colours the later one holds.
            found = {STYLES[code].split("=")[0]: STYLES[code] for code in styles}
            spans.append(f"<tspan {' '.join(found.values())}>{escape(part)}</tspan>" if found else escape(part))
    return "".join(spans), styles
