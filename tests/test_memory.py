"""What requests make a Worker hold: clients with the worst bodies that the limits admit, and with bodies
that never come, while another key posts.

How long the other key waits is printed, and not tested.
"""

import re
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from attack import size
from attack.bodies import JSON, WORST
from attack.measure import Attack, Bound
from conftest import PROGRAM, database, running

SECONDS = size(60, 10)
CLIENTS = 64
DRIPPING_CLIENTS, DRIPPING_SECONDS = 200, size(30, 5)
ROWS = "/tables/jobs/rows?on_duplicate=update"
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
    with running("--bare", "--keys", file) as stack, database(stack) as db:
        yield stack, db, *made


def test_the_worst_bodies_stay_within_an_isolate(worker, record_property):
    stack, db, key, other = worker
    bodies = [(kind, packed, make()) for kind, packed, make in WORST]
    end = time.monotonic() + SECONDS
    answers = []

    def attack(number):
        session = requests.Session()
        while time.monotonic() < end:
            kind, packed, body = bodies[(number + len(answers)) % len(bodies)]
            headers = {"x-api-key": key, "content-type": kind, **packed}
            try:
                answers.append(session.post(stack["edge"] + ROWS, body, headers=headers).status_code)
            except requests.ConnectionError:
                # Its body was left unread.
                answers.append(503)

    name = f"{CLIENTS} clients with the worst bodies, {SECONDS} s"
    with Attack("clients", record_property).case(name, BOUND, "workerd") as met:
        with ThreadPoolExecutor(CLIENTS) as pool:
            attacks = [pool.submit(attack, number) for number in range(CLIENTS)]
            times, ids = posted(stack, other, lambda: any(not attack.done() for attack in attacks))
        for attack in attacks:
            attack.result()
        met.wasm = most_memory(stack)
        counts = {status: answers.count(status) for status in sorted(set(answers))}
        met.result = counts
    note(record_property, f"{name}: wasm memory max {met.wasm:.1f} MB; other key: {summary(times)}")
    assert set(counts) <= {200, 413, 422, 503} and counts.get(200)
    assert met.wasm < WASM_MEGABYTES
    stored = {row["id"] for row in db.rows("SELECT id FROM departments")}
    assert stored == set(ids)
    assert db.count("jobs") == 10_000


def test_dripping_clients_leave_another_key_alone(worker, record_property):
    stack, _, key, other = worker
    name = f"{DRIPPING_CLIENTS} dripping clients with one key"
    quiet, _ = posted(stack, other, during(DRIPPING_SECONDS))
    with Attack("clients", record_property).case(name, BOUND, "workerd") as met, ExitStack() as dripping:
        for _ in range(DRIPPING_CLIENTS):
            dripping.enter_context(drip(stack, key))
        times, _ = posted(stack, other, during(DRIPPING_SECONDS))
        met.wasm, met.result = most_memory(stack), f"{len(times)} times 200"
    ratio = p99(times) / p99(quiet)
    note(record_property, f"{name}: other key: {summary(times)}; quiet: {summary(quiet)}; "
         f"p99 {ratio:.2f} times that of a quiet gateway")
    assert times


def note(record_property, text):
    """Shown here, and under the run's table."""
    print(f"\n{text}")
    record_property("attack_note", text)


def during(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def posted(stack, key, goes_on):
    """Posts rows of another table, each of which must be stored, as long as it goes on; how long each
    took, and the ids."""
    session, times, ids = requests.Session(), [], []
    url, headers = stack["edge"] + "/tables/departments/rows?on_duplicate=update", {"x-api-key": key}
    while goes_on():
        row = {"id": len(ids) + 1, "department_name": "Sales"}
        began = time.monotonic()
        answer = session.post(url, json=[row], headers=headers)
        assert answer.status_code == 200, answer.text
        times.append(time.monotonic() - began)
        ids.append(row["id"])
    return times, ids


class drip:
    """A client whose body of 4 MiB comes a byte a second."""

    def __init__(self, stack, key):
        self.stack, self.key = stack, key
        self.stopped = threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def run(self):
        url = urlsplit(self.stack["edge"])
        head = (
            f"POST {ROWS} HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\n"
            f"x-api-key: {self.key}\r\ncontent-length: 4194304\r\n\r\n"
        ).encode()
        while not self.stopped.is_set():
            try:
                with socket.create_connection((url.hostname, url.port)) as connection:
                    connection.sendall(head)
                    while not self.stopped.wait(1):
                        connection.sendall(b" ")
            except OSError:
                self.stopped.wait(0.2)


def most_memory(stack):
    """Megabytes, by the Worker's own log."""
    log = Path(stack["worker_log"]).read_text(errors="replace")
    return max(int(memory) for memory in re.findall(r'"memory":(\d+)}', log)) / 1e6


def summary(times):
    median, largest = sorted(times)[len(times) // 2], max(times)
    return f"{len(times)} answers, p50 {median:.3f} s, p99 {p99(times):.3f} s, max {largest:.3f} s"


def p99(times):
    return sorted(times)[len(times) * 99 // 100]
