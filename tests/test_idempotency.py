"""`Idempotency-Key` over real HTTP: one effect, whatever is sent how often."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import requests
from conftest import database, put_faults, running
from events import gateway_event

pytestmark = pytest.mark.usefixtures("empty_tables")

JOBS = "/tables/jobs/rows"


def jobs(count, start=1):
    return [{"id": id, "job": f"Job {id}"} for id in range(start, start + count)]


@pytest.fixture
def send(stack):
    """Sends rows with an Idempotency-Key."""
    return sender(stack)


def sender(stack):
    def send(idempotency_key, rows, path=JOBS, api_key=stack["api_key"], **parameters):
        headers = {"x-api-key": api_key, "content-type": "application/json"}
        if idempotency_key is not None:
            headers["idempotency-key"] = idempotency_key
        body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
        return requests.post(stack["edge"] + path, body, params=parameters, headers=headers)

    return send


def new_key():
    return str(uuid4())


def problem(answer):
    return answer.json()["type"].removeprefix("urn:rowgate:problem:")


def is_replay(answer):
    return answer.headers.get("idempotent-replayed") == "true"


def check_replay(first, second):
    """The same answer byte for byte, but for the request's id."""
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["content-type"] == first.headers["content-type"]
    assert not is_replay(first) and is_replay(second)
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_the_cost_of_one_table_in_calls(send, calls):
    calls.mark()
    assert send(None, jobs(3)).status_code == 200
    assert [call["operation"] for call in calls.since_mark()] == ["ExecuteStatement"]
    key = new_key()
    calls.mark()
    first = send(key, jobs(3, start=10))
    assert [call["operation"] for call in calls.since_mark()] == [
        "ExecuteStatement",
        "BeginTransaction",
        "ExecuteStatement",
        "ExecuteStatement",
        "CommitTransaction",
    ]
    calls.mark()
    check_replay(first, send(key, jobs(3, start=10)))
    assert len(calls.since_mark()) == 2


@pytest.mark.parametrize(
    ("rows", "parameters", "status"),
    [
        (jobs(2), {}, 200),
        ([], {}, 200),
        ([*jobs(2), {"id": 0, "job": "Zoë"}], {"on_error": "skip"}, 207),
        ([*jobs(2), {"id": 7, "job": "x"}], {"on_error": "skip"}, 207),
        ([*jobs(2), {"id": 7, "job": "x"}], {"on_duplicate": "keep"}, 200),
        ([{"id": 0, "job": "a"}], {}, 422),
        ([{"id": 7, "job": "again"}], {}, 409),
    ],
    ids=["stored", "nothing", "partial", "exists", "kept", "invalid", "conflict"],
)
def test_an_answer_is_given_again(send, db, rows, parameters, status):
    db.rows("INSERT INTO jobs VALUES (7, 'There')")
    key = new_key()
    first = send(key, rows, **parameters)
    assert first.status_code == status
    before = db.rows("SELECT * FROM jobs")
    # Whatever has become of the table since, it is the first one's answer.
    db.rows("DELETE FROM jobs WHERE id = 7")
    check_replay(first, send(key, rows, **parameters))
    assert db.count("jobs") == len(before) - 1


def test_the_order_of_parameters_does_not_matter(stack, send):
    key = new_key()
    first = send(key, jobs(1), path=JOBS + "?strict=true&on_error=skip")
    check_replay(first, send(key, jobs(1), path=JOBS + "?on_error=skip&strict=true"))


def test_several_tables_are_answered_again(send, db):
    rows = {"departments": [{"id": 1, "department": "Sales"}], "jobs": jobs(2)}
    key = new_key()
    first = send(key, rows, path="/insert_data")
    check_replay(first, send(key, rows, path="/insert_data"))
    assert (db.count("departments"), db.count("jobs")) == (1, 2)


def test_another_request_with_the_same_key(send, db):
    key = new_key()
    assert send(key, jobs(1)).status_code == 200
    for other in (
        lambda: send(key, jobs(2)),
        lambda: send(key, jobs(1), on_error="skip"),
        lambda: send(key, jobs(1), path="/tables/departments/rows"),
    ):
        answer = other()
        assert (answer.status_code, problem(answer)) == (422, "idempotency_key_reused")
    assert db.count("jobs") == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_invalid_keys(send, calls, key):
    calls.mark()
    answer = send(key, jobs(1))
    assert (answer.status_code, problem(answer)) == (400, "bad_idempotency_key")
    assert calls.since_mark() == []


def test_eight_at_the_same_moment_are_one(send, db):
    key, rows = new_key(), jobs(500)
    start = threading.Barrier(8)

    def one(_):
        start.wait()
        answers = [send(key, rows)]
        while answers[-1].status_code == 409:
            assert problem(answers[-1]) == "in_progress"
            assert answers[-1].headers["retry-after"] == "2"
            time.sleep(0.05)
            answers.append(send(key, rows))
        return answers[-1]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert [is_replay(answer) for answer in answers].count(False) == 1
    assert db.count("jobs") == 500


