"""What is shown of the names that others choose: nothing that steers a terminal, and no line of theirs."""

import json

import pytest
import requests
from files import counts, job_lines, stored_jobs

pytestmark = pytest.mark.usefixtures("empty_tables")

# Red, a line of its own, a window's title, and the rest from right to left.
STRANGE = "a\x1b[31m\nrowgate: all is well\x9b1m\x1b]0;b\x07\u202evsc"
SHOWN = r"a\u001b[31m\u000arowgate: all is well\u009b1m\u001b]0;b\u0007\u202evsc"


def is_clean(text):
    bidi = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
    return all(c == "\n" or (c.isprintable() and ord(c) not in bidi) for c in text)


def test_a_key_is_one_part_of_one_line(files, command, db):
    key = f"incoming/jobs/{STRANGE}.csv"
    report = files.load(key, job_lines(2))
    assert (report["status"], len(stored_jobs(db))) == ("complete", 2)
    listed = command("loads")
    assert is_clean(listed.stdout)
    (line,) = listed.stdout.splitlines()
    assert line.endswith(f"incoming/jobs/{SHOWN}.csv")

    (load,) = json.loads(command("loads", "list", "--format", "json").stdout)
    assert load["key"] == key
    one = command("loads", "show", load["load_id"])
    assert is_clean(one.stdout) and json.loads(one.stdout)["key"] == key


def test_a_column_and_a_file_are_shown_as_they_are_named(command, tmp_path):
    path = tmp_path / "jobs\x1b[31m\n.csv"
    path.write_text("id,job\x1b[31m\u202e\n1,a\n")
    for arguments in (["check", path], ["load", "--direct", path], ["check", "--format", "json", path]):
        done = command(*arguments)
        assert done.returncode != 0
        assert is_clean(done.stdout) and is_clean(done.stderr), arguments
        assert r"\u001b[31m" in done.stdout + done.stderr


def test_no_cache_keeps_an_answer(stack):
    key = {"x-api-key": stack["api_key"]}
    for method, path, headers in (
        ("GET", "/health", {}),
        ("GET", "/loads", key),
        ("GET", "/loads", {}),
        ("GET", "/nowhere", {}),
        ("OPTIONS", "/loads", {}),
        ("POST", "/tables/jobs/rows", key),
    ):
        answer = requests.request(method, stack["edge"] + path, headers=headers, data=b"[]")
        assert answer.headers["cache-control"] == "no-store", (method, path)


@pytest.mark.parametrize("bucket, key", [("..", "incoming/jobs/a.csv"), (".", "incoming/jobs/a.csv")])
def test_a_bucket_leads_nowhere_else(files, db, s3_calls, bucket, key):
    s3_calls.mark()
    error = files.fail({"rowgate": "load", "bucket": bucket, "key": key})
    assert "a segment of its path is . or .." in json.dumps(error)
    assert s3_calls.since_mark() == []
