"""Rows of more than the 64 KB that the service answers, and values of more than one call takes: out and back, whether or
not the service has that limit."""


import pytest
from backups import Bucket, made
from bulk_tables import back_up
from bulk_tables import restore as restore_in_parts
from conftest import Calls, client, database, environment_of, pulled_schema, running
from files import Files

TABLES = """
CREATE TABLE docs (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20) NULL, t LONGTEXT NULL, b LONGBLOB NULL, n INT NULL,
  l LONGTEXT CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL, j JSON NULL
);
CREATE TABLE pages (
  book VARCHAR(20) NOT NULL, no INT NOT NULL, t MEDIUMTEXT NOT NULL, c TEXT NULL, d TEXT NULL, PRIMARY KEY (book, no)
);
"""

ROWS = [
    "INSERT INTO docs (id, a, t) VALUES (1, 'short', 'x'), (2, 'NULLs', NULL)",
    "INSERT INTO docs (id, t) VALUES (3, REPEAT('é😀', 20000))",
    "INSERT INTO docs (id, t) VALUES (4, REPEAT(CHAR(1), 11000))",
    "INSERT INTO docs (id, t, b) VALUES (5, REPEAT('\"\\\\', 100000), REPEAT(X'00FF10', 40001))",
    "INSERT INTO docs (id, a, n) VALUES (6, 'between', 7)",
    "INSERT INTO docs (id, b) VALUES (7, REPEAT(X'0102030405', 180000))",
    "INSERT INTO docs (id, t, l) VALUES (8, CONCAT(REPEAT('a😀', 200000), ' '), REPEAT(CONVERT('€é' USING latin1), 60000))",
    "INSERT INTO docs (id, j) VALUES (9, CONCAT('[', REPEAT('\"a\",', 60000), '1]'))",
    "INSERT INTO docs (id, t) VALUES (500, REPEAT('zero', 180000))",
    "UPDATE docs SET id = 0 WHERE id = 500",
    "INSERT INTO pages VALUES ('A', 1, REPEAT('p', 70000), REPEAT('q', 60000), REPEAT('r', 65535)), ('A', 2, '', NULL, ''), "
    "('b', -1, REPEAT('ß', 400000), '', NULL), ('é', 0, 'last', NULL, NULL)",
]

KEYS = {"docs": "id", "pages": "book, no"}


@pytest.fixture(scope="module", params=[[], ["--large-rows"]], ids=["64 KB", "any size"])
def stack(request, tmp_path_factory):
    file = tmp_path_factory.mktemp("large") / "tables.sql"
    file.write_text(TABLES)
    with running("--schema", file, *request.param) as started:
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


@pytest.fixture(autouse=True)
def filled(db, stack):
    Bucket(client(stack, "s3"), stack["bucket"]).delete("backups/")
    empty(db)
    for sql in ROWS:
        db.rows(sql)
    yield
    empty(db)


def empty(db):
    for row in db.rows("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() "
                       "AND table_name RLIKE '__(before|restore|undone)_'"):  # fmt: skip
        db.rows(f"DROP TABLE `{row['name']}`")
    db.empty(*KEYS)


def content(db):
    """The rows, each value that may be large by its length and hash."""
    value = "CONCAT(LENGTH({0}), ' ', SHA2({0}, 256)) AS {0}"
    return {
        "docs": db.rows(f"SELECT id, a, {', '.join(value.format(it) for it in 'tblj')}, n FROM docs ORDER BY id"),
        "pages": db.rows(f"SELECT book, no, {', '.join(value.format(it) for it in 'tcd')} FROM pages ORDER BY book, no"),
    }


@pytest.mark.parametrize("options", [[], ["--parallel", "3"], ["--codec", "null"]], ids=" ".join)
def test_large_rows_come_back(backup, restore, db, options):
    before = content(db)
    made(backup("--json", *options))
    assert backup("verify", "latest", "--live").returncode == 0
    db.rows("UPDATE docs SET t = 'gone'")
    db.rows("DELETE FROM pages")
    made(restore("latest", "--json"))
    assert content(db) == before


def test_they_come_back_in_parts(stack, schema, restore, db):
    before = content(db)
    files = Files(stack, client(stack, "s3"), client(stack, "lambda"))
    back_up(files)
    db.rows("UPDATE docs SET t = 'gone'")
    db.rows("DELETE FROM pages")
    restore_in_parts(files, "latest")
    assert content(db) == before


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("INSERT INTO docs (id, t) VALUES (99, REPEAT('x', 16777217))", "docs: t has 16777217 bytes, and at most 16777216"),
        ("INSERT INTO docs (id, t, l, b) VALUES (99, REPEAT('x', 16000000), REPEAT('x', 16000000), REPEAT('x', 16000000))",
         "docs: a row has 48000000 bytes"),
        ("INSERT INTO docs (id, j) VALUES (99, CONCAT('[', REPEAT('\"\",', 1000000), '1]'))", "docs: the documents of a row has"),
    ],
)  # fmt: skip
def test_what_could_not_come_back_is_refused_before_a_row_is_read(stack, backup, db, sql, named):
    db.rows(sql)
    for options in ([], ["--parallel", "2"]):
        done = backup(*options)
        assert done.returncode == 2 and named in done.stderr, done.stderr
    assert Bucket(client(stack, "s3"), stack["bucket"]).keys("backups/") == []


@pytest.mark.parametrize("text", ["execute:cut-after:skip={}:times=1", "execute:cut-before:skip={}:times=1"])
def test_a_piece_that_is_sent_twice_is_added_once(backup, restore, db, stack, calls, fault, text):
    before = content(db)
    made(backup("--json"))
    calls.mark()
    made(restore("latest", "--json"))
    updates = [at for at, call in enumerate(calls.since_mark()) if call["verb"] == "UPDATE"]
    executes = [at for at, call in enumerate(calls.since_mark()) if call["operation"] == "ExecuteStatement"]
    assert len(updates) > 2
    for at in updates[1:3]:
        db.rows("DELETE FROM docs")
        fault(text.format(executes.index(at)))
        done = restore("latest", "--json")
        fault()
        assert done.returncode == 0, done.stderr
        assert content(db) == before


@pytest.fixture
def fault(stack):
    from conftest import faults

    yield from faults(stack, "data_api")
