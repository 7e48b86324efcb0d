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
  site INT NOT NULL,
  id INT NOT NULL,
  email VARCHAR(40) NOT NULL,
  code VARCHAR(20) NULL,
  owner INT NOT NULL,
  turn INT NULL,
  boss_site INT NULL,
  boss INT NULL,
  team INT NULL,
  PRIMARY KEY (site, id),
  UNIQUE KEY uq_email (email),
  UNIQUE KEY uq_code (code(5)),
  CONSTRAINT of_boss FOREIGN KEY (boss_site, boss) REFERENCES people (site, id),
  CONSTRAINT of_team FOREIGN KEY (team) REFERENCES teams (id)
);
"""

ROWS = 150

SITES = 3

# How often a request is sent again that gave way to others.
TRIES = 6

CODES = {"conflict", "exists", "unknown_reference", "reference_cycle", "missing"}


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    path = tmp_path_factory.mktemp("people") / "tables.sql"
    path.write_text(TABLES)
    with running("--schema", path) as stack:
        yield stack


class Session:
    """Sends batches of rows, each with the session's number and turn in it."""

    def __init__(self, stack, number, seed):
        self.post, self.number = sender(stack), number
        self.random = random.Random(seed * 100 + number)
        self.answers = Counter()
        self.errors = Counter()
        # New rows, as the answers count them.
        self.inserted = 0
        # By row and turn: what was sent, and whether it was taken.
        self.sent = {}
        self.turn = 0

    def batch(self):
        self.turn += 1
        keys = self.random.sample(range(ROWS), self.random.randint(1, 8))
        for site, id in [(1 + key % SITES, 1 + key // SITES) for key in keys]:
            # A few values in common, of different case.
            name = self.random.randint(1, ROWS)
            email = f"Person{name}@x" if self.random.random() < 0.5 else f"PERSON{name}@X"
            row = {"site": site, "id": id, "email": email, "owner": self.number, "turn": self.turn}
            if self.random.random() < 0.4:
                row["code"] = f"{name:05}-{self.number}"
            if self.random.random() < 0.2:
                row |= {"boss_site": self.random.randint(1, SITES), "boss": self.random.randint(1, ROWS // SITES)}
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
                self.sent[self.key(row)] = (row, False, False)
            return
        assert answer.status_code in (200, 207, 409, 422), answer.text
        counts = body["tables"]["people"]
        assert counts["received"] == counts["stored"] + counts["kept"] + counts["rejected"] == len(rows)
        refused = {error["index"] for error in body["errors"]}
        assert len(refused) == counts["rejected"] == counts["invalid"], answer.text
        for error in body["errors"]:
            self.check_error(error, rows[error["index"]])
        if on_duplicate == "update":
            assert counts["stored"] == counts["inserted"] + counts["updated"], answer.text
        self.inserted += counts["inserted"] if on_duplicate == "update" else counts["stored"]
        for index, row in enumerate(rows):
            is_there = index not in refused
            # Of rows that were all kept none was written.
            self.sent[self.key(row)] = (row, is_there, is_there and counts["stored"] > 0)

    def key(self, row):
        return (self.number, self.turn, row["site"], row["id"])

    def check_error(self, error, row):
        self.errors[error["code"]] += 1
        assert error["code"] in CODES, error
        if error["code"] == "conflict":
            # By a unique key of which the row has a value, and not by the primary one.
            keys = [key for key, column in (("uq_email", "email"), ("uq_code", "code")) if column in row]
            assert any(key in error["message"] for key in keys), (error, row)
        if error["code"] == "exists":
            assert error["column"] == "site, id", error
        if error["code"] == "unknown_reference":
            named = {"of_boss": "boss", "of_team": "team"}
            assert any(name in error["message"] and row.get(column) for name, column in named.items()), error


@pytest.mark.parametrize("level", ["REPEATABLE READ", "READ COMMITTED"])
def test_no_row_changes_that_was_not_named(people, level):
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    with database(people) as db:
        db.rows("UPDATE people SET boss_site = NULL, boss = NULL")
        db.empty("people", "teams")
        db.rows("INSERT INTO teams VALUES (1), (2), (3)")
        set_isolation(db, people, level)
        before = ended_for_others(db)
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
        ended = ended_for_others(db) - before
    answers = sum((session.answers for session in sessions), Counter())
    errors = sum((session.errors for session in sessions), Counter())
    print(f"answers {dict(answers)}, errors {dict(errors)}, {dict(ended)}")
    sent = {key: value for session in sessions for key, value in session.sent.items()}
    assert answers[200] + answers[207] > 20 and errors["conflict"] > 0
    there = {}
    for row, is_there, _ in sent.values():
        if is_there:
            there.setdefault((row["site"], row["id"]), []).append(row)
    for row in stored:
        # The last write of each row was one that its sender was told of, by its own key.
        of, _, was_written = sent[(row["owner"], row["turn"], row["site"], row["id"])]
        assert was_written, (row, of)
        assert row["email"] == of["email"], (row, of)
        for column in ("code", "boss", "boss_site", "team"):
            # What the last one did not carry is of an earlier one of the same row, or was never there.
            known = [it[column] for it in there[row["site"], row["id"]] if column in it]
            assert row[column] == of[column] if column in of else row[column] in [None, *known], (column, row, of)
    # Nothing that was taken is lost, and each new row was counted as one.
    assert {(row["site"], row["id"]) for row in stored} == set(there)
    assert sum(session.inserted for session in sessions) == len(stored)



def ended_for_others(db):
    """How often InnoDB has ended a transaction for another one, or let it wait in vain."""
    names = "name IN ('lock_deadlocks', 'lock_timeouts')"
    rows = db.rows(f"SELECT name AS name, count AS times FROM information_schema.INNODB_METRICS WHERE {names}")
    return Counter({row["name"]: int(row["times"]) for row in rows})
