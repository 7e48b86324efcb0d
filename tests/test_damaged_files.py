"""Files with one place damaged: no row is stored as another one, and no line is lost.

$ROWGATE_FILES says how many (400); `scripts/property-files N` runs them by themselves. A failure
prints the seed ($ROWGATE_SEED), the file's number and its bytes.
"""

import json
import os
import shutil
import subprocess
import time
from collections import Counter, defaultdict

import pytest
from conftest import PROGRAM, environment_of
from damaged import COLUMNS, DAMAGES, make, read, read_rejects

FILES = int(os.environ.get("ROWGATE_FILES", "400"))
SEED = int(os.environ.get("ROWGATE_SEED", "20261128"))
# So many go to one process, and come back by one SELECT.
BATCH = 1_000
# What does not count around a cell.
BLANKS = " \t\u00a0\u200b\ufeff"
# The least part of a damaged file's undamaged rows that must be stored: of those outside faulty
# quotes, and below a header that is as it was.
LEAST = 0.99
# What is counted for each kind of damage.
COUNTS = (
    "files",
    "refused whole",
    "undamaged rows",
    "undamaged rows stored",
    "inside faulty quotes",
    "below a damaged header",
    "damaged rows",
    "damaged rows stored",
    "read out of a damaged row",
)


class Outcome:
    """What became of one file."""

    def __init__(self, file, path, report, records):
        self.file = file
        self.report = report
        self.records = records
        # The rows that are stored of it, and ids that other files have as well.
        self.stored = []
        self.shared = set()
        rejects = path.with_name(path.name + ".rejects.csv")
        self.rejects = read_rejects(rejects.read_bytes()) if report["rejects"] else []
        assert bool(report["rejects"]) == rejects.exists(), file.show()

    def ids(self):
        """The ids that a reader by RFC 4180 finds, and those that were written."""
        found = (values(record, names_of(self)) for record in self.records if not record.faulty)
        return {row["id"] for row in found if row} | {row["id"] for row in self.file.rows}

    def unnumbered(self):
        """The rows without an id, with their date-times as they are in the file."""
        found = []
        for record in self.records:
            row = None if record.faulty else values(record, names_of(self))
            if row and row["id"] is None:
                cells = dict(zip(names_of(self), record.cells, strict=False))
                found.append(row | {"datetime": cells["datetime"].strip(BLANKS)})
        return found

    @property
    def ends(self):
        return "\n" if "\n" in self.file.text else "\r"

    @property
    def is_refused(self):
        return any(error["index"] is None for error in self.report["errors"])

    def covered(self):
        """The lines that are given back, whose text must be that of the file."""
        lines = {}
        texts = physical_lines(self.file.text, self.ends)
        for rejected in self.rejects:
            given = physical_lines(rejected.text, self.ends)
            for number, text in enumerate(given, rejected.line):
                assert number <= len(texts) and text == texts[number - 1], (
                    f"line {number} is given back as {text!r}\n{self.file.show()}"
                )
                lines[number] = rejected.codes
        return lines


def physical_lines(text, ends):
    return [line.rstrip("\r").removeprefix("\ufeff") for line in text.split(ends)]


@pytest.fixture(scope="module")
def run_command(stack):
    """Runs the operator's command with the stack's settings."""
    settings = environment_of(stack)

    def run(*arguments):
        return subprocess.run([PROGRAM, *arguments], env=settings, capture_output=True, text=True)

    return run


@pytest.fixture(scope="module")
def outcomes(stack, db, run_command, tmp_path_factory):
    """Loads all files, a batch in one process; looks at each and counts."""
    started, counts = time.monotonic(), Counter()
    for first in range(0, FILES, BATCH):
        folder = tmp_path_factory.mktemp("damaged") / "employees"
        folder.mkdir()
        numbers = range(first, min(FILES, first + BATCH))
        for outcome in load(run_command, db, folder, numbers):
            count(counts, outcome)
            check_no_row_is_another(outcome)
            check_no_line_is_lost(outcome)
            check_undamaged_is_stored(outcome)
        shutil.rmtree(folder)
        counts["seconds"] = int(time.monotonic() - started)
    show(counts)
    return counts


