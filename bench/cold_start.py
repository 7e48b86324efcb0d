"""Starts the Lambda's bootstrap again and again, until it asks the Runtime API for its first event, and the Worker,
until its first answer."""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from workers import worker

PROGRAM = Path(__file__).resolve().parent.parent / "target/lambda/x86_64/bootstrap"
WORKER = Path(__file__).resolve().parent.parent / "edge/build"

STARTS = 30
MOST_MILLISECONDS = 30
MOST_BYTES = 16_000_000

# A database of this size costs the start so much more than one of three tables.
TABLES = 200
COLUMNS = 30
MOST_MORE_MILLISECONDS = 5

TYPES = ("int", "varchar(60)", "decimal(12,2)", "datetime(3)", "text", "bigint unsigned")

FIRST_REQUEST = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n"
PATIENCE_SECONDS = 10

# All that the program wants to know before its first event.
SETTINGS = {
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "DB_CLUSTER_ARN": "arn:aws:rds:eu-west-1:123456789012:cluster:local",
    "DB_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:local",
    "DB_NAME": "rowgate",
    "API_KEYS": '[{"id":"gateway:*","tables":["*"]}]',
}

OF_LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "rowgate",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/rowgate",
    "AWS_LAMBDA_LOG_STREAM_NAME": "local",
}


def main():
    program = Path(sys.argv[1] if len(sys.argv) > 1 else PROGRAM)
    warm = [start(program) for _ in range(STARTS)]
    from_disk = [start(forgotten(program)) for _ in range(STARTS)]
    few, many = by_tables(lambda path: start(program, path))
    few_there, many_there = by_tables(first_answer)
    size = program.stat().st_size

    print(f"{STARTS} starts       min  median     p95     max")
    print(f"in memory   {line(warm)}  ms")
    print(f"from disk   {line(from_disk)}  ms")
    print(f"3 tables    {line(few)}  ms")
    print(f"{TABLES} tables  {line(many)}  ms, of {COLUMNS} columns each")
    print("the Worker's first answer")
    print(f"3 tables    {line(few_there)}  ms")
    print(f"{TABLES} tables  {line(many_there)}  ms")
    print()
    results = [
        limit("median, program in memory", statistics.median(warm), MOST_MILLISECONDS, "ms"),
        limit(f"{TABLES} tables", more(few, many), MOST_MORE_MILLISECONDS, "ms more"),
        limit(f"{TABLES} tables in the Worker", more(few_there, many_there), MOST_MORE_MILLISECONDS, "ms more"),
        limit("size", size / 1e6, MOST_BYTES / 1e6, "MB"),
    ]
    sys.exit(0 if all(results) else 1)


def by_tables(start):
    """The starts with three tables and with many, by turns; `start` is given a schema.json."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{count}.json" for count in (3, TABLES)]
        for path, count in zip(paths, (3, TABLES), strict=True):
            tables = [table(f"table_{number}") for number in range(count)]
            path.write_text(json.dumps({"rowgate_schema": 1, "tables": tables}))
        pairs = [[start(path) for path in paths] for _ in range(STARTS)]
    return [list(times) for times in zip(*pairs, strict=True)]


def table(name):
    columns = [{"name": "id", "column_type": "int", "nullable": False}]
    for number in range(1, COLUMNS):
        columns.append({"name": f"column_{number}", "column_type": TYPES[number % len(TYPES)]})
    return {"name": name, "columns": columns, "primary_key": ["id"]}


def more(few, many):
    """How much more the median is."""
    return statistics.median(many) - statistics.median(few)


def start(program, schema=None):
    """Milliseconds from just before the process is made until its request is here."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_SECONDS)
        host, port = listener.getsockname()
        environment = SETTINGS | OF_LAMBDA | {"AWS_LAMBDA_RUNTIME_API": f"{host}:{port}"}
        if schema:
            environment["ROWGATE_SCHEMA"] = str(schema)
        began = time.perf_counter()
        process = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL)
        try:
            connection, _ = listener.accept()
            request = read_head(connection)
            seconds = time.perf_counter() - began
        finally:
            # Before the connection ends, of which it would complain.
            process.kill()
            process.wait()
        connection.close()
    assert request.startswith(FIRST_REQUEST), request
    return seconds * 1000


def first_answer(schema):
    """Milliseconds that the Worker takes for its first answer, once the runtime listens; it has read the schema by then."""
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "build"
        shutil.copytree(WORKER, built, ignore=shutil.ignore_patterns(".*"))
        shutil.copy(schema, built / "schema.txt")
        with worker(built / "worker.js", SETTINGS) as (address, _):
            began = time.perf_counter()
            with urllib.request.urlopen(f"{address}/health") as answer:
                assert answer.status == 200
            return (time.perf_counter() - began) * 1000


def read_head(connection):
    connection.settimeout(PATIENCE_SECONDS)
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4096)
        assert piece, f"the connection ended behind {head}"
        head += piece
    return head


def forgotten(program):
    """The program once the kernel has dropped what it had of it in memory, as on a new machine."""
    with program.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return program


def line(times):
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
    figures = (min(times), statistics.median(times), p95, max(times))
    return "  ".join(f"{figure:6.1f}" for figure in figures)


def limit(what, figure, most, unit):
    is_met = figure <= most
    print(f"{'pass' if is_met else 'FAIL'}  {what}: {figure:.1f} {unit}, of {most:g} {unit} allowed")
    return is_met


if __name__ == "__main__":
    main()
