"""Makes a file of orders in each dialect, and has rowgate, csv-core, DuckDB and pandas read it.

DuckDB and pandas are told the dialect, as rowgate is by `given`, and read with one thread; where they are not
installed their columns are empty.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Without the other benchmarks' modules: a Python that has pandas and DuckDB need not have what those use.
ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SCHEMA = ROOT / "samples/shop/schema.json"
NAMES = ["id", "customer_id", "status", "ordered_at", "deliver_on", "shipping", "gift", "note"]
DMY = {"decimal": ",", "date_order": "dmy"}

# Name, encoding, whether every cell is quoted, and the options that say it.
DIALECTS = [
    ("comma, UTF-8", "utf-8", False, {}),
    ("comma, every cell in quotes", "utf-8", True, {}),
    ("semicolon, 19,90, 27.07.2021", "utf-8", False, {"delimiter": ";", **DMY}),
    ("the same in Windows-1252", "cp1252", False, {"delimiter": ";", "encoding": "windows-1252", **DMY}),
    ("tab", "utf-8", False, {"delimiter": "tab"}),
    ("vertical bar", "utf-8", False, {"delimiter": "|"}),
    ("tab, UTF-16", "utf-16-le", False, {"delimiter": "tab", "encoding": "utf-16le"}),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000, help="rows of each file [300000]")
    parser.add_argument("--passes", type=int, default=3, help="the least of so many counts [3]")
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--release", "--package", "rowgate-bench",
                    "--example", "dialects"], cwd=ROOT, check=True, stdout=sys.stderr)  # fmt: skip
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for name, encoding, is_quoted, given in DIALECTS:
            path = Path(folder) / "orders.csv"
            write(path, options.rows, encoding, is_quoted, given)
            lines.append([name, *figures(path, options, encoding, given)])
    head = ["rows/s of one core", "found", "given", "the look at the start, ms", "csv-core alone", "DuckDB", "pandas"]
    for line in [head, ["---"] * len(head), *lines]:
        print(f"| {' | '.join(line)} |")


def write(path, rows, encoding, is_quoted, given):
    delimiter = given.get("delimiter", ",").replace("tab", "\t")
    is_german = "decimal" in given
    quote = '"' if is_quoted else ""
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(delimiter.join(NAMES) + "\n")
        for number in range(1, rows + 1):
            day, month = 1 + number % 28, 1 + number % 12
            date = f"{day:02}.{month:02}.2021" if is_german else f"2021-{month:02}-{day:02}"
            shipping = f"{number % 90}{',' if is_german else '.'}{number % 100:02}"
            cells = [number, 1 + number % 977, "shipped", f"{date} 10:{number % 60:02}:07", date, shipping,
                     number % 2, "Grüße, bitte klingeln" if delimiter != "," else "Grüße und klingeln"]  # fmt: skip
            file.write(delimiter.join(f"{quote}{cell}{quote}" for cell in cells) + "\n")


def figures(path, options, encoding, given):
    program = TARGET / "release/examples/dialects"
    texts = [f"{name}={text}" for name, text in given.items()]
    done = subprocess.run([program, SCHEMA, path, str(options.passes), *texts], check=True,
                          capture_output=True, text=True)  # fmt: skip
    seconds = dict(line.split("\t") for line in done.stdout.splitlines())
    seconds = {name: float(text) for name, text in seconds.items()}
    # A file that is its own start is looked at as well as read.
    read = seconds["found"] * (64 << 10) / path.stat().st_size
    look = 1_000 * (seconds["start found"] - read)
    # It reads bytes, and so no UTF-16.
    csv_core = "" if encoding == "utf-16-le" else rate(options, seconds["csv-core"])
    others = [rate(options, other(name, path, options, encoding, given)) for name in ("duckdb", "pandas")]
    return [rate(options, seconds["found"]), rate(options, seconds["given"]), f"{look:.1f}", csv_core, *others]


def rate(options, seconds):
    return f"{options.rows / seconds:,.0f}" if seconds else ""


def other(name, path, options, encoding, given):
    """Seconds of processor time of the best pass, in a process of its own; none where it is not installed."""
    if importlib.util.find_spec(name) is None:
        return None
    script = {"duckdb": by_duckdb, "pandas": by_pandas}[name]
    dialect = {"delimiter": given.get("delimiter", ",").replace("tab", "\t"), "encoding": encoding,
               "is_german": "decimal" in given}  # fmt: skip
    code = f"import dialects, json; dialects.{script.__name__}({str(path)!r}, {options.passes}, **{dialect!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "bench", check=True, capture_output=True,
                          text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})  # fmt: skip
    return json.loads(done.stdout)


def least(passes, read):
    times = []
    for _ in range(passes):
        before = time.process_time()
        assert read()
        times.append(time.process_time() - before)
    print(json.dumps(min(times)))


def by_duckdb(path, passes, delimiter, encoding, is_german):
    import duckdb

    database = duckdb.connect(config={"threads": 1})
    names = {"cp1252": "latin-1", "utf-16-le": "utf-16"}
    dates = ", dateformat='%d.%m.%Y', timestampformat='%d.%m.%Y %H:%M:%S', decimal_separator=','" if is_german else ""
    types = dict(zip(NAMES, ["BIGINT", "BIGINT", "VARCHAR", "TIMESTAMP", "DATE", "DECIMAL(8,2)", "BOOLEAN", "VARCHAR"],
                     strict=True))  # fmt: skip
    sql = (f"CREATE OR REPLACE TABLE t AS SELECT * FROM read_csv('{path}', delim='{delimiter}', header=true, "
           f"encoding='{names.get(encoding, 'utf-8')}', columns={types!r}, auto_detect=false, quote='\"'{dates})")  # fmt: skip
    least(passes, lambda: database.execute(sql).fetchone())


def by_pandas(path, passes, delimiter, encoding, is_german):
    import pandas

    form = "%d.%m.%Y" if is_german else "%Y-%m-%d"

    def read():
        table = pandas.read_csv(path, sep=delimiter, encoding=encoding, decimal="," if is_german else ".")
        table["ordered_at"] = pandas.to_datetime(table["ordered_at"], format=f"{form} %H:%M:%S")
        table["deliver_on"] = pandas.to_datetime(table["deliver_on"], format=form)
        return len(table)

    least(passes, read)


if __name__ == "__main__":
    main()
