"""What requests make a Worker hold: clients with the worst bodies that the limits admit, and with bodies
that never come, while another key posts.

How long the other key waits is printed, and not tested.
"""

import re
import subprocess
import time
from pathlib import Path

import pytest
import requests
from attack import size
from attack.clients import RESET, attacking
from attack.measure import Attack, Bound
from conftest import PROGRAM, database, running

SECONDS = size(60, 10)
CLIENTS = 64
DRIPPING_CLIENTS, DRIPPING_SECONDS = 200, size(30, 5)
# Of the Worker's program, and of its process.
WASM_MEGABYTES, BOUND = 100, Bound(megabytes=1_000, seconds=180)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A file of record with two keys, and the keys."""
    file = tmp_path_factory.mktemp("keys") / "api-keys.json"
    new = [PROGRAM, "keys", "new", "--file", file]
    made = [subprocess.run(new, check=True, capture_output=True, text=True) for _ in range(2)]
    return file, [done.stdout.strip() for done in made]


@pytest.fixture
def worker(keys):
    """A Worker of its own, since its memory never becomes less; the addresses, and the two keys."""
    file, made = keys
    with running("--keys", file) as stack, database(stack) as db:
        yield stack, db, *made


def test_the_worst_bodies_stay_within_an_isolate(worker, record_property):
    stack, db, key, other = worker
    name = f"{CLIENTS} clients with the worst bodies, {SECONDS} s"
    with Attack("clients", record_property).case(name, BOUND, "workerd") as met:
        with attacking("worst-bodies", stack["edge"], key, SECONDS) as clients:
            times, ids, resets = posted(stack, other, clients.goes_on)
        met.wasm, met.result = most_memory(stack), clients.answers
    note(record_property, f"{name}: wasm memory max {met.wasm:.1f} MB; "
         f"other key: {summary(times)}, {resets} resets")
    # On a slow machine a body may come too slowly.
    assert set(clients.answers) <= {"200", "408", "413", "422", "503", RESET} and clients.answers.get("200")
    assert met.wasm < WASM_MEGABYTES
    stored = {row["id"] for row in db.rows("SELECT id FROM departments")}
    assert stored == set(ids)
    assert db.count("jobs") == 10_000


def test_dripping_clients_leave_another_key_alone(worker, record_property):
    stack, _, key, other = worker
    name = f"{DRIPPING_CLIENTS} dripping clients with one key"
    quiet, before, _ = posted(stack, other, during(DRIPPING_SECONDS))
    with Attack("clients", record_property).case(name, BOUND, "workerd") as met:
        with attacking("drips", stack["edge"], key, DRIPPING_SECONDS) as clients:
            times, _, resets = posted(stack, other, clients.goes_on, first=len(before) + 1)
        met.wasm, met.result = most_memory(stack), f"{len(times)} times 200; drips: {clients.answers}"
    ratio = p99(times) / p99(quiet)
    note(record_property, f"{name}: other key: {summary(times)}, {resets} resets; quiet: {summary(quiet)}; "
         f"p99 {ratio:.2f} times that of a quiet gateway")
    assert times and resets == 0 and set(clients.answers) <= {"408", "503", RESET}


def note(record_property, text):
    """Shown here, and under the run's table."""
    print(f"\n{text}")
    record_property("attack_note", text)


def during(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def posted(stack, key, goes_on, first=1):
    """Posts rows of another table, each of which must be stored, as long as it goes on; how long each
    took, the ids, and how often the connection was reset: the server ends one that was idle for 5
    seconds, which a client that was held up learns as it sends the next row. All rows are new, since the
    update of one takes four calls more."""
    session, times, ids, resets = requests.Session(), [], [], 0
    url, headers = stack["edge"] + "/tables/departments/rows?on_duplicate=update", {"x-api-key": key}
    while goes_on():
        row = {"id": first + len(ids), "department_name": "Sales"}
        began = time.monotonic()
        try:
            answer = session.post(url, json=[row], headers=headers)
        except requests.ConnectionError:
            # The row is sent again, which changes nothing if it was stored.
            resets += 1
            continue
        assert answer.status_code == 200, answer.text
        times.append(time.monotonic() - began)
        ids.append(row["id"])
    return times, ids, resets


def most_memory(stack):
    """Megabytes, by the Worker's own log."""
    log = Path(stack["worker_log"]).read_text(errors="replace")
    return max(int(memory) for memory in re.findall(r'"memory":(\d+)}', log)) / 1e6


def summary(times):
    median, largest = sorted(times)[len(times) // 2], max(times)
    return f"{len(times)} answers, p50 {median:.3f} s, p99 {p99(times):.3f} s, max {largest:.3f} s"


def p99(times):
    return sorted(times)[len(times) * 99 // 100]
