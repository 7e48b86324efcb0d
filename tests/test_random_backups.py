"""Random schemas with rows are backed up in every way, disturbed, and restored: equal by CHECKSUM TABLE, with every key,
CHECK and trigger.

ROWGATE_RANDOM_SCHEMAS says how many schemas; the seed is printed, and ROWGATE_SEED repeats it.
"""

import os
import random
import re
import subprocess
from urllib.parse import quote

import pytest
from backups import Bucket, made
from bulk_tables import back_up
from bulk_tables import restore as restore_in_parts
from conftest import PROGRAM, client, database, environment_of, pulled_schema, running, sender
from files import Files
from random_schemas import RandomSchema
from random_tables import as_json, sql_name

COUNT = int(os.environ.get("ROWGATE_RANDOM_SCHEMAS", "30"))
SEED = int(os.environ.get("ROWGATE_SEED", random.SystemRandom().randrange(1_000_000)))

# Schemas that are in one database at a time.
BATCH = 30

# How each backup is made; by the state machines' steps it has a codec alone.
WAYS = {
    "snapshot": ["--codec", "snappy"],
    "deflate": ["--codec", "deflate"],
    "parallel": ["--codec", "null", "--parallel", "3"],
    "bulk": "snappy",
}


class World:
    """A stack with random schemas, their rows, and what they should be."""

    def __init__(self, stack, db, schemas, folder):
        self.stack, self.db, self.schemas = stack, db, schemas
        self.bucket = Bucket(client(stack, "s3"), stack["bucket"])
        self.files = Files(stack, client(stack, "s3"), client(stack, "lambda"))
        self.sender = sender(stack)
        schema = pulled_schema(stack, folder / "schema.json")
        self.settings = environment_of(stack) | {"ROWGATE_SCHEMA": str(schema)}
        self.tables = {table.name: table for schema in schemas for table in schema.tables}

    def command(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], env=self.settings, capture_output=True, text=True)

    def post(self, table, rows, **query):
        path = f"/tables/{quote(table.name, safe='')}/rows"
        answer = self.sender(path, as_json(rows), time_zone="UTC", **query)
        assert answer.status_code == 200, (answer.text[:3000], table.sql())

    def content(self):
        """The checksum and the rows of each table; None of one that is not there."""
        answer = self.db.rows("CHECKSUM TABLE " + ", ".join(map(sql_name, self.tables)))
        sums = {name: row["Checksum"] for name, row in zip(self.tables, answer, strict=True)}
        return {name: None if sum is None else (self.lasting(name, sum), self.rows(name)) for name, sum in sums.items()}

    def lasting(self, name, sum):
        """MariaDB may give the same rows another one where a column is generated."""
        return "generated" if any("GENERATED" in line for line in self.tables[name].more) else sum

    def rows(self, name):
        return sorted(map(repr, self.db.rows(f"SELECT * FROM {sql_name(name)}")))

    def made_as(self):
        """How each table is made, the order of its keys and the number that it counts from aside, and its triggers."""
        triggers = "SELECT trigger_name AS name, event_object_table AS t FROM information_schema.triggers ORDER BY 1"
        return {name: self.lines(name) for name in self.tables}, self.db.rows(triggers)

    def lines(self, name):
        shown = self.db.rows(f"SHOW CREATE TABLE {sql_name(name)}")[0]["Create Table"]
        return sorted(re.sub(" AUTO_INCREMENT=[0-9]+|,$", "", line) for line in shown.split("\n"))

    def back_up(self, way):
        if way == "bulk":
            return back_up(self.files, codec=WAYS[way])["run"]
        return made(self.command("backup", "--json", *WAYS[way]))["run"]

    def restore(self, way, run):
        """The schemas that something holds, and the others, each in one restore; answers their ids."""
        ids = []
        for is_held in (False, True):
            schemas = [schema for schema in self.schemas if schema.is_held() == is_held]
            tables = [table.name for schema in schemas for table in schema.tables]
            if tables and way == "bulk":
                ids.append(restore_in_parts(self.files, run, tables=tables, force=True, fire_triggers=True)["id"])
            elif tables:
                named = [part for table in tables for part in ("--table", table)]
                ids.append(made(self.command("restore", run, "--json", "--fire-triggers", "--force", *named))["id"])
        return ids


@pytest.fixture(scope="module", params=range(-(-COUNT // BATCH)))
def world(request, tmp_path_factory):
    print(f"seed {SEED}")
    rng = random.Random(SEED + request.param)
    count = min(BATCH, COUNT - request.param * BATCH)
    schemas = [RandomSchema(number, rng) for number in range(count)]
    folder = tmp_path_factory.mktemp("schemas")
    (folder / "tables.sql").write_text("".join(schema.sql() for schema in schemas))
    with running("--schema", folder / "tables.sql") as stack, database(stack) as db:
        world = World(stack, db, schemas, folder)
        for schema in schemas:
            schema.fill(world.post, db)
        db.rows("SET SESSION foreign_key_checks = 0")
        yield world


def test_random_schemas_come_back(world):
    before, made_as = world.content(), world.made_as()
    for way in WAYS:
        run = world.back_up(way)
        assert world.command("backup", "verify", run, "--live").returncode == 0, way
        for schema in world.schemas:
            schema.disturb(world.post, world.db)
        disturbed = world.content()
        ids = world.restore(way, run)
        told = f"seed {SEED}, {way}"
        assert differing(world, before) == {}, told
        assert world.made_as() == made_as, told
        if way == "snapshot" and None not in disturbed.values():
            for id in ids:
                assert world.command("restore", "undo", id, "--fire-triggers").returncode == 0, told
            assert differing(world, disturbed) == {}, told
            world.restore(way, run)
            assert differing(world, before) == {}, told
        assert world.command("restore", "drop-old", "--yes").returncode == 0
        world.bucket.delete("backups/")


def differing(world, expected):
    """The tables that are not as they should be, each as it is made."""
    found = world.content()
    return {name: table.sql() for name, table in world.tables.items() if found[name] != expected[name]}
