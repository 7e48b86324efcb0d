"""Checks, loads, backs up and restores a table of 30 columns of all types, with rowgate and with scripts.

A run counts only if the table then is what the first load has made of the file, by count and `CHECKSUM TABLE`. The tools
take turns at being first; what is shown are medians. The large file is rowgate's alone, once.
"""

import argparse
import base64
import csv
import io
import json
import os
import random
import re
import sys
import tempfile
import time
import uuid
from pathlib import Path

from loading import PROGRAM, ROOT, client, cpu_seconds, database, forget_peak, peak_megabytes, process_of, running
from measuring import Run, Tools, aim, median, print_markdown, server_seconds, turned, write_json

PEERS = ROOT / "bench/peers"
# Beside the program, by which the stack starts it.
LAMBDA_PROGRAM = PROGRAM.parent / "bootstrap"
sys.path[:0] = [str(ROOT / "tests"), str(PEERS)]

from conftest import pulled_schema  # noqa: E402  (found by the lines above)
from wide_table import COLUMNS, CREATE  # noqa: E402

ROWS, LARGE = 20_000, 1_000_000

# Rows differ in their ids, and repeat in the rest after so many.
TAILS = 4099

# Of any process of rowgate with the large file, in millions of bytes: backup and restore, and a load.
MOST_MEGABYTES, MOST_OF_LOAD = 128, 96

CHECK, LOAD, BY_S3 = "rowgate check", "rowgate load --direct", "rowgate, by S3"
BACKUP, PARALLEL, RESTORE = "rowgate backup", "rowgate backup --parallel 4", "rowgate restore"
PYDANTIC, BOTO3 = "csv + pydantic", "pydantic + boto3"
DUMP, LOAD_AVRO = "pymysql + fastavro", "fastavro + pymysql"

# Each of rowgate's with the script that it is held against.
KINDS = {"check": [CHECK, PYDANTIC], "load": [LOAD, BY_S3, BOTO3], "backup": [BACKUP, PARALLEL, DUMP],
         "restore": [RESTORE, LOAD_AVRO]}  # fmt: skip

HEAD = ("tool", "rows", "rounds", "seconds", "rows/s", "to ours", "CPU", "rows/s of CPU", "peak", "file", "Data API, S3",
        "database")

PATIENCE_SECONDS = 1800


def main():
    options = arguments()
    figures, peaks = {}, {}
    for rows, rounds, only in [(options.rows, options.rounds, ""), (options.large, 1, "^rowgate")]:
        if rows:
            medians = measured(rows, rounds, options.only or only)
            show(rows, rounds, medians)
            peaks |= {name: run.peak_megabytes for name, run in medians.items() if name.startswith("rowgate")}
            figures[rows] = {name: vars(run) for name, run in medians.items()}
    write_json(options.json, figures)
    sys.exit(0 if judge(peaks) else 1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=ROWS, help="with all tools; 0 for none [20000]")
    parser.add_argument("--rounds", type=int, default=5, help="with all tools [5]")
    parser.add_argument("--large", type=int, default=LARGE, help="with rowgate alone; 0 for none [1000000]")
    parser.add_argument("--only", metavar="REGEX", help="only the tools of that name; one that restores needs its backup")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args()


