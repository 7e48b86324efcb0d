"""Reads gungraun's summaries, shows them by step, and compares them with those of before."""

import argparse
import json
import sys
from pathlib import Path

BASELINE = Path(__file__).with_suffix(".json")

# How much more than before a step may take.
GROWTH = 1.05

# Rows in each benchmark (bench/micro).
ROWS = 10_000

# What is measured beside the least that it could be; names are those of the functions.
STEPS = [
    ("CSV to cells", "csv_decode", "csv-core alone", "csv_core_alone"),
    ("JSON to cells", "json_decode", "serde_json, ignoring all", "serde_json_alone"),
    ("cells to a checked row", "check", "the cells moved", "check_least"),
    ("a row of one date-time, checked", "date_time", "time, read alone", "time_parse"),
    ("a row of one date-time, checked", "date_time", "time, read and written", "time_text"),
    ("rows to a statement's text", "statement", "the text moved", "statement_least"),
    ("the text to a request", "to_request", "the text moved", "statement_least"),
    ("a request signed", "signature", "its digest", "signature_least"),
    ("rows to Avro", "avro_encode.null", "its digest, and moved", "avro_least.null"),
    ("rows to Avro, snappy", "avro_encode.snappy", "its digest, and moved", "avro_least.snappy"),
    ("rows to Avro", "avro_encode.null", "apache-avro, and digest", "apache_avro_encode.null"),
    ("rows to Avro, snappy", "avro_encode.snappy", "apache-avro, and digest",
     "apache_avro_encode.snappy"),
    ("Avro to checked rows", "avro_decode.null", "apache-avro, not checked", "apache_avro_decode.null"),
    ("Avro to checked rows, snappy", "avro_decode.snappy", "apache-avro, not checked",
     "apache_avro_decode.snappy"),
    ("CSV to a signed request", "csv_to_signed_request", None, None),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--save", action="store_true", help=f"write {BASELINE.name}")
    options = parser.parse_args()
    counts = read(sys.stdin)
    if not counts:
        sys.exit("nothing was counted")
    show(counts)
    if options.save:
        BASELINE.write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n")
        return
    problems = compare(json.loads(BASELINE.read_text()), counts)
    for problem in problems:
        print(f"FAIL: {problem}")
    sys.exit(1 if problems else 0)


def read(lines):
    """Instructions by the names of the functions, with their variants."""
    counts = {}
    for summary in map(json.loads, lines):
        name, variant = summary["function_name"], summary["id"]
        metrics = summary["profiles"][0]["data"]["total"]["metrics"]
        count = metrics["Ir"]["values"]["new"]
        counts[name if variant in ("rows", "csv") else f"{name}.{variant}"] = count
    return counts


def show(counts):
    print("| step | instructions a row | beside it | instructions a row | times |")
    print("|---|---:|---|---:|---:|")
    for step, name, least, least_name in STEPS:
        count = counts[name]
        cells = [step, f"{count / ROWS:,.0f}", least or "", "", ""]
        if least_name:
            cells[3:] = [f"{counts[least_name] / ROWS:,.0f}", f"{count / counts[least_name]:.1f}"]
        print(f"| {' | '.join(cells)} |")
    print(flush=True)


def compare(before, counts):
    """What has grown, or is not what is written down."""
    if before.keys() != counts.keys():
        names = ", ".join(sorted(before.keys() ^ counts.keys()))
        return [f"not in both {BASELINE.name} and what was counted: {names}; run bench/steps --save"]
    return [
        f"{name}: {count / ROWS:,.0f} instructions a row, {before[name] / ROWS:,.0f} before"
        for name, count in counts.items()
        if count > before[name] * GROWTH
    ]


if __name__ == "__main__":
    main()
