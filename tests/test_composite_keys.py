"""Primary keys of several columns, and of texts of any collation, on every path and both engines."""

import csv
import io
import json
import os
from itertools import product

import pymysql
import pytest
from backups import Bucket, made
from bulk_tables import back_up
from bulk_tables import restore as restore_in_parts
from conftest import client, command_in, running, sender
from conftest import database as database_of
from files import Files, codes, counts

ENGINE = os.environ.get("ROWGATE_ENGINE", "mariadb")

# A table, the columns of its key in the key's own order, and keys in that order; enough for several pages of a backup.
TABLES = {
    "order_lines": (
        "v INT NULL, `line` SMALLINT NOT NULL, `order` INT NOT NULL, PRIMARY KEY (`order`, `line`)",
        ("order", "line"),
        [(order, line) for order in (-(2**31), -7, 0, 1, 2, 2**31 - 1) for line in range(-60, 60)],
    ),
    "prices": (
        "sku VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, valid DATE NOT NULL, "
        "price DECIMAL(8,2) NOT NULL, v INT NULL, PRIMARY KEY (sku, valid, price)",
        ("sku", "valid", "price"),
        [(sku, f"2024-{month:02}-01", f"{cents / 100:.2f}")
         for sku in ("", "a", "A", "é", "😀", "a\tb") for month in range(1, 13) for cents in range(-450, 450, 99)],
    ),
    "readings": (
        "v INT NULL, at DATETIME(3) NOT NULL, device BIGINT UNSIGNED NOT NULL, is_raw BOOLEAN NOT NULL, "
        "unit CHAR(4) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL, PRIMARY KEY (device, at, is_raw, unit)",
        ("device", "at", "is_raw", "unit"),
        [(str(device), f"1969-12-31 23:59:59.{ms:03}", is_raw, unit)
         for device in (0, 7, 2**63, 2**64 - 1) for ms in range(0, 999, 37) for is_raw in (0, 1, 7)
         for unit in ("é", "€")],
    ),
    "invoices": (
        "tenant INT NOT NULL, number INT NOT NULL AUTO_INCREMENT, v INT NULL, PRIMARY KEY (tenant, number), KEY (number)",
        ("tenant", "number"),
        [(tenant, number) for tenant in range(5) for number in range(1, 150)],
    ),
}  # fmt: skip

# Parts of keys that a row may lack.
NUMBERED = {"number"}

COLLATIONS = {
    "mariadb": ["utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin", "utf8mb4_unicode_nopad_ci",
                "utf8mb4_uca1400_ai_ci", "utf8mb3_general_ci", "latin1_swedish_ci"],
    "mysql": ["utf8mb4_0900_ai_ci", "utf8mb4_0900_as_cs", "utf8mb4_0900_bin", "utf8mb4_general_ci",
              "utf8mb4_unicode_ci", "utf8mb4_bin", "latin1_swedish_ci"],
}[ENGINE]  # fmt: skip

CHARSETS = {"latin1": "cp1252", "utf8mb3": "utf-16-le"}

STARTS = ["", "a", "A", "á", "Á", "ä", "ae", "æ", "ß", "ss", "SS", "ẞ", "i", "I", "ı", "İ", "σ", "ς", "Σ", "e\u0301", "é",
          "\u00ad", "ａ", "ﬁ", "fi", "😀", "😁", "漢", "€", "1"]  # fmt: skip
ENDS = ["", " ", "  ", "\u00a0", "\t", "z", "Z", "ž", "\u00ad", " z", "😀", "0"]


def texts(collation):
    """Texts of which many are one key to many a collation."""
    charset = collation.partition("_")[0]
    all = [start + end for start, end in product(STARTS, ENDS)]
    return [text for text in all if holds(charset, text)]


def holds(charset, text):
    if charset == "utf8mb3":
        return all(ord(letter) < 0x10000 for letter in text)
    return charset == "utf8mb4" or text == text.encode("cp1252", "ignore").decode("cp1252")


