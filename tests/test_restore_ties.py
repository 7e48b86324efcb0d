"""Restores of tables that FOREIGN KEYs, CHECKs and triggers hold: the rows are put into the live tables, in one
transaction."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pymysql
import pytest
from backups import Bucket, made
from bulk_tables import RESTORE, Restore, back_up
from bulk_tables import restore as restore_in_parts
from conftest import Calls, client, database, environment_of, faults, pulled_schema, running, set_isolation
from files import Files
from test_restore import leftovers

TABLES = """
CREATE TABLE customers (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(80) NOT NULL,
  code CHAR(4) NULL,
  points INT NULL,
  shout VARCHAR(80) GENERATED ALWAYS AS (UPPER(email)) STORED,
  half INT GENERATED ALWAYS AS (points DIV 2) VIRTUAL,
  UNIQUE KEY uq_email (email),
  UNIQUE KEY uq_code (code),
  CONSTRAINT ck_points CHECK (points >= 0)
);
CREATE TABLE orders (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer INT NOT NULL,
  at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  note VARCHAR(40) NULL,
  CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE
);
CREATE TABLE order_lines (
  order_id INT NOT NULL,
  line SMALLINT NOT NULL,
  amount DECIMAL(8,2) NOT NULL,
  PRIMARY KEY (order_id, line),
  CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
  CONSTRAINT ck_amount CHECK (amount > 0)
);
CREATE TABLE teams (
  id INT NOT NULL PRIMARY KEY,
  lead_id INT NULL
);
CREATE TABLE staff (
  id INT NOT NULL PRIMARY KEY,
  name VARCHAR(40) NOT NULL,
  boss INT NULL,
  team INT NULL,
  CONSTRAINT of_boss FOREIGN KEY (boss) REFERENCES staff (id),
  CONSTRAINT of_team FOREIGN KEY (team) REFERENCES teams (id)
);
ALTER TABLE teams ADD CONSTRAINT of_lead FOREIGN KEY (lead_id) REFERENCES staff (id);
CREATE TABLE pages (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  title VARCHAR(40) NOT NULL
);
"""

NAMES = ["customers", "order_lines", "orders", "pages", "staff", "teams"]
KEYS = {"order_lines": "order_id, line"}
NO_CHECKS = "SET SESSION foreign_key_checks = 0"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    file = tmp_path_factory.mktemp("ties") / "tables.sql"
    file.write_text(TABLES)
    with running("--schema", file) as started:
        yield started


@pytest.fixture(scope="module")
def db(stack):
    with database(stack) as connection:
        yield connection


@pytest.fixture(scope="module")
def schema(stack, tmp_path_factory):
    return pulled_schema(stack, tmp_path_factory.mktemp("schema") / "schema.json")


@pytest.fixture
def environment(stack, schema):
    return environment_of(stack) | {"ROWGATE_SCHEMA": str(schema)}


@pytest.fixture
def calls(stack):
    return Calls(stack["call_log"])


@pytest.fixture
def fault(stack):
    yield from faults(stack, "data_api")


@pytest.fixture
def bucket(stack):
    bucket = Bucket(client(stack, "s3"), stack["bucket"])
    bucket.delete("backups/")
    return bucket


@pytest.fixture(autouse=True)
def filled(db, bucket):
    """Every table with rows, and nothing of a restore beside them."""
    empty(db)
    with unchecked(db):
        for number in range(1, 60):
            db.rows("INSERT INTO customers (id, email, code, points) VALUES (%s, %s, %s, %s)",
                    number, f"c{number}@x", f"{number:04}" if number % 3 else None, number)  # fmt: skip
        db.rows("INSERT INTO customers (id, email) VALUES (900, 'zero@x')")
        db.rows("UPDATE customers SET id = 0 WHERE id = 900")
        db.rows("INSERT INTO orders (id, customer, at) SELECT id + 100, id, '2024-10-27 00:30:00' FROM customers")
        db.rows("INSERT INTO order_lines SELECT id, 1, 9.90 FROM orders UNION ALL SELECT id, 2, 0.01 FROM orders")
        db.rows("INSERT INTO staff VALUES (1, 'first', NULL, 1), (2, 'second', 1, 1), (3, 'self', 3, 2), (4, 'x', 2, NULL)")
        db.rows("INSERT INTO teams VALUES (1, 2), (2, 3), (3, NULL)")
        db.rows("INSERT INTO pages (title) VALUES ('a'), ('b')")
    yield
    empty(db)


def empty(db):
    with unchecked(db):
        for name in leftovers(db):
            db.rows(f"DROP TABLE `{name}`")
        db.rows("DROP TABLE IF EXISTS outside")
        for row in db.rows("SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = DATABASE()"):
            db.rows(f"DROP TRIGGER {row['name']}")
        db.empty(*NAMES)


@contextmanager
def unchecked(db):
    db.rows(NO_CHECKS)
    try:
        yield
    finally:
        db.rows("SET SESSION foreign_key_checks = 1")


def content(db):
    return {name: db.rows(f"SELECT * FROM {name} ORDER BY {KEYS.get(name, 'id')}") for name in NAMES}


def made_as(db):
    """How each table is made, the number that it counts from aside."""
    shown = {name: db.rows(f"SHOW CREATE TABLE {name}")[0]["Create Table"] for name in NAMES}
    return {name: " ".join(part for part in text.split(" ") if "AUTO_INCREMENT=" not in part) for name, text in shown.items()}


def change(db):
    """Rows gone, changed and new; unique values swapped; a tree turned round."""
    with unchecked(db):
        db.rows("DELETE FROM customers WHERE id IN (0, 7, 8)")
        db.rows("DELETE FROM orders WHERE id = 130")
        db.rows("INSERT INTO customers (id, email) VALUES (77, 'new@x'), (8, 'c7@x')")
        db.rows("UPDATE customers SET email = 'swap' WHERE id = 1")
        db.rows("UPDATE customers SET email = 'c1@x' WHERE id = 59")
        db.rows("UPDATE customers SET email = 'c59@x' WHERE id = 1")
        db.rows("UPDATE orders SET note = 'changed', at = at WHERE id < 120")
        db.rows("UPDATE order_lines SET line = 3 - line WHERE order_id = 5 AND line = 9")
        db.rows("UPDATE staff SET boss = 4 WHERE id = 1")
        db.rows("DELETE FROM teams WHERE id = 3")
        db.rows("INSERT INTO pages (title) VALUES ('c')")


def lost(db):
    with unchecked(db):
        db.empty(*NAMES)


def refused(done, *named):
    assert done.returncode == 2 and not done.stdout.startswith("{"), done.stdout + done.stderr
    for text in named:
        assert text in done.stderr, done.stderr


@pytest.mark.parametrize("spoil", [change, lost], ids=["changed", "emptied"])
def test_tables_come_back_with_all_that_holds_them(backup, restore, db, spoil):
    before, shape = content(db), made_as(db)
    made(backup("--json"))
    spoil(db)
    spoilt = content(db)
    plan = made(restore("latest", "--plan", "--json"))
    assert (plan["ending"], plan["obstacles"]) == ("in_place", [])
    assert {"orders: FOREIGN KEY of_customer to customers", "customers: CHECK ck_points"} < set(plan["ties"])
    restored = made(restore("latest", "--json"))
    assert content(db) == before and made_as(db) == shape
    id = restored["id"]
    assert sorted(leftovers(db)) == sorted(f"{name}__before_{id}" for name in NAMES)
    with pytest.raises(pymysql.MySQLError):
        db.rows("INSERT INTO orders (customer) VALUES (12345)")
    db.rows("INSERT INTO customers (email) VALUES ('numbered@x')")
    assert db.value("SELECT id FROM customers WHERE email = 'numbered@x'") > 59
    db.rows("DELETE FROM customers WHERE email = 'numbered@x'")
    assert backup("verify", "latest", "--live").returncode == 0

    done = restore("undo", id)
    assert done.returncode == 0, done.stderr
    assert content(db) == spoilt and made_as(db) == shape
    assert sorted(leftovers(db)) == sorted(f"{name}__undone_{id}" for name in NAMES)


def test_a_backup_needs_no_leave_and_is_proved(backup, restore, db):
    done = backup("--json")
    manifest = made(done)
    assert "obstacles" not in manifest
    assert made(backup("verify", "latest", "--probe", "--json"))
    assert leftovers(db) == []


def test_live_rows_stay_where_files_are_merged(backup, restore, db):
    made(backup("--json"))
    change(db)
    made(restore("latest", "--mode", "merge", "--table", "pages", "--json"))
    assert [row["title"] for row in content(db)["pages"]] == ["a", "b", "c"]
    before = content(db)["staff"]
    db.rows("INSERT INTO staff VALUES (50, 'since', 50, NULL)")
    made(restore("latest", "--mode", "merge", "--table", "staff", "--table", "teams", "--json"))
    assert [row["id"] for row in content(db)["staff"]] == [1, 2, 3, 4, 50]
    assert content(db)["staff"][0]["boss"] is None and len(before) == 4


def test_a_parent_that_a_table_outside_needs_does_not_go(backup, restore, db):
    made(backup("--json"))
    db.rows("INSERT INTO customers (id, email) VALUES (500, 'later@x')")
    db.rows("CREATE TABLE outside (id INT PRIMARY KEY, customer INT, CONSTRAINT of_outside FOREIGN KEY (customer) "
            "REFERENCES customers (id) ON DELETE CASCADE)")  # fmt: skip
    db.rows("INSERT INTO outside VALUES (1, 500), (2, 1), (3, NULL)")
    before = content(db)
    refused(restore("latest"), "outside: FOREIGN KEY of_outside to customers: 1 row would name a row that is not there")
    assert content(db) == before and leftovers(db) == []
    db.rows("DELETE FROM outside WHERE id = 1")
    made(restore("latest", "--json"))
    assert [row["id"] for row in db.rows("SELECT id FROM outside ORDER BY id")] == [2, 3]
    db.rows("DELETE FROM customers WHERE id = 1")
    assert [row["id"] for row in db.rows("SELECT id FROM outside ORDER BY id")] == [3]


def test_a_child_without_its_parents_is_refused(backup, restore, db):
    made(backup("--json"))
    db.rows("DELETE FROM customers WHERE id = 9")
    before = content(db)
    refused(restore("latest", "--table", "orders"), "orders: FOREIGN KEY of_customer to customers: 1 row ", "--keep-orphans")
    assert content(db) == before and leftovers(db) == []
    made(restore("latest", "--table", "orders", "--keep-orphans", "--json"))
    assert db.value("SELECT COUNT(*) FROM orders WHERE customer = 9") == 1


def test_triggers_run_only_with_leave(backup, restore, db):
    db.rows("CREATE TRIGGER tell AFTER INSERT ON pages FOR EACH ROW UPDATE teams SET lead_id = 4 WHERE id = 3")
    made(backup("--json"))
    db.rows("DELETE FROM pages WHERE title = 'b'")
    before = content(db)
    plan = restore("latest", "--table", "pages", "--plan")
    assert plan.returncode == 1 and "in the way: pages: TRIGGER tell would run for each row" in plan.stdout
    refused(restore("latest", "--table", "pages"), "pages: TRIGGER tell", "--fire-triggers")
    assert content(db) == before and leftovers(db) == []
    id = made(restore("latest", "--table", "pages", "--fire-triggers", "--json"))["id"]
    assert [row["title"] for row in content(db)["pages"]] == ["a", "b"]
    assert db.value("SELECT lead_id FROM teams WHERE id = 3") == 4
    assert db.value("SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()") == 1
    refused(restore("undo", id), "pages: TRIGGER tell", "--fire-triggers")
    assert restore("undo", id, "--fire-triggers").returncode == 0
    assert content(db)["pages"] == before["pages"]


def test_a_trigger_that_changes_restored_rows_undoes_it_all(backup, restore, db):
    made(backup("--json"))
    db.rows("CREATE TRIGGER bend BEFORE INSERT ON pages FOR EACH ROW SET NEW.title = 'bent'")
    db.rows("DELETE FROM pages WHERE title = 'b'")
    before = content(db)
    done = restore("latest", "--fire-triggers")
    refused(done, "pages: 2 rows (")
    assert content(db) == before and leftovers(db) == []


def test_rows_that_a_check_refuses_undo_it_all(backup, restore, db):
    db.rows("ALTER TABLE order_lines DROP CONSTRAINT ck_amount")
    db.rows("UPDATE order_lines SET amount = 0 WHERE order_id = 105")
    made(backup("--json"))
    db.rows("UPDATE order_lines SET amount = 5 WHERE order_id = 105")
    db.rows("ALTER TABLE order_lines ADD CONSTRAINT ck_amount CHECK (amount > 0)")
    before = content(db)
    assert restore("latest").returncode != 0
    assert content(db) == before and leftovers(db) == []


def test_a_check_of_its_column_s_name_stays(backup, restore, db):
    db.rows("ALTER TABLE pages ADD CONSTRAINT title CHECK (title <> 'x')")
    try:
        before, shape = content(db), made_as(db)
        made(backup("--json"))
        db.rows("DELETE FROM pages")
        plan = made(restore("latest", "--table", "pages", "--plan", "--json"))
        assert (plan["ending"], plan["ties"]) == ("in_place", ["pages: CHECK title"])
        id = made(restore("latest", "--table", "pages", "--json"))["id"]
        assert content(db) == before and made_as(db) == shape
        assert restore("undo", id).returncode == 0
        assert content(db)["pages"] == [] and made_as(db) == shape
    finally:
        db.rows("ALTER TABLE pages DROP CONSTRAINT title")


def test_missing_tables_are_made_with_their_keys(backup, restore, db):
    before, shape = content(db), made_as(db)
    made(backup("--json"))
    with unchecked(db):
        db.rows("DROP TABLE orders, order_lines, staff, teams")
    made(restore("latest", "--json"))
    assert content(db) == before and set(made_as(db)) == set(shape)
    with pytest.raises(pymysql.MySQLError):
        db.rows("INSERT INTO staff VALUES (9, 'x', NULL, 12345)")
    with unchecked(db):
        db.rows("DROP TABLE orders, order_lines")
    refused(restore("latest", "--table", "order_lines"), "order_lines: FOREIGN KEY of_order to orders, which is not there")
    made(restore("latest", "--table", "order_lines", "--table", "orders", "--json"))
    assert content(db) == before


def test_a_table_comes_back_under_another_name(backup, restore, db):
    before = content(db)
    made(backup("--json"))
    change(db)
    changed = content(db)
    refused(restore("latest", "--table", "customers", "--into-table", "orders"), "orders: there is a table of this name")
    refused(restore("latest", "--table", "customers", "--table", "orders", "--into-table", "old"), "choose it with --table")
    refused(restore("latest", "--table", "pages", "--into-table", "old", "--mode", "merge"), "no rows to merge")
    said = restore("latest", "--table", "customers", "--into-table", "Old Customers")
    assert said.returncode == 0 and "customers: restored as Old Customers: 60 rows" in said.stdout, said.stderr
    try:
        assert db.rows("SELECT * FROM `Old Customers` ORDER BY id") == before["customers"]
        assert content(db) == changed and leftovers(db) == []
        shown = db.rows("SHOW CREATE TABLE `Old Customers`")[0]["Create Table"]
        assert "uq_email" in shown and "CONSTRAINT" not in shown
    finally:
        db.rows("DROP TABLE `Old Customers`")


def test_tables_come_back_in_another_database(backup, restore, db):
    before = content(db)
    made(backup("--json"))
    change(db)
    changed = content(db)
    refused(restore("latest", "--into-database", "nowhere"), "nowhere")
    db.rows("CREATE DATABASE copies")
    try:
        id = made(restore("latest", "--into-database", "copies", "--json"))["id"]
        assert content(db) == changed and leftovers(db) == []
        order = {name: KEYS.get(name, "id") for name in NAMES}
        there = {name: db.rows(f"SELECT * FROM copies.{name} ORDER BY {order[name]}") for name in NAMES}
        assert there == before
        with pytest.raises(pymysql.MySQLError):
            db.rows("INSERT INTO copies.orders (customer) VALUES (12345)")
        db.rows("DELETE FROM copies.pages")
        made(restore("latest", "--into-database", "copies", "--table", "pages", "--json"))
        assert db.value("SELECT COUNT(*) FROM copies.pages") == 2
        assert restore("drop-old", id, "--yes", DB_NAME="copies").returncode == 0
        assert content(db) == changed
    finally:
        db.rows("DROP DATABASE copies")


def test_other_levels_than_repeatable_read_are_refused(stack, backup, restore, db):
    made(backup("--json"))
    set_isolation(db, stack, "READ COMMITTED")
    try:
        refused(restore("latest"), "transactions are READ-COMMITTED", "REPEATABLE-READ")
        made(restore("latest", "--table", "pages", "--json"))
    finally:
        set_isolation(db, stack, "REPEATABLE READ")


@pytest.fixture
def files(stack):
    return Files(stack, client(stack, "s3"), client(stack, "lambda"))


@pytest.mark.parametrize("spoil", [change, lost], ids=["changed", "emptied"])
def test_they_come_back_in_parts(files, restore, db, spoil):
    before, shape = content(db), made_as(db)
    back_up(files)
    spoil(db)
    spoilt = content(db)
    restored = restore_in_parts(files, "latest")
    assert content(db) == before and made_as(db) == shape
    id = restored["id"]
    assert sorted(leftovers(db)) == sorted(f"{name}__before_{id}" for name in NAMES) and "late" not in restored
    assert restore("undo", id).returncode == 0
    assert content(db) == spoilt and made_as(db) == shape


def test_in_parts_a_last_step_that_is_done_twice_changes_nothing(files, db):
    before = content(db)
    back_up(files)
    change(db)
    machine = Restore(files, "latest")
    compared = machine.compare(machine.parts(machine.items))
    done = machine.parts(compared["items"])
    assert machine.try_swap(compared, done)["swapped"]
    assert content(db) == before
    again = machine.try_swap(compared, done)
    assert (again["swapped"], again["items"]) == (True, [])
    assert content(db) == before and [row["table"] for row in machine.report(again, [])["tables"]] != []


def test_in_parts_the_same_is_refused(files, db):
    back_up(files)
    db.rows("CREATE TRIGGER tell AFTER INSERT ON pages FOR EACH ROW UPDATE teams SET lead_id = 4 WHERE id = 3")
    _, said = files.fail(RESTORE | {"step": "open", "sources": ["latest"]})
    assert "pages: TRIGGER tell would run for each row" in said and leftovers(db) == []
    db.rows("DELETE FROM pages")
    restore_in_parts(files, "latest", tables=["pages"], fire_triggers=True)
    assert [row["title"] for row in content(db)["pages"]] == ["a", "b"]
    db.rows("DROP TRIGGER tell")
    db.rows("DELETE FROM customers WHERE id = 9")
    before, left = content(db), leftovers(db)
    machine = Restore(files, "latest", tables=["orders"])
    compared = machine.compare(machine.parts(machine.items))
    _, said = files.fail(machine.end(compared, machine.parts(compared["items"])))
    assert "orders: FOREIGN KEY of_customer to customers: 1 row " in said
    assert content(db) == before and leftovers(db) == left
    restore_in_parts(files, "latest", tables=["orders"], keep_orphans=True)
    assert db.value("SELECT COUNT(*) FROM orders WHERE customer = 9") == 1


def test_in_parts_a_live_table_that_changes_meanwhile_stops_it(files, db):
    back_up(files)
    machine = Restore(files, "latest")
    compared = machine.compare(machine.parts(machine.items))
    done = machine.parts(compared["items"])
    db.rows("INSERT INTO pages (title) VALUES ('meanwhile')")
    before = content(db)
    _, said = files.fail(machine.end(compared, done))
    assert "pages: the live table was written to meanwhile" in said
    assert content(db) == before and leftovers(db) == []


def test_writers_wait_for_it_and_are_not_lost(backup, restore, fault, calls, stack, db):
    made(backup("--json"))
    lost(db)
    calls.mark()
    with ThreadPoolExecutor() as pool, database(stack) as other:
        fault("execute:latency=60")
        running = pool.submit(restore, "latest", "--json")
        for _ in range(3_000):
            if any(call["operation"] == "BeginTransaction" for call in calls.since_mark()):
                break
            time.sleep(0.005)
        time.sleep(0.5)
        with unchecked(other):
            other.rows("INSERT INTO pages (id, title) VALUES (4000, 'meanwhile')")
        done = running.result()
    pages = [row["title"] for row in content(db)["pages"]]
    if done.returncode == 0:
        assert pages == ["a", "b", "meanwhile"]
    else:
        refused(done, "pages: the live table was written to meanwhile")
        assert pages == ["meanwhile"]


@pytest.mark.parametrize(
    "text", ["any:access-denied:skip={}:times=1", "any:cut-after:skip={}:times=1", "any:cut-before:skip={}:times=1"]
)
def test_a_fault_at_any_call_leaves_the_live_tables_whole(backup, restore, db, calls, fault, text):
    """Either all rows are the restored ones, and it says so, or none is, and nothing is left."""
    restored, spoilt = prepare(db, backup)
    calls.mark()
    made(restore("latest", "--json", "--plan"))
    planning = len(calls.since_mark())
    total, done_well = planning, 0
    for skip in every(planning, count(restore, calls, db), 12):
        again(db, spoilt)
        fault(text.format(skip))
        done = restore("latest", "--json")
        fault()
        # The ledger is told after that.
        if done.returncode in (0, 1):
            assert content(db) == restored, skip
            done_well += 1
        else:
            assert content(db) == spoilt and leftovers(db) == [], (skip, done.stderr)
        total += 1
    assert total > planning and (done_well > 0)


def test_killed_anywhere_it_leaves_the_live_tables_whole(backup, restore, db, calls, kill, stack):
    restored, spoilt = prepare(db, backup)
    calls.mark()
    made(restore("latest", "--json", "--plan"))
    planning = len(calls.since_mark())
    seen = set()
    for point in every(planning, count(restore, calls, db), 20):
        again(db, spoilt)
        kill(calls, point, "restore", "latest")
        end_transactions(db)
        now = content(db)
        assert now in (restored, spoilt), point
        seen.add(now == restored)
        for id in {name[-20:] for name in leftovers(db) if "__before_" in name}:
            done = restore("undo", id)
            assert content(db) == spoilt, (point, done.stderr)
            if now == spoilt:
                refused(done, "ended before its rows were live")
    assert seen == {True, False} or seen == {False}


def test_an_undo_that_is_killed_anywhere_is_done_again_and_loses_no_row(backup, restore, db, calls, kill):
    """The live tables are the restored or the old ones, and both are whole, wherever it was killed."""
    restored, spoilt = prepare(db, backup)
    id = undoable(restore, db)
    calls.mark()
    assert restore("undo", id).returncode == 0
    made_calls = [call["operation"] for call in calls.since_mark()]
    # Behind the COMMIT the tables that had the rows are dropped, one by one.
    commit = made_calls.index("CommitTransaction")
    for point in [*every(0, commit, 8), *range(commit, commit + 9), len(made_calls) - 1]:
        again(db, spoilt)
        id = undoable(restore, db)
        expected = content(db)
        kill(calls, point, "restore", "undo", id)
        end_transactions(db)
        now = content(db)
        assert now in (expected, spoilt), point
        done = restore("undo", id)
        # Killed behind its last change there is nothing left to undo.
        assert done.returncode == 0 or f"nothing left of a restore {id}" in done.stderr, (point, done.stderr)
        assert content(db) == spoilt, point
        assert beside(db, "undone", id) == expected, point
        assert [name for name in leftovers(db) if "__before_" in name] == []


def test_an_undo_after_one_that_dropped_nothing_keeps_what_was_written_since(backup, restore, db):
    _, spoilt = prepare(db, backup)
    id = undoable(restore, db)
    expected = content(db)
    # The statements in front of the drops are many; the tables that had the rows are made anew instead.
    old = {name: f"{name}__before_{id}" for name in NAMES}
    for table in old.values():
        db.rows(f"CREATE TABLE `{table}_kept` LIKE `{table}`")
    assert restore("undo", id).returncode == 0
    for table in old.values():
        db.rows(f"RENAME TABLE `{table}_kept` TO `{table}`")
    assert restore("undo", id).returncode == 0
    assert content(db) == spoilt and beside(db, "undone", id) == expected


def undoable(restore, db):
    """A restore that is done, and rows that were written since."""
    id = made(restore("latest", "--json"))["id"]
    db.rows("INSERT INTO pages (id, title) VALUES (5000, 'since the restore')")
    return id


def beside(db, kind, id):
    """The rows of the tables that an undo has left."""
    return {name: db.rows(f"SELECT * FROM `{name}__{kind}_{id}` ORDER BY {KEYS.get(name, 'id')}") for name in NAMES}


def prepare(db, backup):
    made(backup("--json"))
    restored = content(db)
    change(db)
    return restored, content(db)


def again(db, spoilt):
    """The spoilt rows once more."""
    end_transactions(db)
    with unchecked(db):
        for name in leftovers(db):
            db.rows(f"DROP TABLE `{name}`")
        for name in NAMES:
            if content(db)[name] == spoilt[name]:
                continue
            db.empty(name)
            columns = [column for column in (spoilt[name] or [{}])[0] if column not in ("shout", "half")]
            for row in spoilt[name]:
                values = ", ".join(["%s"] * len(columns))
                db.rows(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({values})", *[row[it] for it in columns])


def end_transactions(db):
    """Those whose owner was killed would stay open for minutes."""
    for row in db.rows("SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx"):
        try:
            db.rows("KILL %s", row["id"])
        except pymysql.MySQLError:
            pass
    time.sleep(0.05)


def count(restore, calls, db):
    calls.mark()
    made(restore("latest", "--json"))
    return len(calls.since_mark())


def every(first, last, most):
    """So many numbers of calls, spread, with the last ones."""
    chance = random.Random(7)
    spread = sorted(chance.sample(range(first, last), min(most, last - first)))
    return [*spread, last - 2, last - 1]
