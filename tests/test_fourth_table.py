"""More tables cost a file that says them, and no compiler.

`rowgate schema read` makes the file of CREATE TABLE statements, three more than the example's: the second
table has columns enough for 32 sets of them, the third is wide.
"""

import json
import subprocess

import pytest
from conftest import LEDGER, PROGRAM, ROOT, client, running, sender
from conftest import database as database_of
from files import Files, counts, ndjson

LOCATIONS = """
CREATE TABLE locations (
  code VARCHAR(8) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  city VARCHAR(80) NOT NULL,
  floors TINYINT UNSIGNED NULL
) COMMENT 'aliases=sites';

CREATE TABLE counters (
  id INT NOT NULL PRIMARY KEY,
  a INT NULL,
  b INT NULL,
  c INT NULL,
  d INT NULL,
  e INT NULL
);
"""

# Nearly as wide as a table may be; of texts alone InnoDB takes only half as many.
WIDE = {f"{number:c>20}": "INT" if number % 4 else "VARCHAR(9)" for number in range(380)}
WIDE_COLUMNS = ", ".join(f"{name} {kind} NULL" for name, kind in WIDE.items())
WIDE_TABLE = f"CREATE TABLE wide (id INT NOT NULL PRIMARY KEY, {WIDE_COLUMNS});"


@pytest.fixture(scope="module")
def fourth(tmp_path_factory):
    """The schema.json of the example's tables and three more."""
    folder = tmp_path_factory.mktemp("fourth")
    text = (ROOT / "sql/schema.sql").read_text() + LOCATIONS + WIDE_TABLE
    (folder / "tables.sql").write_text(text)
    command = [PROGRAM, "schema", "read", "tables.sql", "--output", "schema.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "schema.json: 6 tables served\n"
    return folder / "schema.json"


@pytest.fixture
def rowgate(fourth, environment, tmp_path):
    """Runs the command in a folder of its own, with the shared stack's settings."""
    settings = environment | {"DB_NAME": "fourth", "ROWGATE_SCHEMA": str(fourth)}

    def rowgate(*arguments):
        command = [PROGRAM, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True)

    return rowgate


@pytest.fixture
def database(db):
    """An empty database on the shared server, so that no other test sees the fourth table."""
    db.rows("CREATE DATABASE fourth")
    yield "fourth"
    db.rows("DROP DATABASE fourth")


def test_a_file_of_it_is_checked_by_its_rules(rowgate, tmp_path):
    (tmp_path / "sites.csv").write_text("code,city,floors\nB1,Berlin,4\nB2,Bonn,\n")
    done = rowgate("check", "sites.csv")
    assert (done.returncode, done.stdout) == (0, "sites.csv: locations: 2 rows, 2 good, 0 bad (complete)\n")

    rows = ["Berlin-Mitte,Berlin,4", "B2,,4", "B3,Bonn,256", "B3,Bonn,-1", "b3,Bonn,0", "B3,Köln,1"]
    (tmp_path / "sites.csv").write_text("\n".join(rows))
    done = rowgate("check", "--format", "json", "sites.csv")
    errors = json.loads(done.stdout)["errors"]
    found = [(error["line"], error["column"], error["code"]) for error in errors]
    assert done.returncode == 1
    assert found == [
        (1, "code", "too_long"),
        (2, "city", "missing"),
        (3, "floors", "out_of_range"),
        (4, "floors", "out_of_range"),
    ]


def test_it_is_made_and_compared(rowgate, db, database):
    done = rowgate("migrate")
    own = ["counters", "departments", "jobs", "employees", "locations", "wide"]
    tables = ["rowgate_locks", *own, *LEDGER, "rowgate_ledger"]
    assert done.stdout.splitlines() == [f"made table {table}" for table in tables], done.stderr
    assert rowgate("migrate").stdout == "nothing to do: every table exists\n"
    comment = "SELECT table_comment FROM information_schema.tables WHERE table_name = 'locations'"
    assert db.value(comment) == "aliases=sites"

    db.rows("ALTER TABLE fourth.locations MODIFY code VARCHAR(8) COLLATE utf8mb4_general_ci")
    db.rows("ALTER TABLE fourth.locations MODIFY floors TINYINT NULL")
    done = rowgate("migrate", "--check")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "locations.code: collation: expected utf8mb4_bin, found utf8mb4_general_ci",
        "locations.floors: type: expected tinyint unsigned, found tinyint",
    ]
    db.rows("DROP TABLE fourth.locations")
    assert rowgate("migrate").stdout == "made table locations\n"


