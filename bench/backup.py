"""Backs a million employees up and restores them, with rowgate and with what else there is.

Each round makes all backups, then all restores, each tool from its own files of that round into
emptied tables, and compares the tables after each: a tool that loses a row has no figure. The tools
take turns at being first.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from loading import PROGRAM, ROOT, client, row_tails
from measuring import Tools, median, turned

sys.path.insert(0, str(ROOT / "tests"))

from conftest import database, running  # noqa: E402  (found by the line above)

LATENCIES_MS = (0, 20)

# How many rows each table has beside the employees, whose number is an option.
PARENTS = {"departments": 12, "jobs": 183}
TABLES = (*PARENTS, "employees")

COLUMNS = {
    "departments": ("id", "department_name"),
    "jobs": ("id", "job_name"),
    "employees": ("id", "name", "datetime", "department_id", "job_id"),
}

# These employees have no department.
EVERY_NULL = 97

PEERS = ROOT / "bench/peers"
MYDUMPER = Path(os.environ["MYDUMPER"]) / "bin"

# mydumper's threads, and rowgate's calls in flight.
IN_FLIGHT = 4

# The tools that an aim speaks of, as the tables name them.
PARALLEL, RESTORE = f"rowgate backup --parallel {IN_FLIGHT}", "rowgate restore"
DUMP_SCRIPT, DUMPER, LOAD_DATA = "pymysql + fastavro", "mydumper", "LOAD DATA LOCAL INFILE"

# One's seconds to another's without latency, at most.
MOST_TIMES = [(PARALLEL, DUMPER, 4), (PARALLEL, DUMP_SCRIPT, 1 / 5), (RESTORE, LOAD_DATA, 2.5)]

# Of any process of rowgate, in millions of bytes.
MOST_MEGABYTES = 128


def main():
    options = arguments()
    with running(program=PROGRAM) as stack, tempfile.TemporaryDirectory() as folder:
        bench = Bench(stack, Path(folder), options)
        bench.fill()
        medians = {}
        for latency in options.latency:
            print(f"\n{latency} ms", flush=True)
            with bench.latency(latency):
                medians[latency] = bench.rounds(options.times)
    sys.exit(0 if aims(medians) else 1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="employees [1000000]")
    parser.add_argument("--times", type=int, default=5, help="rounds for each latency [5]")
    parser.add_argument("--latency", type=int, nargs="*", default=LATENCIES_MS,
                        help="milliseconds for each call [0 20]")
    parser.add_argument("--only", type=re.compile, default="", metavar="REGEX",
                        help="only the tools of that name; one that restores needs its backup")
    return parser.parse_args()


class Bench(Tools):
    """A stack with rows in it, and the tools."""

    def __init__(self, stack, folder, options):
        super().__init__(stack)
        self.folder, self.options = folder, options
        self.s3 = client(stack)
        self.texts = {table: folder / f"{table}.tsv" for table in TABLES}
        self.dump = folder / "mydumper"
        self.content = None
        usage = subprocess.run([PROGRAM, "backup", "--help"], capture_output=True, text=True).stdout
        self.has_parallel = "--parallel" in usage

    def fill(self):
        """Makes the rows and writes them to the database."""
        write_texts(self.texts, self.options.rows)
        self.allow_load_data()
        self.load_data()
        self.content = self.checksums()

    def rounds(self, times):
        """Runs everything so many times, prints the medians and answers them by their names."""
        # The first is what the others are compared with.
        backups = {"rowgate backup": self.backup}
        if self.has_parallel:
            backups[PARALLEL] = self.backup_parallel
        backups |= {DUMP_SCRIPT: self.dump_avro, DUMPER: self.mydumper}
        restores = {
            RESTORE: self.restore,
            "fastavro + pymysql": self.load_avro,
            "myloader": self.myloader,
            LOAD_DATA: self.load_data,
        }
        kinds = [self.wanted(backups), self.wanted(restores)]
        runs = {name: [] for kind in kinds for name in kind}
        for number in range(times):
            for name in turned(kinds[0], number):
                runs[name].append(kinds[0][name]())
            for name in turned(kinds[1], number):
                self.empty()
                runs[name].append(kinds[1][name]())
                assert self.checksums() == self.content, f"{name} has lost rows"
        medians = {name: median(runs) for name, runs in runs.items()}
        for what, kind in zip(("backup", "restore"), kinds):
            print_table(what, {name: medians[name] for name in kind})
        return medians

    def wanted(self, tools):
        return {name: tool for name, tool in tools.items() if re.search(self.options.only, name)}

    # --- backups ---

    def backup(self, *options):
        run = self.rowgate("backup", *options)
        self.rowgate("backup", "verify", "latest", "--live")
        # The next restore takes the latest.
        self.rowgate("backup", "prune", "--keep", "1", "--yes")
        run.file_bytes = sum(self.sizes("backups/"))
        return run

    def backup_parallel(self):
        return self.backup("--parallel", str(IN_FLIGHT))

    def dump_avro(self):
        run = self.python("dump_avro.py")
        run.file_bytes = sum(self.sizes("dumps/"))
        return run

    def mydumper(self):
        shutil.rmtree(self.dump, ignore_errors=True)
        run = self.dumper("mydumper", "--outputdir", self.dump, "--rows",
                          str(self.options.rows // IN_FLIGHT))
        run.file_bytes = self.dump_bytes()
        return run

    # --- restores ---

    def restore(self):
        run = self.rowgate("restore", "latest")
        self.rowgate("restore", "drop-old", "--yes")
        run.file_bytes = sum(self.sizes("backups/"))
        return run

    def load_avro(self):
        run = self.python("load_avro.py")
        run.file_bytes = sum(self.sizes("dumps/"))
        return run

    def myloader(self):
        run = self.dumper("myloader", "--directory", self.dump, "--overwrite-tables")
        run.file_bytes = self.dump_bytes()
        return run

    def load_data(self):
        run = self.run_load_data(self.texts)
        run.file_bytes = sum(text.stat().st_size for text in self.texts.values())
        return run

    # --- how they are run ---

    def rowgate(self, *arguments):
        return self.measure([PROGRAM, *arguments])

    def python(self, script):
        return self.measure([sys.executable, PEERS / script, *TABLES])

    def dumper(self, program, *options):
        return self.measure([MYDUMPER / program, *self.database_options(), "--threads",
                             str(IN_FLIGHT), *options])

    def sizes(self, prefix):
        found = self.s3.list_objects_v2(Bucket=self.stack["bucket"], Prefix=prefix)
        return [item["Size"] for item in found.get("Contents", [])]

    def dump_bytes(self):
        return sum(file.stat().st_size for file in self.dump.iterdir())

    def empty(self):
        with database(self.stack) as db:
            for table in TABLES:
                db.rows(f"TRUNCATE TABLE `{table}`")

    def checksums(self):
        """Count and a checksum of each table, by SQL of this bench's own."""
        with database(self.stack) as db:
            return {table: db.rows(checksum(table)) for table in TABLES}


