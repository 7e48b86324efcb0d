"""Sends rows to rowgate's Worker and to one in JavaScript, and counts what came to be stored.

In each round both Workers are started anew, one after the other and another one first each time.
"""

import argparse
import gzip
import hashlib
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import requests
from loading import PROGRAM, ROOT, cpu_seconds, database, running
from measuring import (
    descendants,
    median,
    name_of,
    print_markdown,
    server_seconds,
    turned,
    write_json,
)
from workers import worker

# How many rows a request has, and how many requests are sent with them.
REQUESTS = {1: 1000, 100: 300, 1000: 100}
# Sent before them and not counted: the first thousand pay for compiling, the more a Worker has of
# WebAssembly (NOTES.md).
WARM_UP = 2000
# Of 20 rows one is bad.
EVERY_BAD = 20

# Good rows are stored and the bad ones named, as the peer does; ids that exist are an error.
ROUTE = "/tables/employees/rows"
OURS, PEER = "rowgate", "zod + aws4fetch"
WORKERS = {
    OURS: ROOT / "edge/build/worker.js",
    PEER: ROOT / "bench/peers/worker/build/index.js",
}
QUERIES = {OURS: "?on_error=skip", PEER: ""}

WRK = Path(os.environ["WRK"]) / "bin/wrk"
MOST_SECONDS = 600

ONE_ROW = {"id": 1, "name": "Rune Kestward", "datetime": "2021-02-16T16:08:38Z",
           "department_id": 2, "job_id": 118}


@dataclass
class Load:
    """What the requests of one kind came to; times in seconds, for each request but `rate`."""

    p50: float
    p99: float
    rate: float
    worker: float
    services: float
    database: float


@dataclass
class Start:
    """How long it took from a Worker's start to its first answer, and that answer alone."""

    total: float
    first_answer: float


