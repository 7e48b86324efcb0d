"""Foreign keys whose parents have dots, backticks and blanks in their names, beside tables of another database that would
be called the same if a database and a table were joined by a dot."""

import json
from urllib.parse import quote

import pytest
from backups import made
from conftest import command_in, database, environment_of, running, sender
from test_restore import leftovers

# `sh`op`.`or der.s`, `sh`op.or der`.`s` and the table `sh`op.or der.s` of the gateway's own database.
OTHERS = {"sh`op": "or der.s", "sh`op.or der": "s"}
OWN = "sh`op.or der.s"
CHILDREN = {"of own": (None, OWN), "of.first": ("sh`op", "or der.s"), "of`second": ("sh`op.or der", "s")}
# A parent of the child's own name in another database, and one of a name without a dot.
SAME = ("sh`op", "of.first")


def name(*parts):
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts if part)


def child_sql(child, parent):
    constraint = name(f"fk.{child}")
    return (
        f"CREATE TABLE {name(child)} (id INT NOT NULL PRIMARY KEY, parent INT NULL, "
        f"CONSTRAINT {constraint} FOREIGN KEY (parent) REFERENCES {name(*parent)} (`i.d`))"
    )


def parent_sql(*parent):
    return f"CREATE TABLE {name(*parent)} (`i.d` INT NOT NULL PRIMARY KEY)"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    file = tmp_path_factory.mktemp("parents") / "tables.sql"
    file.write_text(parent_sql(OWN) + ";\n" + child_sql("of own", CHILDREN["of own"]) + ";\n")
    with running("--schema", file) as started, database(started) as db:
        for other, table in OTHERS.items():
            db.rows(f"CREATE DATABASE {name(other)}")
            db.rows(parent_sql(other, table))
        db.rows(parent_sql(*SAME))
        for child in ("of.first", "of`second"):
            db.rows(child_sql(child, CHILDREN[child]))
        db.rows(f"ALTER TABLE {name('of.first')} ADD COLUMN same INT NULL, ADD CONSTRAINT fk_same FOREIGN KEY (same) "
                f"REFERENCES {name(*SAME)} (`i.d`)")  # fmt: skip
        # Another one serves all tables.
        with running("--database-url", started["database_url"]) as served:
            yield served


@pytest.fixture(scope="module")
def db(stack):
    with database(stack) as connection:
        yield connection


@pytest.fixture(scope="module")
def command(stack, tmp_path_factory):
    return command_in(tmp_path_factory.mktemp("command"), stack)


@pytest.fixture
def environment(stack):
    return environment_of(stack)


@pytest.fixture(autouse=True)
def filled(db):
    """Each parent has a row that no other one has."""
    tables = [*CHILDREN, *(name for name in leftovers(db))]
    for table in tables[: len(CHILDREN)]:
        db.rows(f"DELETE FROM {name(table)}")
    for table in tables[len(CHILDREN) :]:
        db.rows(f"DROP TABLE {name(table)}")
    for number, parent in enumerate([*CHILDREN.values(), SAME], 1):
        db.rows(f"DELETE FROM {name(*parent)}")
        db.rows(f"INSERT INTO {name(*parent)} VALUES ({number}), ({number + 10})")


def rows_of(db):
    return {table: db.rows(f"SELECT * FROM {name(table)} ORDER BY 1") for table in [OWN, *CHILDREN]}


def keys_of(db):
    """Each foreign key of the database, with the database and the table that it refers to."""
    found = db.rows(
        "SELECT constraint_name AS k, NULLIF(referenced_table_schema, DATABASE()) AS d, referenced_table_name AS t "
        "FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL"
    )
    return {row["k"]: (row["d"], row["t"]) for row in found}


KEYS = {f"fk.{child}": parent for child, parent in CHILDREN.items()} | {"fk_same": SAME}


def test_a_pulled_schema_tells_them_apart(command, db):
    assert keys_of(db) == KEYS
    tables = json.loads((command.folder / "schema.json").read_text())["tables"]
    keys = [key for table in tables for key in table.get("foreign_keys", [])]
    assert {key["name"]: (key.get("database"), key["table"]) for key in keys} == KEYS
    shown = command("schema", "show")
    assert shown.returncode == 0 and "not served" not in shown.stdout, shown.stdout


def test_rows_without_a_parent_are_refused_by_the_name_of_that_table(stack, db):
    def post(table, rows, **query):
        answer = sender(stack)(f"/tables/{quote(table, safe='')}/rows", rows, **query)
        return answer.status_code, [error["message"] for error in answer.json().get("errors", [])]

    for number, (child, (other, parent)) in enumerate(CHILDREN.items(), 1):
        assert post(child, [{"id": 1, "parent": number}, {"id": 2}]) == (200, [])
        status, (message,) = post(child, [{"id": 3, "parent": number % 3 + 1}])
        words = f"table {parent} has no such row" if other is None else f"table {parent} of the database {other} has no"
        assert status == 422 and words in message, message
    dry = post("of own", [{"id": 4, "parent": 2}, {"id": 5, "parent": 11}], dry_run="true")
    assert dry[0] == 422 and len(dry[1]) == 1


