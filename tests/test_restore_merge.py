"""`rowgate restore merge`: rows that only a table has that a restore left, back into the live one."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from backups import fill, made
from conftest import database
from test_restore import content, leftovers, refused, set_to_zero, tidy
from test_restore_locks import wait_for_rename


@pytest.fixture(autouse=True)
def clean(db):
    """The three tables without rows, and nothing of a restore beside them."""
    tidy(db)
    yield
    tidy(db)


def jobs(db):
    return {row["id"]: row["job_name"] for row in db.rows("SELECT * FROM jobs")}


@pytest.fixture
def restored(backup, restore, bucket, db):
    """The id of a restore: of the old jobs 3 is not in the backup, and 2 has another name."""
    db.rows("INSERT INTO jobs VALUES (1, 'one'), (2, 'two')")
    db.rows("INSERT INTO departments VALUES (1, 'Sales')")
    made(backup("--json"))
    db.rows("UPDATE jobs SET job_name = 'TWO ' WHERE id = 2")
    db.rows("INSERT INTO jobs VALUES (3, 'three')")
    return made(restore("latest", "--json"))["id"]


def test_rows_that_came_with_the_swap_are_added_by_the_command_that_is_printed(
    backup, restore, bucket, db, stack
):
    fill(db)
    db.rows("DELETE FROM departments WHERE id > 1")
    made(backup("--json"))
    db.rows("INSERT INTO departments VALUES (5, 'since the backup')")
    with database(stack) as other, ThreadPoolExecutor() as pool:
        other.autocommit(False)
        other.rows("INSERT INTO departments VALUES (77, 'meanwhile'), (78, 'too')")
        running = pool.submit(restore, "latest")
        wait_for_rename(db)
        other.commit()
        done = running.result()
    assert done.returncode == 1
    _, _, printed = done.stderr.partition("with the new keys 77, 78; rowgate restore ")
    merge, _, rest = printed.partition(" adds these rows")
    assert "--table departments --above 5 --yes" in merge, done.stderr
    merged = restore(*merge.split())
    assert merged.returncode == 0 and "departments: 2 rows of departments__before_" in merged.stdout
    # What the restore was to take back does not come back.
    ids = [row["id"] for row in db.rows("SELECT id FROM departments ORDER BY id")]
    assert ids == [1, 77, 78]
    again = restore(*merge.split())
    assert "departments: 0 rows of departments__before_" in again.stdout
    assert content(db)["departments"][1:] == [
        {"id": 77, "department_name": "meanwhile"}, {"id": 78, "department_name": "too"}
    ]  # fmt: skip


def test_rows_that_are_missing_or_differ_are_named_and_only_with_yes_added(restored, restore, db):
    before = content(db)
    old = f"jobs__before_{restored}"
    said = restore("merge", restored)
    assert said.stdout.splitlines() == [
        f"jobs: 1 row, only in {old}; --yes adds them; keys: 3",
        f"jobs: 1 row, other values in {old}; they stay; keys: 2",
    ]
    assert content(db) == before
    (merged,) = made(restore("merge", restored, "--table", "jobs", "--yes", "--json"))
    assert merged == {
        "table": "jobs",
        "left_table": old,
        "added": 1,
        "missing": {"rows": 0, "first": []},
        "differing": {"rows": 1, "first": ["2"]},
    }
    assert jobs(db) == {1: "one", 2: "two", 3: "three"}
    assert leftovers(db)[-1] == old and db.count(old) == 3


def test_rows_of_a_table_that_was_undone_are_added(restored, restore, db):
    db.rows("INSERT INTO jobs VALUES (9, 'since the restore')")
    undone = restore("undo", restored).stdout
    assert (
        f"jobs: as before the restore, with 3 rows; the restored one is jobs__undone_{restored}, with 3 "
        "rows, 1 of them with keys that jobs does not have, and 1 that differ" in undone
    )
    assert f"to see and to add them: rowgate restore merge {restored}" in undone
    made_of = restore("merge", restored, "--yes")
    assert f"jobs: 1 row of jobs__undone_{restored} added" in made_of.stdout
    assert jobs(db) == {1: "one", 2: "TWO ", 3: "three", 9: "since the restore"}


def test_many_keys_are_counted_and_the_first_are_named(restored, restore, db):
    old = f"jobs__before_{restored}"
    values = ", ".join(f"({id}, 'x')" for id in range(100, 150))
    db.rows(f"INSERT INTO `{old}` VALUES {values}")
    said = json.loads(restore("merge", restored, "--table", "jobs", "--above", "100", "--json").stdout)
    assert said[0]["missing"] == {"rows": 49, "first": [str(id) for id in range(101, 121)]}
    assert restore("merge", restored).stdout.splitlines()[0].endswith("117, 118, …")


def test_row_0_is_named_and_not_added(restored, restore, db):
    old = f"jobs__before_{restored}"
    set_to_zero(db, old, 3)
    done = restore("merge", restored, "--table", "jobs", "--yes")
    assert f"jobs: 1 row, only in {old}; row 0 is copied by hand; keys: 0" in done.stdout
    assert jobs(db) == {1: "one", 2: "two"}


def test_what_cannot_be_merged_is_refused(restored, restore, db):
    refused(restore("merge", "20200101_000000_0000"), "nothing left of a restore 20200101_000000_0000")
    refused(restore("merge", "x`; DROP"), "nothing left of a restore")
    db.rows(f"DROP TABLE jobs__before_{restored}")
    refused(restore("merge", restored, "--table", "jobs"), f"restore {restored} of jobs")
    above_text = restore("merge", restored, "--table", "employees", "--above", "x")
    refused(above_text, "--above x: no key of employees, which is id")
    alone = restore("merge", restored, "--above", "1")
    assert alone.returncode == 2 and "--table" in alone.stderr
