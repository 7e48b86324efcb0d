"""A whole rowgate on this machine, shared by all tests of a run.

`stack` starts `rowgate dev --json` once: a private database, the Data API before it, the Worker, and
S3 with the Lambda behind it, on free loopback ports. `make e2e` builds it all first; the program is
$ROWGATE.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import boto3
import pytest
import requests
from attack.table import pytest_terminal_summary  # noqa: F401: for pytest
from backups import Bucket
from botocore.config import Config
from files import Files, whole_lines
from proxy import proxied
from pymysql.connections import Connection
from pymysql.cursors import DictCursor

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / os.environ.get("ROWGATE", "target/debug/rowgate")

# Looks at the live tables are calls, which tests count and let fail; test_alter.py has them.
os.environ.setdefault("SCHEMA_LOOK_SECONDS", "off")

# So are looks for a folder's options, of S3; test_options.py has them.
os.environ.setdefault("OPTIONS_FILES", "off")

# Children first: the order to empty them in.
TABLES = ("employees", "jobs", "departments")

# Who has loaded what; without it the same file would not be loaded again.
LEDGER = ("rowgate_loads", "rowgate_objects", "rowgate_rejects", "rowgate_ranges")

# Its version, and the lock of migrations, which are never emptied.
LEDGER_VERSION = ("rowgate_ledger", "rowgate_locks")

# How files are loaded whose keys begin like this; elsewhere by default.
LOAD_OPTIONS = {
    "incoming/strict/": {"strict": True},
    "incoming/limited/": {"max_errors": 10},
    "incoming/limited/33/": {"max_errors": 33},
    "incoming/rate/": {"max_error_rate": 0.01},
    "incoming/whole/": {"on_error": "reject"},
    "incoming/keep/": {"on_duplicate": "keep"},
    "incoming/fail/": {"on_duplicate": "fail"},
    "incoming/parents/": {"check_references": True},
    "incoming/absent/": {"header": "absent"},
    "incoming/present/": {"header": "present"},
}

# The member of the stack's report that has a service's address.
ENDPOINTS = {"rds-data": "data_api", "s3": "s3", "lambda": "lambda"}

# The files of tests that take longest, begun first: otherwise the last of them runs alone.
LONGEST = (
    "restore", "random_backups", "once", "bulk_table_steps", "bad_network", "first_hour", "bulk_load_steps", "signals",
    "faults", "leases", "cases", "backup_kills", "memory",
)  # fmt: skip

START_SECONDS = 90
STOP_SECONDS = 30

# What is shown of a line of a log.
LONGEST_LINE = 2_000


@pytest.fixture(scope="session")
def stack():
    """What `rowgate dev --json` says: addresses, credentials, the path of the call log.

    With $ROWGATE_PROXY its Worker and Lambda are behind proxies that close idle connections.
    """
    start = behind_proxies if os.environ.get("ROWGATE_PROXY") else running
    with start("--load-options", json.dumps(LOAD_OPTIONS)) as started:
        yield started


@contextmanager
def behind_proxies(*options, **seeds):
    """A stack whose Worker and Lambda call the Data API and S3 through proxies, which the report has as
    `data_api_proxy` and `s3_proxy`."""
    with proxied(**seeds) as data_api, proxied(**seeds) as s3:
        through = ["--data-api-through", data_api.url, "--s3-through", s3.url]
        with running(*options, *through) as report:
            data_api.forward_to(report["data_api"])
            s3.forward_to(report["s3"])
            yield report | {"data_api_proxy": data_api, "s3_proxy": s3}


@contextmanager
def running(*options, program=PROGRAM, checkout=ROOT):
    """A stack of its own, with options of `rowgate dev`; `checkout` is whose Worker it runs."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [program, "dev", "--json", *options],
            cwd=checkout,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            report = read_report(process, errors)
            yield report
            check_logs(report, errors)
        finally:
            stop(process, errors)


def check_logs(report, errors):
    """No log of any part has a secret or a value of a row in it, whatever the tests did."""
    errors.seek(0)
    logs = {"rowgate": errors.read()}
    for name in ("call_log", "s3_log", "worker_log", "lambda_log"):
        path = Path(report[name])
        logs[name] = path.read_text(errors="replace") if path.exists() else ""
    assert all(logs[name] for name in ("call_log", "worker_log"))
    secrets = [report["api_key"], report["aws_secret_access_key"], report.get("control_secret")]
    secrets.append(urlsplit(report["database_url"]).password)
    for secret in [*filter(None, secrets), *row_values()]:
        found = [name for name, text in logs.items() if secret in text]
        assert not found, f"{secret!r} is in {found}"


