"""Makes files of employees, has criterion measure them, and shows what a row takes; beside another
commit if one is named."""

import argparse
import csv
import json
import os
import statistics
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

# How much more a row may take than at the commit beside it, by how the file is written.
MORE = {"plain": 1.05, "quoted": 1.05}

BENCH = ["cargo", "bench", "--quiet", "--locked", "--package", "rowgate-bench", "--bench", "cpu"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the file [1000000]")
    parser.add_argument("--beside", metavar="COMMIT", help="measure this commit in turns as well")
    parser.add_argument("--rounds", type=int, default=10, help="turns beside a commit [10]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = write_both(Path(folder), options.rows)
        if options.beside:
            beside(options, files, Path(folder) / "beside")
        else:
            alone(options, files)


def write_both(folder, rows):
    """The same rows twice: quotes where they must be, and around every cell."""
    plain, quoted = folder / "employees.csv", folder / "quoted.csv"
    write_files(plain, folder / "good.tsv", rows)
    with plain.open(newline="") as source, quoted.open("w", newline="") as target:
        writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows(csv.reader(source))
    return {"plain": plain, "quoted": quoted}


def alone(options, files):
    times = {}
    for kind, file in files.items():
        subprocess.run(BENCH, cwd=ROOT, env=os.environ | {"EMPLOYEES": str(file)},
                       stdout=sys.stderr, check=True)
        times[kind] = {name: nanoseconds(name) / options.rows for name in STEPS}
    show(times, files["plain"].stat().st_size / options.rows)


def nanoseconds(name, home=TARGET / "criterion"):
    """The median of a pass over the file."""
    estimates = home / "cpu" / name / "new/estimates.json"
    return json.loads(estimates.read_text())["median"]["point_estimate"]


def show(times, width):
    head = ["from the bytes of a file", "ns a row", "rows/s", "MB/s", "every cell in quotes, ns a row"]
    print_markdown(head, [
        [step, f"{each:,.0f}", f"{1e9 / each:,.0f}", f"{width * 1e3 / each:,.0f}",
         f"{times['quoted'][name]:,.0f}"]
        for name, step in STEPS.items() for each in [times["plain"][name]]
    ])
    aim("a row to its request", times["plain"]["requests"], AIM, "ns")


def beside(options, files, checkout):
    """Both commits in turns, so that what else the machine does meets both alike."""
    git = ["git", "-C", ROOT, "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", checkout, options.beside], check=True)
    try:
        programs = [build(checkout, TARGET / "beside"), build(ROOT, TARGET)]
    finally:
        subprocess.run([*git, "remove", "--force", checkout], check=True)
    rows = []
    for kind, file in files.items():
        turns = [[passes(program, file) for program in programs] for _ in range(options.rounds)]
        for name, step in STEPS.items():
            before, now = ([turn[side][name] / options.rows for turn in turns] for side in (0, 1))
            ratio = statistics.median(b / a for a, b in zip(before, now))
            rows.append([kind, step, f"{statistics.median(before):,.0f}",
                         f"{statistics.median(now):,.0f}", f"{ratio:.2f}", f"{MORE[kind]:.2f}"])
    head = ["cells", "from the bytes of a file", f"{options.beside}, ns a row", "now", "ratio", "at most"]
    print_markdown(head, rows)


def build(checkout, target):
    """The bench's program, without running it."""
    built = subprocess.run([*BENCH, "--no-run", "--message-format=json"], cwd=checkout, check=True,
                           env=os.environ | {"CARGO_TARGET_DIR": str(target)}, stdout=subprocess.PIPE)
    messages = map(json.loads, built.stdout.splitlines())
    [program] = [it["executable"] for it in messages
                 if it.get("executable") and it["target"]["name"] == "cpu"]
    return program


def passes(program, file):
    """Nanoseconds of a pass over the file, by step: medians of a short look."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "--bench", "--sample-size", "10", "--warm-up-time", "0.2",
                        "--measurement-time", "1"], check=True, stdout=sys.stderr, cwd=folder,
                       env=os.environ | {"EMPLOYEES": str(file), "CRITERION_HOME": folder})
        return {name: nanoseconds(name, Path(folder)) for name in STEPS}


if __name__ == "__main__":
    main()