def checksum(table):
    columns = ", ".join(f"IFNULL(CONCAT('=', HEX(`{name}`)), 'NULL')" for name in COLUMNS[table])
    row = f"CONV(LEFT(MD5(CONCAT_WS(' ', {columns})), 16), 16, 10)"
    return f"SELECT COUNT(*) AS n, BIT_XOR(CAST({row} AS UNSIGNED)) AS x FROM `{table}`"


def write_texts(texts, employees):
    """The rows as LOAD DATA reads them by default; the same every time."""
    for table, count in PARENTS.items():
        rows = (f"{id}\t{table} {id}\n" for id in range(1, count + 1))
        texts[table].write_text("".join(rows))
    tails = [tail.rstrip("\n").split(",")[1:] for tail in row_tails()]
    with texts["employees"].open("w") as file:
        for id in range(1, employees + 1):
            name, hired, department, job = tails[id % len(tails)]
            if id % EVERY_NULL == 0:
                department = job = "\\N"
            file.write(f"{id}\t{name}\t{hired}\t{department}\t{job}\n")


def print_table(what, runs):
    if not runs:
        return
    ours = next(iter(runs.values())).seconds
    print(f"{what:28} seconds  to ours  peak MB  CPU s  API, S3  database  file MB")
    for name, run in runs.items():
        print(
            f"{name:28} {run.seconds:7.2f}  {run.seconds / ours:7.2f}  {run.peak_megabytes:7.1f}"
            f"  {run.cpu_seconds:5.2f}  {run.services_seconds:7.2f}  {run.database_seconds:8.2f}"
            f"  {run.file_bytes / 1e6:7.1f}",
            flush=True,
        )


def aims(medians):
    """Says which are met; only the one of memory, which no machine changes, decides."""
    runs = medians.get(0, {})
    print()
    for tool, other, most in MOST_TIMES:
        if tool in runs and other in runs:
            times = runs[tool].seconds / runs[other].seconds
            aim(f"{tool}, to {other}", times, most, "times")
    peaks = [run.peak_megabytes for runs in medians.values() for name, run in runs.items()
             if name.startswith("rowgate")]
    # Without a run of rowgate (--only) there is nothing to hold against it.
    return not peaks or aim("the most memory of rowgate", max(peaks), MOST_MEGABYTES, "MB")


def aim(what, found, most, unit):
    is_met = found <= most
    print(f"{'pass' if is_met else 'FAIL'}  {what}: {found:.2f} {unit}, of {most} aimed at")
    return is_met


if __name__ == "__main__":
    main()