def test_a_key_is_made_for_it(rowgate):
    done = rowgate("keys", "new", "--tables", "locations")
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(rowgate("keys", "list", "--json").stdout)
    assert (entry["id"], entry["tables"]) == (done.stdout[2:10], ["locations"])


def test_the_gateway_takes_rows_of_it(fourth):
    with running("--schema", fourth) as stack:
        post = sender(stack)
        rows = [{"code": "B1", "city": "Berlin", "floors": 255}, {"code": "b1", "city": "Köln 🏙"}]
        answer = post("/tables/sites/rows", rows)
        counts = {"received": 2, "stored": 2, "kept": 0, "rejected": 0, "invalid": 0}
        assert (answer.status_code, answer.json()["tables"]) == (200, {"locations": counts})

        answer = post("/insert_data", {"locations": rows[:1], "jobs": [{"id": 1, "job": "Cook"}]})
        assert answer.status_code == 409, "its text key is found as an integer's is"
        errors = answer.json()["errors"]
        assert [(error["table"], error["index"]) for error in errors] == [("locations", 0)]

        # No cell of the first line says that it is a row, and not a header.
        options = {"on_duplicate": "keep", "header": "absent"}
        answer = post("/tables/locations/rows", "B2,Bonn,\nB1,Bonn,1\n", **options)
        counts = {"received": 2, "stored": 1, "kept": 1, "rejected": 0, "invalid": 0}
        assert (answer.status_code, answer.json()["tables"]) == (200, {"locations": counts})
        answer = post("/tables/locations/rows", [{"code": "B3", "city": "x", "floors": 256}])
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "out_of_range")


def counters(count):
    """Rows that carry as many sets of columns, but for a set's every 32nd row."""
    named = [[name for bit, name in enumerate("abcde") if id & 1 << bit] for id in range(count)]
    return [{"id": id} | dict.fromkeys(names, id) for id, names in enumerate(named)]


def test_rows_of_17_sets_of_columns_are_refused_and_those_of_16_stored(fourth):
    with running("--schema", fourth) as stack:
        post = sender(stack)
        for parameters in [{}, {"on_duplicate": "update", "on_error": "skip"}, {"dry_run": "true"}]:
            answer = post("/tables/counters/rows", counters(17), **parameters)
            document = answer.json()
            assert (answer.status_code, document["tables"]["counters"]["stored"]) == (422, 0)
            assert document["type"] == "urn:rowgate:problem:too_many_shapes"
            (error,) = document["errors"]
            assert (error["index"], error["code"]) == (None, "too_many_shapes")
            assert "16" in error["message"] and error["message"] == document["detail"]

        answer = post("/insert_data", {"counters": counters(16), "jobs": [{"id": 1, "job": "Cook"}]})
        assert (answer.status_code, answer.json()["tables"]["counters"]["stored"]) == (200, 16)
        # Each row's values are where they belong, and nothing else is.
        with database_of(stack) as db:
            nothing = dict.fromkeys("abcde")
            expected = [nothing | row for row in counters(16)]
            assert db.rows("SELECT * FROM counters ORDER BY id") == expected


def test_a_file_of_it_is_loaded(fourth):
    with running("--schema", fourth) as stack:
        files = Files(stack, client(stack, "s3"), client(stack, "lambda"))
        # A file may carry as many sets as it likes.
        report = files.load("incoming/counters/x.ndjson", ndjson(counters(3_000)))
        assert (report["status"], counts(report)) == ("complete", (3_000, 3_000, 0, 0))
        with database_of(stack) as db:
            nothing = dict.fromkeys("abcde")
            expected = [nothing | row for row in counters(3_000)]
            assert db.rows("SELECT * FROM counters ORDER BY id") == expected

        report = files.load("incoming/sites/2026.csv", b"code,city,floors\nB1,Berlin,3\nB2,,1\n")
        assert report["tables"]["locations"]["stored"] == 1
        (rejected,) = files.rejected_rows(report)
        assert (rejected["_column"], rejected["code"]) == ("city", "B2")


