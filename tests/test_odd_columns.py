"""Columns that are stored in another way than they are sent: computed ones, the greatest BIT, moments and floating
point numbers beside a row 0, and names that begin as rowgate's own marks do."""


import pytest
from backups import made
from conftest import client, command_in, running, sender
from conftest import database as database_of
from files import Files, counts

TABLES = """CREATE TABLE odd (id INT AUTO_INCREMENT PRIMARY KEY, a INT NULL, twice INT AS (a * 2) STORED, thrice INT AS (a * 3),
  bits BIT(64) NULL, d DOUBLE NULL, f FLOAT NULL, at TIMESTAMP(3) NULL, `_note` VARCHAR(20) NULL);"""

GREATEST = 2**64 - 1


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    file = tmp_path_factory.mktemp("odd") / "odd.sql"
    file.write_text(TABLES)
    with running("--schema", file) as started:
        yield started


@pytest.fixture(scope="module")
def db(stack):
    with database_of(stack) as connection:
        yield connection


@pytest.fixture(autouse=True)
def empty(db):
    db.empty("odd")


@pytest.fixture(scope="module")
def command(stack, tmp_path_factory):
    return command_in(tmp_path_factory.mktemp("command"), stack)


def checksum(db):
    return db.rows("CHECKSUM TABLE odd")[0]["Checksum"]


@pytest.mark.parametrize("parameters", [{}, {"return": "ids"}, {"on_duplicate": "update"}])
def test_the_greatest_bits_are_stored_in_every_way(stack, db, parameters):
    answer = sender(stack)("/tables/odd/rows", [{"bits": str(GREATEST)}, {"bits": str(2**63)}], **parameters)
    assert answer.status_code == 200, answer.text
    assert [row["b"] for row in db.rows("SELECT bits + 0 AS b FROM odd ORDER BY id")] == [GREATEST, 2**63]


def test_a_column_whose_name_begins_as_a_mark_is_stored(stack, db):
    files = Files(stack, client(stack, "s3"), client(stack, "lambda"))
    for number, name in enumerate(["_note", "_Note", "_NOTE"], 1):
        report = files.load(f"incoming/odd/{number}.csv", f"id,{name},_other\n{number},kept,ignored\n".encode())
        assert counts(report) == (1, 1, 0, 0), report
    assert [row["_note"] for row in db.rows("SELECT `_note` FROM odd")] == ["kept"] * 3
    line = b'{"id":4,"_note":"kept","_other":1}\n{"id":5,"_Note":"not known"}\n'
    assert counts(files.load("incoming/odd/4.ndjson", line)) == (2, 1, 0, 1)
    assert db.value("SELECT `_note` FROM odd WHERE id = 4") == "kept"


def test_computed_columns_are_computed_anew_beside_a_row_0(stack, db, command):
    post = sender(stack)
    assert post("/tables/odd/rows", [{"id": 1, "twice": 2}]).json()["errors"][0]["code"] == "generated_column"
    rows = [{"id": id, "a": id, "d": id + 0.5, "f": 0.1, "at": "2026-10-25T00:30:00.5Z"} for id in range(1, 4)]
    assert post("/tables/odd/rows", rows).status_code == 200
    db.rows("UPDATE odd SET id = 0 WHERE id = 3")
    assert [row["t"] for row in db.rows("SELECT CONCAT(twice, ' ', thrice) AS t FROM odd ORDER BY a")] == ["2 3", "4 6", "6 9"]
    before = checksum(db)
    made(command("backup", "--json"))
    assert command("backup", "verify", "latest", "--live").returncode == 0
    for mode in ("replace", "merge"):
        db.rows("UPDATE odd SET d = 9, f = 9, at = '2020-01-01', a = 9")
        db.rows("DELETE FROM odd WHERE id = 2")
        assert checksum(db) != before
        made(command("restore", "latest", "--mode", mode, "--json"))
        assert checksum(db) == before


def test_a_live_row_0_that_no_file_has_is_kept_by_a_merge(stack, db, command):
    rows = [{"id": 1, "d": 0.1, "f": 0.1, "at": "2026-10-25T00:30:00.5Z"}]
    assert sender(stack)("/tables/odd/rows", rows).status_code == 200
    made(command("backup", "--json"))
    db.rows("INSERT INTO odd (a, d, f, at) VALUES (7, 0.3, 0.7, '2026-10-25 01:30:00.25')")
    db.rows("UPDATE odd SET id = 0 WHERE a = 7")
    before = checksum(db)
    made(command("restore", "latest", "--mode", "merge", "--json"))
    assert checksum(db) == before