def main():
    options = arguments()
    kinds = [(rows, every) for rows in options.rows for every in (0, EVERY_BAD)]
    loads = {(*kind, name): [] for kind in kinds for name in WORKERS}
    starts = {name: [] for name in WORKERS}
    with running(program=PROGRAM) as stack:
        bench = Bench(stack, options)
        for number in range(options.rounds):
            for name in turned(WORKERS, number):
                with bench.worker(name) as worker:
                    starts[name].append(worker.start)
                    bench.warm_up(worker)
                    for kind in kinds:
                        loads[*kind, name].append(bench.send(worker, *kind))
    figures = [summary(rows, every, loads) for rows, every in kinds]
    write_json(options.json, {"loads": figures, "workers": of_workers(starts)})


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="of all requests [5]")
    parser.add_argument("--rows", type=int, nargs="*", default=list(REQUESTS),
                        help="rows of a request [1 100 1000]")
    parser.add_argument("--requests", type=int, help="of each kind [1000, 300, 100]")
    parser.add_argument("--connections", type=int, default=4, help="requests at a time [4]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args()


@dataclass
class Worker:
    """One that answers."""

    name: str
    url: str
    runtime: Path
    start: Start


class Bench:
    """A stack, whose Data API both Workers use."""

    def __init__(self, stack, options):
        self.stack, self.options = stack, options

    @contextmanager
    def worker(self, name):
        """Runs a Worker on workerd, under Miniflare."""
        self.empty()
        began = time.monotonic()
        with worker(WORKERS[name], self.variables()) as (address, node):
            url = address + ROUTE + QUERIES[name]
            ready = time.monotonic()
            answer = requests.post(url, json=[ONE_ROW], headers=self.headers())
            now = time.monotonic()
            assert answer.status_code == 200, answer.content
            yield Worker(name, url, runtime_of(node), Start(now - began, now - ready))

    def variables(self):
        key = self.stack["api_key"]
        digest = hashlib.sha256(key.encode()).hexdigest()
        names = {"AWS_REGION": "region", "AWS_ACCESS_KEY_ID": "aws_access_key_id",
                 "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key", "DB_CLUSTER_ARN": "cluster_arn",
                 "DB_SECRET_ARN": "secret_arn", "DATA_API_ENDPOINT": "data_api"}
        variables = {name: self.stack[member] for name, member in names.items()}
        variables["DB_NAME"] = "rowgate"
        variables["API_KEYS"] = json.dumps([{"id": key[2:10], "sha256": digest, "tables": ["*"]}])
        return variables

    def headers(self):
        return {"x-api-key": self.stack["api_key"]}

    def warm_up(self, worker):
        self.empty()
        self.wrk(worker.url, WARM_UP, 10, EVERY_BAD)

    def send(self, worker, rows, every_bad):
        """Sends the requests of one kind and looks at what is stored."""
        self.empty()
        count = self.options.requests or REQUESTS.get(rows, 100)
        before, worker_before = server_seconds(), cpu_seconds(worker.runtime)
        found = self.wrk(worker.url, count, rows, every_bad)
        after, worker_after = server_seconds(), cpu_seconds(worker.runtime)
        self.check(found, worker, count, rows)
        load = Load(found["p50"], found["p99"], count / found["seconds"],
                    (worker_after - worker_before) / count,
                    (after["services"] - before["services"]) / count,
                    (after["database"] - before["database"]) / count)
        print(f"{worker.name}: {rows} rows, {found['bad']} bad: {load.p50 * 1e3:.1f} ms",
              file=sys.stderr, flush=True)
        return load

    def wrk(self, url, *arguments):
        done = subprocess.run(
            [WRK, "--threads", "1", "--connections", str(self.options.connections), "--duration",
             f"{MOST_SECONDS}s", "--timeout", "60s", "--script", ROOT / "bench/edge.lua", url, "--",
             *map(str, arguments)],
            env={"API_KEY": self.stack["api_key"]}, capture_output=True, text=True, check=True,
        )
        return json.loads(done.stdout.splitlines()[-1])

    def check(self, found, worker, count, rows):
        """Every request is answered, and the rows that are stored are the good ones."""
        assert found["answered"] == count and found["good"] + found["bad"] == count * rows, found
        statuses = {int(status): number for status, number in found["statuses"].items()}
        expected = statuses_of(count, found["bad"], rows)
        assert statuses == expected, (worker.name, statuses, expected)
        with database(self.stack) as db:
            stored = db.count("employees")
        assert stored == found["good"], (worker.name, found, stored)

    def empty(self):
        with database(self.stack) as db:
            db.rows("TRUNCATE TABLE employees")


def statuses_of(count, bad, rows):
    """How often which answer comes; a bad row has good ones beside it, unless it is alone."""
    if bad == 0:
        return {200: count}
    return {200: count - bad, 422: bad} if rows == 1 else {207: count}


def runtime_of(node):
    (runtime,) = [child for child in descendants(node.pid) if name_of(child) == "workerd"]
    return runtime


def summary(rows, every_bad, loads):
    """Prints the medians of one kind of request as a table, and answers them."""
    bad = f"one of {every_bad} bad" if every_bad else "all good"
    medians = {name: median(loads[rows, every_bad, name]) for name in WORKERS}
    print(f"{rows:,} row{'s' if rows > 1 else ''} a request, {bad}\n")
    print_markdown(
        ("Worker", "p50", "p99", "requests/s", "to ours", "CPU of the Worker", "of the Data API",
         "of the database"),
        [line(name, load, medians[OURS]) for name, load in medians.items()],
    )
    return {"rows": rows, "every_bad": every_bad,
            "workers": {name: asdict(load) for name, load in medians.items()}}


def line(name, load, ours):
    times = [load.p50, load.p99]
    costs = [load.worker, load.services, load.database]
    return (name, *(f"{time * 1e3:.1f} ms" for time in times), f"{load.rate:,.0f}",
            f"{load.rate / ours.rate:.2f}", *(f"{cost * 1e3:.2f} ms" for cost in costs))


def of_workers(starts):
    """Prints what the Workers are without any request, and answers it."""
    figures = {
        name: {"bytes": bundle_bytes(WORKERS[name].parent)} | asdict(median(starts[name]))
        for name in WORKERS
    }
    print_markdown(
        ("Worker", "bundle after gzip", "start to first answer", "first answer alone"),
        [(name, f"{it['bytes'] / 1e3:.0f} kB", f"{it['total'] * 1e3:.0f} ms",
          f"{it['first_answer'] * 1e3:.0f} ms") for name, it in figures.items()],
    )
    return figures


def bundle_bytes(folder):
    files = [folder / "index.js", *folder.glob("*.wasm")]
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


if __name__ == "__main__":
    main()
