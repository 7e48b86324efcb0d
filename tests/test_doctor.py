"""`rowgate doctor` against the local Data API and a real database."""

import json
import os
from functools import partial

import pytest
from conftest import database, environment_of, renew_sessions, running

ERROR_FORM = os.environ.get("ROWGATE_ERROR_FORM", "number-last")

# What other tests left could be too long for a column that is made shorter here.
pytestmark = pytest.mark.usefixtures("empty_tables")


# What does not pass here, and nothing relies on.
OTHERS = {
    "statement_timeout": "not tried: takes 45 seconds; --slow does it",
}

ERRORS = {
    "error_syntax": ("1064", "You have an error in your SQL syntax"),
    "error_no_table": ("1146", "Table '<database>.rowgate_doctor_absent' doesn't exist"),
    "error_duplicate_key": ("1062", "Duplicate entry '1' for key"),
    "error_too_long": ("1406", "Data too long for column 'name' at row 1"),
    "error_null": ("1048", "Column 'name' cannot be null"),
    "error_lock_wait": ("1205", "Lock wait timeout exceeded"),
}


@pytest.fixture
def doctor(command):
    """Runs `rowgate doctor`."""
    return partial(command, "doctor")


@pytest.fixture
def examine(doctor):
    """Runs it for its JSON: the exit code and each check by its name."""

    def examine(**changed):
        done = doctor("--json", **changed)
        report = json.loads(done.stdout)
        return done.returncode, {check["name"]: check for check in report["checks"]}

    return examine


def test_a_database_as_rowgate_needs_it_passes(examine, db):
    status, checks = examine()
    outcomes = {name: check["outcome"] for name, check in checks.items()}
    assert status == 0, checks
    others = {name: check["found"] for name, check in checks.items() if check["outcome"] != "pass"}
    assert others == OTHERS
    assert len(outcomes) == 42
    assert all(check["why"] and check["found"] for check in checks.values())
    assert "user root@" in checks["connection"]["found"]
    assert checks["engine"]["found"].endswith(", not Aurora")
    assert checks["error_number"]["found"] == "1062 with DatabaseErrorException (HTTP 400)"
    assert checks["answer_over_1_mib"]["found"].startswith("refused with BadRequestException")
    assert checks["several_statements"]["found"] == "refused with ValidationException (HTTP 400)"
    assert scratch(db) == []


def test_programs_get_values_and_what_the_service_said(examine):
    _, checks = examine()
    for name, (number, text) in ERRORS.items():
        (answer,) = checks[name]["answers"]
        assert checks[name]["values"] == {"number": number}, checks[name]
        assert (answer["status"], answer["type"]) == (400, "DatabaseErrorException")
        assert text in answer["text"], answer
        if ERROR_FORM == "number-last":
            assert answer["text"].endswith(f"; Error code: {number}; SQLState: {answer['text'][-5:]}")
    tinyint = {"form": "booleanValue", "form_plus_0": "longValue"}
    assert checks["tinyint_1"]["values"] == tinyint
    assert checks["connections_of_transactions"]["values"] == {"distinct": "yes", "same_within": "yes"}
    sizes = {"largest_accepted": "4112384", "smallest_refused": "none"}
    assert checks["parameter_sizes"]["values"] == sizes
    (answer,) = checks["answer_over_1_mib"]["answers"]
    assert answer["text"] == "Database returned more than the allowed response size limit"
    assert not checks["statement_timeout"]["tried"] and checks["sql_mode"]["tried"]


def test_a_limit_of_a_parameter_is_found(examine):
    with running("--largest-parameter", str(2 << 20)) as own:
        status, checks = examine(**environment_of(own))
    assert status == 0, failed(checks)
    sizes = {"largest_accepted": "2097152", "smallest_refused": "3145728"}
    assert checks["parameter_sizes"]["values"] == sizes
    assert [answer["status"] for answer in checks["parameter_sizes"]["answers"]] == [400, 400]


def test_people_get_a_line_for_each_check_and_a_sum(doctor):
    done = doctor()
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout
    notes = [line for line in lines[:-1] if not line.startswith("pass  ")]
    assert [line.split(": ")[0] for line in notes[::2]] == [f"note  {name}" for name in OTHERS]
    assert lines[-1] == f"{42 - len(OTHERS)} passed, 0 failed, {len(OTHERS)} to note"


def test_tables_that_differ_fail(examine, doctor, db):
    db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(100) NOT NULL COMMENT 'aliases=job'")
    try:
        status, checks = examine()
        done = doctor()
    finally:
        db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(255) NOT NULL COMMENT 'aliases=job'")
    found = "jobs.job_name: type: expected varchar(255), found varchar(100)"
    assert (status, checks["schema"]["outcome"], checks["schema"]["found"]) == (1, "fail", found)
    assert done.returncode == 1
    assert f"FAIL  schema: {found}\n      rows are checked against" in done.stdout


def test_a_server_without_strict_mode_fails(examine):
    """On a server of its own: an idle session keeps a mode for its next call."""
    with running("--large-rows") as own, database(own) as db:
        db.rows("SET GLOBAL sql_mode = ''")
        renew_sessions(own)
        status, checks = examine(**environment_of(own))
        assert (status, failed(checks)) == (1, {"sql_mode", "error_too_long"}), checks
        assert checks["sql_mode"]["found"] == "empty"
        assert checks["row_over_64_kib"]["found"] == "not refused"
        assert scratch(db) == []


def test_a_database_of_another_character_set_fails(examine, db):
    db.rows("CREATE DATABASE western CHARACTER SET latin1")
    try:
        status, checks = examine(DB_NAME="western")
    finally:
        db.rows("DROP DATABASE western")
    assert (status, failed(checks)) == (1, {"database_charset", "schema"}), checks
    assert checks["schema"]["found"].startswith("departments: table: expected a table, found none")


def test_what_an_earlier_run_left_is_no_obstacle(examine, db):
    db.rows("CREATE TABLE rowgate_doctor (id INT)")
    status, checks = examine()
    assert (status, failed(checks), checks["scratch_table"]["outcome"]) == (0, set(), "pass")
    assert scratch(db) == []


def test_without_a_connection_there_is_one_check(examine, doctor):
    status, checks = examine(AWS_SECRET_ACCESS_KEY="wrong")
    assert (status, list(checks)) == (1, ["connection"])
    assert checks["connection"]["found"].startswith("InvalidSignatureException (HTTP 403)")
    done = doctor(DB_NAME="")
    assert done.returncode == 2
    assert "settings missing: DB_NAME" in done.stderr


def failed(checks):
    return {name for name, check in checks.items() if check["outcome"] == "fail"}


def scratch(db):
    return db.rows("SHOW TABLES LIKE 'rowgate\\_doctor'")
