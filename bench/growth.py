"""Checks and loads files of ten times as many rows each time."""

import argparse
import sys
import tempfile
from pathlib import Path

from load import write_files
from loading import PROGRAM, bad_among, database, running
from measuring import Tools, aim, median, print_markdown

ROWS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)

# Small files are over so soon that the start of the program is most of it.
TIMES = {1_000: 5, 10_000: 5, 100_000: 5, 1_000_000: 3}

# How much more memory the largest file may take than one of ten thousand rows, in MB.
MEMORY_LIMIT = 16

# Rows a second that `rowgate check` should take on one core.
CHECKED_AIM = 1_500_000

CHECK, LOAD = "rowgate check", "rowgate load --direct"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=ROWS, help="sizes of the files")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw what was found")
    options = parser.parse_args()
    figures = {}
    with running(program=PROGRAM) as stack, tempfile.TemporaryDirectory() as folder:
        bench = Bench(stack, Path(folder))
        for rows in options.rows:
            figures[rows] = bench.measure_file(rows)
    show(figures)
    if options.svg:
        options.svg.write_text(drawing(figures))
    sys.exit(0 if judge(figures) else 1)


class Bench(Tools):
    """A stack, and files."""

    def __init__(self, stack, folder):
        super().__init__(stack)
        self.folder = folder

    def measure_file(self, rows):
        """The medians of both commands with one file, by their names."""
        file = self.folder / "employees.csv"
        write_files(file, self.folder / "good.tsv", rows)
        found = {CHECK: [], LOAD: []}
        for _ in range(TIMES.get(rows, 1)):
            # By their statuses they say that some rows are bad.
            found[CHECK].append(self.measure([PROGRAM, "check", file], statuses=(1,)))
            found[LOAD].append(self.load(file, rows))
        print(f"{rows} rows", file=sys.stderr, flush=True)
        return {name: median(runs) for name, runs in found.items()}

    def load(self, file, rows):
        with database(self.stack) as db:
            db.rows("TRUNCATE TABLE employees")
        run = self.measure([PROGRAM, "load", "--direct", file], statuses=(1,))
        with database(self.stack) as db:
            assert db.count("employees") == rows - bad_among(rows), "rows are lost"
        for rejects in self.folder.glob("*.rejects*"):
            rejects.unlink()
        return run


def show(figures):
    head = ["rows", "command", "seconds", "ns a row", "CPU, ns a row", "rows/s", "peak"]
    lines = [
        [
            f"{rows:,}",
            f"`{name}`",
            f"{run.seconds:.2f} s",
            f"{run.seconds / rows * 1e9:,.0f}",
            f"{run.cpu_seconds / rows * 1e9:,.0f}",
            f"{rows / run.seconds:,.0f}",
            f"{run.peak_megabytes:.1f} MB",
        ]
        for rows, runs in figures.items()
        for name, run in runs.items()
    ]
    print_markdown(head, lines)


def judge(figures):
    """Prints what is aimed at; the limits of memory decide."""
    largest = figures[max(figures)]
    aim("rows a second checked, the largest file", max(figures) / largest[CHECK].cpu_seconds,
        CHECKED_AIM, "of processor time", least=True)
    if 10_000 not in figures:
        return True
    grown = {name: run.peak_megabytes - figures[10_000][name].peak_megabytes
             for name, run in largest.items()}
    return all([aim(f"memory of `{name}` beyond that of 10,000 rows", more, MEMORY_LIMIT, "MB")
                for name, more in grown.items()])


# --- the drawing ---

WIDTH, HEIGHT, MARGIN = 420, 260, 56
COLOURS = {CHECK: "#0b6e4f", LOAD: "#a23b00"}


def drawing(figures):
    """Two charts side by side over the numbers of rows, which grow tenfold from left to right."""
    charts = [
        ("nanoseconds a row", lambda rows, run: run.seconds / rows * 1e9),
        ("peak memory, MB", lambda rows, run: run.peak_megabytes),
    ]
    drawn = "".join(chart(figures, number, *it) for number, it in enumerate(charts))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {HEIGHT + 30}" '
        f'font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/>{drawn}{legend()}</svg>\n'
    )


def chart(figures, number, title, value):
    left, bottom = number * WIDTH + MARGIN, HEIGHT - MARGIN
    width, height = WIDTH - MARGIN - 20, HEIGHT - 2 * MARGIN
    names = list(next(iter(figures.values())))
    # The smallest file is all start; a scale for it would hide the others.
    values = {name: [value(rows, runs[name]) for rows, runs in figures.items()] for name in names}
    most = max(max(line[1:] or line) for line in values.values()) * 1.15
    step = width / max(len(figures) - 1, 1)
    parts = [
        f'<text x="{left}" y="{MARGIN - 24}" font-weight="bold">{title}</text>',
        f'<path d="M{left} {MARGIN - 12}V{bottom}H{left + width}" fill="none" stroke="#888"/>',
        f'<text x="{left - 6}" y="{bottom}" text-anchor="end">0</text>',
        f'<text x="{left - 6}" y="{MARGIN}" text-anchor="end">{most:,.0f}</text>',
    ]
    for at, rows in enumerate(figures):
        power = len(str(rows)) - 1
        parts.append(f'<text x="{left + at * step:.0f}" y="{bottom + 18}" text-anchor="middle">'
                     f'10<tspan dy="-5" font-size="9">{power}</tspan></text>')
    parts.append(f'<text x="{left + width / 2:.0f}" y="{bottom + 36}" text-anchor="middle">rows</text>')
    for name in names:
        points = " ".join(
            f"{left + at * step:.1f},{bottom - min(it / most, 1) * height:.1f}"
            for at, it in enumerate(values[name])
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke-width="2" '
                     f'stroke="{COLOURS[name]}"/>')
    return "".join(parts)


def legend():
    return "".join(
        f'<text x="{MARGIN + number * 160}" y="{HEIGHT + 18}" fill="{COLOURS[name]}">{name}</text>'
        for number, name in enumerate(COLOURS)
    )


if __name__ == "__main__":
    main()
