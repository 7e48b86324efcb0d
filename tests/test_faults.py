"""Every fault at every call: an honest status, and the database holding all of a request or nothing."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from conftest import client

JOBS = [{"id": id, "job": f"Job {id}"} for id in (1, 2, 3)]
THREE_TABLES = {
    "departments": [{"id": 1, "department": "Sales"}],
    "jobs": JOBS,
    "employees": [{"id": 1, "name": "Ann", "datetime": "2021-07-27T16:02:08Z", "job_id": 1}],
}
ONE_TABLE = {"jobs": JOBS}

# What the service says that it did not run.
NOT_RUN = ["resuming:times=2", "throttled:times=2", "latency=50:times=1"]
# After these the database alone knows.
UNKNOWN = ["internal", "unavailable", "database-unavailable", "time-out", "cut-before", "cut-after"]
# The database gave way to another transaction.
GAVE_WAY = ["database-error=1213", "database-error=1205"]
# The same call would be refused again.
REFUSED = ["access-denied", "database-error=1146"]

CALLS = {
    "one": [("execute", 0)],
    "three": [("begin", 0), ("execute", 0), ("execute", 1), ("execute", 2), ("commit", 0)],
}


def cells():
    """request, on_duplicate, call, fault, and the statuses that are right."""
    for on_duplicate in ("fail", "keep", "update"):
        for request, calls in CALLS.items():
            for call in calls:
                for fault, status in faults(request, on_duplicate, call[0]):
                    yield request, on_duplicate, call, fault, status


def faults(request, on_duplicate, operation):
    for fault in NOT_RUN:
        yield fault, 200
    for fault in REFUSED:
        yield f"{fault}:times=1", 500
    for fault in GAVE_WAY:
        # A commit or a begin does not wait for locks, but what they would say is known.
        yield f"{fault}:times=1", 200
    last = operation == "commit" or (request == "one" and on_duplicate == "fail")
    for fault in UNKNOWN:
        # Before the commit nothing lasts, so everything may be done again.
        yield f"{fault}:times=1", 504 if last else 200
        if request == "one" and on_duplicate != "fail":
            yield fault, 504
        elif operation in ("begin", "execute") and request == "three":
            yield fault, 503


CELLS = list(cells())


def holds(db):
    """How many rows the three tables have, as one value."""
    return tuple(db.count(table) for table in ("departments", "jobs", "employees"))


@pytest.mark.parametrize("request_name", CALLS)
@pytest.mark.parametrize("on_duplicate", ["fail", "keep", "update"])
def test_every_fault_at_every_call(post, db, fault, empty_tables, request_name, on_duplicate):
    body, every = {
        "one": (ONE_TABLE, (0, 3, 0)),
        "three": (THREE_TABLES, (1, 3, 1)),
    }[request_name]
    mine = [cell for cell in CELLS if cell[:2] == (request_name, on_duplicate)]
    assert mine
    for _, _, (operation, position), kind, status in mine:
        db.empty("employees", "jobs", "departments")
        text = f"{operation}:{kind}"
        fault(f"{text}:skip={position}" if position else text)
        answer = post("/insert_data", body, on_duplicate=on_duplicate)
        fault()
        cell = f"{request_name} {on_duplicate} {operation}#{position} {kind}"
        assert answer.status_code == status, f"{cell}: {answer.text}"
        check_database(db, cell, status, every)
        assert (status == 503) == ("retry-after" in answer.headers), cell


def check_database(db, cell, status, every):
    nothing = (0, 0, 0)
    if status == 504 and "cut-after" not in cell:
        expected = [nothing]
    elif status == 504:
        expected = [every]
    else:
        expected = [every if status == 200 else nothing]
    # A transaction whose client was cut off is rolled back a moment later.
    end = time.monotonic() + 2
    while holds(db) not in expected and time.monotonic() < end:
        time.sleep(0.02)
    assert holds(db) in expected, f"{cell}: {holds(db)}"


def test_the_number_of_cells(capsys):
    with capsys.disabled():
        print(f" [{len(CELLS)} cells of faults at calls]", end="")
    assert len(CELLS) > 200
    assert len(set(CELLS)) == len(CELLS)


def test_a_transaction_that_could_not_be_rolled_back_is_not_committed_either(
    post, db, fault, calls, stack, empty_tables
):
    calls.mark()
    fault("execute:internal:skip=1", "rollback:cut-before")
    assert post("/insert_data", THREE_TABLES).status_code == 503
    assert holds(db) == (0, 0, 0)

    # The service would end them after 3 idle minutes; until then they hold their locks.
    fault()
    begun = [c["transaction_id"] for c in calls.since_mark() if c["operation"] == "BeginTransaction"]
    assert len(begun) == 3
    target = {"resourceArn": stack["cluster_arn"], "secretArn": stack["secret_arn"]}
    data_api = client(stack, "rds-data")
    for id in begun:
        data_api.rollback_transaction(transactionId=id, **target)


@pytest.mark.parametrize("skip", range(1, 8))
def test_a_key_that_another_client_writes_meanwhile_exists(post, stack, db, fault, empty_tables, skip):
    """The transaction has its snapshot by then, which does not have the key."""
    db.rows("INSERT INTO jobs VALUES (1, 'here before')")
    fault(f"execute:latency=800:skip={skip}:times=1")
    body = json.dumps([{"id": id, "job": "sent"} for id in (1, 2, 3)])
    headers = {"x-api-key": stack["api_key"], "content-type": "application/json",
               "idempotency-key": f"meanwhile-{skip}"}
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(requests.post, stack["edge"] + "/tables/jobs/rows", body, headers=headers,
                           params={"on_error": "skip", "on_duplicate": "fail"})
        time.sleep(0.4)
        db.rows("INSERT IGNORE INTO jobs VALUES (2, 'meanwhile')")
        answer = sent.result()
    assert answer.status_code == 207, answer.text
    errors = answer.json()["errors"]
    assert {error["code"] for error in errors} == {"exists"}, errors
    held = {row["id"]: row["job_name"] for row in db.rows("SELECT id, job_name FROM jobs")}
    refused = {1, 2} if held[2] == "meanwhile" else {1}
    assert {error["index"] + 1 for error in errors} == refused
    assert held[1] == "here before" and held[3] == "sent"


@pytest.mark.parametrize("on_duplicate", ["fail", "keep"])
def test_50_clients_with_overlapping_ids_for_10_seconds(post, db, empty_tables, on_duplicate):
    """What was answered as stored is what the database holds."""
    stored = []
    statuses = set()
    end = time.monotonic() + 10

    def run(number):
        round = 0
        while time.monotonic() < end:
            start = (number * 7 + round * 13) % 2_000 + 1
            rows = [{"id": id, "job": f"{number}/{round}"} for id in range(start, start + 20)]
            answer = post("/tables/jobs/rows", rows, on_error="skip", on_duplicate=on_duplicate)
            statuses.add(answer.status_code)
            if answer.status_code in (200, 207, 409):
                stored.append(answer.json()["tables"]["jobs"]["stored"])
            round += 1

    clients = [threading.Thread(target=run, args=(number,)) for number in range(50)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    assert statuses <= {200, 207, 409, 503}, statuses
    assert len(stored) > 100
    assert sum(stored) == db.count("jobs") > 100


def test_a_cluster_that_wakes_up_is_waited_for(post, db, fault, empty_tables):
    fault("any:resuming")
    awake = threading.Timer(6, fault)
    awake.start()
    began = time.monotonic()
    answer = post("/insert_data", THREE_TABLES)
    awake.join()
    assert (answer.status_code, holds(db)) == (200, (1, 3, 1)), answer.text
    assert time.monotonic() - began > 5
