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
def as_user(stack, db, scope, lacks, has_role):
    """The commands of another stack before the same database, and a backup; its user has lost some rights since."""
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
    with running("--bare", "--database-url", address) as own:
        settings = environment_of(own)
        command = lambda *arguments: subprocess.run([PROGRAM, *arguments], env=settings, capture_output=True, text=True)
        run = made(command("backup", "--json"))["run"]
        db.rows(f"REVOKE {', '.join(lacks)} ON {scope} FROM {holder}")
        yield command, run


@pytest.mark.parametrize("case", CASES)
def test_rights_that_are_missing_are_named_with_the_statement_that_gives_them(stack, db, case):
    scope, lacks, has_role = CASES[case]
    db.rows("INSERT INTO jobs VALUES (1, 'Cook')")
    with as_user(stack, db, scope, lacks, has_role) as (command, run):
        db.rows("DELETE FROM jobs")
        before = content(db)
        plan, done = command("restore", run, "--plan"), command("restore", run)
        named = "lacks " + ", ".join(right for right in NEEDED if right in lacks) + " on the database `rowgate`"
        assert plan.returncode == (2 if "SELECT" in lacks else 1), plan.stderr
        assert named in plan.stdout + plan.stderr
        assert done.returncode == 2 and named in done.stderr, done.stderr
        assert content(db) == before and leftovers(db) == []
        (grant,) = re.findall(r"GRANT .* ON `rowgate`\.\* TO [^;\n]+", done.stderr)
        db.rows(grant)
        made(command("restore", run, "--json"))
        assert db.count("jobs") == 1
