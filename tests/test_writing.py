"""Duplicates, dry runs and references, against a real database."""

import json

import pytest
from conftest import running, sender

pytestmark = pytest.mark.usefixtures("empty_tables")

JOBS = "/tables/jobs/rows"
EMPLOYEES = "/tables/employees/rows"


def jobs(ids, name="Job {}"):
    return [{"id": id, "job": name.format(id)} for id in ids]


def employee(id, department=None, job=None):
    row = {"id": id, "name": f"Person {id}", "datetime": "2021-07-27T16:02:08Z"}
    return row | {"department_id": department, "job_id": job}


def counts(answer, table="jobs"):
    found = answer.json()["tables"][table]
    assert found["received"] == found["stored"] + found["kept"] + found["rejected"]
    return found["stored"], found["kept"], found["rejected"]


def codes(answer):
    return [(error["index"], error["code"]) for error in answer.json()["errors"]]


def stored_jobs(db):
    return {row["id"]: row["job_name"] for row in db.rows("SELECT * FROM jobs")}


def test_of_a_thousand_rows_the_400_that_exist_are_named_and_the_others_stored(post, db, calls):
    assert post(JOBS, jobs(range(2, 802, 2), "Old {}")).status_code == 200
    calls.mark()
    answer = post(JOBS, jobs(range(1, 1001)), on_error="skip")
    assert answer.status_code == 207
    assert counts(answer) == (600, 0, 400)
    assert answer.json()["error_count"] == 400
    assert codes(answer) == [(index, "exists") for index in range(1, 200, 2)]
    assert len(calls.since_mark()) <= 4
    names = stored_jobs(db)
    assert len(names) == 1000
    assert names[2] == "Old 2" and names[1] == "Job 1"


def test_a_conflict_names_every_row_and_stores_nothing(post, db, calls):
    post(JOBS, jobs([3, 5], "Old {}"))
    calls.mark()
    answer = post(JOBS, jobs(range(1, 7)))
    assert answer.status_code == 409
    assert codes(answer) == [(2, "exists"), (4, "exists")]
    assert counts(answer) == (0, 0, 6)
    assert len(calls.since_mark()) == 2
    assert stored_jobs(db) == {3: "Old 3", 5: "Old 5"}


def test_a_conflict_in_several_tables_names_them_all(post, db, calls):
    post("/insert_data", {"jobs": jobs([1]), "departments": [{"id": 1, "department": "a"}]})
    calls.mark()
    body = {
        "jobs": jobs([1, 2]),
        "departments": [{"id": 1, "department": "b"}],
        "employees": [employee(1)],
    }
    answer = post("/insert_data", body)
    assert answer.status_code == 409
    named = [(e["table"], e["index"]) for e in answer.json()["errors"]]
    assert named == [("departments", 0), ("jobs", 0)]
    assert calls.since_mark()[-1]["operation"] == "RollbackTransaction"
    assert (db.count("jobs"), db.count("employees")) == (1, 0)

    answer = post("/insert_data", body, on_error="skip")
    assert answer.status_code == 207
    assert counts(answer) == (1, 0, 1)
    assert counts(answer, "departments") == (0, 0, 1)
    assert counts(answer, "employees") == (1, 0, 0)
    assert (db.count("jobs"), db.count("employees")) == (2, 1)


def test_keep_leaves_what_is_there_and_counts_it(post, db, calls):
    post(JOBS, jobs([2, 4], "Old {}"))
    calls.mark()
    answer = post(JOBS, jobs(range(1, 6)), on_duplicate="keep")
    assert answer.status_code == 200
    assert counts(answer) == (3, 2, 0)
    assert len(calls.since_mark()) == 1
    expected = {1: "Job 1", 2: "Old 2", 3: "Job 3", 4: "Old 4", 5: "Job 5"}
    assert stored_jobs(db) == expected


