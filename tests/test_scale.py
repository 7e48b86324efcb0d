"""docs/scale.md, whose tables scripts/scale computes."""

import re
import subprocess

import pytest
from conftest import ROOT


def scale(*options, status=0):
    done = subprocess.run([ROOT / "scripts/scale", *options], capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    return tables(done.stdout)


def tables(text):
    return re.findall(r"^\|.*(?:\n\|.*)*", text, re.MULTILINE)


def cell(tables, row, column):
    """What is in the table that has such a row and column."""
    for lines in ([line.strip("| ").split(" | ") for line in it.splitlines()] for it in tables):
        named = {cells[0]: cells for cells in lines}
        if row in named and column in lines[0]:
            return named[row][lines[0].index(column)]
    raise LookupError(f"{row}, {column}")


def test_the_document_has_the_tables_that_the_script_computes():
    assert tables((ROOT / "docs/scale.md").read_text()) == scale()


def test_a_writer_that_was_measured_decides_how_long_a_load_takes():
    # 490 GB at 640 MB/s are 766 s; then ten billion rows at 50,000 a second, 200,000 s.
    found = scale("--set", "writer_rows=50000")
    assert cell(found, "as it is", "hours") == "55.8"
    assert cell(found, "as it is", "held by") == "the writer"


def test_with_one_child_its_calls_and_its_statement_decide():
    # 44,404 rows in 4 calls of 1 s, and 0.577 s of a core.
    found = scale("--set", "concurrency=1", "latency=1")
    assert cell(found, "as it is", "rows/s") == "9,702"
    assert cell(found, "as it is", "held by") == "the children"


@pytest.mark.parametrize("options", [["--set", "speed=1"], ["--write", "--set", "acu=8"]])
def test_what_it_does_not_know_or_would_not_keep_is_refused(options):
    assert scale(*options, status=2) == []
