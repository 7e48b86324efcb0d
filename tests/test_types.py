"""The column types end to end: every value of `column_types` on every path that it can take."""

import csv
import io
import json
import re

import fastavro
import polars
import pytest
from backups import Bucket, made
from column_types import COLUMNS, Column, KEYS, TEXT_KEY, as_json, stored, taken, with_types, wrong
from conftest import client, command_in, running, sender
from conftest import database as database_of
from files import Files, codes, counts

TEXTS = """CREATE TABLE texts (id INT PRIMARY KEY, plain TEXT, one TEXT CHARACTER SET latin1, medium MEDIUMTEXT,
  longest LONGTEXT) DEFAULT CHARSET=utf8mb4;"""

# With such a key an update of 'abd' would change the row of 'abc'.
HALVES = f"CREATE TABLE halves (name VARCHAR(20) {TEXT_KEY} NOT NULL, v INT NULL, PRIMARY KEY (name(2)));"

# Of LONGTEXT the SQL is longest. The statements of the first just pass the service's 65,536 characters.
WIDE = [f"{number:c>43}" for number in range(190)]
WIDER = [f"{number:c>44}" for number in range(190)]

# Values of two notations refuse a file as a whole, unless it is told which one is meant.
GIVEN = {"decimal": ".", "date_order": "ymd"}
# A decimal comma, and a date that does not begin with its year.
OTHER_LAYOUT = re.compile(r"\b1,5\b|\b\d\d?([./-])\d\d?\1\d{4}")
OPTIONS = {"incoming/typed/zone/": {"time_zone": "+02:00"}, "incoming/typed/wrong/": GIVEN}


def with_columns(table, names):
    """The statement that makes a table of texts with these names."""
    columns = ", ".join(f"{name} LONGTEXT" for name in names)
    return f"CREATE TABLE {table} (id INT PRIMARY KEY, {columns}) DEFAULT CHARSET=utf8mb4;"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A stack of its own, whose tables hold all types, long texts, and as many columns as a table may have."""
    file = tmp_path_factory.mktemp("types") / "types.sql"
    tables = [with_types("typed"), TEXTS, with_columns("wide", WIDE), with_columns("wider", WIDER)]
    keys = [f"CREATE TABLE key_{it} (k {sql} NOT NULL PRIMARY KEY, v INT NULL);" for it, (sql, _) in KEYS.items()]
    file.write_text("\n".join(tables + keys))
    with running("--schema", file, "--load-options", json.dumps(OPTIONS)) as started:
        yield started


@pytest.fixture(scope="module")
def db(stack):
    with database_of(stack) as connection:
        yield connection


@pytest.fixture(scope="module")
def command(stack, tmp_path_factory):
    return command_in(tmp_path_factory.mktemp("command"), stack)


@pytest.fixture(scope="module")
def files(stack):
    return Files(stack, client(stack, "s3"), client(stack, "lambda"))


@pytest.fixture(scope="module")
def bucket(stack):
    return Bucket(client(stack, "s3"), stack["bucket"])


@pytest.fixture(autouse=True)
def empty(db):
    db.empty("typed", "texts", "wide")


def found(db, table="typed", columns=COLUMNS):
    """The rows of a table as texts, by the database's own client."""
    texts = ", ".join(f"{shown(name).format(f'`{name}`')} AS `{name}`" for name in columns)
    rows = db.rows(f"SELECT {texts} FROM {table} ORDER BY id")
    return [{name: text and of(name).read(text) for name, text in row.items()} for row in rows]


def of(name):
    """The column of that name; of others, a text."""
    return COLUMNS.get(name) or Column("TEXT", [], [])


def shown(name):
    return of(name).shown


def assert_stored(db, rows):
    """The table has exactly these rows; a difference is shown by its row, column and values."""
    actual, expected = found(db), stored(rows)
    assert len(actual) == len(expected)
    pairs = [(id, name, row[name], actual[id][name]) for id, row in enumerate(expected) for name in COLUMNS]
    assert [it for it in pairs if it[2] != it[3]] == []


def json_body(rows):
    return ("[" + ",".join(as_json(row, id) for id, row in enumerate(rows)) + "]").encode()