def test_update_gives_the_new_values(post, db, calls):
    post(JOBS, jobs([1, 2], "Old {}"))
    post(JOBS, jobs([2]), on_duplicate="update")
    calls.mark()
    answer = post(JOBS, jobs(range(1, 4)), on_duplicate="update")
    assert answer.status_code == 200
    assert counts(answer) == (3, 0, 0)
    assert len(calls.since_mark()) == 1
    assert stored_jobs(db) == {1: "Job 1", 2: "Job 2", 3: "Job 3"}


def test_update_writes_null_over_a_value(post, db):
    post("/insert_data", {"jobs": jobs([1]), "employees": [employee(1, job=1)]})
    assert post(EMPLOYEES, [employee(1)], on_duplicate="update").status_code == 200
    assert db.value("SELECT job_id IS NULL FROM employees") == 1


@pytest.mark.parametrize(
    ("on_error", "on_duplicate", "status", "expected"),
    [
        ("reject", "fail", 409, (0, 0, 3)),
        ("skip", "fail", 207, (2, 0, 1)),
        ("reject", "keep", 200, (2, 1, 0)),
        ("reject", "update", 200, (3, 0, 0)),
    ],
)
def test_a_dry_run_says_what_would_be_and_writes_nothing(
    post, db, calls, on_error, on_duplicate, status, expected
):
    post(JOBS, jobs([2], "Old {}"))
    calls.mark()
    parameters = {"on_error": on_error, "on_duplicate": on_duplicate}
    dry = post(JOBS, jobs([1, 2, 3]), dry_run="true", **parameters)
    assert (dry.status_code, counts(dry)) == (status, expected)
    assert all(call["updated"] == 0 for call in calls.since_mark())
    assert stored_jobs(db) == {2: "Old 2"}

    real = post(JOBS, jobs([1, 2, 3]), **parameters)
    without_mark = {name: value for name, value in dry.json().items() if name != "dry_run"}
    assert dry.json()["dry_run"] is True
    assert (real.status_code, real.json()) == (status, without_mark)


def test_unknown_references_are_named(post, db, calls):
    post("/insert_data", {"jobs": jobs([1]), "departments": [{"id": 1, "department": "a"}]})
    rows = [employee(1, 1, 1), employee(2, 9, 1), employee(3, 9, 9), employee(4)]
    calls.mark()
    answer = post(EMPLOYEES, rows, on_error="skip", check_references="true")
    assert answer.status_code == 207
    assert counts(answer, "employees") == (2, 0, 2)
    named = [(e["index"], e["column"], e["code"]) for e in answer.json()["errors"]]
    assert named == [
        (1, "department_id", "unknown_reference"),
        (2, "department_id", "unknown_reference"),
        (2, "job_id", "unknown_reference"),
    ]
    assert len(calls.since_mark()) == 3
    assert [row["id"] for row in db.rows("SELECT id FROM employees ORDER BY id")] == [1, 4]

    assert post(EMPLOYEES, [employee(5, 9)], check_references="true").status_code == 422
    strict = {"check_references": "true", "dry_run": "true"}
    assert post(EMPLOYEES, [employee(5, 9)], **strict).status_code == 422
    # A dry run asks no more than its request would.
    assert post(EMPLOYEES, [employee(5, 9)], dry_run="true").status_code == 200
    assert post(EMPLOYEES, [employee(5, 9)]).status_code == 200


def test_a_parent_may_come_along(post, db):
    body = {"employees": [employee(1, 7, 8)], "departments": [{"id": 7, "department": "a"}]}
    answer = post("/insert_data", body | {"jobs": jobs([8])}, check_references="true")
    assert answer.status_code == 200
    db.empty("employees", "jobs", "departments")

    # A parent that is not stored is none.
    answer = post("/insert_data", body | {"jobs": [{"id": 8}]}, check_references="true", on_error="skip")
    assert answer.status_code == 207
    assert {(e["table"], e["code"]) for e in answer.json()["errors"]} == {
        ("jobs", "missing"),
        ("employees", "unknown_reference"),
    }
    assert (db.count("departments"), db.count("jobs"), db.count("employees")) == (1, 0, 0)