def load(command, db, folder, numbers):
    """Loads the files of these numbers into an empty table."""
    files = {number: make(SEED, number) for number in numbers}
    paths = {number: folder / f"{number}.csv" for number in numbers}
    for number, path in paths.items():
        path.write_bytes(files[number].text.encode())
    db.empty("employees")
    reports = reports_of(command, paths.values())
    outcomes = [
        Outcome(files[number], paths[number], reports[number], read(files[number].text))
        for number in numbers
    ]
    share_out(db.rows("SELECT * FROM employees"), outcomes)
    return outcomes


def share_out(rows, outcomes):
    """Gives each file its rows. An id that damage has made another file's counts for neither."""
    holders = defaultdict(list)
    for outcome in outcomes:
        for number in outcome.ids():
            holders[number].append(outcome)
    for number, files in holders.items():
        for outcome in files if len(files) > 1 else []:
            outcome.shared.add(number)
    for row in rows:
        if row["id"] in holders:
            holders[row["id"]][0].stored.append(row)
            continue
        # The database numbers a row without an id.
        holder = next((it for it in holders[None] if row | {"id": None} in it.unnumbered()), None)
        assert holder, f"{row} is in no file of seed {SEED}"
        holder.shared.add(None)


def reports_of(command, paths):
    done = command("load", "--direct", "--format", "json", *map(str, paths))
    assert done.returncode in (0, 1), done.stderr
    numbers = (int(path.name.partition(".")[0]) for path in paths)
    return dict(zip(numbers, map(json.loads, done.stdout.splitlines()), strict=True))


def check_no_row_is_another(outcome):
    """A stored row is the one that was written, unless its own text is damaged; and in any case one
    that a reader by RFC 4180 finds in the file."""
    file = outcome.file
    undamaged = {
        row["id"]: row for index, row in enumerate(file.rows) if index not in file.touched
    }
    names = [values(record, names_of(outcome)) for record in outcome.records if not record.faulty]
    for row in outcome.stored:
        if row["id"] in outcome.shared:
            continue
        if row["id"] in undamaged:
            assert row == undamaged[row["id"]], f"{row}\n{file.show()}"
        found = {key: value for key, value in row.items() if key != "datetime"}
        assert any(found == it for it in names), f"{row} is not in the file\n{file.show()}"


def names_of(outcome):
    """The columns of the file's cells: by its header, if that is still one, else by position."""
    first = next((it for it in outcome.records if any(map(str.strip, it.cells))), None)
    names = [column_of(cell) for cell in first.cells] if first else []
    known = [name for name in names if name]
    is_header = known and len(set(known)) == len(known) and set(known) <= set(COLUMNS)
    return names if is_header else COLUMNS


def column_of(cell):
    """The column that a header's cell names, whatever its case, blanks, `_` and `-`."""

    def folded(name):
        return "".join(letter for letter in name.lower() if letter not in BLANKS + "_-")

    return next((name for name in COLUMNS if folded(name) == folded(cell)), cell.strip())


def values(record, names):
    """The cells of a record as they are stored, the date-time aside; `None` if it is no row."""
    if len(record.cells) < len(names):
        return None
    cells = dict(zip(names, (cell.strip(BLANKS) or None for cell in record.cells), strict=False))
    try:
        numbers = {
            name: int(cells[name]) if cells.get(name) else None
            for name in ("id", "department_id", "job_id")
        }
    except ValueError:
        return None
    return {"id": numbers["id"], "name": cells.get("name")} | numbers