def ndjson_body(rows):
    return "".join(as_json(row, id) + "\n" for id, row in enumerate(rows)).encode()


def csv_body(rows):
    """A CSV file with a header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", *COLUMNS])
    for id, row in enumerate(rows):
        writer.writerow([id, *(value and value.cell for value in row.values())])
    return text.getvalue().encode()


# How a path notates rows, and which of a value's forms that is.
NOTATIONS = {"json": (json_body, "json"), "csv": (csv_body, "cell"), "ndjson": (ndjson_body, "json")}
TYPES = {"json": "application/json", "csv": "text/csv", "ndjson": "application/x-ndjson"}
OF_FILES = ["csv", "ndjson"]


@pytest.fixture
def post(stack):
    """Posts a body in a notation to the table of all types."""

    def post(notation, body, **parameters):
        return sender(stack)("/tables/typed/rows", body, content_type=TYPES[notation], **parameters)

    return post


@pytest.mark.parametrize("notation", NOTATIONS)
def test_posted_rows_are_stored_as_they_are_and_so_are_their_updates(db, post, notation):
    notate, form = NOTATIONS[notation]
    rows = taken(form)
    answer = post(notation, notate(rows))
    assert answer.status_code == 200, answer.text
    assert_stored(db, rows)
    # Each value becomes its column's next one: 'a' becomes 'A', a value NULL, and NULL a value.
    changed = taken(form, shift=1)
    answer = post(notation, notate(changed), on_duplicate="update")
    assert answer.status_code == 200, answer.text
    assert_stored(db, changed)
    answer = post(notation, notate(rows), on_duplicate="keep")
    assert (answer.status_code, answer.json()["tables"]["typed"]["kept"]) == (200, len(rows))
    assert_stored(db, changed)


@pytest.mark.parametrize("notation", OF_FILES)
def test_files_are_checked_and_loaded(db, files, command, notation):
    notate, form = NOTATIONS[notation]
    rows = taken(form)
    path = command.folder / f"typed.{notation}"
    path.write_bytes(notate(rows))
    done = command("check", "--format", "json", path.name)
    assert done.returncode == 0, done.stdout
    for shift in (0, 1):
        rows = taken(form, shift)
        report = files.load(f"incoming/typed/{shift}.{notation}", notate(rows))
        assert (report["status"], counts(report)) == ("complete", (len(rows), len(rows), 0, 0))
        assert_stored(db, rows)
    done = command("load", "--direct", path.name)
    assert done.returncode == 0, done.stderr
    assert_stored(db, taken(form))


def wrong_rows(form):
    """A row that is right, and of each refused value one with it alone; and what is said of them."""
    # A cell that only another layout would read ends a file whose layout is given.
    values = [(name, value) for name, value in wrong(form) if form != "cell" or not OTHER_LAYOUT.search(value.cell)]
    rows = [dict.fromkeys(COLUMNS) | {name: value} for name, value in values]
    first = {name: getattr(column.taken[0], form) and column.taken[0] for name, column in COLUMNS.items()}
    return [first, *rows], [(name, value.outcome) for name, value in values]


@pytest.mark.parametrize("notation", NOTATIONS)
def test_posted_values_that_are_refused_leave_nothing(db, post, notation):
    notate, form = NOTATIONS[notation]
    rows, expected = wrong_rows(form)
    said = []
    # An answer has the first 100 errors. The first row says that date-times have no offset.
    for start in range(0, len(expected), 90):
        part = [rows[0], *rows[1:][start : start + 90]]
        answer = post(notation, notate(part), **(GIVEN if notation == "csv" else {}))
        assert answer.status_code == 422, answer.text
        said += [(error["column"], error["code"]) for error in answer.json()["errors"]]
    assert said == expected
    assert db.count("typed") == 0


@pytest.mark.parametrize("notation", OF_FILES)
def test_values_of_files_that_are_refused_leave_nothing(db, files, command, notation):
    notate, form = NOTATIONS[notation]
    rows, expected = wrong_rows(form)
    path = command.folder / f"typed.{notation}"
    path.write_bytes(notate(rows))
    done = command("check", "--format", "json", *(["--decimal", ".", "--date-order", "ymd"] if notation == "csv" else []), path.name)
    said = [(error["column"], error["code"]) for error in json.loads(done.stdout)["errors"]]
    assert (done.returncode, said) == (1, expected[: len(said)])
    report = files.load(f"incoming/typed/wrong/x.{notation}", notate(rows))
    assert counts(report) == (len(rows), 1, 0, len(expected))
    said = [(column, code) for _, column, code in codes(report)]
    assert said == expected[: len(said)]
    assert_stored(db, rows[:1])


MOMENTS = ["2024-02-29T12:30:15Z", "2024-03-01 00:30:15.999999+02:00", "2024-02-29t23:59:59-05:30"]
IN_UTC = ["2024-02-29 12:30:15", "2024-02-29 22:30:15", "2024-03-01 05:29:59"]
IN_ZONE = ["2024-02-29 14:30:15", "2024-03-01 00:30:15", "2024-03-01 07:29:59"]


def moments(db):
    return [row["moment"] for row in found(db, columns=["moment"])]


def test_moments_become_those_of_utc_or_of_the_zone_that_is_given(db, post, files):
    rows = [{"id": id, "moment": text} for id, text in enumerate(MOMENTS)]
    assert post("json", rows).status_code == 200
    assert moments(db) == IN_UTC
    local = [*rows, {"id": 3, "moment": "2024-02-29 12:30:15"}]
    assert post("json", local, on_duplicate="update").json()["errors"][0]["code"] == "mixed_offsets"
    assert moments(db) == IN_UTC
    assert post("json", local, on_duplicate="update", time_zone="+02:00").status_code == 200
    assert moments(db) == [*IN_ZONE, "2024-02-29 12:30:15"]
    body = "id,moment\n" + "".join(f"{row['id']},{row['moment']}\n" for row in rows)
    report = files.load("incoming/typed/utc.csv", body.encode())
    assert counts(report) == (3, 3, 0, 0) and moments(db)[:3] == IN_UTC
    report = files.load("incoming/typed/zone/x.csv", body.encode())
    assert counts(report) == (3, 3, 0, 0) and moments(db)[:3] == IN_ZONE


def fill(post):
    """Fills the table with every value that JSON has; says what Python makes of each."""
    rows = taken("json")
    answer = post("json", json_body(rows))
    assert answer.status_code == 200, answer.text
    return [{"id": id} | as_python(row) for id, row in enumerate(stored(rows))]


def as_python(row):
    return {name: None if text is None else COLUMNS[name].python(text) for name, text in row.items()}


def checksum(db, table="typed"):
    return db.rows(f"CHECKSUM TABLE {table}")[0]["Checksum"]


def test_a_backup_has_the_types_of_python_and_comes_back(db, post, bucket, command):
    expected, before = fill(post), checksum(db)
    manifest = made(command("backup", "--table", "typed", "--json"))
    rows = bucket.rows(manifest, "typed")
    assert rows == expected
    assert [{name: type(it) for name, it in row.items()} for row in rows] == [
        {name: type(it) for name, it in row.items()} for row in expected
    ]
    (part,) = manifest["tables"][0]["parts"]
    frame = polars.read_avro(io.BytesIO(bucket.read(part["key"])))
    assert frame.to_dicts() == expected
    assert command("backup", "verify", "latest", "--live").returncode == 0

    names = ", ".join(f"`{name}` = NULL" for name in COLUMNS)
    db.rows(f"UPDATE typed SET {names} WHERE id % 2 = 0")
    db.rows("DELETE FROM typed WHERE id % 3 = 0")
    assert checksum(db) != before
    assert command("backup", "verify", "latest", "--live").returncode == 1
    made(command("restore", "latest", "--table", "typed", "--json"))
    assert checksum(db) == before

    # A merge writes the rows that differ.
    answer = post("json", json_body(taken("json", shift=1)), on_duplicate="update")
    assert answer.status_code == 200 and checksum(db) != before
    made(command("restore", "latest", "--table", "typed", "--mode", "merge", "--json"))
    assert checksum(db) == before
    assert command("backup", "verify", "latest", "--live").returncode == 0


def write_avro(bucket, fields, row):
    """A file of another writer with one row, whose id is 0."""
    bucket.delete("f/typed/")
    fields = [{"name": name, "type": ["null", kind]} for name, kind in fields.items()]
    schema = {"type": "record", "name": "r", "fields": [{"name": "id", "type": "int"}, *fields]}
    bucket.write_avro("f/typed/x.avro", fastavro.parse_schema(schema), [{"id": 0} | row])


def test_avro_of_other_writers_is_read(db, bucket, command):
    good = {name: [it for it in column.avro if it[2] is not None] for name, column in COLUMNS.items()}
    for round in range(max(map(len, good.values()))):
        chosen = {name: its[round] for name, its in good.items() if round < len(its)}
        fields = {name: kind for name, (kind, _, _) in chosen.items()}
        write_avro(bucket, fields, {name: value for name, (_, value, _) in chosen.items()})
        made(command("restore", "f/typed/", "--json"))
        expected = dict.fromkeys(COLUMNS) | {name: text for name, (_, _, text) in chosen.items()}
        assert found(db) == [expected]


BAD_AVRO = [(name, *it[:2]) for name, column in COLUMNS.items() for it in column.avro if it[2] is None]


def test_avro_that_means_something_else_is_refused(db, bucket, command):
    db.rows("INSERT INTO typed (id) VALUES (77)")
    for name, kind, value in BAD_AVRO:
        write_avro(bucket, {name: kind}, {name: value})
        done = command("restore", "f/typed/", "--json")
        assert done.returncode == 2 and name in done.stderr, (name, kind, value, done.stdout, done.stderr)
    assert [row["id"] for row in db.rows("SELECT id FROM typed")] == [77]


# What either engine computes of the values in column_types.py, JSON aside; with other values it is another one.
DIGEST = "ef42ab2a968aa622"


def test_both_engines_give_the_same_digest_for_every_type_but_json(stack, db, command):
    rows = taken("json")
    answer = sender(stack)("/tables/typed/rows", json_body(rows), content_type="application/json")
    assert answer.status_code == 200, answer.text[:1000]
    documents = [name for name, column in COLUMNS.items() if column.sql == "JSON"]
    db.rows("UPDATE typed SET " + ", ".join(f"{name} = NULL" for name in documents))
    (entry,) = made(command("backup", "--table", "typed", "--json"))["tables"]
    assert (entry["rows"], entry["checksum"]) == (len(rows), DIGEST)
    assert command("backup", "verify", "latest", "--live").returncode == 0


# Longer than a TEXT of JSON_TABLE, and than MariaDB counts in 16 bits: 65,536 ends in a bare 0 there.
LONG = {
    "plain": ["x" * 65_535, "é" * 32_767, "😀" * 16_383],
    "one": ["é" * 65_535, "€" * 65_535],
    "medium": ["y" * 65_536, "é" * 65_536, "😀" * 70_000],
    "longest": ["z" * 65_536, "\\\"\n" * 50_000, "漢" * 70_000],
}


def long_rows():
    return [{"id": id} | {name: texts[id % len(texts)] for name, texts in LONG.items()} for id in range(3)]


def assert_long(db):
    expected = [{"id": str(row["id"])} | {name: row[name] for name in LONG} for row in long_rows()]
    actual = found(db, "texts", ["id", *LONG])
    assert len(actual) == len(expected)
    pairs = [(id, name) for id, row in enumerate(actual) for name in row if row[name] != expected[id][name]]
    assert pairs == []


def test_long_texts_are_stored_whole_on_every_path(stack, db, files):
    post = sender(stack)
    text = io.StringIO()
    writer = csv.DictWriter(text, ["id", *LONG])
    writer.writeheader()
    writer.writerows(long_rows())
    bodies = {
        "json": json.dumps(long_rows(), ensure_ascii=False).encode(),
        "ndjson": b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in long_rows()),
        "csv": text.getvalue().encode(),
    }
    for notation, body in bodies.items():
        for id in range(3):
            db.rows("REPLACE INTO texts VALUES (%s, 'a', NULL, 'b', 'c')", id)
        answer = post("/tables/texts/rows", body, content_type=TYPES[notation], on_duplicate="update")
        assert answer.status_code == 200, answer.text
        assert_long(db)
        db.empty("texts")
        if notation in OF_FILES:
            report = files.load(f"incoming/texts/x.{notation}", body)
            assert counts(report) == (3, 3, 0, 0)
            assert_long(db)
            db.empty("texts")
    for name, limit in {"plain": 65_535, "one": 65_535}.items():
        answer = post("/tables/texts/rows", [{"id": 1, name: "é" * (limit + 1)}])
        (error,) = answer.json()["errors"]
        assert (error["column"], error["code"]) == (name, "too_long")
    assert db.count("texts") == 0


def test_a_table_is_served_as_far_as_its_statements_are_taken(stack, db, bucket, command):
    shown = command("schema", "show", "--live").stdout
    assert "wide: served, 191 columns" in shown
    assert "wider: not served\n  a statement about it has up to " in shown
    post = sender(stack)
    for text in ("a", "b"):
        rows = [{"id": id} | dict.fromkeys(WIDE, f"{text}{id}") for id in range(3)]
        answer = post("/tables/wide/rows", rows, on_duplicate="update")
        assert answer.status_code == 200, answer.text
        assert db.rows("SELECT * FROM wide ORDER BY id") == rows
    made(command("backup", "--table", "wide", "--json"))
    before = checksum(db, "wide")
    for mode in ("replace", "merge"):
        db.rows(f"UPDATE wide SET {WIDE[-1]} = 'c' WHERE id = 1")
        assert command("backup", "verify", "latest", "--live").returncode == 1
        made(command("restore", "latest", "--table", "wide", "--mode", mode, "--json"))
        assert checksum(db, "wide") == before


def key_rows(db, table):
    name = table.removeprefix("key_")
    shown = of(name).shown.format("k")
    return db.rows(f"SELECT {shown} AS k, v FROM {table} ORDER BY v")


@pytest.mark.parametrize("name", KEYS)
def test_rows_are_found_by_keys_of_each_type(stack, db, bucket, command, name):
    table, (_, keys) = f"key_{name}", KEYS[name]
    rows = [{"k": key, "v": number} for number, key in enumerate(keys)]
    as_sent = [{"k": int(row["k"]) if name in ("flag", "year") else row["k"], "v": row["v"]} for row in rows]
    post = sender(stack)
    for start in range(0, len(rows), 1_000):
        assert post(f"/tables/{table}/rows", as_sent[start : start + 1_000]).status_code == 200
    assert key_rows(db, table) == rows
    # Each row is found again, and no other.
    answer = post(f"/tables/{table}/rows", as_sent[:200])
    assert (answer.status_code, answer.json()["error_count"]) == (409, 200)
    other = [row | {"v": row["v"] + 10_000} for row in as_sent[100:200]]
    assert post(f"/tables/{table}/rows", other, on_duplicate="update").status_code == 200
    assert db.value(f"SELECT COUNT(*) FROM {table} WHERE v >= 10000") == 100
    assert post(f"/tables/{table}/rows", as_sent[100:200], on_duplicate="update").status_code == 200
    assert key_rows(db, table) == rows
    before = checksum(db, table)
    python = str if name in ("fixed", "name") else COLUMNS[name].python
    for mode, options in {"replace": [], "merge": ["--parallel", "4"]}.items():
        manifest = made(command("backup", "--table", table, "--json", *options))
        kept = sorted(bucket.rows(manifest, table), key=lambda row: row["v"])
        assert kept == [row | {"k": python(row["k"])} for row in rows]
        db.rows(f"DELETE FROM {table} WHERE v % 3 = 0")
        db.rows(f"UPDATE {table} SET v = 100000 + v WHERE v % 5 = 0")
        assert command("backup", "verify", "latest", "--live").returncode == 1
        made(command("restore", "latest", "--table", table, "--mode", mode, "--json"))
        assert checksum(db, table) == before
        assert command("backup", "verify", "latest", "--live").returncode == 0


def test_a_key_of_the_beginning_of_a_text_is_not_served(command):
    (command.folder / "halves.sql").write_text(HALVES)
    done = command("schema", "read", "halves.sql", "--output", "halves.json")
    assert done.returncode == 0, done.stderr
    shown = command("schema", "show", "--schema", "halves.json").stdout
    assert "halves: not served\n  key name is only its first 2 characters, in which two rows may be one: make the whole" in shown
