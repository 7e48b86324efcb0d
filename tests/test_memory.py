"""What requests make a Worker hold: clients with the worst bodies that the limits admit, and with bodies
that never come, while another key posts.

$ROWGATE_ATTACK says for how many seconds the first attack goes on (10). How long the other key waits is
printed, and not tested.
"""

import gzip
import json
import os
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
from conftest import PROGRAM, database, running

SECONDS = float(os.environ.get("ROWGATE_ATTACK", "10"))
CLIENTS = 64
DRIPPING_CLIENTS = 200
ROWS = "/tables/jobs/rows?on_duplicate=update"
MOST_MEMORY = 100 * 1000 * 1000
CSV, JSON = "text/csv", "application/json"


def control_characters():
    rows = (f"{id},{chr(1) * 250}\n" for id in range(1, 10_001))
    return CSV, "".join(rows).encode()


def escapes():
    rows = ({"id": id, "job": "\n" * 190} for id in range(1, 10_001))
    return JSON, json.dumps(list(rows)).encode()


def unknown_members():
    members = ",".join(f'"{number}":0' for number in range(400_000))
    return JSON, f"[{{{members}}}]".encode()


def packed_rows():
    rows = (f"{id},{'x' * 250}\n" for id in range(1, 10_001))
    return CSV, gzip.compress("".join(rows).encode())


def bad_rows():
    return CSV, b'"\n' * 2_000_000


BODIES = [control_characters(), escapes(), unknown_members(), packed_rows(), bad_rows()]


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


def test_the_worst_bodies_stay_within_an_isolate(worker):
    stack, db, key, other = worker
    end = time.monotonic() + SECONDS
    answers = []

    def attack(number):
        session = requests.Session()
        while time.monotonic() < end:
            kind, body = BODIES[(number + len(answers)) % len(BODIES)]
            packed = {"content-encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
            headers = {"x-api-key": key, "content-type": kind, **packed}
            try:
                answers.append(session.post(stack["edge"] + ROWS, body, headers=headers).status_code)
            except requests.ConnectionError:
                # Its body was left unread.
                answers.append(503)

    with ThreadPoolExecutor(CLIENTS) as pool:
        attacks = [pool.submit(attack, number) for number in range(CLIENTS)]
        times, ids = posted(stack, other, lambda: any(not attack.done() for attack in attacks))
    for attack in attacks:
        attack.result()
    memory = most_memory(stack)
    counts = {status: answers.count(status) for status in sorted(set(answers))}
    print(f"\n{SECONDS} s: {counts}, {memory:,} bytes of memory; the other key {summary(times)}")
    assert set(counts) <= {200, 413, 422, 503} and counts.get(200)
    assert memory < MOST_MEMORY
    stored = {row["id"] for row in db.rows("SELECT id FROM departments")}
    assert stored == set(ids)
    assert db.count("jobs") == 10_000


def test_dripping_clients_leave_another_key_alone(worker):
    stack, _, key, other = worker
    quiet, _ = posted(stack, other, during(5))
    with ExitStack() as dripping:
        for _ in range(DRIPPING_CLIENTS):
            dripping.enter_context(drip(stack, key))
        times, _ = posted(stack, other, during(5))
    print(f"\nquiet: {summary(quiet)}; beside {DRIPPING_CLIENTS} dripping: {summary(times)}")
    assert times


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
    """By the Worker's own log."""
    log = Path(stack["worker_log"]).read_text(errors="replace")
    return max(int(memory) for memory in re.findall(r'"memory":(\d+)}', log))


def summary(times):
    times = sorted(times)
    median, p99 = (times[len(times) * part // 100] for part in (50, 99))
    return f"{len(times)} answers, median {median:.3f} s, p99 {p99:.3f} s"
