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
from random_tables import Table, as_csv, as_json

COUNT = int(os.environ.get("ROWGATE_RANDOM_TABLES", "50"))
SEED = int(os.environ.get("ROWGATE_SEED", random.SystemRandom().randrange(1_000_000)))


@pytest.fixture(scope="module")
def tables():
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    made = []
    for number in range(COUNT):
        made.append(Table(number, rng, made))
    return made


@pytest.fixture(scope="module")
def stack(tables, tmp_path_factory):
    path = tmp_path_factory.mktemp("random") / "tables.sql"
    path.write_text("".join(table.sql() for table in tables))
    # All is given: random texts may look like another layout.
    layout = {"delimiter": ",", "quote": '"', "escape": "none", "encoding": "utf-8", "decimal": ".",
              "date_order": "ymd", "header": "present"}  # fmt: skip
    options = {"incoming/": {"on_duplicate": "update", "time_zone": "UTC", **layout}}
    with running("--bare", "--schema", path, "--load-options", json.dumps(options)) as stack:
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
            keep(table, path, post, told)
            update(table, path, post, told, {})
            if table.unique:
                update(table, path, post, told, {"key": "uq one"})
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
    assert send(post, path, rows, told)["stored"] == 20
    table.take(rows)


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
