"""The table at the end of a run: a line for each hostile input."""

HEAD = ("case", "result", "seconds", "MB", "at most", "wasm MB")


def pytest_terminal_summary(terminalreporter):
    """Prints it, if the run has had a hostile input."""
    lines, notes = found(terminalreporter.stats, "attack"), found(terminalreporter.stats, "attack_note")
    if not lines:
        return
    terminalreporter.section(f"{len(lines)} hostile inputs")
    for line in table(lines):
        terminalreporter.write_line(line)
    for note in notes:
        terminalreporter.write_line(note)


def found(stats, name):
    """What the tests have recorded under a name."""
    reports = [report for key in ("passed", "failed") for report in stats.get(key, [])]
    of_calls = [report for report in reports if getattr(report, "when", "") == "call"]
    return [value for report in of_calls for key, value in report.user_properties if key == name]


def table(lines):
    rows = [HEAD, *(row(*line) for line in sorted(lines, key=lambda line: line[0]))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def row(kind, name, result, seconds, megabytes, most, _, wasm):
    shown = f"{wasm:.0f}" if wasm else ""
    return f"{kind}: {name}", result, f"{seconds:.1f}", f"{megabytes:.0f}", f"{most:.0f}", shown
