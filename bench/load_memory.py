"""Loads a small, a larger and a large file, and compares the Lambda's peaks of memory."""

import argparse
import sys
from pathlib import Path

from loading import LAMBDA, load

# Of the process, in millions of bytes; Lambda's smallest function has 128 MiB.
MOST_MEGABYTES = 96
MOST_DIFFERENCE = 16


def main():
    options = arguments()
    print("   MB        rows  rejects  seconds   rows/s  database  peak MB", flush=True)
    loads = []
    for megabytes in options.megabytes:
        loads.append(load(megabytes, program=options.program))
        print(line(loads[-1]), flush=True)

    peaks = [load.peak_megabytes for load in loads]
    highest, lowest = max(peaks), min(peaks)
    print()
    results = [
        limit("peak", highest, MOST_MEGABYTES),
        limit("difference between the files", highest - lowest, MOST_DIFFERENCE),
    ]
    sys.exit(0 if all(results) else 1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", nargs="*", type=float, default=[1, 100, 1000],
                        help="sizes of the files [default: 1 100 1000]")
    parser.add_argument("--program", type=Path, default=LAMBDA, help="another bootstrap")
    return parser.parse_args()


def line(load):
    return (
        f"{load.megabytes:5,.0f}  {load.rows:10,}  {load.counts['rejected']:7,}"
        f"  {load.seconds:7.1f}  {load.rows_per_second:7,.0f}  {load.database_share:8.0%}"
        f"  {load.peak_megabytes:7.1f}"
    )


def limit(what, megabytes, most):
    is_met = megabytes <= most
    print(f"{'pass' if is_met else 'FAIL'}  {what}: {megabytes:.1f} MB, of {most} MB allowed")
    return is_met


if __name__ == "__main__":
    main()