def test_a_wide_table_is_loaded_backed_up_and_restored(rowgate, db, database, bucket, tmp_path):
    """The first statement of it is as large as a request may be."""
    assert rowgate("migrate").returncode == 0
    values = [{"INT": -id, "VARCHAR(9)": f"no. {id}"} for id in range(1_000, 2_000)]
    rows = [{"id": -its["INT"]} | {c: its[kind] for c, kind in WIDE.items()} for its in values]
    (tmp_path / "wide.ndjson").write_bytes(ndjson(rows))
    done = rowgate("load", "--direct", "wide.ndjson")
    assert done.returncode == 0, done.stderr
    columns = ", ".join(WIDE)
    sums = f"SELECT COUNT(*) AS n, SUM(CRC32(CONCAT_WS(',', id, {columns}))) AS s FROM fourth.wide"
    (before,) = db.rows(sums)
    assert before["n"] == 1_000
    assert rowgate("backup", "--table", "wide").returncode == 0
    db.rows("DELETE FROM fourth.wide WHERE id > 1007")
    done = rowgate("restore", "latest", "--table", "wide")
    assert done.returncode == 0, done.stderr
    assert db.rows(sums) == [before]


@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_it_is_backed_up_and_restored(rowgate, db, database, bucket, mode):
    """Its key is a text, whose order and whose case are bytes."""
    assert rowgate("migrate").returncode == 0
    rows = [("B1", "Berlin", 4), ("b1", "Köln 🏙", None), ("", "nowhere", 0), ("ß", "Bonn", 255)]
    for row in rows:
        db.rows("INSERT INTO fourth.locations VALUES (%s, %s, %s)", *row)
    assert rowgate("backup", "--table", "locations").returncode == 0
    db.rows("DELETE FROM fourth.locations")
    db.rows("INSERT INTO fourth.locations VALUES ('b1', 'other', 1), ('ss', 'Essen', 2)")
    done = rowgate("restore", "latest", "--table", "locations", "--mode", mode)
    assert done.returncode == 0, done.stderr
    restored = db.rows("SELECT * FROM fourth.locations")
    expected = rows + ([("ss", "Essen", 2)] if mode == "merge" else [])
    assert sorted(tuple(row.values()) for row in restored) == sorted(expected)


def test_a_live_boolean_is_backed_up_as_its_number(rowgate, db, database, bucket):
    """The Data API answers TINYINT(1) as true or false, whatever number it holds."""
    assert rowgate("migrate").returncode == 0
    db.rows("ALTER TABLE fourth.locations MODIFY floors TINYINT(1) NULL")
    rows = [("a", "no", 0), ("b", "yes", 1), ("c", "five", 5), ("e", "?", None)]
    for row in rows:
        db.rows("INSERT INTO fourth.locations VALUES (%s, %s, %s)", *row)
    done = rowgate("backup", "--table", "locations", "--accept", "--json")
    assert done.returncode == 0, done.stderr
    found = bucket.rows(json.loads(done.stdout), "locations")
    assert [tuple(row.values()) for row in found] == rows
    assert rowgate("backup", "verify", "latest", "--live").returncode == 0


@pytest.mark.parametrize("collation", ["utf8mb4_general_ci", "utf8mb4_unicode_ci"])
def test_a_text_key_of_another_order_is_refused(rowgate, db, database, bucket, collation):
    """Its pages would go on behind the wrong key, and rows would be missing."""
    assert rowgate("migrate").returncode == 0
    for number in range(400):
        values = (f"{'kK'[number % 2]}{number}", "x")
        db.rows("INSERT INTO fourth.locations (code, city) VALUES (%s, %s)", *values)
    assert rowgate("backup", "--table", "locations").returncode == 0
    db.rows(f"ALTER TABLE fourth.locations MODIFY code VARCHAR(8) COLLATE {collation} NOT NULL")
    named = f"locations.code: collation: expected utf8mb4_bin, found {collation}"
    for options in ([], ["--accept"], ["--parallel", "4"], ["--parallel", "4", "--accept"]):
        refused = rowgate("backup", "--table", "locations", *options)
        assert refused.returncode == 2 and named in refused.stderr, options
    assert len(bucket.manifests()) == 1
    plan = rowgate("restore", "latest", "--table", "locations", "--plan")
    assert plan.returncode == 1 and f"in the way: {named}" in plan.stdout
