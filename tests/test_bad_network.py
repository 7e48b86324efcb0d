"""A proxy before the Data API and S3 that closes idle connections, resets some, and answers what a paused, a
failing-over and an overloaded cluster does.

Every answer is one that docs/http.md has, what was answered 200 is stored, and nothing is stored in part or twice.
$ROWGATE_NETWORK_SECONDS says for how long (30), $ROWGATE_SEED is another seed.
"""

import json
import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from conftest import LEDGER, TABLES, behind_proxies, client, database
from files import Files, job_lines
from proxy import Text

SECONDS = float(os.environ.get("ROWGATE_NETWORK_SECONDS", "30"))
SEED = int(os.environ.get("ROWGATE_SEED", "20261128"))

# Clients of the Worker, and rows of each of their requests.
CLIENTS = 4
ROWS = 20

# Rows of a file, which is loaded in some ten batches.
FILES = 3
FILE_ROWS = 20_000

# Ids: a million for each client, then those of files.
FIRST, FIRST_OF_FILES = 1_000_000, 10_000_000

# How long a transaction lies idle that could not be ended, instead of three minutes.
TRANSACTION_SECONDS = "10"

# The share of calls that get a text, and of those that get a reset.
SHARE, RESETS = 0.15, 0.03

DB = "DatabaseErrorException"
BAD = "BadRequestException"


def of_mysql(words, number, state="HY000", **more):
    return Text(400, DB, f"{words}; Error code: {number}; SQLState: {state}", **more)


LINK = "Communications link failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago."
PAUSED = {
    "resuming": Text(400, "DatabaseResumingException", "The Aurora DB instance db-1 is resuming after being "
                     "auto-paused. Please wait a few seconds and try again."),
    "link": Text(400, BAD, f"{LINK} The driver has not received any packets from the server."),
    "starting": Text(400, BAD, "Database is starting"),
    "unavailable": Text(504, "DatabaseUnavailableException", "The writer instance in the DB cluster isn't available"),
}  # fmt: skip
FAILING_OVER = {
    "read-only": of_mysql("The MySQL server is running with the --read-only option so it cannot execute this "
                          "statement", 1290),
    "read-only-mode": of_mysql("Running in read-only mode", 1836),
    "failover": Text(400, BAD, "Failover is in progress"),
}  # fmt: skip
OVERLOADED = {
    "throttled": Text(400, "ThrottlingException", "Rate exceeded"),
    "too-many": Text(429, "TooManyRequestsException", "Too Many Requests"),
    "busy": Text(503, "ServiceUnavailableError", "Service unavailable"),
    "busy-run": Text(503, "ServiceUnavailableError", "Service unavailable", is_run=True),
    "internal": Text(500, "InternalServerErrorException", "Internal error"),
    "internal-run": Text(500, "InternalServerErrorException", "Internal error", is_run=True),
    "connections": of_mysql("Too many connections", 1040, "08004"),
}

LOST = {
    "pool": Text(400, BAD, "Connection is not available, request timed out after 1000ms"),
    "cluster": Text(400, BAD, "Database cluster is not available"),
    "currently": Text(400, BAD, "The database is currently unavailable"),
    "connect": of_mysql("Can't connect to MySQL server on '10.0.0.1:3306' (110)", 2003),
    "read-only-transaction": of_mysql("Cannot execute statement in a READ ONLY transaction", 1792, "25006"),
    "shutdown": of_mysql("Server shutdown in progress", 1053, "08S01"),
    "lost": of_mysql("Lost connection to MySQL server during query", 2013),
    "lost-run": of_mysql("Lost connection to MySQL server during query", 2013, is_run=True),
    "link-run": Text(400, BAD, "Communications link failure\n\nThe last packet successfully received from the "
                     "server was 1,203 milliseconds ago.", is_run=True),
}  # fmt: skip
TEXTS = PAUSED | FAILING_OVER | OVERLOADED | LOST


