"""How a folder's files are loaded by its `_options.json`: names, columns that no file has, zones by name, zstandard."""

import json
from datetime import datetime

import pytest
import zstandard
from conftest import client, database, running
from files import Files, codes, counts

TABLES = """
CREATE TABLE readings (
  id INT NOT NULL PRIMARY KEY,
  taken_at TIMESTAMP NULL,
  value DECIMAL(8,2) NULL,
  source VARCHAR(200) NULL,
  line INT NULL,
  load_id CHAR(32) NULL,
  loaded_at DATETIME NULL,
  region VARCHAR(20) NULL
);
"""

FILL = {"source": "@file", "line": "@line", "load_id": "@load", "loaded_at": "@time", "region": "=EU, south"}
GERMAN = {"delimiter": ";", "decimal": ",", "date_order": "dmy", "time_zone": "Europe/Berlin",
          "header": {"Nr.": "id", "Zeit": "taken_at", "Wert": "value"}}  # fmt: skip

TEXT = """Nr.;Zeit;Wert
1;27.07.2021 16:02:08;1,50

2;31.10.2021 02:30:00;2
3;31.10.2021 02:30:00+02:00;3
4;28.03.2021 02:30:00;4
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    path = tmp_path_factory.mktemp("readings") / "tables.sql"
    path.write_text(TABLES)
    options = {"incoming/": {"on_duplicate": "keep", "delimiter": "tab"}}
    with running("--options-files", "on", "--schema", path, "--load-options", json.dumps(options)) as stack:
        yield stack


@pytest.fixture
def db(stack):
    with database(stack) as db:
        db.rows("SET time_zone = '+00:00'")
        db.rows("DELETE FROM readings")
        yield db


@pytest.fixture
def files(stack):
    files = Files(stack, client(stack, "s3"), client(stack, "lambda"))
    files.delete(*files.keys("incoming/"))
    return files


def put_options(files, folder, options):
    body = options if isinstance(options, bytes) else json.dumps(options).encode()
    files.s3.put_object(Bucket=files.bucket, Key=f"{folder}/_options.json", Body=body)


def test_a_folder_s_options_say_how_its_files_are_loaded(files, db):
    put_options(files, "incoming", {"delimiter": "|"})
    put_options(files, "incoming/de", {**GERMAN, "fill": FILL})
    key = "incoming/de/readings/may.csv.zst"
    report = files.load(key, zstandard.compress(TEXT.encode("cp1252")))
    assert (report["status"], counts(report)) == ("partial", (4, 2, 0, 2))
    assert codes(report) == [(4, "taken_at", "ambiguous_time"), (6, "taken_at", "skipped_time")]
    assert report["settings"]["options_file"] == "incoming/de/_options.json"
    assert report["settings"]["on_duplicate"] == "keep"
    first, second = db.rows("SELECT * FROM readings ORDER BY id")
    assert (str(first["taken_at"]), str(first["value"])) == ("2021-07-27 14:02:08", "1.50")
    assert (str(second["taken_at"]), str(second["value"])) == ("2021-10-31 00:30:00", "3.00")
    assert [row["line"] for row in (first, second)] == [2, 5]
    for row in (first, second):
        assert (row["source"], row["load_id"], row["region"]) == (key, report["load_id"], "EU, south")
        # By the clocks of the zone that is given.
        started = datetime.fromisoformat(report["started"])
        assert 3_500 < (row["loaded_at"] - started.replace(tzinfo=None)).total_seconds() < 7_300
    # What came back has the file's own names, and is loaded by the same options.
    mended = files.rejects(report).decode().replace("02:30:00;", "02:30:00+01:00;")
    again = files.load("incoming/de/readings/mended.csv", mended.encode())
    assert (again["status"], counts(again)) == ("complete", (2, 2, 0, 0))
    assert db.rows("SELECT source FROM readings WHERE id = 4") == [{"source": "incoming/de/readings/mended.csv"}]


def test_invalid_options_end_the_load_until_they_are_mended(files, db):
    put_options(files, "incoming/bad", b'{"delimeter": ";"}')
    key = "incoming/bad/readings/a.csv"
    e_tag = files.put(key, b"id;value\n1;2\n")
    report = files.report(key, e_tag)
    assert report["status"] == "failed"
    assert "incoming/bad/_options.json: unknown field `delimeter`" in report["failure"]
    assert db.count("readings") == 0
    put_options(files, "incoming/bad", {"delimiter": ";"})
    report = files.load("incoming/bad/readings/b.csv", b"id;value\n1;2\n")
    assert (report["status"], db.count("readings")) == ("complete", 1)
    # The options themselves are no file to load.
    assert not [key for key in files.keys("reports/") if "_options.json" in key]


def test_a_line_that_the_given_layout_does_not_fit_ends_the_file_there(files, db):
    put_options(files, "incoming/ends", {"delimiter": ",", "date_order": "dmy", "time_zone": "UTC"})
    lines = [f"{number},{1 + number % 28:02}.07.2021 10:00:00" for number in range(1, 5_001)]
    lines[4_000] = "4001,07/27/2021 10:00:00"
    body = "\n".join(["id,taken_at", *lines, ""]).encode()
    report = files.load("incoming/ends/readings/a.csv", body)
    assert (report["status"], counts(report)) == ("partial", (5_000, 4_000, 0, 1_000))
    assert report["errors"][0]["line"] == 4_002
    assert "line 4002 does not fit the layout that is given" in report["errors"][0]["message"]
    assert db.count("readings") == 4_000
    assert len(files.rejected_rows(report)) == 1_000