def row_values():
    """Names that the tests send: those of the samples, and some with a mark of their own."""
    lines = (ROOT / "samples/hired_employees.csv").read_text("utf-8-sig").splitlines()
    names = [line.split(",")[1] for line in lines]
    return [name for name in names if len(name) > 8] + ["Zoë", "O'Leary", "far too long for it"]


def read_report(process, errors):
    # It gives up by itself well before this would wait for ever.
    line = process.stdout.readline()
    if not line:
        process.wait(START_SECONDS)
        pytest.fail(f"rowgate dev did not start:\n{tail(errors)}", pytrace=False)
    return json.loads(line)


def stop(process, errors):
    """Ends the stack as Ctrl-C would, and insists that it went in order."""
    if process.poll() is not None:
        pytest.fail(f"rowgate dev ended with {process.returncode}:\n{tail(errors)}", pytrace=False)
    process.send_signal(signal.SIGINT)
    try:
        status = process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        pytest.fail(f"rowgate dev ignored SIGINT:\n{tail(errors)}", pytrace=False)
    assert status == 0, tail(errors)


def tail(errors, lines=40):
    errors.seek(0)
    return "\n".join(errors.read().splitlines()[-lines:])


def pytest_collection_modifyitems(items):
    names = [f"test_{name}" for name in LONGEST]
    items.sort(key=lambda item: names.index(name) if (name := item.path.stem) in names else len(names))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Adds the ends of two logs to the report of a test that failed with a stack."""
    outcome = yield
    report = outcome.get_result()
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack:
        report.sections.append(("Worker log", file_tail(stack["worker_log"])))
        report.sections.append(("Lambda log", file_tail(stack["lambda_log"])))


def file_tail(path, lines=40):
    try:
        last = Path(path).read_text(errors="replace").splitlines()[-lines:]
        return "\n".join(line[:LONGEST_LINE] for line in last)
    except OSError as error:
        return str(error)


class Db(Connection):
    """A connection to the database past rowgate, with what tests ask most."""

    def rows(self, sql, *values):
        """All rows of an answer, each a dict."""
        with self.cursor(DictCursor) as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())

    def value(self, sql, *values):
        """The only column of the only row."""
        (row,) = self.rows(sql, *values)
        (value,) = row.values()
        return value

    def count(self, table):
        return self.value(f"SELECT COUNT(*) FROM `{table}`")

    def empty(self, *tables):
        for table in tables:
            self.rows(f"DELETE FROM `{table}`")


@pytest.fixture(scope="session")
def db(stack):
    """One connection for the whole run; every statement is committed at once."""
    with database(stack) as connection:
        yield connection


@contextmanager
def database(stack):
    """A connection to a stack's database."""
    url = urlsplit(stack["database_url"])
    connection = Db(
        host=url.hostname,
        port=url.port or 3306,
        user=unquote(url.username or "root"),
        password=unquote(url.password or ""),
        database=url.path.lstrip("/"),
        autocommit=True,
    )
    yield connection
    connection.close()


@pytest.fixture
def empty_tables(db):
    """The three tables, and the ledger, without a row; `pytestmark =
    pytest.mark.usefixtures("empty_tables")`."""
    db.empty(*TABLES, *LEDGER)


def set_isolation(db, stack, level):
    """For all sessions to come."""
    db.rows(f"SET GLOBAL TRANSACTION ISOLATION LEVEL {level}")
    renew_sessions(stack)


def renew_sessions(stack):
    """Uses each session that lies idle in the Data API's pool once, at the same time; after that it
    begins anew, with the server's settings."""
    service = client(stack, "rds-data")
    arns = {"resourceArn": stack["cluster_arn"], "secretArn": stack["secret_arn"]}
    with ThreadPoolExecutor(10) as pool:
        for _ in range(10):
            pool.submit(service.execute_statement, sql="SELECT SLEEP(0.5)", **arns)


class Calls:
    """The calls that reached a service since the mark: one dict each, as its call log has them."""

    def __init__(self, path):
        self.path = Path(path)
        self.position = 0
        self.mark()

    def mark(self):
        """Forgets what has been called so far."""
        # A line that is being written is one of those to come.
        log = self.path.read_bytes() if self.path.exists() else b""
        self.position = log.rfind(b"\n") + 1

    def since_mark(self):
        if not self.path.exists():
            return []
        return [json.loads(line) for line in whole_lines(self.path, self.position)]


@pytest.fixture
def calls(stack):
    """The calls to the Data API."""
    return Calls(stack["call_log"])


@pytest.fixture
def s3_calls(stack):
    return Calls(stack["s3_log"])