@pytest.fixture(scope="module")
def network():
    """A stack behind two proxies: its report, and the proxies of the Data API and of S3."""
    options = ["--batch-bytes", "60000", "--transaction-idle", TRANSACTION_SECONDS]
    with behind_proxies(*options, seed=SEED) as stack:
        yield stack, stack["data_api_proxy"], stack["s3_proxy"]


@pytest.fixture
def files(network):
    stack, _, _ = network
    return Files(stack, client(stack, "s3"), client(stack, "lambda"))


@pytest.fixture
def db(network):
    stack, data_api, s3 = network
    with database(stack) as db:
        db.empty(*TABLES, *LEDGER)
        yield db
    for proxy in (data_api, s3):
        proxy.answer([], 0)
        proxy.plan()


def rows(first, count=ROWS):
    return [{"id": id, "job": f"Job {id}"} for id in range(first, first + count)]


def send(stack, body, key="", **parameters):
    headers = {"x-api-key": stack["api_key"], "content-type": "application/json"}
    headers |= {"idempotency-key": key} if key else {}
    url = stack["edge"] + "/tables/jobs/rows"
    return requests.post(url, json.dumps(body), params=parameters, headers=headers)


# --- one text at each call ---




@pytest.mark.parametrize("name, text", TEXTS.items())
def test_a_text_at_each_call_of_a_request(network, db, name, text):
    """In one call, in a transaction, and with the ledger's calls around it."""
    stack, proxy, _ = network
    ways = [{}, {"on_duplicate": "update", "on_error": "skip"}, {"key": f"{name}-"}]
    for way, parameters in enumerate(ways):
        for call in range(6):
            first = 1 + ROWS * (10 * way + call)
            proxy.plan(*[None] * call, text)
            key = {"key": parameters["key"] + str(call)} if "key" in parameters else {}
            answer = send(stack, rows(first), **(parameters | key))
            proxy.plan()
            where = f"{name}, way {way}, call {call}: {answer.status_code} {answer.text}"
            assert answer.status_code in (200, 503, 504), where
            stored = db.value("SELECT COUNT(*) FROM jobs WHERE id BETWEEN %s AND %s", first, first + ROWS - 1)
            assert stored in {200: [ROWS], 503: [0], 504: [0, ROWS]}[answer.status_code], f"{where}: {stored} rows"
            if key:
                again = send(stack, rows(first), **key)
                assert again.status_code == 200, f"{where}; again: {again.status_code} {again.text}"


# --- idle connections ---


PAUSES = [4.5, 4.99, 5.0, 5.01, 5.2]


@pytest.mark.parametrize("pause", PAUSES)
def test_a_request_after_an_idle_time_is_stored(network, db, pause):
    """In the moment in which a connection is closed, `fetch` does not say whether the call has arrived."""
    stack, _, _ = network
    for number in range(3):
        assert send(stack, rows(1 + 100 * number)).status_code == 200
        time.sleep(pause)
        answer = send(stack, rows(51 + 100 * number))
        assert answer.status_code in (200, 504), f"after {pause} s: {answer.status_code} {answer.text}"
        if answer.status_code == 504:
            again = send(stack, rows(51 + 100 * number), on_duplicate="keep")
            assert again.status_code == 200, again.text
    assert db.count("jobs") == 6 * ROWS


@pytest.mark.parametrize("pause", PAUSES)
def test_a_file_after_an_idle_time_is_loaded(network, db, files, pause):
    for number in range(3):
        key = f"incoming/jobs/idle-{pause}-{number}.csv"
        assert files.load(key, job_lines(10, 1 + 10 * number))["status"] == "complete"
        assert files.failures(key) == []
        time.sleep(pause)
    assert db.count("jobs") == 30


# --- all of them, for a while ---