def test_they_are_backed_up_and_put_back_in_place(command, db):
    fill(db)
    before = rows_of(db)
    made(command("backup", "--json"))
    db.rows(f"UPDATE {name('of.first')} SET parent = 12")
    db.rows(f"DELETE FROM {name('of`second')}")
    db.rows(f"DELETE FROM {name('of own')}")
    changed = rows_of(db)
    plan = made(command("restore", "latest", "--plan", "--json"))
    assert plan["ending"] == "in_place"
    assert set(plan["ties"]) == {
        f"of own: FOREIGN KEY fk.of own to {OWN}",
        "of.first: FOREIGN KEY fk.of.first to or der.s of the database sh`op",
        "of.first: FOREIGN KEY fk_same to of.first of the database sh`op",
        "of`second: FOREIGN KEY fk.of`second to s of the database sh`op.or der",
    }
    id = made(command("restore", "latest", "--json"))["id"]
    assert rows_of(db) == before and keys_of(db) == KEYS
    assert command("restore", "undo", id).returncode == 0
    assert rows_of(db) == changed and keys_of(db) == KEYS


def fill(db):
    for number, child in enumerate(CHILDREN, 1):
        db.rows(f"INSERT INTO {name(child)} (id, parent) VALUES (1, {number}), (2, {number + 10}), (3, NULL)")


@pytest.mark.parametrize("child", CHILDREN)
def test_a_parent_that_went_meanwhile_is_missed(command, db, child):
    fill(db)
    made(command("backup", "--json"))
    db.rows(f"DELETE FROM {name(child)} WHERE id = 2")
    number = list(CHILDREN).index(child) + 11
    db.rows(f"DELETE FROM {name(*CHILDREN[child])} WHERE `i.d` = {number}")
    before = rows_of(db)
    done = command("restore", "latest", "--table", child)
    assert done.returncode == 2 and f"{child}: FOREIGN KEY fk.{child} to " in done.stderr, done.stderr
    assert "1 row would name a row that is not there" in done.stderr
    assert rows_of(db) == before and leftovers(db) == []


def test_a_child_in_another_database_is_missed(command, db):
    assert command("migrate").returncode == 0
    made(command("backup", "--json", "--table", OWN))
    outside = name("sh`op", "out.side")
    own = db.value("SELECT DATABASE()")
    db.rows(f"CREATE TABLE {outside} (id INT PRIMARY KEY, parent INT, CONSTRAINT `out.fk` FOREIGN KEY (parent) "
            f"REFERENCES {name(own, OWN)} (`i.d`))")  # fmt: skip
    try:
        db.rows(f"INSERT INTO {name(OWN)} VALUES (99)")
        db.rows(f"INSERT INTO {outside} VALUES (1, 99)")
        words = f"out.side of the database sh`op: FOREIGN KEY out.fk to {OWN}"
        assert words in made(command("restore", "latest", "--plan", "--json"))["ties"]
        done = command("restore", "latest")
        assert done.returncode == 2 and f"{words}: 1 row " in done.stderr, done.stderr
        shown = command("migrate", "--check")
        assert shown.returncode == 1, shown.stderr
        assert shown.stdout == f"{OWN}: reference: expected none, found FOREIGN KEY out.fk of out.side of the database sh`op\n"
    finally:
        db.rows(f"DROP TABLE {outside}")


def test_missing_children_are_made_with_their_keys(command, db):
    fill(db)
    before = rows_of(db)
    made(command("backup", "--json"))
    drop(db)
    made(command("restore", "latest", "--json"))
    assert rows_of(db) == before and keys_of(db) == KEYS
    drop(db)
    done = command("migrate")
    assert done.returncode == 0, done.stderr
    assert keys_of(db) == KEYS
    done = command("migrate", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def drop(db):
    for child in CHILDREN:
        db.rows(f"DROP TABLE {name(child)}")


def test_a_key_to_another_database_is_a_difference(command, db):
    """A key that leads to the table of a database is none to a table with a dot in its name."""
    assert command("migrate").returncode == 0
    child = name("of own")
    db.rows(f"ALTER TABLE {child} DROP FOREIGN KEY {name('fk.of own')}")
    db.rows(f"ALTER TABLE {child} ADD CONSTRAINT {name('fk.of own')} FOREIGN KEY (parent) REFERENCES {name(*CHILDREN['of.first'])} (`i.d`)")
    try:
        done = command("migrate", "--check")
        assert done.returncode == 1 and "of own: foreign key: expected" in done.stdout, done.stdout + done.stderr
        assert f"to {name(OWN)} (" in done.stdout and f"to {name(*CHILDREN['of.first'])} (" in done.stdout, done.stdout
    finally:
        db.rows(f"DROP TABLE {child}")
        db.rows(child_sql("of own", CHILDREN["of own"]))
