"""The same rows with a ledger and without, before a Data API that takes its time for each call."""

import argparse
import statistics
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import requests
from loading import PROGRAM, TARGET, client, database, running

ROWS = 1_000
FILE_ROWS = 100_000
FILE_KEY = "incoming/jobs/jobs.csv"


def main():
    options = arguments()
    fault = ["--fault", f"any:latency={options.latency}"] if options.latency else []
    program = ["--lambda", str(TARGET / "release/bootstrap")]
    with running(*program, *fault, program=PROGRAM) as stack, database(stack) as db:
        print(f"{options.latency} ms for each call to the Data API\n")
        print(f"{'request of 1,000 rows':32} calls  median ms   p95 ms")
        measure(stack, db, options.times, "without a key", lambda number: None)
        keys = [str(uuid.uuid4()) for _ in range(options.times)]
        measure(stack, db, options.times, "with Idempotency-Key", lambda number: keys[number])
        measure(stack, db, options.times, "the same once more (replayed)", lambda number: keys[number])
        print(f"\n{'file of 100,000 rows':32} calls    seconds")
        load_file(stack, db)
        load_direct(stack, db)


def measure(stack, db, times, name, key):
    """Sends requests one after the other; their rows do not exist, but for those of a replay."""
    if key(0) is None:
        db.empty("jobs", "rowgate_loads")
    first = 1 if key(0) is None else 1_000_001
    calls, seconds = [], []
    for number in range(times):
        start = first + number * ROWS
        rows = [{"id": id, "job": f"Job {id}"} for id in range(start, start + ROWS)]
        headers = {"x-api-key": stack["api_key"]}
        if key(number):
            headers["idempotency-key"] = key(number)
        before = count_calls(stack)
        began = time.perf_counter()
        answer = requests.post(stack["edge"] + "/tables/jobs/rows", json=rows, headers=headers)
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.content
        calls.append(count_calls(stack) - before)
    median, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    print(f"{name:32} {max(calls):5}  {median * 1e3:9.1f}  {p95 * 1e3:7.1f}", flush=True)


def load_file(stack, db):
    """By the bucket, as files come: with a place in the ledger for each statement."""
    db.empty("jobs", "rowgate_loads", "rowgate_objects")
    before, began = count_calls(stack), time.perf_counter()
    client(stack).put_object(Bucket=stack["bucket"], Key=FILE_KEY, Body=file_body())
    while not db.rows("SELECT 1 FROM rowgate_loads WHERE status = 'complete'"):
        time.sleep(0.01)
    print_file(db, "by the bucket, with the ledger", count_calls(stack) - before, began)


def load_direct(stack, db):
    """By `rowgate load --direct`: the same pipeline without S3 and without the ledger."""
    db.empty("jobs")
    settings = {
        "AWS_REGION": stack["region"],
        "AWS_ACCESS_KEY_ID": stack["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": stack["aws_secret_access_key"],
        "DB_CLUSTER_ARN": stack["cluster_arn"],
        "DB_SECRET_ARN": stack["secret_arn"],
        "DB_NAME": "rowgate",
        "DATA_API_ENDPOINT": stack["data_api"],
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "jobs.csv"
        file.write_bytes(file_body())
        before, began = count_calls(stack), time.perf_counter()
        subprocess.run([PROGRAM, "load", "--direct", file], env=settings, check=True,
                       stdout=subprocess.DEVNULL)
        print_file(db, "load --direct, without it", count_calls(stack) - before, began)


def print_file(db, name, calls, began):
    print(f"{name:32} {calls:5}  {time.perf_counter() - began:9.2f}", flush=True)
    assert db.count("jobs") == FILE_ROWS


def file_body():
    return "".join(f"{id},Job {id} {'x' * 40}\n" for id in range(1, FILE_ROWS + 1)).encode()


def count_calls(stack):
    with open(stack["call_log"]) as log:
        return sum(1 for _ in log)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50, help="requests of each kind [50]")
    parser.add_argument("--latency", type=int, default=20, help="of each call, in ms [20]")
    return parser.parse_args()


if __name__ == "__main__":
    main()
