"""The corpus is whole: each file is listed, each outcome well formed, each row one of its table.

What rowgate makes of the files is another test's; this one asks nothing of rowgate.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import corpus_reading
import pytest
from corpus_tables import tables

CORPUS = Path(__file__).resolve().parent / "corpus"
MAKE, README = CORPUS / "make", CORPUS / "README.md"
EXPECTED = json.loads((CORPUS / "expected.json").read_text())
LATER = json.loads((CORPUS / "later/expected.json").read_text())
ALL = EXPECTED | LATER
TABLES = tables()

MEMBERS = {"maker", "table", "made", "axes", "outcome", "kind", "layout", "rows", "rejected",
           "answers", "reason"}  # fmt: skip
OPTIONS = {"encoding", "date_order", "decimal", "time_zone", "null_values", "escape", "quote", "header",
           "ignore_extra", "skip_lines", "integers"}  # fmt: skip

entries = pytest.mark.parametrize(("name", "entry"), ALL.items(), ids=list(ALL))


def folder(name):
    return CORPUS / "later" if name in LATER else CORPUS


def rows_of(part, name):
    return json.loads((folder(name) / "rows" / f"{part['rows']}.json").read_text())


def parts(entry):
    """The file without an option, where it is read so, and with each answer's options."""
    whole = [(entry, {})] if entry["outcome"] == "read" else []
    return whole + [(answer, answer["options"]) for answer in entry.get("answers", [])]


def rejected_lines(part):
    return [row["line"] for row in part.get("rejected", [])]


corpora = pytest.mark.parametrize(("path", "expected"), [(CORPUS, EXPECTED), (CORPUS / "later", LATER)],
                                  ids=["first", "later"])  # fmt: skip


@corpora
def test_each_file_is_listed_and_each_listed_file_is_there(path, expected):
    assert {file.name for file in (path / "files").iterdir()} == set(expected)


@corpora
def test_each_list_of_rows_is_used_and_there(path, expected):
    used = {part["rows"] for entry in expected.values() for part, _ in parts(entry)}
    assert {file.stem for file in (path / "rows").iterdir()} == used


def test_there_are_enough_files_and_they_are_small():
    outcomes = Counter(entry["outcome"] for entry in EXPECTED.values())
    assert outcomes.total() >= 150
    assert outcomes["read"] >= 110
    later = Counter(entry["outcome"] for entry in LATER.values())
    assert later.total() == 50 and later["read"] >= 35
    assert not set(EXPECTED) & set(LATER)
    sizes = [
        path.stat().st_size for path in CORPUS.rglob("*") if path.suffix != ".pyc" and path.is_file()
    ]
    assert sum(sizes) < 2_000_000


@cache
def kinds(outcome):
    """Those that README.md explains: lines of its table of kinds."""
    lines = re.findall(r"^\| `(\w+)` \| (ask|refused|ask, refused) \|", README.read_text(), re.MULTILINE)
    return {kind for kind, outcomes in lines if outcome in outcomes}


@entries
def test_an_entry_is_well_formed(name, entry):
    assert set(entry) <= MEMBERS
    assert entry["table"] in TABLES
    assert entry["made"]["by"] == "rules" or entry["made"]["version"]
    assert entry["outcome"] in ("read", "ask", "refused")
    if entry["outcome"] == "read":
        assert "rows" in entry and "kind" not in entry
    else:
        assert entry["kind"] in kinds(entry["outcome"])
        assert not {"rows", "rejected", "layout"} & set(entry)
    if entry["outcome"] == "refused":
        assert entry["reason"] and "answers" not in entry
    if entry["outcome"] == "ask" and "answers" not in entry:
        assert "no option" in entry["reason"].lower()
    for answer in entry.get("answers", []):
        assert answer["options"] and set(answer["options"]) <= OPTIONS


@entries
def test_rows_are_those_of_the_table(name, entry):
    columns = TABLES[entry["table"]]
    for part, _ in parts(entry):
        rows = rows_of(part, name)
        assert len({tuple(row) for row in rows}) <= 1, "rows of one file have the same columns"
        for row in rows:
            wrong = [name for name, value in row.items() if not columns[name].holds(value)]
            assert not wrong, row
        lines = rejected_lines(part)
        assert lines == sorted(set(lines))
        named = {row["column"] for row in part.get("rejected", []) if "column" in row}
        assert named <= set(columns)


READABLE = [
    pytest.param(name, entry, part, options, id=f"{name}-{place}")
    for name, entry in ALL.items()
    for place, (part, options) in enumerate(parts(entry))
    if corpus_reading.can_read(name, entry, options)
]


@pytest.mark.parametrize(("name", "entry", "part", "options"), READABLE)
def test_a_plain_reader_finds_the_expected_rows(name, entry, part, options):
    content = (folder(name) / "files" / name).read_bytes()
    columns = TABLES[entry["table"]]
    rejected = {row["line"]: row.get("code") for row in part.get("rejected", [])}
    found = corpus_reading.read(content, entry, columns, options, rejected)
    stored = [row for line, row in found.items() if line not in rejected]
    assert [row and in_order(row) for row in stored] == [in_order(row) for row in rows_of(part, name)]
    assert set(rejected) <= set(found), "each rejected row begins on its line"
    assert [found[line] for line in rejected] == [None] * len(rejected), "each is wrong"


def in_order(row):
    return dict(sorted(row.items()))


@pytest.mark.parametrize("table", ["customers", "products", "orders", "order_lines", "payments"])
def test_the_samples_of_the_shop_are_rows_of_its_tables(table):
    content = (CORPUS.parents[1] / "samples/shop" / f"{table}.csv").read_bytes()
    found = corpus_reading.read(content, {"axes": ["comma"]}, TABLES[table], {}, {})
    assert found and all(found.values())


def test_the_reader_reads_nearly_all():
    assert len(READABLE) > 0.9 * sum(len(parts(entry)) for entry in ALL.values())


def test_what_is_made_by_rules_is_made_again():
    done = subprocess.run([sys.executable, MAKE, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_readme_counts_the_files():
    text = README.read_text()
    outcomes = Counter(entry["outcome"] for entry in EXPECTED.values())
    for outcome, count in outcomes.items():
        assert f"| `{outcome}` | {count} |" in text
    words = Counter(word for entry in EXPECTED.values() for word in entry["axes"])
    for word, count in words.items():
        assert re.search(rf"`{re.escape(word)}` {count}\b", text), (word, count)
    assert f"{len(EXPECTED)} files" in text
