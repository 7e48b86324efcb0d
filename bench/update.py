"""Rows of which half exist are updated: by rowgate in each of its ways, by the one statement that rowgate sent before,
and by pymysql; and few rows are inserted by VALUES and by JSON_TABLE.

All ways take turns on the same rows of one database.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pymysql
import requests
from loading import PROGRAM, ROOT, database, running
from measuring import Tools, print_markdown, turned

sys.path.insert(0, str(ROOT / "bench/peers"))

import mysql_url  # noqa: E402  (found by the line above)
from conftest import client  # noqa: E402  (found by loading)

TABLES = """
CREATE TABLE plain (id INT NOT NULL PRIMARY KEY, name VARCHAR(60) NOT NULL, price DECIMAL(10,2) NULL, seen DATETIME NULL);
CREATE TABLE keyed (id INT NOT NULL PRIMARY KEY, name VARCHAR(60) NOT NULL, price DECIMAL(10,2) NULL, seen DATETIME NULL,
  UNIQUE KEY names (name));
"""

COLUMNS = ("id", "name", "price", "seen")
ROWS = (1, 100, 1000)
FEW = (1, 2, 5, 10, 20, 50, 100)

CELLS = ", ".join(f"c{at} LONGTEXT CHARACTER SET utf8mb4 PATH '$[{at}]'" for at in range(4))
FROM_JSON = f"SELECT c0, CONVERT(c1 USING utf8mb4), c2, c3 FROM JSON_TABLE(:rows, '$[*]' COLUMNS({CELLS})) AS r"
INTO = f"INSERT INTO plain ({', '.join(COLUMNS)})"
UPDATE = "ON DUPLICATE KEY UPDATE " + ", ".join(f"{it} = VALUES({it})" for it in COLUMNS[1:])


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder) / "tables.sql"
        tables.write_text(TABLES)
        measure(tables, options)


def measure(tables, options):
    with running("--schema", tables, program=PROGRAM) as stack:
        bench = Bench(stack, options.times)
        for latency in options.latency:
            with bench.tools.latency(latency):
                bench.updates(latency)
        with bench.tools.latency(0):
            bench.few_rows()


class Bench:
    def __init__(self, stack, times):
        self.stack, self.times, self.tools = stack, times, Tools(stack)
        self.api = client(stack, "rds-data")
        self.session = requests.Session()
        self.turn = 0

    def updates(self, latency):
        """Prints how long each way takes, and how many calls."""
        ways = {
            "rowgate, one key": lambda rows: self.post("plain", rows),
            "rowgate, one key, `count=exact`": lambda rows: self.post("plain", rows, count="exact"),
            "rowgate, a second unique key": lambda rows: self.post("keyed", rows),
            "the one statement of before, by boto3": self.before,
            "pymysql": self.pymysql,
        }
        print(f"{latency} ms a call; rows of which half exist\n")
        lines = []
        self.peer = pymysql.connect(**mysql_url.of(self.tools.database_url), autocommit=True)
        for count in ROWS:
            found = {way: [] for way in ways}
            for number in range(self.times):
                for way in turned(ways, number):
                    found[way].append(self.one(ways[way], count))
            ours = statistics.median(seconds for seconds, _ in found["rowgate, one key"])
            for way, runs in found.items():
                median = statistics.median(seconds for seconds, _ in runs)
                calls = statistics.median(calls for _, calls in runs)
                lines.append((f"{count:,}", way, f"{calls:.0f}", f"{median * 1e3:.1f} ms", f"{median / ours:.2f}"))
        self.peer.close()
        print_markdown(("rows", "way", "calls", "median", "to the first"), lines)

    def one(self, way, count):
        """Seconds and calls for rows of which every other one exists, or the only one."""
        self.turn += 1
        rows = [(at, f"name {at}", f"{self.turn}.50", "2026-01-02 03:04:05") for at in range(1, count + 1)]
        with database(self.stack) as db:
            for table in ("plain", "keyed"):
                db.rows(f"DELETE FROM {table}")
                there = ", ".join(f"({id}, '{name}', 0, NULL)" for id, name, *_ in rows[::2])
                db.rows(f"INSERT INTO {table} VALUES {there}")
        before, began = self.calls(), time.perf_counter()
        way(rows)
        return time.perf_counter() - began, self.calls() - before

    def post(self, table, rows, **query):
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        url = f"{self.stack['edge']}/tables/{table}/rows"
        answer = self.session.post(url, json=rows, headers={"x-api-key": self.stack["api_key"]},
                                   params={"on_duplicate": "update", **query})
        assert answer.status_code == 200, answer.text

    def before(self, rows):
        self.execute(f"{INTO} {FROM_JSON} {UPDATE}", [text("rows", json.dumps(rows))])

    def pymysql(self, rows):
        self.peer.cursor().executemany(f"{INTO} VALUES (%s, %s, %s, %s) {UPDATE}", rows)

    def few_rows(self):
        """Prints from how many rows on JSON_TABLE is as fast as a parameter for each cell."""
        lines = []
        for count in FEW:
            found = {"values": [], "json": []}
            for number in range(2 * self.times):
                for way in turned(found, number):
                    found[way].append(self.insert(way, count))
            values, as_json = (statistics.median(found[way]) for way in ("values", "json"))
            lines.append((f"{count}", f"{values * 1e3:.2f} ms", f"{as_json * 1e3:.2f} ms", f"{as_json / values:.2f}"))
        print("Rows inserted by one call of the Data API, by boto3\n")
        print_markdown(("rows", "VALUES", "JSON_TABLE", "JSON_TABLE to VALUES"), lines)

    def insert(self, way, count):
        with database(self.stack) as db:
            db.rows("DELETE FROM plain")
        rows = [(f"{at}", f"name {at}", "1.50", "2026-01-02 03:04:05") for at in range(1, count + 1)]
        began = time.perf_counter()
        if way == "json":
            self.execute(f"{INTO} {FROM_JSON}", [text("rows", json.dumps(rows))])
        else:
            cells = [f"({', '.join(f':p{at}_{cell}' for cell in range(4))})" for at in range(count)]
            parameters = [text(f"p{at}_{cell}", value) for at, row in enumerate(rows) for cell, value in enumerate(row)]
            self.execute(f"{INTO} VALUES {', '.join(cells)}", parameters)
        return time.perf_counter() - began

    def execute(self, sql, parameters):
        self.api.execute_statement(resourceArn=self.stack["cluster_arn"], secretArn=self.stack["secret_arn"],
                                   database="rowgate", sql=sql, parameters=parameters)

    def calls(self):
        with open(self.stack["call_log"]) as log:
            return sum(1 for _ in log)


def text(name, value):
    return {"name": name, "value": {"stringValue": value}}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=30, help="of each way [30]")
    parser.add_argument("--latency", type=int, nargs="*", default=[0, 20], help="of each call, in ms [0 20]")
    return parser.parse_args()


if __name__ == "__main__":
    main()
