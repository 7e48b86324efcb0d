"""Keys of a file of record, at the gateway's door."""

import subprocess

import pytest
import requests
from conftest import PROGRAM, client, database, running, sender
from files import Files, job_lines, sample

ROW = {"id": 1, "job": "Cook"}
EMPLOYEE = {"id": 1, "name": "Ann", "datetime": "2021-07-27T16:02:08Z"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A file of record, and the keys that were made into it."""
    file = tmp_path_factory.mktemp("keys") / "api-keys.json"

    def new(*options):
        command = [PROGRAM, "keys", "new", "--file", file, *options]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    made = {
        "jobs": new("--tables", "jobs"),
        "expired": new("--expires", "2920-01-01"),
        "revoked": new(),
    }
    revoke = [PROGRAM, "keys", "revoke", "--file", file, made["revoked"][2:10]]
    subprocess.run(revoke, check=True, capture_output=True)
    # Its time goes by.
    file.write_text(file.read_text().replace("2920-01-01", "2020-01-01"))
    return file, made


@pytest.fixture(scope="module")
def door(keys):
    with running("--keys", keys[0]) as stack:
        yield stack


def problem(answer):
    return answer.status_code, answer.json()["type"].removeprefix("urn:rowgate:problem:")


def test_a_key_writes_only_its_tables(door, keys):
    post = sender(door)
    key = keys[1]["jobs"]
    refused = (403, "table_not_allowed")
    assert problem(post("/tables/employees/rows", [EMPLOYEE], key=key)) == refused
    assert problem(post("/insert_data", {"jobs": [ROW], "employees": []}, key=key)) == refused
    with database(door) as db:
        assert db.count("jobs") == db.count("employees") == 0
        assert post("/tables/jobs/rows", [ROW], key=key).status_code == 200
        assert db.count("jobs") == 1


def test_a_key_sees_the_files_of_its_tables_only(door, keys):
    files = Files(door, client(door, "s3"), client(door, "lambda"))
    mine = files.load("incoming/jobs/mine.csv", job_lines(3, start=10))
    theirs = files.load("incoming/employees/theirs.csv", sample("hired_employees.csv"))

    def get(path, key):
        return requests.get(door["edge"] + path, headers={"x-api-key": key})

    seen = get("/loads?files=true", keys[1]["jobs"]).json()["loads"]
    assert [load["load_id"] for load in seen if load["door"] == "s3"] == [mine["load_id"]]
    assert get(f"/loads/{mine['load_id']}", keys[1]["jobs"]).json()["answer"] == mine
    answer = get(f"/loads/{theirs['load_id']}", keys[1]["jobs"])
    assert problem(answer) == (404, "unknown_load")
    seen = get("/loads?files=true", door["api_key"]).json()["loads"]
    assert {load["load_id"] for load in seen} >= {mine["load_id"], theirs["load_id"]}


@pytest.mark.parametrize("name", ["expired", "revoked"])
def test_a_key_that_is_no_longer_good_is_unknown(door, keys, name):
    answer = sender(door)("/tables/jobs/rows", [ROW], key=keys[1][name])
    assert problem(answer) == (401, "unauthorized")
