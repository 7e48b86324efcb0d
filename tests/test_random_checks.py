"""Random CHECKs: the core refuses no row that the database takes, and all that the CHECKs refuse of which it is sure.

ROWGATE_RANDOM_CHECKS says how many tables; the seed is printed, and ROWGATE_SEED repeats it.
"""

import os
import random
from collections import Counter

import pytest
from conftest import database, running, sender
from pymysql.err import MySQLError
from random_checks import CheckedTable, sql_name

COUNT = int(os.environ.get("ROWGATE_RANDOM_CHECKS", "30"))
SEED = int(os.environ.get("ROWGATE_SEED", random.SystemRandom().randrange(1_000_000)))
ENGINE = os.environ.get("ROWGATE_ENGINE", "mariadb")
ROWS = 12
VIOLATED = (3819, 4025)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Tables whose CHECKs the engine takes."""
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    made = [CheckedTable(number, rng, ENGINE) for number in range(COUNT)]
    path = tmp_path_factory.mktemp("any") / "tables.sql"
    path.write_text("CREATE TABLE probes (id INT NOT NULL PRIMARY KEY);\n")
    with running("--schema", path) as stack, database(stack) as db:
        for table in made:
            table.takes(lambda sql: is_taken(db, sql))
    return made


def is_taken(db, sql):
    try:
        db.rows(sql)
    except MySQLError:
        return False
    db.rows("DROP TABLE probe")
    return True


@pytest.fixture(scope="module")
def stack(tables, tmp_path_factory):
    path = tmp_path_factory.mktemp("checks") / "tables.sql"
    path.write_text("".join(table.sql(table.name, table.sure | table.other) + ";\n" for table in tables))
    with running("--schema", path) as stack:
        yield stack


def test_the_core_refuses_what_the_database_refuses(stack, tables):
    post, counts = sender(stack), Counter()
    with database(stack) as db:
        db.rows("SET time_zone = '+00:00'")
        for table in tables:
            told = f"seed {SEED}, {table.sql(table.name, table.sure | table.other)}"
            Run(table, db, post, counts, told).go()
    print(f"{len(tables)} tables, " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    assert counts["rows that CHECKs refuse"] > COUNT and counts["rows that are taken"] > COUNT


class Run:
    """One table's rows by the core, by the gateway and by the database itself."""

    def __init__(self, table, db, post, counts, told):
        self.table, self.db, self.post, self.counts, self.told = table, db, post, counts, told
        self.checks = table.sure | table.other
        # The same table without CHECKs.
        self.free = f"free_{table.name}"

    def go(self):
        self.db.rows(self.table.sql(self.free, {}))
        rows = self.table.rows(1, ROWS)
        by_database = [self.refused_by(self.insert(self.table.name, row)) for row in rows]
        self.compare(rows, by_database, "fail")
        known = self.stored(rows, by_database)
        if known:
            rows = [row | {"id": self.table.rng.choice(known)} for row in self.table.rows(1, ROWS)]
            rows = list({row["id"]: row for row in rows}.values())
            by_database = [self.refused_by(self.update(self.table.name, row)) for row in rows]
            self.compare(rows, by_database, "update")
        self.db.rows(f"DELETE FROM {self.table.name}")
        self.db.rows(f"DROP TABLE {self.free}")

    def compare(self, rows, by_database, on_duplicate):
        """What the core alone says, and what then comes of the rows."""
        by_core = self.by_core(rows, on_duplicate)
        truths = [self.truths(row, on_duplicate) for row in rows]
        for row, refusal, named, false in zip(rows, by_database, by_core, truths, strict=True):
            told = (self.told, row, refusal, named, false)
            assert named <= false, told
            assert not named or refusal, told
            assert refusal not in self.table.sure or refusal in false, told
            is_whole = len(row) == len(self.table.columns) + 1
            missed = {check for check in false if check in self.table.sure} - named
            assert not is_whole or not missed, told
            self.count(is_whole, refusal, named, false)
        answer = self.send(rows, on_duplicate)
        refused = {error["index"] for error in answer["errors"]} if "errors" in answer else set()
        expected = {index for index, refusal in enumerate(by_database) if refusal}
        assert refused == expected, (self.told, rows, answer)

    def count(self, is_whole, refusal, named, false):
        self.counts["CHECKs of which the core is to be sure, of whole rows"] += len(self.table.sure) * is_whole
        self.counts["other CHECKs"] += len(self.table.other)
        self.counts["rows that CHECKs refuse"] += bool(false)
        self.counts["rows that are taken"] += not refusal
        self.counts["rows that the core refuses"] += bool(named)
        self.counts["violated CHECKs that the core names"] += len(named)
        self.counts["violated CHECKs that are left to the database"] += len(false - named)
        self.counts["of them by rows that lack a column"] += len(false - named) * (not is_whole)

    def by_core(self, rows, on_duplicate):
        """The names of the CHECKs by row; a dry run asks the database for none."""
        answer = self.send(rows, on_duplicate, dry_run="true")
        named = [set() for _ in rows]
        for error in answer.get("errors", []):
            assert error["code"] == "check_violated" and error["column"] is None, (self.told, error)
            named[error["index"]] |= {name for name in self.checks if f"CHECK {name}: " in error["message"]}
        return named

    def send(self, rows, on_duplicate, **more):
        body = [self.table.as_json(row) for row in rows]
        query = {"on_error": "skip", "on_duplicate": on_duplicate, **more}
        answer = self.post(f"/tables/{self.table.name}/rows", body, **query)
        assert answer.status_code in (200, 207, 422), (self.told, answer.text)
        return answer.json()

    def insert(self, table, row):
        names, marks = ", ".join(map(sql_name, row)), ", ".join(["%s"] * len(row))
        return f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values())

    def update(self, table, row):
        values = {name: value for name, value in row.items() if name != "id"}
        names = ", ".join(f"{sql_name(name)} = %s" for name in values)
        return f"UPDATE {table} SET {names} WHERE id = %s", [*values.values(), row["id"]]

    def refused_by(self, statement):
        """The CHECK by its name, or the number of another error; nothing of a row that is taken, and taken back."""
        sql, values = statement
        self.db.rows("BEGIN")
        try:
            self.db.rows(sql, *values)
        except MySQLError as error:
            number, message = error.args
            found = max((name for name in self.checks if name in message), key=len, default=None)
            return found if number in VIOLATED else number
        finally:
            self.db.rows("ROLLBACK")
        return None

    def truths(self, row, on_duplicate):
        """The CHECKs that are false of a row, as the database says that holds it to none. Of those of any form an INSERT may
        say something else: it converts by stricter rules."""
        self.db.rows(f"DELETE FROM {self.free}")
        if on_duplicate == "update":
            self.db.rows(f"INSERT INTO {self.free} SELECT * FROM {self.table.name} WHERE id = {row['id']}")
        sql, values = (self.update if on_duplicate == "update" else self.insert)(self.free, row)
        self.db.rows(sql, *values)
        false = set()
        for name, condition in self.checks.items():
            try:
                false |= {name} if self.db.value(f"SELECT ({condition}) = 0 FROM {self.free}") == 1 else set()
            except MySQLError:
                # Of a CHECK of any form: a sum is out of range.
                assert name in self.table.other, (self.told, row)
        return false

    def stored(self, rows, by_database):
        taken = [row["id"] for row, refusal in zip(rows, by_database, strict=True) if not refusal]
        assert [row["id"] for row in self.db.rows(f"SELECT id FROM {self.table.name} ORDER BY id")] == taken, self.told
        return taken