def of_collation(kind, number, collation):
    charset = collation.partition("_")[0]
    text = f"k {kind} CHARACTER SET {charset} COLLATE {collation} NOT NULL"
    return [
        f"CREATE TABLE t{number} ({text}, v INT NULL, PRIMARY KEY (k));",
        f"CREATE TABLE g{number} (v INT NULL, {text}, g INT NOT NULL, PRIMARY KEY (k, g));",
    ]


TEXTS = {}
for number, (kind, collation) in enumerate(product(("VARCHAR(20)", "CHAR(20)"), COLLATIONS)):
    # Such a CHAR is not served: its index fills it up with blanks, and they count.
    if not (kind.startswith("CHAR") and "nopad" in collation):
        TEXTS[f"{kind} {collation}"] = (number, kind, collation)


def quoted(*names):
    return ", ".join(f"`{name}`" for name in names)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    file = tmp_path_factory.mktemp("keys") / "tables.sql"
    tables = [f"CREATE TABLE {name} ({columns}) DEFAULT CHARSET=utf8mb4;" for name, (columns, _, _) in TABLES.items()]
    tables += [sql for number, kind, collation in TEXTS.values() for sql in of_collation(kind, number, collation)]
    file.write_text("\n".join(tables))
    options = {f"incoming/{name}/{way}/": {"on_duplicate": way} for name in TABLES for way in ("keep", "fail")}
    with running("--schema", file, "--load-options", json.dumps(options)) as started:
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


@pytest.fixture
def post(stack):
    return sender(stack)


def rows_of(table, shift=0):
    _, names, keys = TABLES[table]
    return [dict(zip(names, key)) | {"v": number + shift} for number, key in enumerate(keys)]


def stored(db, table):
    """The rows in the order of `v`, each part of a key as the text of what was sent."""
    names = [*TABLES[table][1], "v"]
    columns = ", ".join(f"CAST(`{name}` AS CHAR CHARACTER SET utf8mb4) AS `{name}`" for name in names)
    return db.rows(f"SELECT {columns} FROM {table} ORDER BY {table}.v")


def as_texts(rows):
    return [{name: str(value) for name, value in row.items()} for row in rows]


def assert_stored(db, table, rows):
    key = lambda row: int(row["v"])  # noqa: E731
    names = [*TABLES[table][1], "v"]
    expected = sorted(as_texts(rows), key=key)
    assert stored(db, table) == [{name: row[name] for name in names} for row in expected]


def checksum(db, table):
    return db.rows(f"CHECKSUM TABLE {table}")[0]["Checksum"]


def fill(db, post, table):
    """Posts all rows to the empty table; answers them."""
    db.empty(table)
    rows = rows_of(table)
    for start in range(0, len(rows), 500):
        answer = post(f"/tables/{table}/rows", rows[start : start + 500])
        assert answer.status_code == 200, answer.text
    return rows


@pytest.mark.parametrize("table", TABLES)
def test_posted_rows_are_told_apart_by_every_part_of_their_key(db, post, table):
    rows = fill(db, post, table)
    assert_stored(db, table, rows)
    name, path = ", ".join(TABLES[table][1]), f"/tables/{table}/rows"
    answer = post(path, rows[100:200])
    assert (answer.status_code, answer.json()["error_count"]) == (409, 100)
    assert {(it["column"], it["code"]) for it in answer.json()["errors"]} == {(name, "exists")}
    changed = [row | {"v": row["v"] + 10_000} for row in rows[100:200]]
    answer = post(path, changed, on_duplicate="keep")
    assert (answer.status_code, answer.json()["tables"][table]["kept"]) == (200, 100)
    assert_stored(db, table, rows)
    assert post(path, changed, on_duplicate="update").status_code == 200
    assert_stored(db, table, rows[:100] + changed + rows[200:])
    # The first row that comes twice is named with all parts, and nothing is stored.
    answer = post(path, [*rows[:3], rows[1]], on_duplicate="update")
    (error,) = answer.json()["errors"]
    assert (error["index"], error["column"], error["code"]) == (3, name, "duplicate_in_batch")
    # Each part is required that the database does not number.
    for part in set(TABLES[table][1]) - NUMBERED:
        row = {key: value for key, value in rows[0].items() if key != part}
        for without in (row, row | {part: None}):
            (error,) = post(path, [without]).json()["errors"]
            assert (error["column"], error["code"]) == (part, "missing")
    assert_stored(db, table, rows[:100] + changed + rows[200:])


