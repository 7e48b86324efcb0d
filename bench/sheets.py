"""Makes a workbook and a Parquet file of employees, and has rowgate, openpyxl, pandas and DuckDB read all their cells.

Each reads in a process of its own with one thread; those that are not installed have no line.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

# What makes the files, with texts that cells share, as Excel writes them.
WORKBOOK = """
import sys, openpyxl
book = openpyxl.Workbook(write_only=True)
sheet = book.create_sheet("employees")
sheet.append(["id", "name", "datetime", "department_id", "job_id"])
for id in range(1, int(sys.argv[2]) + 1):
    sheet.append([id, f"Name Surname {id % 5000}", f"2021-07-27T16:{id % 60:02}:08Z", id % 12 + 1, id % 180 + 1])
book.save(sys.argv[1])
"""

PARQUET = """
import sys, pyarrow, pyarrow.parquet
rows, step = int(sys.argv[2]), 500_000
columns = [("id", pyarrow.int32()), ("name", pyarrow.string()), ("datetime", pyarrow.string()),
           ("department_id", pyarrow.int32()), ("job_id", pyarrow.int32())]
with pyarrow.parquet.ParquetWriter(sys.argv[1], pyarrow.schema(columns), compression="snappy") as writer:
    for start in range(1, rows + 1, step):
        ids = range(start, min(start + step, rows + 1))
        writer.write_table(pyarrow.table([
            pyarrow.array(ids, pyarrow.int32()), [f"Name Surname {id % 5000}" for id in ids],
            [f"2021-07-27T16:{id % 60:02}:08Z" for id in ids], pyarrow.array([id % 12 + 1 for id in ids], pyarrow.int32()),
            pyarrow.array([id % 180 + 1 for id in ids], pyarrow.int32())], schema=pyarrow.schema(columns)))
"""

# What reads every cell of them; each says how many rows there are.
OPENPYXL = """
import sys, openpyxl
print(sum(1 for row in openpyxl.load_workbook(sys.argv[1], read_only=True).active.iter_rows(values_only=True)) - 1)
"""
PANDAS_SHEET = "import sys, pandas; print(len(pandas.read_excel(sys.argv[1])))"
PANDAS_PARQUET = "import sys, pandas; print(len(pandas.read_parquet(sys.argv[1])))"
DUCKDB = """
import sys, duckdb
database = duckdb.connect(config={"threads": 1})
columns = ", ".join(f"max({name})" for name in ("id", "name", "datetime", "department_id", "job_id"))
print(database.execute(f"SELECT count(*), {columns} FROM read_parquet('{sys.argv[1]}')").fetchone()[0])
"""

READERS = {
    "xlsx": [("openpyxl", OPENPYXL, ["openpyxl"]), ("pandas", PANDAS_SHEET, ["pandas", "openpyxl"])],
    "parquet": [("pandas", PANDAS_PARQUET, ["pandas", "pyarrow"]), ("DuckDB", DUCKDB, ["duckdb"])],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheet-rows", type=int, default=1_000_000, help="rows of the workbook [1000000]")
    parser.add_argument("--parquet-rows", type=int, default=10_000_000, help="rows of the Parquet file [10000000]")
    options = parser.parse_args()
    program = os.environ.get("ROWGATE") or built()
    print("| file | reader | processor seconds | rows/s | peak MB | time, of rowgate's | memory, of rowgate's |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for kind, script, rows in [
            ("xlsx", WORKBOOK, options.sheet_rows), ("parquet", PARQUET, options.parquet_rows)
        ]:  # fmt: skip
            path = Path(folder) / f"employees.{kind}"
            subprocess.run([sys.executable, "-c", script, path, str(rows)], check=True)
            compare(kind, path, rows, program)
            path.unlink()


def built():
    build = ["cargo", "build", "--quiet", "--locked", "--release", "--package", "rowgate"]
    subprocess.run(build, cwd=ROOT, check=True, stdout=sys.stderr)
    return TARGET / "release/rowgate"


def compare(kind, path, rows, program):
    name = f"{kind}, {rows:,} rows of 5 columns, {path.stat().st_size / 1e6:.0f} MB"
    check = [program, "check", "--table", "employees", path]
    readers = [("rowgate check", check)]
    for reader, script, modules in READERS[kind]:
        if all(importlib.util.find_spec(module) for module in modules):
            readers.append((reader, [sys.executable, "-c", script, path]))
    first = None
    for reader, command in readers:
        seconds, megabytes = measured(command, rows)
        first = first or (seconds, megabytes)
        ratios = f"{seconds / first[0]:.1f} | {megabytes / first[1]:.1f}"
        print(f"| {name} | {reader} | {seconds:.1f} | {rows / seconds:,.0f} | {megabytes:.0f} | {ratios} |", flush=True)
        name = ""


def measured(command, rows):
    """Processor seconds and the peak of memory of a command, which must have seen all rows."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ROWGATE_SCHEMA": str(ROOT / "sql/schema.json")}
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        out.seek(0)
        answer = out.read()
    assert os.waitstatus_to_exitcode(status) == 0 and str(rows) in answer.replace(",", ""), answer
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3


if __name__ == "__main__":
    main()
