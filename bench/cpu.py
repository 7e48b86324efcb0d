"""Makes a file of employees, has criterion measure it, and shows what a row takes."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from load import write_files
from loading import ROOT, TARGET
from measuring import aim, print_markdown

# What is measured, by the names in bench/micro; each is all that stands above it and more.
STEPS = {
    "csv-core": "csv-core alone",
    "cells": "CSV to cells",
    "checked": "to checked rows, ids compared",
    "requests": "to statements and their requests",
    "signed": "to signed requests",
}

# Nanoseconds a row, from a file's bytes to requests.
AIM = 400

BENCH = ["cargo", "bench", "--quiet", "--locked", "--package", "rowgate-bench", "--bench", "cpu"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the file [1000000]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "employees.csv"
        write_files(file, Path(folder) / "good.tsv", options.rows)
        subprocess.run(BENCH, cwd=ROOT, env=os.environ | {"EMPLOYEES": str(file)},
                       stdout=sys.stderr, check=True)
        size = file.stat().st_size
    show({name: nanoseconds(name) / options.rows for name in STEPS}, size / options.rows)


def nanoseconds(name):
    """The median of a pass over the file."""
    estimates = TARGET / "criterion/cpu" / name / "new/estimates.json"
    return json.loads(estimates.read_text())["median"]["point_estimate"]


def show(rows, width):
    head = ["from the bytes of a file", "ns a row", "rows/s", "MB/s"]
    print_markdown(head, [
        [STEPS[name], f"{each:,.0f}", f"{1e9 / each:,.0f}", f"{width * 1e3 / each:,.0f}"]
        for name, each in rows.items()
    ])
    aim("a row to its request", rows["requests"], AIM, "ns")


if __name__ == "__main__":
    main()
