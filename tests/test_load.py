"""`rowgate load`: files by the bucket, and straight into the database."""

import gzip
import json
import shutil

import pytest
from conftest import ROOT

pytestmark = pytest.mark.usefixtures("empty_tables")

SAMPLES = ROOT / "samples"
EMPLOYEES = SAMPLES / "hired_employees.csv"


@pytest.fixture
def load(command, stack):
    """`rowgate load` with the stack's settings."""

    def load(*arguments, **changed):
        settings = {"AWS_ENDPOINT_URL_S3": stack["s3"], "DATA_BUCKET": stack["bucket"]}
        return command("load", *map(str, arguments), **(settings | changed))

    return load


def test_files_go_by_the_bucket_and_their_reports_are_printed(load, db, tmp_path):
    employees = shutil.copy(EMPLOYEES, tmp_path)
    done = load(SAMPLES / "departments.csv", SAMPLES / "jobs.csv", employees)
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0].endswith("departments.csv: read with header=absent")
    assert lines[1].endswith("departments: 12 rows: 12 stored, 0 kept, 0 rejected (complete)")
    assert lines[3].endswith("jobs: 183 rows: 183 stored, 0 kept, 0 rejected (complete)")
    assert lines[5].endswith("1999 rows: 1966 stored, 0 kept, 33 rejected (partial)")
    assert f"{employees}:7: name: missing: a value is required" in lines
    rejects = tmp_path / "hired_employees.csv.rejects.csv"
    assert lines[-1] == f"{employees}: the rejected lines are in {rejects}"
    assert len(rejects.read_text().splitlines()) == 34
    counts = [db.count(table) for table in ("departments", "jobs", "employees")]
    assert counts == [12, 183, 1966]


def test_a_file_put_again_is_not_loaded_again_and_says_so(load, db):
    first = json.loads(load("--format", "json", SAMPLES / "jobs.csv").stdout)
    db.rows("UPDATE jobs SET job_name = 'Changed' WHERE id = 1")
    # Within the same second, by which S3 dates what it has.
    done = load("--format", "json", SAMPLES / "jobs.csv")
    second = json.loads(done.stdout)
    assert (first["status"], second["status"], done.returncode) == ("complete", "duplicate", 0)
    assert first["sequencer"] < second["sequencer"]
    changed = {"status": "duplicate", "sequencer": second["sequencer"]}
    assert first | changed == second
    assert db.value("SELECT job_name FROM jobs WHERE id = 1") == "Changed"


def test_a_file_is_loaded_without_s3(load, db, tmp_path):
    path = shutil.copy(EMPLOYEES, tmp_path)
    done = load("--direct", path, AWS_ENDPOINT_URL_S3="http://127.0.0.1:9")
    assert done.returncode == 1, done.stderr
    assert db.count("employees") == 1966
    rejects = tmp_path / "hired_employees.csv.rejects.csv"
    assert len(rejects.read_text().splitlines()) == 34

    mended = rejects.read_text().replace(",,", ",2021-01-01T00:00:00Z,")
    rejects.write_text(mended)
    assert load("--direct", rejects).returncode == 0
    assert db.count("employees") == 1999


def test_a_reject_file_that_a_user_may_be_mending_is_left_alone(load, tmp_path):
    path = shutil.copy(EMPLOYEES, tmp_path)
    first = tmp_path / "hired_employees.csv.rejects.csv"
    first.write_text("mine")
    load("--direct", path)
    assert first.read_text() == "mine"
    second = tmp_path / "hired_employees.csv.rejects-2.csv"
    assert len(second.read_text().splitlines()) == 34


def test_options_of_a_direct_load(load, db, tmp_path):
    path = tmp_path / "list.csv.gz"
    path.write_bytes(gzip.compress(EMPLOYEES.read_bytes()))
    strict = ("--direct", "--table", "employees", "--strict", "--format", "json")
    report = json.loads(load(*strict, path).stdout)
    assert (report["tables"]["employees"]["stored"], report["error_count"]) == (1929, 70)

    db.empty("employees")
    refused = json.loads(load(*strict, "--max-errors", "69", path).stdout)
    assert (refused["status"], refused["errors"][0]["code"]) == ("rejected", "too_many_errors")
    assert db.count("employees") == 0
    assert load(*strict, "--on-error", "reject", path).returncode == 1
    assert db.count("employees") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--direct", "nothing.csv"], "nothing.csv: no such file"),
        (["nothing.csv"], "nothing.csv: no such file"),
        (["--direct", "--table", "jobs", "nothing.csv"], "no such file"),
        (["--direct", ROOT / "README.md"], "the tables are departments, jobs, employees"),
        ([ROOT / "README.md"], "or use --table"),
        (["--direct", "--table", "jobs", ROOT], "not a regular file"),
        (["--direct", "--table", "cats", EMPLOYEES], "the tables are"),
        (["--strict", EMPLOYEES], "--direct"),
        (["--direct", "--max-error-rate", "5", EMPLOYEES], "from 0 to 1"),
    ],
)
def test_what_cannot_be_loaded_is_an_error(load, db, arguments, message):
    done = load(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert db.count("employees") == 0


def test_a_report_that_does_not_come_is_an_error(load):
    """No function watches this prefix."""
    done = load("--prefix", "elsewhere/", "--wait", "1", SAMPLES / "jobs.csv")
    assert done.returncode == 2
    assert "no report within 1 seconds at reports/elsewhere/jobs/jobs.csv." in done.stderr


def test_a_database_that_fails_is_an_error(load):
    done = load("--direct", SAMPLES / "jobs.csv", AWS_SECRET_ACCESS_KEY="wrong")
    assert done.returncode == 2
    assert "HTTP 403" in done.stderr
