"""`rowgate migrate` through the Data API."""

import os
import subprocess

import pytest
from conftest import PROGRAM


@pytest.fixture
def migrate(stack):
    """Runs the command with the stack's settings, some of them changed."""
    settings = {
        "AWS_REGION": stack["region"],
        "AWS_ACCESS_KEY_ID": stack["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": stack["aws_secret_access_key"],
        "DB_CLUSTER_ARN": stack["cluster_arn"],
        "DB_SECRET_ARN": stack["secret_arn"],
        "DB_NAME": "rowgate",
        "DATA_API_ENDPOINT": stack["data_api"],
    }

    def migrate(**changed):
        environment = {"PATH": os.environ["PATH"], **settings, **changed}
        command = [PROGRAM, "migrate"]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return migrate


def test_only_what_is_missing_is_made(migrate, db, empty_tables):
    db.rows("INSERT INTO departments VALUES (1, 'Sales')")
    db.rows("DROP TABLE jobs")
    done = migrate()
    assert (done.returncode, done.stdout) == (0, "made table jobs\n"), done.stderr
    assert (db.count("jobs"), db.count("departments")) == (0, 1)

    done = migrate()
    assert (done.returncode, done.stdout) == (0, "nothing to do: every table exists\n")


def test_a_comment_of_the_schema_stands_in_the_database(db):
    comments = db.rows(
        "SELECT column_comment AS text FROM information_schema.columns "
        "WHERE table_schema = 'rowgate' AND table_name = 'employees' ORDER BY ordinal_position"
    )
    texts = [row["text"] for row in comments]
    assert texts == ["", "", "format=date-time", "references=departments.id", "references=jobs.id"]


def test_what_went_wrong_is_said(migrate):
    done = migrate(DB_CLUSTER_ARN="", DB_NAME="")
    assert done.returncode == 2
    assert "settings missing: DB_CLUSTER_ARN, DB_NAME" in done.stderr

    done = migrate(AWS_SECRET_ACCESS_KEY="wrong")
    assert done.returncode == 2
    assert "InvalidSignatureException (HTTP 403)" in done.stderr
