"""What DuckDB's sniffer makes of the corpus: right, refused, or other rows than the file has.

    python tests/corpus/make/duckdb_sniffer.py [--names]    both corpora; with the names of what is wrong

DuckDB knows no table, so its columns are taken by their names, or by position without a header, and its
values are compared as what they are: 1.5 is 1.50, and true is 1. A number, date or truth value that it
leaves as a text is counted by itself: nothing is lost of it. Files of which rows are to be rejected are
left out, since DuckDB has no table to reject them by.
"""

import gzip
import json
import re
import sys
import tempfile
from collections import Counter
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import duckdb

from logical import BOOLEANS, DATE_TIMES, DATES, DECIMALS, INTEGERS, TABLES

CORPUS = Path(__file__).resolve().parent.parent


def main():
    for title, folder in [("the first files", CORPUS), ("the later ones", CORPUS / "later")]:
        counts, wrong = Counter(), []
        for name, entry in json.loads((folder / "expected.json").read_text()).items():
            outcome = judge(folder, name, entry)
            counts[outcome] += 1
            if outcome == "wrong":
                wrong.append(name)
        print(title, dict(sorted(counts.items())))
        if "--names" in sys.argv:
            print(*wrong, sep="\n")


def judge(folder, name, entry):
    found = read(folder / "files" / name, entry["table"])
    is_to_be_read = entry["outcome"] == "read"
    if found is None:
        return "refused" if is_to_be_read else "not to be read, refused"
    if not is_to_be_read:
        return "not to be read, read all the same"
    if entry.get("rejected"):
        return "left out"
    rows = json.loads((folder / "rows" / f"{entry['rows']}.json").read_text())
    if len(found) != len(rows):
        return "wrong"
    cells = [alike(name, row.get(name), value)
             for row, wanted in zip(found, rows, strict=True) for name, value in wanted.items()]  # fmt: skip
    if "wrong" in cells:
        return "wrong"
    return "as texts" if "text" in cells else "right"


def read(path, table):
    """The rows by the table's names; None if DuckDB refuses the file."""
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError):
            return None
    with tempfile.NamedTemporaryFile(suffix=".csv") as file, duckdb.connect() as database:
        file.write(content)
        file.flush()
        database.execute("SET TimeZone = 'UTC'")
        try:
            result = database.execute(f"SELECT * FROM read_csv('{file.name}')")
            names = [column[0] for column in result.description]
            lines = result.fetchall()
        except (duckdb.Error, UnicodeDecodeError):
            return None
    if all(re.fullmatch(r"column\d+", name) for name in names):
        names = TABLES[table][: len(names)] if len(names) == len(TABLES[table]) else names
    known = {fold(name): name for name in TABLES[table]}
    names = [known.get(fold(name), name) for name in names]
    return [dict(zip(names, map(text, line), strict=True)) for line in lines]


def fold(name):
    return re.sub(r"[ _-]", "", name).lower()


def text(value):
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return Typed(int(value))
    if isinstance(value, datetime):
        return Typed(value.replace(tzinfo=None).isoformat(" ", "milliseconds").removesuffix(".000"))
    if isinstance(value, date):
        return Typed(value.isoformat())
    return value if isinstance(value, str) else Typed(value)


class Typed(str):
    """The text of a value that DuckDB has taken for a number, a date or a truth value."""


def alike(column, found, wanted):
    plain = wanted and wanted.replace("T", " ").removesuffix("Z").removesuffix(".000")
    if found in (wanted, plain):
        return "right"
    is_text = column not in DATES | DATE_TIMES | DECIMALS | BOOLEANS | INTEGERS | {"datetime"}
    if is_text or not isinstance(found, str):
        return "wrong"
    if not isinstance(found, Typed):
        return "text"
    try:
        return "right" if wanted is not None and Decimal(found) == Decimal(wanted) else "wrong"
    except InvalidOperation:
        return "wrong"


if __name__ == "__main__":
    main()
