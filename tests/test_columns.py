"""Columns that a row does not carry, and unique keys besides the primary one."""

import json
from contextlib import contextmanager

import pytest
from events import gateway_event
from files import codes, content, counts, ndjson

pytestmark = pytest.mark.usefixtures("empty_tables")

JOBS = "/tables/jobs/rows"
EMPLOYEES = "/tables/employees/rows"
AT = "2021-07-27T16:02:08Z"

ANN = {"id": 1, "name": "Ann", "datetime": AT, "department_id": 2, "job_id": 118}
BOB = {"id": 2, "name": "Bob", "datetime": AT, "department_id": 3, "job_id": None}

# A file that corrects a name, and has one row more.
PARTIAL = f"id,name,datetime\n1,Amias,{AT}\n3,Cid,{AT}\n"
CORRECTED = [
    ANN | {"name": "Amias"},
    BOB,
    {"id": 3, "name": "Cid", "datetime": AT, "department_id": None, "job_id": None},
]


@pytest.fixture(params=["worker", "gateway", "s3", "direct"])
def update(request, post, files, command, tmp_path):
    """Sends CSV of a table with `on_duplicate=update`, by each entry point: the counts and codes."""

    def by_worker(table, text):
        return post(f"/tables/{table}/rows", text, on_duplicate="update").json()

    def by_gateway(table, text):
        headers = {"content-type": "text/csv"}
        query = [("on_duplicate", "update")]
        event = gateway_event("POST", f"/tables/{table}/rows", query, headers, text.encode())
        return json.loads(files.invoke(event)["body"])

    def by_s3(table, text):
        return files.load(f"incoming/{table}/partial.csv", text.encode())

    def direct(table, text):
        path = tmp_path / f"{table}.csv"
        path.write_text(text)
        return json.loads(command("load", "--direct", "--format", "json", str(path)).stdout)

    return {"worker": by_worker, "gateway": by_gateway, "s3": by_s3, "direct": direct}[request.param]


@contextmanager
def altered(db, table, change, back):
    """A live table that differs meanwhile."""
    db.rows(f"ALTER TABLE {table} {change}")
    try:
        yield
    finally:
        db.empty(table)
        db.rows(f"ALTER TABLE {table} {back}")


def unique_name(db):
    return altered(db, "jobs", "ADD UNIQUE uq_name (job_name)", "DROP INDEX uq_name")


def default_job(db):
    comment = "COMMENT 'references=jobs.id'"
    return altered(
        db,
        "employees",
        f"MODIFY job_id INT NULL DEFAULT 7 {comment}",
        f"MODIFY job_id INT NULL {comment}",
    )


def stored_jobs(db):
    return {row["id"]: row["job_name"] for row in db.rows("SELECT * FROM jobs")}


def test_a_header_with_fewer_columns_leaves_the_others_alone(update, post, db):
    assert post(EMPLOYEES, [ANN, BOB]).status_code == 200
    assert counts(update("employees", PARTIAL)) == (2, 2, 0, 0)
    assert content(db, "employees") == CORRECTED


def test_an_empty_cell_is_null_all_the_same(update, post, db):
    post(EMPLOYEES, [ANN])
    assert counts(update("employees", f"id,name,datetime,job_id\n1,Ann,{AT},\n")) == (1, 1, 0, 0)
    assert content(db, "employees") == [ANN | {"job_id": None}]


def test_a_new_row_gets_the_defaults_of_columns_that_do_not_come(update, db):
    with default_job(db):
        assert counts(update("employees", PARTIAL)) == (2, 2, 0, 0)
        assert [row["job_id"] for row in content(db, "employees")] == [7, 7]
        update("employees", f"id,name,datetime,job_id\n4,Dee,{AT},\n")
        assert db.value("SELECT job_id IS NULL FROM employees WHERE id = 4") == 1


def test_a_required_column_that_does_not_come_is_missing_though_it_has_a_default(post, db):
    comment = "COMMENT 'aliases=job'"
    change = f"MODIFY job_name VARCHAR(255) NOT NULL DEFAULT 'none' {comment}"
    with altered(db, "jobs", change, f"MODIFY job_name VARCHAR(255) NOT NULL {comment}"):
        answer = post(JOBS, [{"id": 1}])
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "missing")
        assert db.count("jobs") == 0


@pytest.mark.parametrize("on_duplicate", ["fail", "keep", "update"])
def test_rows_of_different_columns_in_one_request(post, db, calls, on_duplicate):
    some = {"id": 4, "name": "Dee", "datetime": AT}
    rows = [ANN, some, BOB, some | {"id": 5, "job_id": 9}, some | {"id": 6, "job_id": None}]
    with default_job(db):
        calls.mark()
        answer = post(EMPLOYEES, rows, on_duplicate=on_duplicate)
        assert (answer.status_code, counts(answer.json())) == (200, (5, 5, 0, 0))
        assert len(calls.since_mark()) == 5, "one transaction of three statements"
        jobs = {row["id"]: row["job_id"] for row in content(db, "employees")}
        assert jobs == {1: 118, 2: None, 4: 7, 5: 9, 6: None}

        # Once more, with other values for some columns.
        again = [{**row, "name": "Eve"} for row in [some, ANN]]
        answer = post(EMPLOYEES, again, on_duplicate=on_duplicate, on_error="skip")
        names = [row["name"] for row in content(db, "employees") if row["id"] in (1, 4)]
        expected = {
            "fail": (409, (2, 0, 0, 2), ["Ann", "Dee"]),
            "keep": (200, (2, 0, 2, 0), ["Ann", "Dee"]),
            "update": (200, (2, 2, 0, 0), ["Eve", "Eve"]),
        }
        found = (answer.status_code, counts(answer.json()), names)
        assert found == expected[on_duplicate]
        assert db.value("SELECT job_id FROM employees WHERE id = 4") == 7