@pytest.fixture(scope="session")
def files(stack):
    """The door for files."""
    return Files(stack, client(stack, "s3"), client(stack, "lambda"))


@pytest.fixture
def fault(stack):
    """Puts faults of the Data API in force; none are when the test is over."""
    yield from faults(stack, "data_api")


@pytest.fixture
def s3_fault(stack):
    """Puts faults of S3 in force; none are when the test is over."""
    yield from faults(stack, "s3")


def faults(stack, service):
    put = partial(put_faults, stack, service=service)
    yield put
    put()


def put_faults(stack, *texts, service="data_api"):
    """Puts faults of a service in force, instead of those before."""
    # Stacks of before 0.2, which are measured beside this one, have no such secret.
    headers = {"x-rowgate-control": stack.get("control_secret", "")}
    assert requests.post(stack[service] + "/_rowgate/faults", json=texts, headers=headers).ok


def client(stack, service, seconds=70, **changes):
    """AWS's own client of one of the stack's services, some settings changed; it waits so long, and never repeats."""
    settings = {**stack, **changes}
    return boto3.client(
        service,
        endpoint_url=settings[ENDPOINTS[service]],
        region_name=settings["region"],
        aws_access_key_id=settings["aws_access_key_id"],
        aws_secret_access_key=settings["aws_secret_access_key"],
        config=Config(retries={"total_max_attempts": 1}, read_timeout=seconds),
    )


@pytest.fixture
def post(stack):
    """Sends rows to the shared stack; see `sender`."""
    return sender(stack)


def sender(stack):
    """A function that sends rows (a dict or list as JSON, a text as CSV) with the stack's key."""

    def post(path, rows, key=stack["api_key"], content_type=None, **parameters):
        is_csv = isinstance(rows, (str, bytes))
        body = rows if is_csv else json.dumps(rows)
        headers = {"content-type": content_type or ("text/csv" if is_csv else "application/json")}
        if key is not None:
            headers["x-api-key"] = key
        body = body if isinstance(body, bytes) else body.encode()
        return requests.post(stack["edge"] + path, body, params=parameters, headers=headers)

    return post


@pytest.fixture
def environment(stack):
    return environment_of(stack)


def environment_of(stack):
    """The stack's settings as the operator's command reads them."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_REGION": stack["region"],
        "AWS_ACCESS_KEY_ID": stack["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": stack["aws_secret_access_key"],
        "AWS_ENDPOINT_URL_S3": stack["s3"],
        "DATA_BUCKET": stack["bucket"],
        "DB_CLUSTER_ARN": stack["cluster_arn"],
        "DB_SECRET_ARN": stack["secret_arn"],
        "DB_NAME": "rowgate",
        "DATA_API_ENDPOINT": stack["data_api"],
    }


def pulled_schema(stack, file):
    """The stack's live tables as a schema.json, in this file."""
    pull = [PROGRAM, "schema", "pull", "--output", file]
    done = subprocess.run(pull, env=environment_of(stack), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return file


def command_in(folder, stack):
    """Runs the operator's command in a folder with the stack's schema.json; it has the folder as `folder`."""
    pulled_schema(stack, folder / "schema.json")

    def command(*arguments):
        settings = os.environ | environment_of(stack)
        return subprocess.run([PROGRAM, *arguments], cwd=folder, env=settings, capture_output=True, text=True)

    command.folder = folder
    return command


@pytest.fixture
def command(environment):
    """Runs the operator's command with the stack's settings, some of them changed."""

    def command(*arguments, **changed):
        settings = environment | changed
        return subprocess.run([PROGRAM, *arguments], env=settings, capture_output=True, text=True)

    return command


@pytest.fixture
def kill(environment):
    """Runs the operator's command and kills it once so many calls were answered."""

    def kill(calls, count, *arguments):
        calls.mark()
        pipe = subprocess.PIPE
        process = subprocess.Popen([PROGRAM, *arguments], env=environment, stdout=pipe, stderr=pipe)
        while process.poll() is None and len(calls.since_mark()) < count:
            time.sleep(0.002)
        process.kill()
        process.communicate()
        return process.returncode

    return kill


@pytest.fixture
def backup(command):
    """`rowgate backup` with the stack's settings."""
    return partial(command, "backup")


@pytest.fixture
def restore(command):
    """`rowgate restore` with the stack's settings."""
    return partial(command, "restore")


@pytest.fixture
def bucket(stack):
    """The bucket, without a backup in it."""
    bucket = Bucket(client(stack, "s3"), stack["bucket"])
    bucket.delete("backups/")
    return bucket
