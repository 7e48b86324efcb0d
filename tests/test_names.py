"""Tables and columns of any names: rows by HTTP and by file, a backup and its restore, and a comparison.

The seed is printed, and ROWGATE_SEED repeats it.
"""

import json
import os
import random
import subprocess
from urllib.parse import quote

import pytest
from backups import Bucket, made
from conftest import PROGRAM, client, command_in, running, sender
from conftest import database as database_of
from files import Files, counts

# Pieces that SQL, paths, JSON, CSV or Avro could mistake for something else.
PIECES = [
    "select", "key", "`", "`", "``", ":rows", "Größe", "価格", "☺", " ", "'", '"', "\\", ";", ":a", "?", "%41", ".", "..", "#", "--", "/*", "(", ")",
    "$", "@", "&", "+", "=", "9", "_x20_", "A", "a", "NULL", "{}", "<b>", "|", "~", "*", "!", "^",
]  # fmt: skip
# What the name of a table's file cannot have in a path.
IN_PATHS = ["/", "\\"]
LONG = 64


# Keys and constraints of such names, and tables that a restore puts in place for their sake.
TIED = """
CREATE TABLE `pa``re.nt :a` (`i``d` INT NOT NULL, `w``ord ?` VARCHAR(9) NULL, PRIMARY KEY (`i``d`),
  UNIQUE KEY `u``q :b` (`w``ord ?`));
CREATE TABLE `chi``ld` (`i``d` INT NOT NULL, `o``f` INT NULL, `j``s` JSON NULL, PRIMARY KEY (`i``d`),
  CONSTRAINT `f``k 'of'` FOREIGN KEY (`o``f`) REFERENCES `pa``re.nt :a` (`i``d`), CONSTRAINT `c``k :a` CHECK (`i``d` > 0));
"""


def name(chance, taken, pieces):
    """A name that no other one is in any case, at most 64 characters and without a blank at its end."""
    while True:
        made = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 9)))[:LONG].rstrip()
        if made and made.lower() not in taken and not made.lower().startswith("rowgate_"):
            taken.add(made.lower())
            return made


def sql_name(name):
    return "`" + name.replace("`", "``") + "`"


class Named:
    """A table with a number as its key, a text and a number with a DEFAULT."""

    def __init__(self, name, columns):
        self.name, (self.id, self.text, self.number) = name, columns

    def sql(self):
        id, text, number = map(sql_name, (self.id, self.text, self.number))
        return (
            f"CREATE TABLE {sql_name(self.name)} ({id} INT NOT NULL, {text} VARCHAR(40) NULL, "
            f"{number} BIGINT NOT NULL DEFAULT 7, PRIMARY KEY ({id}));"
        )

    def row(self, id, text, number):
        return {self.id: id, self.text: text, self.number: number}


def tables(chance):
    pieces = [piece for piece in PIECES if piece not in IN_PATHS]
    taken = set()
    names = [name(chance, taken, pieces) for _ in range(5)]
    # The short ones are aliases in statements.
    names += ["t" * LONG, ("☺ " * 20).strip(), "order lines", "Unit.Price", "n", "o", "m", "e", "r", "other"]
    return [Named(it, columns(chance)) for it in names]


def columns(chance):
    taken = set()
    special = chance.choice([["n"], ["e"], ["r"], ["k"], ["c" * LONG], ["a b", "a_x20_b"], []])
    taken.update(special)
    return chance.sample(special + [name(chance, taken, PIECES) for _ in range(3 - len(special))], 3)