def test_who_comes_while_it_is_worked_on(send, db, fault):
    """The insert waits, so that the claim is there and the answer is not."""
    key = new_key()
    fault("commit:latency=1500:times=1")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, key, jobs(1))
        time.sleep(0.5)
        answer = send(key, jobs(1))
        # It waits for the row of the open transaction, or is told that it is in progress.
        if answer.status_code == 409:
            assert problem(answer) == "in_progress"
        check_replay(first.result(), send(key, jobs(1)))
    assert db.count("jobs") == 1


@pytest.mark.parametrize(
    "text",
    [
        "commit:cut-before:times=1",
        "commit:cut-after:times=1",
        "commit:internal:times=1",
        "execute:cut-before:times=1",
        "execute:cut-after:times=1",
        "execute:cut-before:skip=1:times=1",
        "execute:cut-after:skip=1:times=1",
        "execute:cut-before:skip=2:times=1",
        "execute:cut-after:skip=2:times=1",
        "execute:database-error=1213:skip=2:times=1",
        "begin:cut-after:times=1",
    ],
)
def test_a_fault_at_each_call_is_one_effect(send, db, calls, fault, text):
    key = new_key()
    calls.mark()
    fault(text)
    first = send(key, jobs(3))
    assert text in [call["fault"] for call in calls.since_mark()]
    assert first.status_code == 200, first.content
    assert first.json()["tables"]["jobs"]["stored"] == 3
    check_replay(first, send(key, jobs(3)))
    assert db.count("jobs") == 3


def test_after_a_failure_the_same_key_is_good_again(send, db, fault):
    key = new_key()
    fault("execute:access-denied:skip=2:times=1")
    assert send(key, jobs(1)).status_code == 500
    fault()
    again = send(key, jobs(1))
    assert (again.status_code, is_replay(again)) == (200, False)
    assert db.count("jobs") == 1


def test_a_dry_run_leaves_the_key_alone(send, db):
    key = new_key()
    assert send(key, jobs(1), dry_run="true").status_code == 200
    again = send(key, jobs(1))
    assert (again.status_code, is_replay(again), db.count("jobs")) == (200, False, 1)


def test_the_same_through_api_gateway(files, db):
    key = new_key()
    headers = {"content-type": "application/json", "Idempotency-Key": key}
    event = gateway_event("POST", JOBS, headers=headers, body=json.dumps(jobs(2)).encode())
    first, second = files.invoke(event), files.invoke(event)
    assert (first["statusCode"], second["statusCode"]) == (200, 200)
    assert first["body"] == second["body"]
    assert "idempotent-replayed" not in first["headers"]
    assert second["headers"]["idempotent-replayed"] == "true"
    assert db.count("jobs") == 2


@pytest.mark.parametrize("kind", ["cut-before", "cut-after"])
def test_a_claim_is_taken_over_whether_that_is_answered_or_not(send, db, fault, kind):
    key = new_key()
    send(key, jobs(2))
    db.empty("jobs")
    db.rows(
        "UPDATE rowgate_loads SET status = 'running', holder = 'gone', answer = NULL, "
        "lease_until = UTC_TIMESTAMP(3) - INTERVAL 1 DAY"
    )
    # The claim, the look at what is there, and then its holder's place.
    fault(f"execute:{kind}:skip=2:times=1")
    answer = send(key, jobs(2))
    assert (answer.status_code, is_replay(answer), db.count("jobs")) == (200, False, 2)
    assert db.value("SELECT attempts FROM rowgate_loads") == 2
    check_replay(answer, send(key, jobs(2)))


def test_a_holder_that_is_gone_loses_its_lease():
    """One request hangs in its insert for longer than its lease; another one does its work."""
    with running("--lease", "0.7", "--transaction-idle", "1") as stack:
        send, key = sender(stack), new_key()
        with ThreadPoolExecutor(1) as pool, database(stack) as db:
            # Paused before its transaction begins, and woken when its lease is over.
            put_faults(stack, "begin:latency=2500:times=1")
            paused = pool.submit(send, key, jobs(3))
            time.sleep(0.3)
            early = send(key, jobs(3))
            assert (early.status_code, problem(early)) == (409, "in_progress")
            time.sleep(0.8)
            answer = send(key, jobs(3))
            assert (answer.status_code, is_replay(answer)) == (200, False)
            woken = paused.result()
            assert (woken.status_code, problem(woken)) == (409, "in_progress")
            check_replay(answer, send(key, jobs(3)))
            assert db.count("jobs") == 3
            assert db.value("SELECT attempts FROM rowgate_loads") == 2
