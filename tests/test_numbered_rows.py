"""Rows whose ids the database assigns: each id comes back with its row, also beside other writers, and no failure
doubles or loses a row.

$ROWGATE_NUMBERED_REQUESTS says how many requests each client sends.
"""

import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from conftest import database, put_faults, running, sender

REQUESTS = int(os.environ.get("ROWGATE_NUMBERED_REQUESTS", "20"))
CLIENTS = 8
ROWS = 50

# The table has no other key: a row that is stored twice is there twice.
TABLES = """
CREATE TABLE notes (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  text VARCHAR(60) NOT NULL,
  tag VARCHAR(9) NULL
);
"""

PATH = "/tables/notes/rows"

# Calls that are not executed, whose outcome is unknown, or that gave way to another transaction.
FAULTS = ["resuming:times=1", "throttled:times=1", "database-error=1213:times=1", "database-error=1205:times=1",
          "internal:times=1", "unavailable:times=1", "time-out:times=1", "cut-before:times=1", "cut-after:times=1"]  # fmt: skip


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    path = tmp_path_factory.mktemp("notes") / "tables.sql"
    path.write_text(TABLES)
    with running("--schema", path) as stack:
        yield stack


@pytest.fixture
def db(stack):
    with database(stack) as db:
        db.rows("DELETE FROM notes")
        yield db


def ids_of(answer):
    """The id of each row, by its index."""
    (found,) = answer.json()["tables"].values()
    return {index + at: id + at for index, id, count in found["ids"] for at in range(count)}


class Client:
    def __init__(self, stack, number):
        self.url, self.key, self.number = stack["edge"] + PATH, stack["api_key"], number
        self.session = requests.Session()
        self.texts, self.replays, self.busy = {}, 0, 0

    def work(self):
        for turn in range(REQUESTS):
            rows = [{"text": f"{self.number}/{turn}/{at}"} for at in range(ROWS)]
            # Of two sets of columns, which are two statements.
            for row in rows[turn % 7 :: 11]:
                row["tag"] = "some"
            headers = {"x-api-key": self.key}
            if turn % 3 == 0:
                headers["idempotency-key"] = str(uuid.uuid4())
            answer = self.send(rows, headers)
            ids = ids_of(answer)
            assert sorted(ids) == list(range(ROWS)), answer.text
            self.texts |= {ids[at]: row["text"] for at, row in enumerate(rows)}
            if "idempotency-key" in headers:
                assert self.send(rows, headers).content == answer.content
                self.replays += 1

    def send(self, rows, headers):
        for _ in range(20):
            answer = self.session.post(self.url, json=rows, headers=headers, params={"return": "ids"})
            if answer.status_code != 503:
                break
            self.busy += 1
            time.sleep(0.1)
        assert answer.status_code == 200, answer.text
        return answer


def test_each_id_is_that_of_its_row(stack, db):
    clients = [Client(stack, number) for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(Client.work, clients))
    told = {id: text for client in clients for id, text in client.texts.items()}
    assert len(told) == CLIENTS * REQUESTS * ROWS, "no id was told twice"
    assert {row["id"]: row["text"] for row in db.rows("SELECT id, text FROM notes")} == told
    print(f"{CLIENTS * REQUESTS} requests, {sum(it.replays for it in clients)} replays, "
          f"{sum(it.busy for it in clients)} answers of 503")  # fmt: skip


@pytest.mark.parametrize("on_duplicate", ["fail", "keep", "update"])
@pytest.mark.parametrize("returned", [{}, {"return": "ids"}], ids=["counts", "ids"])
@pytest.mark.parametrize("shapes", [1, 2])
def test_no_fault_at_any_call_doubles_or_loses_a_row(stack, db, on_duplicate, returned, shapes):
    post = sender(stack)
    rows = [{"text": f"row {at}"} for at in range(4)]
    if shapes == 2:
        rows[1]["tag"] = rows[3]["tag"] = "some"
    outcomes = set()
    for operation in ("begin", "execute", "commit"):
        for position in range(4):
            for kind in FAULTS:
                db.rows("DELETE FROM notes")
                put_faults(stack, f"{operation}:{kind}:skip={position}")
                answer = post(PATH, rows, on_duplicate=on_duplicate, **returned)
                put_faults(stack)
                told = f"{operation}#{position} {kind}: {answer.status_code} {answer.text}"
                stored = settled(db, answer.status_code)
                outcomes.add(answer.status_code)
                assert answer.status_code in (200, 500, 503, 504), told
                assert len(stored) == (4 if answer.status_code == 200 else len(stored)), told
                # All of a request or nothing, and no row twice.
                texts = sorted(row["text"] for row in stored)
                assert texts in ([], [row["text"] for row in rows]), (told, texts)
                if answer.status_code in (500, 503):
                    assert texts == [], told
                if answer.status_code == 200 and returned:
                    ids = ids_of(answer)
                    assert {row["id"]: row["text"] for row in stored} == {ids[at]: row["text"] for at, row in enumerate(rows)}, told
                if answer.status_code == 504:
                    # Sent again under another key they might be there twice, so that is not advised.
                    assert "keep" not in answer.json()["detail"], told
    assert {200, 504} <= outcomes


def settled(db, status):
    """The rows, once a transaction whose client was cut off is over."""
    end, before = time.monotonic() + 2, None
    while True:
        stored = db.rows("SELECT id, text FROM notes ORDER BY text")
        if status == 200 or len(stored) in (0, 4) and stored == before or time.monotonic() > end:
            return stored
        before = stored
        time.sleep(0.05)