@pytest.fixture(scope="module")
def named():
    seed = int(os.environ.get("ROWGATE_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"ROWGATE_SEED={seed}")
    return tables(random.Random(seed))


@pytest.fixture(scope="module")
def stack(named, tmp_path_factory):
    file = tmp_path_factory.mktemp("names") / "names.sql"
    file.write_text("\n".join(it.sql() for it in named) + TIED)
    with running("--schema", file) as started:
        yield started


@pytest.fixture(scope="module")
def db(stack):
    with database_of(stack) as connection:
        yield connection


@pytest.fixture(scope="module")
def command(stack, tmp_path_factory):
    return command_in(tmp_path_factory.mktemp("command"), stack)


def rows(db, table):
    names = [table.id, table.text, table.number]
    selected = ", ".join(f"{sql_name(it)} AS c{at}" for at, it in enumerate(names))
    found = db.rows(f"SELECT {selected} FROM {sql_name(table.name)} ORDER BY 1")
    return [tuple(row.values()) for row in found]


def checksum(db, table):
    return db.rows(f"CHECKSUM TABLE {sql_name(table.name)}")[0]["Checksum"]


def csv_line(cells):
    return ",".join('"' + str(cell).replace('"', '""') + '"' for cell in cells) + "\n"


def test_tables_of_any_name_are_served(command, named):
    shown = command("schema", "show").stdout
    for table in named:
        assert f"{table.name}: served, 3 columns" in shown, shown


def test_rows_come_by_http_and_by_file(stack, db, named):
    files = Files(stack, client(stack, "s3"), client(stack, "lambda"))
    for table in named:
        path = f"/tables/{quote(table.name, safe='')}/rows"
        sent = [table.row(1, "one", 1), table.row(2, None, 2), {table.id: 3, table.text: "DEFAULT"}]
        answer = sender(stack)(path, sent)
        assert answer.status_code == 200, (table.name, answer.text)
        again = sender(stack)(path, [table.row(1, "changed", 5)], on_duplicate="update")
        assert again.status_code == 200, (table.name, again.text)
        body = csv_line([table.id, table.text, table.number]) + csv_line([4, "four", 4]) + csv_line(["x", "bad", 5])
        key = f"incoming/{table.name}/rows.csv" if not any(it in table.name for it in "/\\") else None
        if key:
            report = files.load(key, body.encode())
            assert counts(report) == (2, 1, 0, 1), (table.name, report)
        expected = [(1, "changed", 5), (2, None, 2), (3, "DEFAULT", 7)] + ([(4, "four", 4)] if key else [])
        assert rows(db, table) == expected, table.name


def test_a_backup_of_them_comes_back(stack, db, command, named):
    bucket = Bucket(client(stack, "s3"), stack["bucket"])
    for table in named:
        db.rows(f"DELETE FROM {sql_name(table.name)}")
        for id in range(5):
            # Without arguments: a name may have a % in it.
            db.rows(f"INSERT INTO {sql_name(table.name)} VALUES ({id}, 'row {id}', {id})")
    before = [checksum(db, table) for table in named]
    for options in [(), ("--parallel", "2")]:
        manifest = made(command("backup", "--json", *options))
        assert manifest["format"] == 2
        names = {it["table"]: it["schema"]["name"] for it in manifest["tables"]}
        assert names == {it: it for it in [*(table.name for table in named), *TIED_NAMES]}
        for table in named:
            assert len(bucket.rows(manifest, table.name)) == 5
        for mode in ("replace", "merge"):
            for table in named:
                db.rows(f"UPDATE {sql_name(table.name)} SET {sql_name(table.text)} = 'x'")
                db.rows(f"INSERT INTO {sql_name(table.name)} VALUES (9, 'live alone', 9)")
            made(command("restore", manifest["run"], "--mode", mode, "--json"))
            for table in named:
                kept = [row for row in rows(db, table) if row[0] == 9]
                assert kept == ([(9, "live alone", 9)] if mode == "merge" else []), (table.name, mode)
                db.rows(f"DELETE FROM {sql_name(table.name)} WHERE {sql_name(table.id)} = 9")
            assert [checksum(db, table) for table in named] == before, (options, mode)
    assert command("backup", "verify", "latest", "--live").returncode == 0


def test_keys_and_constraints_of_any_name_refuse_rows_and_outlive_a_restore(stack, db, command):
    parent, child = TIED_NAMES

    def post(table, rows, **query):
        answer = sender(stack)(f"/tables/{quote(table, safe='')}/rows", rows, **query)
        errors = answer.json().get("errors", [])
        return answer.status_code, [(error["code"], error["message"]) for error in errors]

    assert post(parent, [{"i`d": 1, "w`ord ?": "a"}, {"i`d": 2, "w`ord ?": "b"}]) == (200, [])
    assert post(child, [{"i`d": 1, "o`f": 1, "j`s": {"a": 1}}, {"i`d": 2, "o`f": 2}]) == (200, [])
    by_key = sender(stack)(f"/tables/{quote(parent)}/rows?key={quote('u`q :b')}", [{"i`d": 2, "w`ord ?": "b"}], on_duplicate="update")
    assert by_key.status_code == 200, by_key.text
    for table, row, code, constraint in [
        (parent, {"i`d": 3, "w`ord ?": "a"}, "conflict", "u`q :b"),
        (child, {"i`d": 3, "o`f": 9}, "unknown_reference", "f`k 'of'"),
        (child, {"i`d": -3}, "check_violated", "c`k :a"),
    ]:
        ((found, message),) = post(table, [row])[1]
        assert (found, constraint in message) == (code, True), message
    before = rows_of(db)
    manifest = made(command("backup", "--json", "--table", parent, "--table", child))
    db.rows("UPDATE `pa``re.nt :a` SET `w``ord ?` = 'x' WHERE `i``d` = 1")
    db.rows("DELETE FROM `chi``ld`")
    db.rows("INSERT INTO `chi``ld` VALUES (7, 1, NULL)")
    made(command("restore", manifest["run"], "--json"))
    assert rows_of(db) == before
    assert post(child, [{"i`d": 3, "o`f": 9}])[0] == 422
    db.rows("DELETE FROM `chi``ld`")
    db.rows("DELETE FROM `pa``re.nt :a`")


TIED_NAMES = ("pa`re.nt :a", "chi`ld")


def rows_of(db):
    return [db.rows(f"SELECT * FROM {sql_name(table)} ORDER BY 1") for table in TIED_NAMES]


def test_they_are_compared_in_the_scratch_database(command, db, named):
    done = command("migrate")
    assert done.returncode == 0, done.stdout + done.stderr
    table = named[0]
    db.rows(f"ALTER TABLE {sql_name(table.name)} ALTER {sql_name(table.number)} SET DEFAULT 8")
    done = command("migrate", "--check")
    assert done.stdout == f"{table.name}.{table.number}: default: expected '7', found '8'\n", done.stderr
    db.rows(f"ALTER TABLE {sql_name(table.name)} ALTER {sql_name(table.number)} SET DEFAULT 7")


def test_what_stays_refused_says_why(tmp_path):
    made = [{"name": it, "columns": [{"name": "id", "column_type": "int", "nullable": False}], "primary_key": ["id"]}
            for it in ("a,b", "rowgate_x", "a\tb")]  # fmt: skip
    file = tmp_path / "schema.json"
    file.write_text(json.dumps({"rowgate_schema": 1, "tables": made}))
    shown = subprocess.run([PROGRAM, "schema", "show", "--schema", file], capture_output=True, text=True).stdout
    for words in ["use no comma", "rowgate's own", "use no control characters"]:
        assert words in shown, shown
