"""Backs a million employees up and restores them, with rowgate and with what else there is.

Each round makes all backups, then all restores, each tool from its own files of that round into
emptied tables, and compares the tables after each: a tool that loses a row has no figure. The tools
take turns at being first.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
from delay import delayed
from loading import PROGRAM, ROOT, client, cpu_seconds, peak_megabytes, row_tails

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

# Nobody knows of these employees where they work.
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

# A child's peak is looked at so often, in seconds; the last look is before its end.
LOOK = 0.005

# What all tools share, by the names of the processes.
SERVERS = {"database": ("mariadbd", "mysqld"), "services": ("rowgate",)}


@dataclass
class Run:
    """What one command came to."""

    seconds: float
    peak_megabytes: float
    cpu_seconds: float
    # Of the Data API and S3, and of the database server, meanwhile.
    services_seconds: float = 0
    database_seconds: float = 0
    file_bytes: int = 0


def main():
    options = arguments()
    with running("--bare", program=PROGRAM) as stack, tempfile.TemporaryDirectory() as folder:
        bench = Bench(stack, Path(folder), options)
        bench.fill()
        medians = {}
        for latency in options.latency:
            with bench.latency(latency):
                medians[latency] = bench.rounds(options.times)
    sys.exit(0 if aims(medians) else 1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="employees [1000000]")
    parser.add_argument("--times", type=int, default=3, help="rounds for each latency [3]")
    parser.add_argument("--latency", type=int, nargs="*", default=LATENCIES_MS,
                        help="milliseconds for each call [0 20]")
    parser.add_argument("--only", type=re.compile, default="", metavar="REGEX",
                        help="only the tools of that name; one that restores needs its backup")
    return parser.parse_args()


class Bench:
    """A stack with rows in it, and the tools."""

    def __init__(self, stack, folder, options):
        self.stack, self.folder, self.options = stack, folder, options
        self.s3 = client(stack)
        self.texts = {table: folder / f"{table}.tsv" for table in TABLES}
        self.dump = folder / "mydumper"
        self.database_url = stack["database_url"]
        self.content = None
        usage = subprocess.run([PROGRAM, "backup", "--help"], capture_output=True, text=True).stdout
        self.has_parallel = "--parallel" in usage

    def fill(self):
        """Makes the rows and writes them to the database."""
        write_texts(self.texts, self.options.rows)
        with database(self.stack) as db:
            db.rows("SET GLOBAL local_infile = 1")
        self.load_data()
        self.content = self.checksums()

    def latency(self, milliseconds):
        """From here on each call of the Data API, and each question to the database by its own
        protocol, takes so much longer."""
        faults = [f"any:latency={milliseconds}"] if milliseconds else []
        assert requests.post(self.stack["data_api"] + "/_rowgate/faults", json=faults).ok
        ways = ExitStack()
        url = urlsplit(self.stack["database_url"])
        port = url.port
        if milliseconds:
            port = ways.enter_context(delayed(url.hostname, port, milliseconds / 1000))
        self.database_url = urlunsplit(url._replace(netloc=f"root@{url.hostname}:{port}"))
        print(f"\n{milliseconds} ms", flush=True)
        return ways

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
        # As the fastest way there is: the client has nothing to do but read.
        statements = "; ".join(
            f"LOAD DATA LOCAL INFILE '{text}' INTO TABLE `{table}` CHARACTER SET utf8mb4"
            for table, text in self.texts.items()
        )
        program = shutil.which("mariadb") or shutil.which("mysql")
        assert program, "the database's own client, mariadb or mysql, is missing"
        run = self.measure([program, "--no-defaults", *self.database_options(),
                            "--local-infile=1", f"--execute={statements}"])
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

    def database_options(self):
        url = urlsplit(self.database_url)
        return ["--host", url.hostname, "--port", str(url.port), "--user", "root",
                "--database", url.path.lstrip("/")]

    def environment(self):
        stack = self.stack
        return {
            "PATH": os.environ["PATH"],
            "AWS_REGION": stack["region"],
            "AWS_DEFAULT_REGION": stack["region"],
            "AWS_ACCESS_KEY_ID": stack["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": stack["aws_secret_access_key"],
            "AWS_ENDPOINT_URL_S3": stack["s3"],
            "DB_CLUSTER_ARN": stack["cluster_arn"],
            "DB_SECRET_ARN": stack["secret_arn"],
            "DB_NAME": "rowgate",
            "DATA_API_ENDPOINT": stack["data_api"],
            "DATA_BUCKET": stack["bucket"],
            "DATABASE_URL": self.database_url,
        }

    def measure(self, command):
        """Runs a command to its end, which must be a good one."""
        before = self.server_seconds()
        began = time.monotonic()
        with tempfile.TemporaryFile("w+") as output:
            child = subprocess.Popen(command, env=self.environment(), stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT)
            peak = 0
            while True:
                # Of a child's end the kernel would say its parent's peak, if that is higher.
                peak = max(peak, peak_of(child.pid))
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
                if pid:
                    break
                time.sleep(LOOK)
            seconds = time.monotonic() - began
            child.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            assert child.returncode == 0, f"{command}: {output.read()}"
        after = self.server_seconds()
        return Run(seconds, peak, usage.ru_utime + usage.ru_stime,
                   after["services"] - before["services"], after["database"] - before["database"])

    def server_seconds(self):
        """The processor time so far of the Data API with S3, and of the database server."""
        seconds = dict.fromkeys(SERVERS, 0.0)
        for process in descendants(os.getpid()):
            name = (process / "comm").read_text().strip()
            for server, names in SERVERS.items():
                if name in names:
                    seconds[server] += cpu_seconds(process)
        return seconds

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


def turned(tools, number):
    """Their names, another one first each time."""
    names = list(tools)
    at = number % max(len(names), 1)
    return names[at:] + names[:at]


def peak_of(pid):
    try:
        return peak_megabytes(Path(f"/proc/{pid}"))
    except (LookupError, OSError):
        # It has no memory any more.
        return 0


def descendants(pid):
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield Path(f"/proc/{child}")
            yield from descendants(child)


def median(runs):
    fields = Run.__dataclass_fields__
    return Run(**{name: statistics.median(getattr(run, name) for run in runs) for name in fields})


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