def test_rows_of_different_columns_in_a_file(files, db):
    """Batch by batch in the order of the rows, and only once."""
    some = [{"id": id, "name": f"Person {id}", "datetime": AT} for id in range(1, 4_001)]
    extra = [{}, {"job_id": 1}, {"department_id": 2}, {"job_id": None, "department_id": 3}]
    rows = [row | extra[row["id"] % 4] for row in some]
    report = files.load("incoming/employees/mixed.ndjson", ndjson(rows) + b'{"id":1}\n')
    assert (report["status"], counts(report)) == ("partial", (4_001, 4_000, 0, 1))
    nothing = {"department_id": None, "job_id": None}
    assert content(db, "employees") == [nothing | row for row in rows]
    assert db.value("SELECT next_row FROM rowgate_loads") == 4_001

    changed = [{"id": row["id"], "name": "New", "datetime": AT} for row in rows]
    assert counts(files.load("incoming/employees/new.ndjson", ndjson(changed)))[1] == 4_000
    assert content(db, "employees") == [nothing | row | {"name": "New"} for row in rows]


def test_an_update_of_rows_that_are_the_same_is_stored(post, db):
    for _ in range(2):
        answer = post(JOBS, [{"id": 1, "job": "Cook"}], on_duplicate="update")
        assert (answer.status_code, counts(answer.json())) == (200, (1, 1, 0, 0))
    assert stored_jobs(db) == {1: "Cook"}


# What a row is told that collides by a unique key of just now, by whether the key has been looked at since.
COLLIDES = {
    "conflict": "another row of the table has the same value in unique key uq_name",
    "database_refused": "1062: another unique key",
}


def is_named(error):
    return COLLIDES[error["code"]] in error["message"]


def test_no_row_is_changed_by_another_unique_key(update, post, db):
    post(JOBS, [{"id": 1, "job": "Cook"}, {"id": 2, "job": "Clerk"}])
    with unique_name(db):
        # One row is new, one collides by its name alone, and one is changed.
        report = update("jobs", "3,Guard\n99,Cook\n2,Baker\n")
        (error,) = report["errors"]
        assert (error["line"], error["column"], is_named(error)) == (2, None, True)
        if report["status"] == "partial":
            assert counts(report) == (3, 2, 0, 1)
            assert stored_jobs(db) == {1: "Cook", 2: "Baker", 3: "Guard"}
        else:
            assert report["status"] == (409 if error["code"] == "conflict" else 422)
            assert counts(report)[1] == 0
            assert stored_jobs(db) == {1: "Cook", 2: "Clerk"}
    # The same rows are stored once the key is dropped.
    assert counts(update("jobs", "3,Guard\n99,Cook\n2,Baker\n\n")) == (3, 3, 0, 0)
    assert stored_jobs(db) == {2: "Baker", 3: "Guard", 99: "Cook"}


@pytest.mark.parametrize("on_error", ["reject", "skip"])
def test_a_dry_run_says_the_same(post, db, on_error):
    """Of rows that do not collide; others no dry run sees before a look at the table."""
    with unique_name(db):
        rows = [{"id": 1, "job": "Cook"}, {"id": 2, "job": "Clerk"}]
        parameters = {"on_duplicate": "update", "on_error": on_error}
        for _ in range(2):
            dry = post(JOBS, rows, dry_run="true", **parameters)
            real = post(JOBS, rows, **parameters)
            assert dry.json().pop("dry_run")
            assert (dry.status_code, counts(dry.json())) == (200, (2, 2, 0, 0))
            assert (real.status_code, counts(real.json())) == (200, (2, 2, 0, 0))
            assert stored_jobs(db) == {1: "Cook", 2: "Clerk"}


@pytest.mark.parametrize("on_error", ["reject", "skip"])
def test_a_row_that_collides_among_several_tables(post, db, on_error):
    with unique_name(db):
        post(JOBS, [{"id": 7, "job": "Cook"}])
        body = {"departments": [{"id": 1, "department": "a"}], "jobs": [{"id": 1, "job": "Cook"}]}
        answer = post("/insert_data", body, on_duplicate="update", on_error=on_error)
        (error,) = answer.json()["errors"]
        assert (error["table"], error["index"], is_named(error)) == ("jobs", 0, True)
        refused = 409 if error["code"] == "conflict" else 422
        assert answer.status_code == (207 if on_error == "skip" else refused)
        assert db.count("departments") == (1 if on_error == "skip" else 0)
        assert stored_jobs(db) == {7: "Cook"}


@pytest.mark.parametrize("on_duplicate", ["fail", "keep"])
def test_a_row_that_collides_by_another_unique_key_alone_is_named_as_refused(
    post, db, on_duplicate
):
    with unique_name(db):
        post(JOBS, [{"id": 1, "job": "Cook"}, {"id": 2, "job": "Clerk"}])
        rows = [{"id": 3, "job": "Guard"}, {"id": 99, "job": "Cook"}, {"id": 2, "job": "Baker"}]
        answer = post(JOBS, rows, on_duplicate=on_duplicate, on_error="skip")
        found = [(e["index"], e["column"], e["code"]) for e in answer.json()["errors"]]
        refused = (1, None, "database_refused")
        assert answer.status_code == 207
        assert found == ([(2, "id", "exists"), refused] if on_duplicate == "fail" else [refused])
        (message,) = [e["message"] for e in answer.json()["errors"] if e["index"] == 1]
        assert "1062: another unique key" in message
        assert stored_jobs(db) == {1: "Cook", 2: "Clerk", 3: "Guard"}

        answer = post(JOBS, [{"id": 99, "job": "Cook"}], on_duplicate=on_duplicate)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "database_refused")
