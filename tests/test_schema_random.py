"""Random tables: a database describes them as they were written, and so either engine alike.

The seed is printed, and ROWGATE_SEED repeats it.
"""

import json
import os
import random
import subprocess

import pytest
from conftest import PROGRAM, running
from test_schema import ENGINE, settings_of

TABLES = 200

# A type as it is written, as it is described, and a DEFAULT of it as it is written and described.
TYPES = [
    ("TINYINT", "tinyint", "-7", "-7"),
    ("TINYINT UNSIGNED", "tinyint unsigned", "255", "255"),
    ("BOOLEAN", "tinyint(1)", "TRUE", "1"),
    ("SMALLINT(5)", "smallint", "12", "12"),
    ("MEDIUMINT", "mediumint", "0", "0"),
    ("INT", "int", "7", "7"),
    ("INTEGER UNSIGNED", "int unsigned", "4294967295", "4294967295"),
    ("BIGINT", "bigint", "-9223372036854775808", "-9223372036854775808"),
    ("BIGINT UNSIGNED", "bigint unsigned", "18446744073709551615", "18446744073709551615"),
    ("DECIMAL(10,2)", "decimal(10,2)", "1.5", "1.50"),
    ("NUMERIC(5)", "decimal(5,0)", "3", "3"),
    ("DECIMAL(38,10) UNSIGNED", "decimal(38,10) unsigned", "0", "0.0000000000"),
    ("DATE", "date", "'2024-02-29'", "2024-02-29"),
    ("DATETIME", "datetime", "'2024-02-29 12:00:00'", "2024-02-29 12:00:00"),
    ("DATETIME(3)", "datetime(3)", "'2024-02-29 12:00:00.5'", "2024-02-29 12:00:00.500"),
    ("TIME(6)", "time(6)", "'-01:00:00'", "-01:00:00.000000"),
    ("YEAR", "year", "2024", "2024"),
    ("CHAR(3)", "char(3)", "'a b'", "a b"),
    ("VARCHAR(80)", "varchar(80)", r"'it''s \\ \n Zoë'", "it's \\ \n Zoë"),
    ("ENUM('a','b,c','d''e')", "enum('a','b,c','d''e')", "'d''e'", "d'e"),
    ("SET('a','b')", "set('a','b')", "'a,b'", "a,b"),
    ("DOUBLE", "double", "1.5", "1.5"),
    ("BINARY(16)", "binary(16)", None, None),
    ("VARBINARY(20)", "varbinary(20)", None, None),
    ("TEXT", "text", None, None),
    ("LONGTEXT", "longtext", None, None),
    ("MEDIUMBLOB", "mediumblob", None, None),
    ("JSON", "json", None, None),
    ("BIT(9)", "bit(9)", None, None),
    ("POINT", "point", None, None),
]
KEYS = ("tinyint", "smallint", "int", "bigint", "decimal", "date", "char", "varchar", "year")
KEY_TYPES = [it for it in TYPES if it[1].startswith(KEYS)]
NAME_PARTS = ["id", "Name", "x y", "a`b", "größe", "select", "c-1", "O'Neil", "価格", "_9"]
COMMENTS = ["", "plain", "it's; a \\ comment", "aliases=kunde,Ümläut", "größer als 価格"]


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


def text(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def column(chance, name, types, nullable):
    """A column as it is written and as it is described."""
    sql, described, default, shown = chance.choice(types)
    comment = chance.choice(COMMENTS)
    written = f"{quoted(name)} {sql} {'NULL' if nullable else 'NOT NULL'}"
    expected = {"name": name, "column_type": described}
    if not nullable:
        expected["nullable"] = False
    if default is not None and chance.random() < 0.5:
        written += f" DEFAULT {default}"
        expected["default"] = {"literal": shown}
    if comment:
        written += f" COMMENT {text(comment)}"
        expected["comment"] = comment
    return written, expected


def table(chance, number):
    """A table as it is written and as it is described."""
    name = f"t{number:03} {chance.choice(NAME_PARTS)}"
    keys = [f"k{at} {chance.choice(NAME_PARTS)}" for at in range(chance.choice([1, 1, 1, 2, 3]))]
    others = [f"c{at} {chance.choice(NAME_PARTS)}" for at in range(chance.randint(0, 12))]
    columns = [column(chance, key, KEY_TYPES, nullable=False) for key in keys]
    columns += [column(chance, other, TYPES, chance.random() < 0.5) for other in others]
    expected = {"name": name, "columns": [it for _, it in columns], "primary_key": keys}
    lines = [written for written, _ in columns]
    lines.append(f"PRIMARY KEY ({', '.join(map(quoted, keys))})")
    plain = [it["name"] for _, it in columns if it["column_type"].startswith(("int", "date", "decimal"))]
    for kind, member in [("UNIQUE KEY", "unique_keys"), ("KEY", "indexes")]:
        if plain and chance.random() < 0.3:
            parts = chance.sample(plain, min(len(plain), chance.randint(1, 2)))
            lines.append(f"{kind} {quoted(member)} ({', '.join(map(quoted, parts))})")
            expected[member] = [{"name": member, "parts": [{"column": it} for it in parts]}]
    if comment := chance.choice(COMMENTS):
        expected["comment"] = comment
    lines = ",\n  ".join(lines)
    return f"CREATE TABLE {quoted(name)} (\n  {lines}\n) COMMENT {text(comment)};", expected


@pytest.fixture(scope="module")
def seed():
    seed = int(os.environ.get("ROWGATE_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"ROWGATE_SEED={seed}")
    return seed


@pytest.fixture(scope="module")
def tables(seed):
    chance = random.Random(seed)
    return [table(chance, number) for number in range(TABLES)]


@pytest.fixture(scope="module")
def folder(tables, seed, tmp_path_factory):
    """The tables as SQL, and as what a private database made of them."""
    folder = tmp_path_factory.mktemp("random")
    (folder / "tables.sql").write_text("\n".join(sql for sql, _ in tables))
    done = rowgate(folder, "schema", "read", "tables.sql", "--engine", ENGINE, "--output", "schema.json")
    assert done.returncode == 0, (seed, done.stderr)
    return folder


def rowgate(folder, *arguments, settings=None):
    environment = os.environ | (settings or {})
    return subprocess.run([PROGRAM, *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def test_random_tables_are_described_as_they_were_written(folder, tables, seed):
    described = json.loads((folder / "schema.json").read_text())["tables"]
    assert [it["name"] for it in described] == [expected["name"] for _, expected in tables], seed
    for found, (sql, expected) in zip(described, tables):
        assert found == expected, (seed, sql)


def test_a_stack_of_them_a_pull_and_the_scratch_database_agree(folder, seed):
    with running("--engine", ENGINE, "--schema", folder / "tables.sql") as stack:
        settings = settings_of(stack) | {"ROWGATE_SCHEMA": str(folder / "schema.json")}
        done = rowgate(folder, "schema", "pull", "--output", "pulled.json", settings=settings)
        assert done.returncode == 0, (seed, done.stderr)
        assert (folder / "pulled.json").read_text() == (folder / "schema.json").read_text(), seed
        # Both sides of this comparison are read by the database, the wanted one in a scratch database.
        done = rowgate(folder, "migrate", "--check", settings=settings)
        assert (done.returncode, done.stdout) == (0, "the tables are as expected\n"), (seed, done.stdout, done.stderr)
