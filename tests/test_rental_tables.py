"""Tables of the kinds of well-known examples take rows by HTTP and file, are backed up, emptied, restored, and equal by
the database's own checksum."""

import json
import os
import subprocess

import pytest
from backups import made
from conftest import PROGRAM, client, database, environment_of, pulled_schema, running, sender
from files import Files, counts, ndjson
from rental_tables import RENTAL, SEEDS, STAFF, rental_rows, staff_rows

# The tables, rows that are there before, rows, and how many tables are served of how many.
EXAMPLES = {"rental": (RENTAL, SEEDS, rental_rows, 15, 16), "staff": (STAFF, [], staff_rows, 6, 6)}


@pytest.fixture(scope="module", params=EXAMPLES)
def example(request, tmp_path_factory):
    sql, seeds, rows, served, all = EXAMPLES[request.param]
    folder = tmp_path_factory.mktemp("example")
    (folder / "tables.sql").write_text(sql)
    with running("--schema", folder / "tables.sql") as stack, database(stack) as db:
        settings = environment_of(stack) | {"ROWGATE_SCHEMA": str(folder / "schema.json")}

        def command(*arguments):
            return subprocess.run([PROGRAM, *arguments], env=settings, capture_output=True, text=True)

        pulled_schema(stack, folder / "schema.json")
        db.rows("SET SESSION foreign_key_checks = 0")
        for seed in seeds:
            db.rows(seed)
        db.rows("SET SESSION foreign_key_checks = 1")
        yield stack, db, command, list(rows()), (served, all)


def tables_of(db):
    names = db.rows(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() "
        "AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'rowgate%' ORDER BY 1"
    )
    return [row["name"] for row in names if "__" not in row["name"]]


def checksums(db, tables):
    return {name: db.rows(f"CHECKSUM TABLE {name}")[0]["Checksum"] for name in tables}


def send(stack, rows):
    """The first half of each table's rows by HTTP, the others by a file."""
    post, files = sender(stack), Files(stack, client(stack, "s3"), client(stack, "lambda"))
    for table, all in rows:
        middle = (len(all) + 1) // 2
        answer = post(f"/tables/{table}/rows", all[:middle])
        assert answer.status_code == 200, answer.text
        if all[middle:]:
            report = files.load(f"incoming/{table}/rows.ndjson", ndjson(all[middle:]))
            assert counts(report) == (len(all) - middle, len(all) - middle, 0, 0), report


def test_they_take_rows_and_come_back(example):
    stack, db, command, rows, (served, all) = example
    tables = tables_of(db)
    names = [table for table, _ in rows]
    assert (len(tables), len(names)) == (all, served)
    send(stack, rows)
    before = checksums(db, tables)
    for table, sent in rows:
        assert db.count(table) >= len(sent) > 0
    made(command("backup", "--json"))
    db.rows("SET SESSION foreign_key_checks = 0")
    for table in names:
        db.rows(f"DELETE FROM {table}")
    db.rows("SET SESSION foreign_key_checks = 1")
    assert checksums(db, names) != {table: before[table] for table in names}
    restored = made(command("restore", "latest", "--json"))
    assert len(restored["tables"]) == served
    assert checksums(db, tables) == before
    assert command("backup", "verify", "latest", "--live").returncode == 0
    undone = command("restore", "undo", restored["id"])
    # Rows of a table that is not served have lost their parents where there are some.
    assert (undone.returncode == 0) == (all == served), undone.stderr
    assert command("restore", "drop-old", "--yes").returncode == 0
    print(json.dumps({"engine": os.environ.get("ROWGATE_ENGINE", "mariadb"), "served": served, "of": all}))