def test_ndjson(post, db):
    lines = [json.dumps(row) for row in jobs([1, 2])] + ["", "{", '{"id": 3, "job": null}']
    answer = post(JOBS, "\n".join(lines), content_type="application/x-ndjson", on_error="skip")
    assert answer.status_code == 207
    named = [(e["index"], e["line"], e["code"]) for e in answer.json()["errors"]]
    assert named == [(2, 4, "invalid_json"), (3, 5, "missing")]
    assert stored_jobs(db) == {1: "Job 1", 2: "Job 2"}


def test_rows_that_only_the_live_table_refuses_are_found(post, db):
    """The live column is narrower than the one that rowgate was built for."""
    db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(10) NOT NULL")
    try:
        rows = jobs(range(1, 101))
        rows[41]["job"] = rows[77]["job"] = "far too long for it"
        answer = post(JOBS, rows, on_error="skip")
        assert answer.status_code == 207
        assert codes(answer) == [(41, "database_refused"), (77, "database_refused")]
        assert "1406" in answer.json()["errors"][0]["message"]
        assert db.count("jobs") == 98

        db.empty("jobs")
        answer = post(JOBS, rows)
        assert (answer.status_code, codes(answer)) == (
            422,
            [(41, "database_refused"), (77, "database_refused")],
        )
        assert db.count("jobs") == 0
    finally:
        db.empty("jobs")
        comment = "COMMENT 'aliases=job'"
        db.rows(f"ALTER TABLE jobs MODIFY job_name VARCHAR(255) NOT NULL {comment}")


def test_a_big_request_is_several_statements_and_still_all_or_nothing(post, db, calls):
    """A quote takes two bytes in the body and four in the Data API's request."""
    name = '"' * 200
    rows = [{"id": id, "job": name} for id in range(1, 9_501)]
    assert 4_000_000 < len(json.dumps(rows)) < 4_194_304
    calls.mark()
    assert post(JOBS, rows).status_code == 200
    made = calls.since_mark()
    writes = [call["updated"] for call in made if call["operation"] == "ExecuteStatement"]
    assert len(writes) == 2 and sum(writes) == len(rows) == db.count("jobs")
    assert [made[0]["operation"], made[-1]["operation"]] == ["BeginTransaction", "CommitTransaction"]
    assert max(call["request_bytes"] for call in made) < 4_194_304
    assert db.value("SELECT COUNT(*) FROM jobs WHERE job_name <> %s", name) == 0

    # The last row of the second statement exists: the first one's rows go as well.
    db.rows("DELETE FROM jobs WHERE id < 9500")
    answer = post(JOBS, rows)
    assert (answer.status_code, codes(answer)) == (409, [(9_499, "exists")])
    assert db.count("jobs") == 1


@pytest.mark.parametrize("options", [[], ["--found-rows"]], ids=["changed", "found"])
def test_counts_are_exact_whichever_rows_the_server_counts(options):
    """It is documented nowhere whether the Data API's driver counts found or changed rows."""
    with running(*options) as stack:
        post = sender(stack)
        assert counts(post(JOBS, jobs([1, 2, 3]))) == (3, 0, 0)
        assert counts(post(JOBS, jobs([3, 4]), on_duplicate="keep")) == (1, 1, 0)
        assert counts(post(JOBS, jobs([3, 4]), on_duplicate="keep")) == (0, 2, 0)
        assert counts(post(JOBS, jobs([4, 5]), on_error="skip")) == (1, 0, 1)
        changed = [*jobs([1, 2]), *jobs([5], "New {}"), *jobs([6])]
        assert counts(post(JOBS, changed, on_duplicate="update")) == (4, 0, 0)