def test_clients_and_files_for_a_while(network, db, files):
    stack, data_api, s3 = network
    every = list(TEXTS.values())
    data_api.answer(every, SHARE, RESETS)
    s3.answer([Text(503, "SlowDown", "Reduce your request rate.")], SHARE, RESETS)
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(FILES):
            key = f"incoming/jobs/{number}.csv"
            files.s3.put_object(Bucket=files.bucket, Key=key, Body=csv(number))
        runs = [pool.submit(post_until, stack, number, until) for number in range(CLIENTS)]
        runs = [run.result() for run in runs]
    told = Counter(text.message[:40] for text in data_api.answered)
    calm(data_api, s3)
    check_requests(stack, db, runs)
    check_files(files, db)
    statuses = sum((run["statuses"] for run in runs), Counter())
    print(f"\nseed {SEED}: {statuses}; {sum(told.values())} texts, {data_api.reset} and {s3.reset} resets")
    assert statuses[200] > 20 and set(told) == {text.message[:40] for text in every}
    assert data_api.reset > 5


def calm(*proxies):
    for proxy in proxies:
        proxy.answer([], 0)


def post_until(stack, number, until):
    """Posts request after request, each with its key until it is answered 200, or for good."""
    rng = random.Random(SEED + number)
    run = {"statuses": Counter(), "stored": set(), "unknown": set(), "wrong": []}
    first = FIRST * (number + 1)
    while time.monotonic() < until:
        run["unknown"].add(first)
        post_once(stack, first, until, run)
        first += ROWS
        # Now and then as long as connections may lie idle, or a little less.
        if rng.random() < 0.1:
            time.sleep(rng.uniform(3.5, 5.5))
    return run


def post_once(stack, first, until, run):
    while time.monotonic() < until:
        answer = send(stack, rows(first), key=f"n-{first}")
        run["statuses"][answer.status_code] += 1
        if answer.status_code == 200:
            run["stored"].add(first)
            return
        if not is_documented(answer):
            run["wrong"].append(f"{first}: {answer.status_code} {answer.text}")
            return
        time.sleep(0.2)


def is_documented(answer):
    """503 and 504, and 409 while the one before is worked on; never that its own rows exist."""
    if answer.status_code == 409:
        return answer.json()["type"].endswith("in_progress")
    return answer.status_code in (503, 504)


def check_requests(stack, db, runs):
    assert [wrong for run in runs for wrong in run["wrong"]] == []
    stored = db.rows("SELECT id FROM jobs WHERE id BETWEEN %s AND %s", FIRST, FIRST_OF_FILES - 1)
    found = Counter((row["id"] - FIRST) // ROWS for row in stored)
    assert set(found.values()) == {ROWS}
    for run in runs:
        for first in run["stored"]:
            assert found[(first - FIRST) // ROWS] == ROWS, first
        for first in run["unknown"] - run["stored"]:
            finish(stack, first)


def finish(stack, first):
    """A request whose outcome is not known has its effect once, when the network is good again."""
    until = time.monotonic() + 150
    answer = send(stack, rows(first), key=f"n-{first}")
    while answer.status_code == 409 and is_documented(answer) and time.monotonic() < until:
        time.sleep(2)
        answer = send(stack, rows(first), key=f"n-{first}")
    assert answer.status_code == 200, f"{first}: {answer.status_code} {answer.text}"
    assert answer.json()["tables"]["jobs"]["stored"] == ROWS


def csv(number):
    first = FIRST_OF_FILES + number * FILE_ROWS
    return "".join(f"{id},Job {id}\n" for id in range(first, first + FILE_ROWS)).encode()


def check_files(files, db):
    for number in range(FILES):
        key = f"incoming/jobs/{number}.csv"
        files.wait_until(lambda key=key: files.is_over(key), f"the load of {key} has not ended")
        first = FIRST_OF_FILES + number * FILE_ROWS
        sql = "SELECT COUNT(*) FROM jobs WHERE id BETWEEN %s AND %s"
        assert db.value(sql, first, first + FILE_ROWS - 1) == FILE_ROWS, key