def check_no_line_is_lost(outcome):
    """Each line is in a stored row or given back, or the file is refused as a whole."""
    if outcome.is_refused:
        assert not outcome.stored, outcome.file.show()
        return
    given = outcome.covered()
    stored = {row["id"] for row in outcome.stored}
    names = names_of(outcome)
    # Behind the last line end there is no line.
    texts = physical_lines(outcome.file.text, outcome.ends)
    behind = {len(texts)} if texts[-1] == "" else set()
    for record in outcome.records:
        lines = range(record.line, record.line + record.lines)
        if not any(cell.strip() for cell in record.cells) and not record.faulty:
            continue
        # A header, whole or cut, is no row.
        if all(column_of(cell) in ["", *COLUMNS] for cell in record.cells):
            continue
        row = None if record.faulty else values(record, names)
        if row and row["id"] in stored | outcome.shared:
            continue
        lost = [line for line in lines if line not in given and line not in behind]
        assert not lost, f"lines {lost} are neither stored nor given back\n{outcome.file.show()}"


def check_undamaged_is_stored(outcome):
    file = outcome.file
    if file.damage == "none":
        written = sorted(file.rows, key=lambda row: row["id"])
        assert outcome.report["status"] == "complete", f"{outcome.report}\n{file.show()}"
        assert sorted(outcome.stored, key=lambda row: row["id"]) == written, file.show()


def count(counts, outcome):
    file = outcome.file
    kind = file.damage
    counts["special"] += file.special
    counts["nested"] += file.nested
    counts[kind, "files"] += 1
    if outcome.is_refused:
        counts[kind, "refused whole"] += 1
        return
    faulty = "".join(record.text for record in outcome.records if record.faulty)
    stored = {row["id"] for row in outcome.stored}
    written = {row["id"] for row in file.rows}
    counts[kind, "read out of a damaged row"] += len(stored - written)
    for index, row in enumerate(file.rows):
        if index in file.touched:
            counts[kind, "damaged rows"] += 1
            counts[kind, "damaged rows stored"] += row["id"] in stored
        elif str(row["id"]) in faulty:
            counts[kind, "inside faulty quotes"] += 1
        elif -1 in file.touched:
            counts[kind, "below a damaged header"] += 1
        else:
            counts[kind, "undamaged rows"] += 1
            counts[kind, "undamaged rows stored"] += row["id"] in stored


def show(counts):
    """Prints a table of Markdown, one line for each kind of damage and one for all."""
    print(f"\n{FILES} files, seed {SEED}, {counts['seconds']} s.")
    print(f"{counts['special']} of them have a comma, a quote or a line break in a cell,")
    print(f"{counts['nested']} a cell with rows of the table.\n")
    print("| damage |", " | ".join(COUNTS), "|")
    print("|---" * (len(COUNTS) + 1) + "|")
    for kind in DAMAGES:
        print(f"| {kind} |", " | ".join(f"{counts[kind, name]:,}" for name in COUNTS), "|")
    print("| all |", " | ".join(f"{total(counts, name):,}" for name in COUNTS), "|")


def total(counts, name, kinds=DAMAGES):
    return sum(counts[kind, name] for kind in kinds)


def test_no_row_is_stored_as_another_and_no_line_is_lost(outcomes):
    damaged = [kind for kind in DAMAGES if kind != "none"]
    undamaged = total(outcomes, "undamaged rows", damaged)
    assert total(outcomes, "undamaged rows stored", damaged) >= LEAST * undamaged


def test_a_reject_file_dropped_again_is_rejected_again(db, run_command, tmp_path):
    folder = tmp_path / "employees"
    folder.mkdir()
    numbers = range(min(FILES, BATCH))
    first = [it for it in load(run_command, db, folder, numbers) if it.rejects]
    # The row with the same id is not in the reject file.
    first = [it for it in first if not any("duplicate" in row.codes for row in it.rejects)]
    paths = {it.file.number: folder / f"{it.file.number}.csv.rejects.csv" for it in first}
    db.empty("employees")
    reports = reports_of(run_command, paths.values())
    assert db.rows("SELECT * FROM employees") == []
    for outcome in first:
        path = paths[outcome.file.number]
        again = read_rejects(path.with_name(path.name + ".rejects.csv").read_bytes())
        seen = [(row.codes, row.text) for row in again]
        assert seen == [(row.codes, row.text) for row in outcome.rejects], outcome.file.show()
        assert reports[outcome.file.number]["status"] == "rejected"