def measured(rows, rounds, only):
    """The medians of the tools by their names, in a stack of their own."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        tables = folder / "tables.sql"
        tables.write_text(f"{CREATE};")
        with running("--schema", str(tables), program=PROGRAM) as stack:
            return Bench(stack, folder, rows, only).rounds(rounds)


class Bench(Tools):
    """A stack, a file, and the tools."""

    def __init__(self, stack, folder, rows, only):
        super().__init__(stack)
        self.folder, self.rows, self.only, self.content = folder, rows, only, None
        self.schema = pulled_schema(stack, folder / "schema.json")
        self.s3, self.file = client(stack), folder / "wide.csv"
        write_file(self.file, rows)

    def environment(self):
        return super().environment() | {"ROWGATE_SCHEMA": str(self.schema)}

    def rounds(self, count):
        tools = {
            CHECK: self.check,
            PYDANTIC: lambda: self.by_boto3("--check"),
            LOAD: self.load,
            BY_S3: self.by_s3,
            BOTO3: self.by_boto3,
            BACKUP: self.backup,
            PARALLEL: lambda: self.backup("--parallel", "4"),
            DUMP: lambda: self.by_avro("dump"),
            RESTORE: self.restore,
            LOAD_AVRO: lambda: self.by_avro("load"),
        }
        runs = {name: [] for name in tools if re.search(self.only, name)}
        for number in range(count):
            for kind in KINDS.values():
                for name in turned([name for name in kind if name in runs], number):
                    runs[name].append(self.run(name, tools[name]))
        return {name: median(done) for name, done in runs.items()}

    def run(self, name, tool):
        if name in (*KINDS["load"], *KINDS["restore"]):
            with database(self.stack) as db:
                db.rows("TRUNCATE TABLE wide")
        run = tool()
        if name not in KINDS["check"]:
            found = self.checksum()
            self.content = self.content or found
            assert found == self.content, f"{name} has lost or changed rows: {found}, {self.content}"
        print(f"{self.rows} rows, {name}: {run.seconds:.2f} s, {run.peak_megabytes:.0f} MB", file=sys.stderr, flush=True)
        return run

    def checksum(self):
        with database(self.stack) as db:
            return db.count("wide"), db.rows("CHECKSUM TABLE wide")

    # --- the tools ---

    def check(self):
        return self.of_file(self.measure([PROGRAM, "check", self.file]))

    def load(self):
        return self.of_file(self.measure([PROGRAM, "load", "--direct", self.file]))

    def by_s3(self):
        """By the Lambda: from the answer to the upload to the report. Its process is warm after the first."""
        key = f"incoming/wide/{uuid.uuid4()}.csv"
        before, computed = server_seconds(), forget_peak(self.stack, LAMBDA_PROGRAM)
        self.s3.upload_file(str(self.file), self.stack["bucket"], key)
        began = time.monotonic()
        self.wait_for_report(key)
        seconds, process, after = time.monotonic() - began, self.lambda_process(), server_seconds()
        run = Run(seconds, peak_megabytes(process), cpu_seconds(process) - computed,
                  after["services"] - before["services"], after["database"] - before["database"])  # fmt: skip
        return self.of_file(run)

    def lambda_process(self):
        return process_of(self.stack, LAMBDA_PROGRAM)

    def wait_for_report(self, key):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            found = self.s3.list_objects_v2(Bucket=self.stack["bucket"], Prefix=f"reports/{key}.").get("Contents", [])
            for report in found:
                body = self.s3.get_object(Bucket=self.stack["bucket"], Key=report["Key"])["Body"]
                assert json.load(body)["status"] == "complete"
                return
            time.sleep(0.02)
        raise TimeoutError(Path(self.stack["lambda_log"]).read_text())

    def by_boto3(self, *options):
        return self.of_file(self.measure([os.environ["PEERS_PYTHON"], PEERS / "wide_rows.py", self.file, *options]))

    def backup(self, *options):
        run = self.measure([PROGRAM, "backup", *options])
        self.measure([PROGRAM, "backup", "verify", "latest", "--live"])
        self.measure([PROGRAM, "backup", "prune", "--keep", "1", "--yes"])
        return self.of_prefix("backups/", run)

    def restore(self):
        run = self.measure([PROGRAM, "restore", "latest"])
        self.measure([PROGRAM, "restore", "drop-old", "--yes"])
        return self.of_prefix("backups/", run)

    def by_avro(self, what):
        return self.of_prefix("dumps/", self.measure([sys.executable, PEERS / "wide_avro.py", what]))

    def of_file(self, run):
        run.file_bytes = self.file.stat().st_size
        return run

    def of_prefix(self, prefix, run):
        found = self.s3.list_objects_v2(Bucket=self.stack["bucket"], Prefix=prefix)
        run.file_bytes = sum(item["Size"] for item in found.get("Contents", []))
        return run


# --- the file ---


def write_file(file, rows):
    tails = list(row_tails())
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write(f"{','.join(COLUMNS)}\n")
        out.writelines(f"{id},{tails[id % TAILS]}" for id in range(1, rows + 1))


WORDS = "Amias Quill Größe Xenia 漢字 Milo naïve Rune Zoë D'Arcy \"so\" Lindencombe O'Rook Ærø".split()


def row_tails():
    """What stands behind the id, the same every time."""
    chance = random.Random(23)
    for _ in range(TAILS):
        made = io.StringIO()
        csv.writer(made, lineterminator="\n").writerow(row_tail(chance))
        yield made.getvalue()


def row_tail(chance):
    """In the order of the columns."""
    words = lambda least, most: " ".join(chance.choices(WORDS, k=chance.randint(least, most)))
    octets = lambda least, most: base64.b64encode(chance.randbytes(chance.randint(least, most))).decode()
    rarely = lambda value: "" if chance.random() < 0.1 else value
    day = f"{chance.randint(1990, 2030)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    clock = f"{chance.randint(4, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}"
    members = [it for it in ("red", "green", "blue") if chance.random() < 0.6] or ["blue"]
    document = {"n": chance.randint(-9, 9), "of": words(1, 3), "list": [True, None, 1.5]}
    return [
        chance.randint(-128, 127), rarely(chance.randint(0, 65535)), chance.randint(-(2**23), 2**23 - 1),
        chance.randint(-(2**63), 2**63 - 1), chance.randint(0, 2**64 - 1), chance.randint(0, 1),
        f"{chance.randint(0, 10**9)}.{chance.randint(0, 99):02}", rarely(f"{chance.randint(0, 10**19)}.{chance.randint(0, 10**10 - 1):010}"),
        chance.randint(-(10**9), 10**9) / 64, chance.randint(-(2**20), 2**20) / 8, day, f"{day} {clock}.{chance.randint(0, 999999):06}",
        f"{day}T{clock}.{chance.randint(0, 999):03}Z", rarely(clock), chance.randint(1901, 2155), chance.randint(0, 255),
        chance.choice(["small", "large", "other"]), ",".join(members), octets(16, 16), rarely(octets(1, 40)), rarely(octets(20, 120)),
        rarely(json.dumps(document, separators=(",", ":"), ensure_ascii=False)), f"C{chance.randint(0, 9999999):07}", words(1, 5),
        chance.choice(["Größe", "naïve", "Ærø", "plain"]), rarely(words(3, 12)), rarely(words(5, 25)), f"{day}T{clock}Z",
        str(uuid.UUID(int=chance.getrandbits(128))),
    ]  # fmt: skip


# --- the figures ---


def show(rows, rounds, medians):
    print(f"\n{rows:,} rows of 30 columns\n")
    for kind in KINDS.values():
        found = [(name, medians[name]) for name in kind if name in medians]
        if found:
            print_markdown(HEAD, [line(rows, rounds, name, run, found[0][1]) for name, run in found])


def line(rows, rounds, name, run, ours):
    return (
        f"`{name}`" if name.startswith("rowgate ") else name,
        f"{rows:,}",
        str(rounds),
        f"{run.seconds:.2f} s",
        f"{rows / run.seconds:,.0f}",
        f"{run.seconds / ours.seconds:.2f}",
        f"{run.cpu_seconds:.2f} s",
        f"{rows / max(run.cpu_seconds, 0.01):,.0f}",
        f"{run.peak_megabytes:.1f} MB",
        f"{run.file_bytes / 1e6:.1f} MB",
        f"{run.services_seconds:.2f} s",
        f"{run.database_seconds:.2f} s",
    )


def judge(peaks):
    """The limits of memory decide, which no machine changes."""
    limits = {name: MOST_OF_LOAD if name in (CHECK, LOAD, BY_S3) else MOST_MEGABYTES for name in peaks}
    return all([aim(f"memory of {name}", peak, limits[name], "MB") for name, peak in peaks.items()])


if __name__ == "__main__":
    main()
