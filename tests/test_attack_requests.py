"""Hostile requests to the Worker: the status, what is stored, and the memory of the program and of its
process. The Worker goes on with the next request after each."""

import re
from itertools import count

import pytest
import requests
from attack import http, parametrized
from attack.bodies import BODIES
from attack.heads import HEADS
from attack.measure import Attack, Bound
from conftest import TABLES, database, running
from files import whole_lines

# An isolate has 128 MB; the process besides has the runtime, and what JavaScript has not given back yet.
WASM_MEGABYTES, BOUND = 100, Bound(megabytes=700, seconds=60)


@pytest.fixture(scope="module")
def worker():
    """A Worker of these cases' own, since its memory never becomes less, and its database."""
    with running() as stack, database(stack) as db:
        yield stack, db


@pytest.fixture
def attack(record_property):
    return Attack("request", record_property)


@parametrized(BODIES)
def test_a_body(worker, attack, case):
    stack, db = worker
    db.empty(*TABLES)
    body = case.make()
    key = [("host", "x"), ("x-api-key", stack["api_key"]), ("content-type", case.kind)]
    fields = [*key, *case.headers.items(), ("content-length", len(body))]
    message = http.head("POST", f"{case.path}?{case.query}", fields) + body
    with attack.case(case.name, BOUND, "workerd") as met:
        met.result = http.exchange(stack["edge"], message)
        met.wasm = wasm_megabytes(stack)
    assert met.result == case.status
    assert db.count("jobs") == case.stored
    goes_on(stack, met)


@parametrized(HEADS)
def test_a_head(worker, attack, case):
    stack, db = worker
    db.empty(*TABLES)
    with attack.case(case.name, BOUND, "workerd") as met:
        met.result = http.exchange(stack["edge"], case.make(stack["api_key"]))
        met.wasm = wasm_megabytes(stack)
    assert met.result in case.statuses
    stored = db.count("jobs")
    assert stored in {0, met.result == 200} if case.stored is None else stored == case.stored
    goes_on(stack, met)


ids = count(1_000_000)


def goes_on(stack, met):
    """The next request is answered, and its row stored; the program is within its bound."""
    row = {"id": next(ids), "department": "next"}
    headers = {"x-api-key": stack["api_key"]}
    answer = requests.post(stack["edge"] + "/tables/departments/rows", json=[row], headers=headers)
    assert (answer.status_code, answer.json()["tables"]["departments"]["stored"]) == (200, 1)
    assert met.wasm <= WASM_MEGABYTES


def wasm_megabytes(stack):
    """The most so far, by the Worker's log; 0 if it has not answered yet."""
    lines = b"\n".join(whole_lines(stack["worker_log"])).decode(errors="replace")
    return max([0, *map(int, re.findall(r'"memory":(\d+)}', lines))]) / 1e6