def test_a_part_of_a_key_is_numbered_by_the_database(db, post):
    rows = fill(db, post, "invoices")
    new = [{"tenant": 3, "v": 9_000}, {"tenant": 3, "number": None, "v": 9_001}]
    for row, way in product(new, ("fail", "keep", "update")):
        answer = post("/tables/invoices/rows", [row], on_duplicate=way, **{"return": "ids"})
        assert answer.status_code == 200, answer.text
        ((index, number, count),) = answer.json()["tables"]["invoices"]["ids"]
        assert (index, count, number > 149) == (0, 1, True)
        rows.append(row | {"number": number})
    key = lambda row: (row["v"], row["number"])  # noqa: E731
    found = db.rows("SELECT tenant, number, v FROM invoices ORDER BY v, number")
    assert found == sorted(rows, key=key)


def csv_body(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def ndjson_body(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


@pytest.mark.parametrize("table", TABLES)
def test_files_are_checked_and_loaded_and_their_rejects_named(db, files, command, table):
    db.empty(table)
    # An empty cell is NULL, which no key has.
    rows = [row for row in rows_of(table) if "" not in row.values() and "a\tb" not in row.values()]
    for notate, extension in ((csv_body, "csv"), (ndjson_body, "ndjson")):
        body = notate([*rows, rows[5], rows[7] | {"v": 99_999}])
        path = command.folder / f"{table}.{extension}"
        path.write_bytes(body)
        done = json.loads(command("check", "--format", "json", path.name).stdout)
        said = [(error["index"], error["code"]) for error in done["errors"]]
        assert said == [(len(rows) + at, "duplicate_in_batch") for at in range(2)]
        report = files.load(f"incoming/{table}/{extension}.{extension}", body)
        assert counts(report) == (len(rows) + 2, len(rows), 0, 2)
        assert {it[1:] for it in codes(report)} == {(", ".join(TABLES[table][1]), "duplicate_in_batch")}
        assert_stored(db, table, rows)
    changed = [row | {"v": row["v"] + 50_000} for row in rows]
    report = files.load(f"incoming/{table}/keep/x.csv", csv_body(changed))
    assert counts(report) == (len(rows), 0, len(rows), 0)
    db.rows(f"DELETE FROM {table} WHERE v % 2 = 0")
    report = files.load(f"incoming/{table}/fail/x.csv", csv_body(rows))
    kept = [row for row in rows if row["v"] % 2]
    assert counts(report) == (len(rows), len(rows) - len(kept), 0, len(kept))
    assert_stored(db, table, rows)


def damage(db, table):
    """Takes rows away, changes others, and adds some."""
    db.rows(f"DELETE FROM {table} WHERE v % 3 = 0")
    db.rows(f"UPDATE {table} SET v = 100000 + v WHERE v % 5 = 0")


WAYS = {
    "plain": lambda command, files, table: made(command("backup", "--table", table, "--json"))["run"],
    "parallel": lambda command, files, table: made(command("backup", "--table", table, "--json", "--parallel", "4"))["run"],
    "bulk": lambda command, files, table: back_up(files, tables=[table])["run"],
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("table", TABLES)
def test_a_backup_has_every_row_once_and_comes_back(db, post, bucket, command, files, table, way):
    rows = fill(db, post, table)
    if table == "invoices":
        # 0 is a number like others to a table that is given back.
        db.rows("UPDATE invoices SET number = 0 WHERE number = 7")
    before = checksum(db, table)
    run = WAYS[way](command, files, table)
    kept = bucket.rows(bucket.manifest(run), table)
    assert sorted(row["v"] for row in kept) == [row["v"] for row in rows]
    assert command("backup", "verify", run, "--live").returncode == 0
    for mode in ("replace", "merge"):
        damage(db, table)
        assert command("backup", "verify", run, "--live").returncode == 1
        if mode == "merge":
            # A row that the backup does not have stays.
            names = TABLES[table][1]
            db.rows(f"DELETE FROM {table} WHERE v = 1")
            db.rows(f"UPDATE {table} SET `{names[-1]}` = %s, v = -1 WHERE v = 2", {"price": "77", "unit": "x"}.get(names[-1], 777))
        restored = made(command("restore", run, "--table", table, "--mode", mode, "--json"))
        if mode == "merge":
            left = restored["id"]
            said = made(command("restore", "merge", left, "--table", table, "--json"))
            assert said[0]["missing"]["rows"] == 0, said
            db.rows(f"DELETE FROM {table} WHERE v = -1")
        assert checksum(db, table) == before
        assert command("restore", "drop-old", restored["id"], "--yes").returncode == 0


@pytest.mark.parametrize("table", TABLES)
def test_a_restore_in_parts_brings_a_table_back(db, post, command, files, table):
    fill(db, post, table)
    before = checksum(db, table)
    run = back_up(files, tables=[table])["run"]
    damage(db, table)
    restore_in_parts(files, run)
    assert checksum(db, table) == before


def test_rows_that_only_an_old_table_has_are_added_behind_a_key(db, post, command):
    fill(db, post, "order_lines")
    run = WAYS["plain"](command, None, "order_lines")
    db.rows("INSERT INTO order_lines VALUES (1000000, 500, 2), (1000001, 501, 2), (1000002, 500, 3)")
    id = made(command("restore", run, "--table", "order_lines", "--json"))["id"]
    of_table = ("restore", "merge", id, "--table", "order_lines", "--json")
    (said,) = made(command(*of_table))
    keys = ['["2","500"]', '["2","501"]', '["3","500"]']
    assert said["missing"] == {"rows": 3, "first": keys}
    (said,) = made(command(*of_table, "--above", keys[0]))
    assert said["missing"] == {"rows": 2, "first": keys[1:]}
    done = command(*of_table, "--above", "2")
    assert done.returncode == 2 and "the JSON array of strings [order, line]" in done.stderr
    (said,) = made(command(*of_table, "--above", keys[0], "--yes"))
    assert (said["added"], said["missing"]["rows"]) == (2, 0)
    assert db.value("SELECT COUNT(*) FROM order_lines WHERE v >= 1000000") == 2
    assert command("restore", "drop-old", id, "--yes").returncode == 0


class Model:
    """What the database itself takes for the same key: of each text the first one that it is one key with."""

    def __init__(self, db, number, kind, collation):
        self.texts = texts(collation)
        if kind.startswith("CHAR"):
            self.texts = [text for text in self.texts if text == text.rstrip(" ")]
        charset = collation.partition("_")[0]
        db.rows("DROP TABLE IF EXISTS model")
        db.rows(f"CREATE TABLE model (k {kind} CHARACTER SET {charset} COLLATE {collation} PRIMARY KEY, n INT)")
        self.first = []
        for at, text in enumerate(self.texts):
            try:
                db.rows("INSERT INTO model VALUES (%s, %s)", text, at)
                self.first.append(at)
            except pymysql.err.IntegrityError:
                self.first.append(None)
        self.good = [at for at, first in enumerate(self.first) if first == at]
        self.bad = [at for at, first in enumerate(self.first) if first is None]


@pytest.fixture(scope="module", params=TEXTS)
def of_texts(request, db):
    number, kind, collation = TEXTS[request.param]
    return number, Model(db, number, kind, collation)


def key_rows(db, table):
    return {row["v"]: row["k"] for row in db.rows(f"SELECT CONVERT(k USING utf8mb4) AS k, v FROM {table}")}


def errors_of(answer):
    return [(error["index"], error["column"], error["code"]) for error in answer.json()["errors"]]


def assert_named(answer, named):
    """All of these errors are counted, and the first 100 that came up are told."""
    answered = answer.json()
    assert answered["error_count"] == len(named), answered
    told = errors_of(answer)
    assert len(told) == min(100, len(named)) and set(told) <= set(named), told


@pytest.mark.parametrize("letter", ["t", "g"])
def test_hostile_texts_are_stored_or_named(db, post, command, bucket, of_texts, letter):
    number, model = of_texts
    table, name = f"{letter}{number}", "k" if letter == "t" else "k, g"
    path = f"/tables/{table}/rows"
    rows = [{"k": text, "v": at} | ({"g": 1} if letter == "g" else {}) for at, text in enumerate(model.texts)]
    good = {at: model.texts[at] for at in model.good}
    named = [(at, name, "duplicate_in_batch") for at in model.bad]
    db.empty(table)

    # Each row that the database takes for another one is named, and no other.
    for way in ("fail", "keep", "update"):
        answer = post(path, rows, on_duplicate=way)
        assert answer.status_code == (422 if named else 200), answer.text
        # Where rows are byte for byte the same, the database is not asked.
        assert set(errors_of(answer)) <= set(named)
        assert db.count(table) == (0 if named else len(good))
        db.empty(table)
        answer = post(path, rows, on_duplicate=way, on_error="skip")
        assert_named(answer, named)
        assert key_rows(db, table) == good, way
        db.empty(table)
    assert_named(post(path, rows, dry_run="true", on_error="skip"), named)
    assert db.count(table) == 0

    # Those that are there are kept, and updated by any of their spellings.
    assert post(path, [rows[at] for at in model.good]).status_code == 200
    answer = post(path, rows, on_duplicate="keep", on_error="skip")
    assert answer.json()["tables"][table]["kept"] == len(good)
    for at in model.bad[:20]:
        assert errors_of(post(path, [rows[at]])) == [(0, name, "exists")]
    if model.bad:
        chosen = [rows[at] | {"v": 10_000 + at} for at in model.bad[-1:]]
        assert post(path, chosen, on_duplicate="update").status_code == 200
        same = set(good) - set(key_rows(db, table))
        (changed,) = same
        assert key_rows(db, table)[10_000 + model.bad[-1]] == good[changed]
        db.rows(f"UPDATE {table} SET v = {changed} WHERE v >= 10000")
    assert key_rows(db, table) == good

    before = checksum(db, table)
    for mode, options in (("replace", []), ("merge", ["--parallel", "3"])):
        manifest = made(command("backup", "--table", table, "--json", *options))
        assert {row["v"]: row["k"] for row in bucket.rows(manifest, table)} == good
        assert sum(part["rows"] for part in manifest["tables"][0]["parts"]) == len(good)
        damage(db, table)
        restored = made(command("restore", manifest["run"], "--table", table, "--mode", mode, "--json"))
        assert checksum(db, table) == before
        left = f"{table}__before_{restored['id']}"
        differing = made(command("restore", "merge", restored["id"], "--table", table, "--json"))[0]["differing"]["rows"]
        assert differing == db.value(f"SELECT COUNT(*) FROM {left} WHERE v >= 100000")
        assert command("restore", "drop-old", restored["id"], "--yes").returncode == 0


def test_texts_of_a_file_that_are_one_key_are_rejected(db, files, command, of_texts):
    number, model = of_texts
    table = f"t{number}"
    db.empty(table)
    rows = [{"k": text, "v": at} for at, text in enumerate(model.texts)]
    good = {at: model.texts[at] for at in model.good}
    report = files.load(f"incoming/{table}/x.ndjson", ndjson_body(rows))
    assert counts(report) == (len(rows), len(good), 0, len(model.bad))
    assert len(codes(report)) == min(100, len(model.bad))
    # Lines are counted from 1.
    assert {(line - 1, code) for line, _, code in codes(report)} <= {(at, "duplicate_in_batch") for at in model.bad}
    assert key_rows(db, table) == good
