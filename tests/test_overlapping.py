"""Sessions that write the same rows at the same time, beside a model of what they were told.

$ROWGATE_OVERLAPPING_SECONDS says how long; the seed is printed.
"""

import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import database, running, sender, set_isolation

SECONDS = float(os.environ.get("ROWGATE_OVERLAPPING_SECONDS", "10"))

SESSIONS = 8

TABLES = """
CREATE TABLE teams (id INT NOT NULL PRIMARY KEY);
CREATE TABLE people (
  id INT NOT NULL PRIMARY KEY,
  email VARCHAR(40) NOT NULL,
  code VARCHAR(20) NULL,
  owner INT NOT NULL,
  turn INT NULL,
  boss INT NULL,
  team INT NULL,
  UNIQUE KEY uq_email (email),
  UNIQUE KEY uq_code (code(5)),
  CONSTRAINT of_boss FOREIGN KEY (boss) REFERENCES people (id),
  CONSTRAINT of_team FOREIGN KEY (team) REFERENCES teams (id)
);
"""

ROWS = 150

# How often a request is sent again that gave way to others.
TRIES = 6

CODES = {"conflict", "exists", "unknown_reference", "reference_cycle", "missing"}


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    path = tmp_path_factory.mktemp("people") / "tables.sql"
    path.write_text(TABLES)
    with running("--bare", "--schema", path) as stack:
        yield stack


class Session:
    """Sends batches of rows, each with the session's number and turn in it."""

    def __init__(self, stack, number, seed):
        self.post, self.number = sender(stack), number
        self.random = random.Random(seed * 100 + number)
        self.answers = Counter()
        self.errors = Counter()
        # By row and turn: what was sent, and whether it was taken.
        self.sent = {}
        self.turn = 0

    def batch(self):
        self.turn += 1
        ids = self.random.sample(range(1, ROWS + 1), self.random.randint(1, 8))
        for id in ids:
            # A few values in common, of different case.
            name = self.random.randint(1, ROWS)
            email = f"Person{name}@x" if self.random.random() < 0.5 else f"PERSON{name}@X"
            row = {"id": id, "email": email, "owner": self.number, "turn": self.turn}
            if self.random.random() < 0.4:
                row["code"] = f"{name:05}-{self.number}"
            if self.random.random() < 0.2:
                row["boss"] = self.random.randint(1, ROWS)
            if self.random.random() < 0.2:
                row["team"] = self.random.randint(1, 4)
            yield row

    def send(self):
        rows = list(self.batch())
        on_duplicate = self.random.choice(["fail", "keep", "update", "update"])
        for _ in range(TRIES):
            answer = self.post("/tables/people/rows", rows, on_duplicate=on_duplicate, on_error="skip")
            self.answers[answer.status_code] += 1
            if answer.status_code != 503:
                break
            time.sleep(self.random.random() / 5)
        body = answer.json()
        if answer.status_code == 503:
            for row in rows:
                self.sent[(self.number, self.turn, row["id"])] = (row, False, on_duplicate)
            return
        assert answer.status_code in (200, 207, 409, 422), answer.text
        counts = body["tables"]["people"]
        assert counts["received"] == counts["stored"] + counts["kept"] + counts["rejected"] == len(rows)
        refused = {error["index"] for error in body["errors"]}
        assert len(refused) == counts["rejected"] == counts["invalid"], answer.text
        for error in body["errors"]:
            self.errors[error["code"]] += 1
            assert error["code"] in CODES, error
        if on_duplicate == "update":
            assert counts["stored"] == counts["inserted"] + counts["updated"], answer.text
        for index, row in enumerate(rows):
            self.sent[(self.number, self.turn, row["id"])] = (row, index not in refused, on_duplicate)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "READ COMMITTED"])
def test_no_row_changes_that_was_not_named(people, level):
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    with database(people) as db:
        db.rows("UPDATE people SET boss = NULL")
        db.empty("people", "teams")
        db.rows("INSERT INTO teams VALUES (1), (2), (3)")
        set_isolation(db, people, level)
        try:
            sessions = [Session(people, number, seed) for number in range(1, SESSIONS + 1)]
            end = time.monotonic() + SECONDS

            def work(session):
                while time.monotonic() < end:
                    session.send()

            with ThreadPoolExecutor(SESSIONS) as pool:
                list(pool.map(work, sessions))
        finally:
            set_isolation(db, people, "REPEATABLE READ")
        stored = db.rows("SELECT * FROM people")
    answers = sum((session.answers for session in sessions), Counter())
    errors = sum((session.errors for session in sessions), Counter())
    print(f"answers {dict(answers)}, errors {dict(errors)}")
    sent = {key: value for session in sessions for key, value in session.sent.items()}
    assert answers[200] + answers[207] > 20 and errors["conflict"] > 0
    for row in stored:
        # The last write of each row was one that its sender was told of, by its own id.
        of, was_taken, _ = sent[(row["owner"], row["turn"], row["id"])]
        assert was_taken, (row, of)
        assert row["email"] == of["email"], (row, of)
        if "code" in of:
            assert row["code"] == of["code"], (row, of)
    # Nothing that was taken is lost: each row that any session stored is there.
    taken = {row["id"] for row, was_taken, on_duplicate in sent.values() if was_taken}
    assert {row["id"] for row in stored} == taken
