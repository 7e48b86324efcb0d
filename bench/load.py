"""Loads a CSV file of employees with rowgate and with what else there is.

Every run begins with an empty table and counts only if the table then is what `LOAD DATA` makes of
the good rows, by count and `CHECKSUM TABLE`. The tools take turns at being first.
"""

import argparse
import os
import re
import sys
import tempfile
import time
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from loading import (
    BAD_ROWS,
    LAMBDA,
    PROGRAM,
    ROOT,
    client,
    cpu_seconds,
    database,
    forget_peak,
    peak_megabytes,
    process_of,
    row_tails,
    running,
)
from measuring import Run, Tools, aim, median, print_markdown, server_seconds, turned, write_json

sys.path.insert(0, str(ROOT / "tests"))

from conftest import Calls  # noqa: E402  (found by the line above)

LATENCIES_MS = (0, 20)
ROWS = (100_000, 1_000_000)

# These employees have no department.
EVERY_NULL = 97

# With more rows than these a peer takes some minutes, and has one round where no aim speaks of it.
MANY_ROWS = 100_000

PEERS = ROOT / "bench/peers"

# How many calls at a time the peers make at the most.
IN_FLIGHT = 4

# The tools that an aim speaks of, as the tables name them.
DIRECT, BOTO3, NODE = "rowgate load --direct", "boto3", "data-api-client"
LOAD_DATA = "LOAD DATA LOCAL INFILE"

# How often the report of a file in S3 is looked for, in seconds.
LOOK_FOR_REPORT = 0.02
PATIENCE_SECONDS = 600

HEAD = ("tool", "rounds", "seconds", "to ours", "CPU", "peak", "calls", "bytes sent",
        "call under way", "Data API", "database")


@dataclass
class LoadRun(Run):
    """What one load came to."""

    calls: int = 0
    bytes_sent: int = 0
    # For how long at least one call of the Data API was under way.
    called_seconds: float = 0


