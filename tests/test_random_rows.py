"""Random tables with rows: inserted, kept, updated by each key and loaded from files, equal to a model.

ROWGATE_RANDOM_TABLES says how many tables; the seed is printed, and ROWGATE_SEED repeats it.
"""

import json
import os
import random
from urllib.parse import quote

import pytest
import requests
from conftest import client, database, running
from files import Files, counts
from random_tables import MANY, Table, as_csv, as_json

COUNT = int(os.environ.get("ROWGATE_RANDOM_TABLES", "50"))
SEED = int(os.environ.get("ROWGATE_SEED", random.SystemRandom().randrange(1_000_000)))


@pytest.fixture(scope="module")
def tables():
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    made = []
    for number in range(COUNT):
        made.append(Table(number, rng, made))
    print(shares(made))
    return made


def shares(tables):
    """What the tables have, as a line to record."""
    columns = [column for table in tables for column in table.columns]
    having = {
        "keys of two columns": lambda it: len(it.key) > 1,
        "second unique keys": lambda it: it.unique,
        "foreign keys": lambda it: it.parent,
        "CHECKs": lambda it: it.checked,
        "backticks in a name": lambda it: "`" in "".join([it.name, *(column.name for column in it.columns)]),
    }
    counts = ", ".join(f"{sum(map(bool, map(has, tables)))} with {what}" for what, has in having.items())
    kinds = len({column.kind.sql for column in columns})
    return f"{len(tables)} tables of {len(columns)} columns of {kinds} types: {counts}"


@pytest.fixture(scope="module")
def stack(tables, tmp_path_factory):
    path = tmp_path_factory.mktemp("random") / "tables.sql"
    path.write_text("".join(table.sql() for table in tables))
    # All is given: random texts may look like another layout.
    layout = {"delimiter": ",", "quote": '"', "escape": "none", "encoding": "utf-8", "decimal": ".",
              "date_order": "ymd", "header": "present"}  # fmt: skip
    options = {"incoming/": {"on_duplicate": "update", "time_zone": "UTC", **layout}}
    with running("--schema", path, "--load-options", json.dumps(options)) as stack:
        yield stack


def test_rows_of_random_tables_are_those_of_a_model(stack, tables):
    headers = {"x-api-key": stack["api_key"]}

    def post(path, rows, query):
        return requests.post(stack["edge"] + path, json=rows, params=query, headers=headers, timeout=60)

    files = Files(stack, client(stack, "s3"), client(stack, "lambda"))
    with database(stack) as db:
        db.rows("SET time_zone = '+00:00'")
        for table in tables:
            told = f"seed {SEED}, {table.name}: {table.sql()}"
            path = f"/tables/{quote(table.name, safe='')}/rows"
            insert(table, path, post, told)
            refuse(table, path, post, told)
            keep(table, path, post, told)
            update(table, path, post, told, {})
            if table.unique:
                update(table, path, post, told, {"key": table.constraints["unique"]})
            load(table, files, told)
            assert table.stored(db) == table.model(), told


def send(post, path, rows, told, **query):
    answer = post(path, as_json(rows), {"time_zone": "UTC", **query})
    if answer.status_code != 200:
        print(answer.text[:3000])
    assert answer.status_code == 200, (told, as_json(rows)[:2])
    (found,) = answer.json()["tables"].values()
    return found


def insert(table, path, post, told):
    rows = table.fresh_rows(20)
    assert send(post, path, table.parted(rows), told)["stored"] == 20
    table.take(rows)


def refuse(table, path, post, told):
    """A row that a constraint refuses, which is named."""
    if table.unique:
        known = table.rng.choice(list(table.rows.values()))
        row = table.fresh() | {name: known[name] for name in table.unique}
        refused(table, post(path, as_json([row]), {"time_zone": "UTC"}), "conflict", "unique", told)
    if table.parent:
        name, parent = table.parent
        strange = parent.fresh()[parent.key[0]]
        row = table.fresh() | {name: strange}
        refused(table, post(path, as_json([row]), {"time_zone": "UTC"}), "unknown_reference", "foreign", told)
    if table.checked:
        row = table.fresh() | {table.checked: (MANY, str(MANY), str(MANY))}
        refused(table, post(path, as_json([row]), {"time_zone": "UTC"}), "check_violated", "check", told)


def refused(table, answer, code, kind, told):
    (error,) = answer.json()["errors"]
    assert (error["code"], table.constraints[kind] in error["message"]) == (code, True), (told, error)


def keep(table, path, post, told):
    new = table.fresh_rows(4)
    known = table.rng.sample(list(table.rows.values()), 4)
    others = [row | table.changed(row, table.key) for row in known]
    rows = [*new, *others]
    table.rng.shuffle(rows)
    found = send(post, path, rows, told, on_duplicate="keep")
    assert (found["stored"], found["kept"]) == (4, 4), (told, found)
    table.take(new)


def update(table, path, post, told, by):
    new = table.fresh_rows(4)
    known = table.rng.sample(list(table.rows.values()), 6)
    others = [table.changed(row, by) for row in known]
    rows = [*new, *others]
    table.rng.shuffle(rows)
    found = send(post, path, rows, told, on_duplicate="update", count="exact", **by)
    assert (found["inserted"], found["updated"]) == (4, 6), (told, found)
    table.take(rows)


def load(table, files, told):
    """A file of whole rows: half of them are there, with other values."""
    known = table.rng.sample(list(table.rows.values()), 5)
    rows = [*table.fresh_rows(5), *(row | table.changed(row, table.key) for row in known)]
    table.rng.shuffle(rows)
    report = files.load(f"incoming/{table.name}/rows.csv", as_csv(rows))
    assert (report["status"], counts(report)) == ("complete", (10, 10, 0, 0)), (told, report)
    table.take(rows)
