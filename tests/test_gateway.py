"""The real Worker in workerd, over real HTTP, into a real database."""

import csv
import http.client
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

pytestmark = pytest.mark.usefixtures("empty_tables")

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


def sample(name):
    return (SAMPLES / name).read_bytes()


def sample_rows(name, *columns):
    """A sample file as a client of its own reads it; the id is a number."""
    lines = csv.reader(sample(name).decode("utf-8-sig").splitlines())
    rows = [dict(zip(columns, line, strict=True)) for line in lines]
    return [row | {"id": int(row["id"])} for row in rows]


def jobs(count, start=1):
    return [{"id": id, "job": f"Job {id}"} for id in range(start, start + count)]


def counts(answer, table):
    found = answer.json()["tables"][table]
    assert found["received"] == found["stored"] + found["kept"] + found["rejected"]
    return found["received"], found["stored"], found["rejected"]


def problem(answer):
    """The name of the problem; the document must be one of RFC 9457."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["title"] and document["detail"]
    return document["type"].removeprefix("urn:rowgate:problem:")


def test_the_samples_by_the_rules_of_the_schema(post, db):
    both = {
        "departments": sample_rows("departments.csv", "id", "department"),
        "jobs": sample_rows("jobs.csv", "id", "job"),
    }
    answer = post("/insert_data", both)
    assert answer.status_code == 200
    assert counts(answer, "departments") == (12, 12, 0)
    assert counts(answer, "jobs") == (183, 183, 0)

    answer = post("/tables/employees/rows", sample("hired_employees.csv"), on_error="skip")
    assert answer.status_code == 207
    assert counts(answer, "employees") == (1999, 1966, 33)
    assert answer.json()["error_count"] == 33
    columns = [error["column"] for error in answer.json()["errors"]]
    assert (columns.count("name"), columns.count("datetime")) == (19, 14)
    assert {error["code"] for error in answer.json()["errors"]} == {"missing"}
    assert [db.count(table) for table in ("departments", "jobs", "employees")] == [12, 183, 1966]
    assert db.value("SELECT COUNT(*) FROM employees WHERE department_id IS NULL") == 21
    assert db.value("SELECT COUNT(*) FROM employees WHERE job_id IS NULL") == 16


def test_the_samples_with_strict(post, db):
    body = sample("hired_employees.csv")
    answer = post("/tables/employees/rows", body, on_error="skip", strict="true")
    assert answer.status_code == 207
    assert counts(answer, "employees") == (1999, 1929, 70)
    assert db.count("employees") == 1929

    # Each error names the line of the file, and the cell there is blank.
    lines = body.decode("utf-8-sig").splitlines()
    names = ["id", "name", "datetime", "department_id", "job_id"]
    for error in answer.json()["errors"]:
        cells = lines[error["line"] - 1].split(",")
        assert cells[names.index(error["column"])] == ""
        assert error["index"] == error["line"] - 1


def test_every_stored_value_is_the_one_that_came(post, db):
    post("/tables/employees/rows", sample("hired_employees.csv"), on_error="skip", strict="true")
    names = ("id", "name", "datetime", "department_id", "job_id")
    whole = [row for row in sample_rows("hired_employees.csv", *names) if all(row.values())]
    ints = ("department_id", "job_id")
    expected = [row | {name: int(row[name]) for name in ints} for row in whole]
    assert db.rows("SELECT * FROM employees ORDER BY id") == expected


def test_texts_survive_unharmed(post, db):
    names = [
        "Zoë 😀 李",
        "O'Leary -- \"x\"; DROP TABLE jobs; #",
        "back\\slash \\u0041 \\0",
        "a\nb\tc\u0000d",
        ":rows ? %s ${x}",
        "",
        "é" * 255,
    ]
    rows = [{"id": id, "job": name} for id, name in enumerate(names, 1)]
    assert post("/tables/jobs/rows", rows).status_code == 200
    stored = db.rows("SELECT job_name, CHAR_LENGTH(job_name) AS length FROM jobs ORDER BY id")
    assert stored == [{"job_name": name, "length": len(name)} for name in names]


def test_a_thousand_rows_are_one_call(post, db, calls):
    calls.mark()
    assert post("/tables/jobs/rows", jobs(1000)).status_code == 200
    (call,) = calls.since_mark()
    assert (call["operation"], call["status"], call["updated"]) == ("ExecuteStatement", 200, 1000)
    assert call["transaction_id"] is None
    assert db.count("jobs") == 1000


def test_three_tables_are_one_transaction(post, db, calls):
    calls.mark()
    body = {
        "employees": [{"id": 1, "name": "Ann", "datetime": "2021-07-27T16:02:08Z", "job_id": 1}],
        "jobs": jobs(2),
        "departments": [{"id": 1, "department": "Sales"}],
    }
    assert post("/insert_data", body).status_code == 200
    made = calls.since_mark()
    writes = ["ExecuteStatement"] * 3
    assert [call["operation"] for call in made] == [
        "BeginTransaction",
        *writes,
        "CommitTransaction",
    ]
    assert len({call["transaction_id"] for call in made}) == 1
    assert [call["updated"] for call in made[1:4]] == [1, 2, 1]
    assert [db.count(table) for table in body] == [1, 2, 1]


def test_one_bad_row_and_nothing_is_stored(post, db, calls):
    calls.mark()
    body = {"departments": [{"id": 1, "department": "Sales"}], "jobs": [*jobs(2), {"id": "3"}]}
    answer = post("/insert_data", body)
    assert (answer.status_code, problem(answer)) == (422, "invalid_rows")
    assert counts(answer, "departments") == (1, 0, 1)
    assert counts(answer, "jobs") == (3, 0, 3)
    assert [(e["table"], e["index"], e["column"], e["code"]) for e in answer.json()["errors"]] == [
        ("jobs", 2, "id", "wrong_type"),
        ("jobs", 2, "job_name", "missing"),
    ]
    assert calls.since_mark() == []
    assert db.count("departments") == db.count("jobs") == 0


@pytest.mark.parametrize("key", [None, "", "rg" + "a" * 40, "x" * 42])
def test_without_a_valid_key_nothing_happens(post, calls, key):
    calls.mark()
    answer = post("/tables/jobs/rows", jobs(1), key=key)
    assert (answer.status_code, problem(answer)) == (401, "unauthorized")
    assert calls.since_mark() == []


def test_without_a_valid_key_the_body_is_not_waited_for(stack):
    """The head alone is sent, with a body announced that never comes."""
    address = urlsplit(stack["edge"])
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(
            b"POST /tables/jobs/rows HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 1000\r\n\r\n"
        )
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 401


@pytest.mark.parametrize(
    ("path", "rows", "content_type", "status", "name"),
    [
        ("/tables/jobs/rows", b"[{", "application/json", 400, "not_json"),
        ("/tables/jobs/rows", b"\xff", "application/json", 400, "invalid_utf8"),
        ("/tables/jobs/rows", {}, None, 400, "wrong_shape"),
        ("/insert_data", [], None, 400, "wrong_shape"),
        ("/insert_data?on_error=perhaps", {}, None, 400, "bad_parameter"),
        ("/tables/cats/rows", [], None, 404, "unknown_table"),
        ("/rows", [], None, 404, "unknown_route"),
        ("/health", [], None, 405, "wrong_method"),
        ("/tables/jobs/rows", jobs(10_001), None, 413, "too_many_rows"),
        ("/tables/jobs/rows", b" " * ((4 << 20) + 1), "application/json", 413, "too_many_bytes"),
        ("/insert_data", "1,a\n", None, 415, "unsupported_media_type"),
        ("/insert_data", {"cats": []}, None, 422, "invalid_rows"),
    ],
)
def test_requests_that_cannot_be_served(post, calls, path, rows, content_type, status, name):
    calls.mark()
    answer = post(path, rows, content_type=content_type)
    assert (answer.status_code, problem(answer)) == (status, name)
    assert len(answer.headers["x-request-id"]) == 32
    assert calls.since_mark() == []


def test_health(stack):
    answer = requests.get(stack["edge"] + "/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_a_body_in_pieces_without_a_length(stack, db):
    """4 MiB would be refused at once by its length; without one it is read piece by piece."""
    headers = {"content-type": "text/csv", "x-api-key": stack["api_key"]}
    lines = (f"{id},Job {id}\n".encode() for id in range(1, 1001))
    url = stack["edge"] + "/tables/jobs/rows"
    assert requests.post(url, data=lines, headers=headers).status_code == 200
    assert db.count("jobs") == 1000

    too_much = (b" " * 65_536 for _ in range(65))
    answer = requests.post(url, data=too_much, headers=headers)
    assert (answer.status_code, problem(answer)) == (413, "too_many_bytes")
