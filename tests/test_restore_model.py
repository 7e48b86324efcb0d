"""Restores beside writers and held locks: no row that was answered 200 is lost, and what came with a swap
is told.

$ROWGATE_RUNS says how many runs (2), $ROWGATE_SECONDS how long each writes (4); `scripts/property-restore N`
runs them by themselves. A failure prints the seed ($ROWGATE_SEED) and the run.
"""

import json
import os
import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pymysql
import pytest
import requests
from backups import made
from bulk_tables import Restore
from conftest import database
from test_restore import leftovers, tidy

RUNS = int(os.environ.get("ROWGATE_RUNS", "2"))
SECONDS = float(os.environ.get("ROWGATE_SECONDS", "4"))
SEED = int(os.environ.get("ROWGATE_SEED", "20261128"))

TABLES = {"departments": ("department_name", "department"), "jobs": ("job_name", "job")}
WRITERS = 3
# Each writer has ids of its own; rows of the backup are dealt out among them.
IDS = 100_000
BACKED_UP = 30

pytestmark = pytest.mark.usefixtures("empty_tables")


class Write:
    """One row that was sent."""

    def __init__(self, table, id, value):
        self.table, self.id, self.value = table, id, value
        self.key = None
        self.is_stored = False


class Writer:
    """Sends rows by HTTP, one after the other, while the gate is open, and keeps what was answered."""

    def __init__(self, stack, number, chance):
        self.stack, self.number, self.chance = stack, number, chance
        self.writes = []

    def run(self, is_open, is_over):
        with requests.Session() as session:
            while not is_over.is_set():
                if is_open.wait(0.05):
                    self.send(session)

    def send(self, session):
        write = self.next()
        self.writes.append(write)
        answer = self.post(session, write)
        write.is_stored = answer.status_code == 200

    def next(self):
        chance, table = self.chance, self.chance.choice(list(TABLES))
        if chance.random() < 0.3:
            id = chance.randrange(BACKED_UP // WRITERS) * WRITERS + self.number + 1
        else:
            id = IDS * (self.number + 1) + len(self.writes)
        write = Write(table, id, f"{self.number}-{len(self.writes)}")
        if id > BACKED_UP and chance.random() < 0.5:
            write.key = f"{self.number}-{chance.getrandbits(64):x}"
        return write

    def post(self, session, write):
        headers = {"x-api-key": self.stack["api_key"]}
        if write.key:
            headers["idempotency-key"] = write.key
        query = "?on_duplicate=update" if write.id <= BACKED_UP else ""
        row = {"id": write.id, TABLES[write.table][1]: write.value}
        url = f"{self.stack['edge']}/tables/{write.table}/rows{query}"
        return session.post(url, json=[row], headers=headers, timeout=100)


class Holder:
    """Holds locks: reads a table or writes a row, waits, and ends the transaction."""

    def __init__(self, stack, number, chance):
        self.stack, self.number, self.chance = stack, number, chance
        self.writes = []

    def run(self, is_over):
        with database(self.stack) as connection:
            connection.autocommit(False)
            while not is_over.wait(self.chance.uniform(0, 1)):
                self.hold(connection, is_over)

    def hold(self, connection, is_over):
        table = self.chance.choice(list(TABLES))
        write = Write(table, IDS * (self.number + 20) + len(self.writes), f"held {len(self.writes)}")
        try:
            if self.chance.random() < 0.5:
                connection.rows(f"SELECT * FROM {table}")
            else:
                connection.rows(f"INSERT INTO {table} VALUES (%s, %s)", write.id, write.value)
                self.writes.append(write)
            # Now and then longer than a swap waits.
            is_over.wait(self.chance.choice([0.1, 0.5, 1, 6]))
            connection.commit()
            write.is_stored = True
        except pymysql.MySQLError:
            connection.rollback()


class Restored:
    """A restore that swapped the tables: what it saw of them, and which it names as written to."""

    def __init__(self, id, seen, late):
        self.id, self.seen, self.late = id, seen, late


def by_command(restore, force):
    """`None` if nothing was swapped."""
    done = restore("latest", *TABLE_OPTIONS, *(["--force"] if force else []))
    assert done.returncode in (0, 1, 2), done.stderr
    if done.returncode == 2:
        assert re.search(REFUSED, done.stderr), done.stderr
        return None
    id = re.search(r"restore undo (\S+)", done.stdout)[1]
    seen = re.findall(r"^(\w+): \d+ rows .*; (\d+) live rows \((\w+)\)", done.stdout, re.MULTILINE)
    late = re.findall(r"^(\w+): restored, but it was written to", done.stderr, re.MULTILINE)
    return Restored(id, {table: (int(rows), digest) for table, rows, digest in seen}, late)


def in_parts(files, force):
    machine = Restore(files, "latest", tables=list(TABLES), force=force)
    compared = machine.compare(machine.parts(machine.items))
    seen = {it["table"]: (it["live"]["rows"], it["live"]["checksum"]) for it in compared["tables"]}
    done = machine.parts(compared["items"])
    while not compared["swapped"]:
        error, compared = files.run(machine.end(compared, done))
        if error:
            assert re.search(REFUSED, compared["errorMessage"]), compared
            return None
        done = machine.parts(compared["items"])
    restored = machine.report(compared, done)
    return Restored(machine.id, seen, [late["table"] for late in restored.get("late", [])])


TABLE_OPTIONS = [option for table in TABLES for option in ("--table", table)]
REFUSED = "the live table was written to meanwhile|the tables were not swapped"


def content(db, table, of):
    column = TABLES[of][0]
    return {row["id"]: row["name"] for row in db.rows(f"SELECT id, {column} AS name FROM `{table}`")}


def checksum(db, table, of):
    """As rowgate has it: count, and the exclusive or of the rows' digests."""
    texts = [f"CONCAT(OCTET_LENGTH({column}), ':', {column}, ';')" for column in ("id", TABLES[of][0])]
    digest = f"CAST(CONV(LEFT(SHA2(CONCAT({', '.join(texts)}), 256), 16), 16, 10) AS UNSIGNED)"
    rows = db.rows(f"SELECT COUNT(*) AS n, LOWER(HEX(BIT_XOR({digest}))) AS d FROM `{table}`")
    return rows[0]["n"], rows[0]["d"].rjust(16, "0")


class Run:
    """One run: a backup, writers and holders, and restores one after the other meanwhile."""

    def __init__(self, world, number):
        self.world, self.number = world, number
        self.chance = random.Random(f"{SEED} {number}")
        self.counts = Counter(runs=1)
        chances = [random.Random(self.chance.random()) for _ in range(WRITERS + 2)]
        stack = world.stack
        self.writers = [Writer(stack, n, chances[n]) for n in range(WRITERS)]
        self.holders = [Holder(stack, n, chances[WRITERS + n]) for n in range(2)]
        self.restored = []

    def run(self):
        self.back_up()
        is_open, is_over = Event(), Event()
        with ThreadPoolExecutor() as pool:
            running = [pool.submit(writer.run, is_open, is_over) for writer in self.writers]
            running += [pool.submit(holder.run, is_over) for holder in self.holders]
            running.append(pool.submit(self.open_and_shut, is_open, is_over))
            try:
                self.restore_until(time.monotonic() + SECONDS)
            finally:
                is_over.set()
            for thread in running:
                thread.result()
        self.check_writes()
        self.check_late()
        self.check_repeated()
        return self.counts

    def back_up(self):
        db = self.world.db
        for table in TABLES:
            values = ", ".join(f"({id}, 'backed up')" for id in range(1, BACKED_UP + 1))
            db.rows(f"INSERT INTO {table} VALUES {values}")
        made(self.world.backup("--json", *TABLE_OPTIONS))

    def open_and_shut(self, is_open, is_over):
        """Writers pause, or no restore would find the tables as they were."""
        while not is_over.wait(self.chance.uniform(0.1, 0.6)):
            is_open.set()
            is_over.wait(self.chance.uniform(0.1, 0.6))
            is_open.clear()
            is_over.wait(self.chance.uniform(0, 1.5))

    def restore_until(self, end):
        while time.monotonic() < end:
            force, parts = self.chance.random() < 0.3, self.chance.random() < 0.4
            self.counts["restores"] += 1
            world = self.world
            restored = in_parts(world.files, force) if parts else by_command(world.restore, force)
            if not restored:
                self.counts["refused"] += 1
                continue
            self.counts["swapped"] += 1
            self.counts["forced"] += force
            self.counts["in parts"] += parts
            restored.seen = {} if force else restored.seen
            self.restored.append(restored)

    def check_writes(self):
        """The last row that was answered 200 of each id, or one that was sent after it, is in the live
        table or in one that was."""
        db = self.world.db
        for table in TABLES:
            live = content(db, table, table)
            old = [name for name in leftovers(db) if name.startswith(f"{table}__before_")]
            others = [content(db, name, table) for name in old]
            for id, writes in self.by_id(table).items():
                last = max(at for at, write in enumerate(writes) if write.is_stored)
                values = {write.value for write in writes[last:]}
                values |= {write.value for write in writes if not write.is_stored}
                self.counts["answered 200"] += 1
                if live.get(id) in values:
                    self.counts["in the live table"] += 1
                else:
                    assert any(other.get(id) in values for other in others), (SEED, self.number, table, id)
                    self.counts["in an old one"] += 1

    def by_id(self, table):
        by_id = {}
        for sender in self.writers + self.holders:
            for write in sender.writes:
                if write.table == table:
                    by_id.setdefault(write.id, []).append(write)
        return {id: writes for id, writes in by_id.items() if any(it.is_stored for it in writes)}

    def check_late(self):
        """A table is named exactly if what it held when it was swapped is not what the plan saw."""
        for restored in self.restored:
            self.counts["tables named"] += len(restored.late)
            for table, seen in restored.seen.items():
                now = checksum(self.world.db, f"{table}__before_{restored.id}", table)
                named = table in restored.late
                assert named == (now != seen), (SEED, self.number, restored.id, table, seen, now)

    def check_repeated(self):
        """A request that is sent again is in the live table afterwards, whatever was restored."""
        for writer in self.writers:
            for write in writer.writes:
                if write.key and write.is_stored:
                    answer = writer.post(requests, write)
                    assert answer.status_code in (200, 409), answer.text
                    is_replay = answer.headers.get("idempotent-replayed") == "true"
                    self.counts["requests repeated"] += 1
                    self.counts["stored again"] += answer.status_code == 200 and not is_replay
                    assert write.id in content(self.world.db, write.table, write.table), (
                        SEED, self.number, write.id, answer.text
                    )  # fmt: skip


@pytest.fixture
def world(stack, backup, restore, files, db, bucket):
    class World:
        pass

    world = World()
    world.stack, world.backup, world.restore, world.files, world.db = stack, backup, restore, files, db
    world.bucket = bucket
    return world


def test_no_row_that_was_answered_200_is_lost(world, capsys):
    counts = Counter()
    for number in range(RUNS):
        tidy(world.db)
        world.db.empty("rowgate_loads")
        world.bucket.delete("backups/")
        counts += Run(world, number).run()
        if RUNS > 10 and number % 10 == 9:
            with capsys.disabled():
                print(f"\n{json.dumps(counts)}", end="")
    tidy(world.db)
    with capsys.disabled():
        print(f"\n{json.dumps(counts)}", end=" ")
    assert counts["swapped"] > 0 and counts["answered 200"] > 0
