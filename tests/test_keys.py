"""Keys of a file of record, at the gateway's door."""

import subprocess

import pytest
from conftest import PROGRAM, database, running, sender

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
    with running("--bare", "--keys", keys[0]) as stack:
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


@pytest.mark.parametrize("name", ["expired", "revoked"])
def test_a_key_that_is_no_longer_good_is_unknown(door, keys, name):
    answer = sender(door)("/tables/jobs/rows", [ROW], key=keys[1][name])
    assert problem(answer) == (401, "unauthorized")