def main():
    options = arguments()
    figures = []
    with running("--lambda", str(LAMBDA), program=PROGRAM) as stack:
        for rows in options.rows:
            with tempfile.TemporaryDirectory() as folder:
                bench = Bench(stack, Path(folder), rows, options)
                for latency in options.latency:
                    with bench.latency(latency):
                        runs = bench.rounds(latency)
                    figures.append(summary(rows, latency, runs))
    write_json(options.json, figures)
    aims(figures)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="*", default=ROWS, help="[100000 1000000]")
    parser.add_argument("--rounds", type=int, default=5, help="for each size and latency [5]")
    parser.add_argument("--latency", type=int, nargs="*", default=LATENCIES_MS,
                        help="milliseconds for each call [0 20]")
    parser.add_argument("--only", type=re.compile, default="", metavar="REGEX",
                        help="only the tools of that name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args()


class Bench(Tools):
    """A stack, a file, and the tools."""

    def __init__(self, stack, folder, rows, options):
        super().__init__(stack)
        self.folder, self.rows, self.options = folder, rows, options
        self.s3, self.calls = client(stack), Calls(stack["call_log"])
        self.file, self.text = folder / "employees.csv", folder / "good.tsv"
        write_files(self.file, self.text, rows)
        self.allow_load_data()
        self.empty()
        self.load_data()
        self.content = self.checksum()

    def rounds(self, latency):
        """Runs everything and answers the runs by the names of the tools."""
        tools = {
            # The first is what the others are compared with.
            DIRECT: self.direct,
            "rowgate, by S3": self.by_s3,
            BOTO3: self.boto3,
            f"{BOTO3}, {IN_FLIGHT} in flight": lambda: self.boto3(IN_FLIGHT),
            NODE: self.node,
            f"{NODE}, {IN_FLIGHT} in flight": lambda: self.node(IN_FLIGHT),
            LOAD_DATA: self.load_data,
        }
        wanted = [name for name in tools if re.search(self.options.only, name)]
        runs = {name: [] for name in wanted}
        for number in range(self.options.rounds):
            for name in turned(wanted, number):
                if number < self.rounds_of(name, latency):
                    runs[name].append(self.run(name, tools[name]))
        return {name: done for name, done in runs.items() if done}

    def rounds_of(self, name, latency):
        is_peer = name.startswith((BOTO3, NODE))
        has_aim = latency and name in (BOTO3, NODE)
        return 1 if self.rows > MANY_ROWS and is_peer and not has_aim else self.options.rounds

    def run(self, name, tool):
        self.empty()
        self.calls.mark()
        run = tool()
        calls = self.calls.since_mark()
        assert self.checksum() == self.content, f"{name} has lost or changed rows"
        for rejects in self.folder.glob("*.rejects*"):
            rejects.unlink()
        run.calls, run.bytes_sent = len(calls), sum(call["request_bytes"] for call in calls)
        run.called_seconds = seconds_of(calls)
        print(f"{self.rows} rows, {name}: {run.seconds:.2f} s", file=sys.stderr, flush=True)
        return run

    # --- the tools ---

    def direct(self):
        # It says by its status that some rows were bad.
        return self.load([PROGRAM, "load", "--direct", self.file], statuses=(1,))

    def by_s3(self):
        """Put into the bucket, loaded by the Lambda: from the answer to the one, whose time is
        not rowgate's, to the report of the other."""
        key = f"incoming/employees/{uuid.uuid4()}.csv"
        cpu_before = forget_peak(self.stack, LAMBDA)
        before = server_seconds()
        self.s3.upload_file(str(self.file), self.stack["bucket"], key)
        began = time.monotonic()
        self.wait_for_report(key)
        seconds = time.monotonic() - began
        process, after = process_of(self.stack, LAMBDA), server_seconds()
        run = LoadRun(seconds, peak_megabytes(process), cpu_seconds(process) - cpu_before)
        run.services_seconds = after["services"] - before["services"]
        run.database_seconds = after["database"] - before["database"]
        return run

    def boto3(self, in_flight=1):
        return self.load([os.environ["PEERS_PYTHON"], PEERS / "load_rows.py", self.file,
                          "--in-flight", str(in_flight)])

    def node(self, in_flight=1):
        return self.load(["node", PEERS / "load-rows/load-rows.mjs", self.file, str(in_flight)])

    def load_data(self):
        return as_load(self.run_load_data({"employees": self.text}))

    def load(self, command, **options):
        return as_load(self.measure(command, **options))

    def environment(self):
        # The first version of AWS's SDK for JavaScript opens a connection for every call otherwise.
        return super().environment() | {"AWS_NODEJS_CONNECTION_REUSE_ENABLED": "1"}

    # --- the stack ---

    def wait_for_report(self, key):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            found = self.s3.list_objects_v2(Bucket=self.stack["bucket"], Prefix=f"reports/{key}.")
            if found.get("Contents"):
                return
            time.sleep(LOOK_FOR_REPORT)
        raise TimeoutError(Path(self.stack["lambda_log"]).read_text())

    def empty(self):
        with database(self.stack) as db:
            db.rows("TRUNCATE TABLE employees")

    def checksum(self):
        with database(self.stack) as db:
            return db.count("employees"), db.rows("CHECKSUM TABLE employees")


def as_load(run):
    return LoadRun(**asdict(run))


def write_files(file, text, rows):
    """The rows in the order of their ids, 3 of 1,000 bad; and the good ones for LOAD DATA."""
    tails = [tail.rstrip("\n").split(",")[1:] for tail in row_tails()]
    with file.open("w") as csv, text.open("w") as tsv:
        for id in range(1, rows + 1):
            if bad := BAD_ROWS.get(id % 1000):
                csv.write(bad.format(id))
                continue
            name, hired, department, job = tails[id % len(tails)]
            work = [department, job] if id % EVERY_NULL else []
            csv.write(",".join([str(id), name, hired, *(work or ["", ""])]) + "\n")
            tsv.write("\t".join([str(id), name, hired, *(work or [r"\N", r"\N"])]) + "\n")


def seconds_of(calls):
    """For how long at least one of the calls was under way."""
    total, end = timedelta(), None
    for started, ended in sorted(map(span, calls)):
        if end is None or ended > end:
            total += ended - (started if end is None else max(started, end))
            end = ended
    return total.total_seconds()


def span(call):
    # Nanoseconds are more than Python reads.
    started = datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", call["time"]))
    return started, started + timedelta(microseconds=call["micros"])


def summary(rows, latency, runs):
    """Prints the medians of one size and latency as a table, and answers them."""
    medians = {name: median(done) for name, done in runs.items()}
    print(f"\n{rows:,} rows, {latency} ms for each call\n")
    ours = next(iter(medians.values()), None)
    print_markdown(HEAD, [line(name, len(runs[name]), run, ours) for name, run in medians.items()])
    tools = {name: {"rounds": len(runs[name])} | asdict(run) for name, run in medians.items()}
    return {"rows": rows, "latency_ms": latency, "tools": tools}


def line(name, rounds, run, ours):
    called = f"{run.called_seconds / run.seconds:.0%}" if run.calls else "–"
    return (
        f"`{name}`" if name in (DIRECT, LOAD_DATA) else name,
        str(rounds),
        f"{run.seconds:.2f} s",
        f"{run.seconds / ours.seconds:.2f}",
        f"{run.cpu_seconds:.2f} s",
        f"{run.peak_megabytes:.1f} MB",
        f"{run.calls:,.0f}",
        f"{run.bytes_sent / 1e6:.1f} MB",
        called,
        f"{run.services_seconds:.2f} s",
        f"{run.database_seconds:.2f} s",
    )


def aims(figures):
    """Says which are met by the largest file; none decides, since machines differ."""
    rows = max((figure["rows"] for figure in figures), default=0)
    by_latency = {it["latency_ms"]: it["tools"] for it in figures if it["rows"] == rows}
    if 20 in by_latency:
        aims_beside_peers(by_latency[20])
    limit = by_latency.get(0, {})
    if DIRECT in limit and LOAD_DATA in limit:
        slower = limit[DIRECT]["seconds"] / limit[LOAD_DATA]["seconds"]
        aim(f"0 ms: ours, to {LOAD_DATA}", slower, 2)
    for latency, tools in by_latency.items():
        if DIRECT in tools:
            share = tools[DIRECT]["called_seconds"] / tools[DIRECT]["seconds"]
            aim(f"{latency} ms: a call under way", share * 100, 80, "%", least=True)


def aims_beside_peers(tools):
    for peer, least in ((BOTO3, 10), (NODE, 8)):
        if DIRECT in tools and peer in tools:
            aim(f"20 ms: {peer}, to ours", times(tools, peer, "seconds"), least, least=True)
            aim(f"20 ms: bytes that {peer} sends, to ours", times(tools, peer, "bytes_sent"), 4,
                least=True)
            aim(f"20 ms: calls that {peer} makes, to ours", times(tools, peer, "calls"), 40,
                least=True)


def times(tools, peer, figure):
    return tools[peer][figure] / tools[DIRECT][figure]


if __name__ == "__main__":
    main()
