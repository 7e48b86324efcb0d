"""Restores by users that lack rights: named with the statement that gives them, before anything is written."""

import re
import subprocess
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from backups import made
from conftest import PROGRAM, environment_of, running
from test_restore import content, leftovers, tidy

PASSWORD = "a-Password-of-16"
USER = "restorer@`%`"

# In the order in which they are named.
NEEDED = ["SELECT", "INSERT", "UPDATE", "CREATE", "DROP", "ALTER", "DELETE", "INDEX", "REFERENCES", "TRIGGER"]

# The databases on which the rights are, which of them the user lacks, and whether a role has them.
CASES = {
    "a trigger would not be seen": ("`rowgate`.*", ["TRIGGER"], False),
    "a name with wildcards": ("`row%`.*", ["ALTER", "DELETE"], False),
    "a role": ("`rowgate`.*", ["REFERENCES"], True),
    "nothing can be read": ("`rowgate`.*", ["SELECT", "UPDATE"], False),
}


@pytest.fixture(autouse=True)
def clean(db):
    tidy(db)
    yield
    db.rows(f"DROP USER IF EXISTS {USER}")
    db.rows("DROP ROLE IF EXISTS keepers")
    tidy(db)


@contextmanager
def as_user(stack, db, case, prepare):
    """The commands of another stack before the same database, and what the last one to prepare it says; its user has lost
    some rights since."""
    scope, lacks, has_role = case
    db.rows(f"CREATE USER {USER} IDENTIFIED BY '{PASSWORD}'")
    holder = USER
    if has_role:
        holder = "keepers"
        db.rows("CREATE ROLE keepers")
        db.rows(f"GRANT keepers TO {USER}")
        word = "FOR" if "MariaDB" in db.value("SELECT VERSION()") else "TO"
        db.rows(f"SET DEFAULT ROLE keepers {word} {USER}")
    db.rows(f"GRANT ALL ON {scope} TO {holder}")
    url = urlsplit(stack["database_url"])
    address = f"mysql://restorer:{PASSWORD}@{url.hostname}:{url.port}{url.path}"
    with running("--database-url", address) as own:
        settings = environment_of(own)
        command = lambda *arguments: subprocess.run([PROGRAM, *arguments], env=settings, capture_output=True, text=True)
        before = made(prepare(command))
        db.rows(f"REVOKE {', '.join(lacks)} ON {scope} FROM {holder}")
        yield command, before


def named_as(lacks):
    return "lacks " + ", ".join(right for right in NEEDED if right in lacks) + " on the database `rowgate`"


def give(db, done):
    """Does what a refusal says."""
    (grant,) = re.findall(r"GRANT .* ON `rowgate`\.\* TO [^;\n]+", done.stderr)
    db.rows(grant)
    # A connection has the rights on its database with which it was opened.
    for row in db.rows("SELECT id AS id FROM information_schema.processlist WHERE user = 'restorer'"):
        db.rows(f"KILL {row['id']}")


@pytest.mark.parametrize("case", CASES)
def test_rights_that_are_missing_are_named_with_the_statement_that_gives_them(stack, db, case):
    _, lacks, _ = CASES[case]
    db.rows("INSERT INTO jobs VALUES (1, 'Cook')")
    with as_user(stack, db, CASES[case], lambda command: command("backup", "--json")) as (command, backup):
        run = backup["run"]
        db.rows("DELETE FROM jobs")
        before = content(db)
        plan, done = command("restore", run, "--plan"), command("restore", run)
        named = named_as(lacks)
        assert plan.returncode == (2 if "SELECT" in lacks else 1), plan.stderr
        assert named in plan.stdout + plan.stderr
        assert done.returncode == 2 and named in done.stderr, done.stderr
        assert content(db) == before and leftovers(db) == []
        give(db, done)
        made(command("restore", run, "--json"))
        assert db.count("jobs") == 1


# A table that a swap would tear from its parent; the backup has it not, since the schema does not list it.
CHILD = "CREATE TABLE job_notes (id INT PRIMARY KEY, job INT, CONSTRAINT of_job FOREIGN KEY (job) REFERENCES jobs (id))"

# Those that an undo lacks which swaps tables, and one which puts rows in place.
UNDO_CASES = {
    "it could not rename": ("`rowgate`.*", ["ALTER", "DROP"], False, []),
    "it could not tell the ledger": ("`rowgate`.*", ["UPDATE"], True, []),
    "a trigger would not be seen": ("`row%`.*", ["TRIGGER"], False, []),
    "nothing can be read": ("`rowgate`.*", ["SELECT", "REFERENCES"], False, []),
    "it could not delete": ("`rowgate`.*", ["DELETE"], False, [CHILD]),
    "it could not make tables": ("`rowgate`.*", ["CREATE", "INSERT"], False, [CHILD]),
}


def restored(command):
    run = made(command("backup", "--json"))["run"]
    return command("restore", run, "--json")


@pytest.mark.parametrize("case", UNDO_CASES)
def test_an_undo_names_them_before_anything_is_changed(stack, db, case):
    scope, lacks, has_role, tables = UNDO_CASES[case]
    db.rows("INSERT INTO jobs VALUES (1, 'Cook')")
    for sql in tables:
        db.rows(sql)
    try:
        with as_user(stack, db, (scope, lacks, has_role), restored) as (command, restore):
            before, left = content(db), leftovers(db)
            done = command("restore", "undo", restore["id"])
            assert done.returncode == 2 and named_as(lacks) in done.stderr, done.stderr
            assert (content(db), leftovers(db)) == (before, left)
            give(db, done)
            done = command("restore", "undo", restore["id"])
            assert done.returncode == 0, done.stderr
            assert all("__undone_" in name for name in leftovers(db))
    finally:
        db.rows("DROP TABLE IF EXISTS job_notes")


def test_an_undo_by_a_swap_deletes_nothing(stack, db):
    with as_user(stack, db, ("`rowgate`.*", ["DELETE", "INDEX"], False), restored) as (command, restore):
        done = command("restore", "undo", restore["id"])
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("lacks", [["DROP"], ["SELECT", "DROP"]], ids=" ".join)
def test_old_tables_stay_until_their_user_may_drop_them(stack, db, lacks):
    with as_user(stack, db, ("`rowgate`.*", lacks, False), restored) as (command, restore):
        left = leftovers(db)
        assert len(left) == 3
        if lacks == ["DROP"]:
            said = command("restore", "drop-old", restore["id"])
            assert said.returncode == 0 and said.stdout.count("--yes does it") == 3, said.stderr
        done = command("restore", "drop-old", restore["id"], "--yes")
        assert done.returncode == 2 and named_as(lacks) in done.stderr and done.stdout == "", done.stderr
        assert leftovers(db) == left
        give(db, done)
        assert command("restore", "drop-old", restore["id"], "--yes").returncode == 0
        assert leftovers(db) == []


def test_nothing_is_cleaned_until_its_user_may_drop_tables(stack, db):
    with as_user(stack, db, ("`rowgate`.*", ["DROP"], False), lambda command: command("backup", "--json")) as (command, _):
        db.rows("CREATE TABLE jobs__restore_20200101_000000_0000 LIKE jobs")
        done = command("backup", "clean", "--yes")
        assert done.returncode == 2 and named_as(["DROP"]) in done.stderr, done.stderr
        assert len(leftovers(db)) == 1
        give(db, done)
        assert command("backup", "clean", "--yes").returncode == 0
        assert leftovers(db) == []
