"""Avro files of others: what is read, what is named in the plan, and what is refused before writing."""

import io

import fastavro
import pytest
from backups import made
from test_restore import leftovers, refused, tidy


def schema(**types):
    fields = [{"name": name, "type": kind} for name, kind in types.items()]
    return {"type": "record", "name": "r", "fields": fields}


JOBS = schema(id="int", job_name="string")
EMPLOYEES = schema(
    id="int",
    name="string",
    datetime="string",
    department_id=["null", "int"],
    job_id=["null", "int"],
)


def employee(id, datetime="2021-07-27T16:02:08Z"):
    values = {"name": "x", "datetime": datetime, "department_id": None, "job_id": None}
    return {"id": id, **values}


@pytest.fixture(autouse=True)
def clean(db, bucket):
    """The three tables without rows, nothing of a restore beside them, and no foreign file."""
    tidy(db)
    bucket.delete("f/")
    yield
    tidy(db)
    bucket.delete("f/")


def jobs(db):
    return {row["id"]: row["job_name"] for row in db.rows("SELECT * FROM jobs")}


def test_fields_are_matched_in_any_case(restore, bucket, db):
    rows = [{"ID": 1, "Job_Name": "a"}]
    bucket.write_avro("f/jobs/x.avro", schema(ID="int", Job_Name="string"), rows)
    made(restore("f/jobs/", "--json"))
    assert jobs(db) == {1: "a"}
    both = schema(id="int", ID="int", job_name="string")
    bucket.write_avro("f/jobs/x.avro", both, [{"id": 1, "ID": 2, "job_name": "a"}])
    refused(restore("f/jobs/"), "f/jobs/x.avro", "id")


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_whole_doubles_are_integers(restore, bucket, db, codec):
    of_pandas = schema(id="int", name="string", datetime="string", department_id=["null", "double"])
    def row(id, department):
        values = {"name": "x", "datetime": "2021-07-27T16:02:08Z", "department_id": department}
        return {"id": id, **values}

    rows = [row(1, 7.0), row(2, None), row(3, -0.0), row(4, -(2.0**31))]
    bucket.write_avro("f/employees/x.avro", of_pandas, rows, codec)
    made(restore("f/employees/", "--json"))
    found = db.rows("SELECT department_id AS id FROM employees ORDER BY employees.id")
    assert [row["id"] for row in found] == [7, None, 0, -(2**31)]
    for wrong in (0.5, float("nan"), 2.0**31):
        bucket.write_avro("f/employees/x.avro", of_pandas, [row(1, wrong)], codec)
        refused(restore("f/employees/"), "f/employees/x.avro: block 0: row 0: department_id")


def test_bytes_are_a_text_if_they_are_utf_8(restore, bucket, db):
    of_bytes = schema(id="int", job_name="bytes")
    bucket.write_avro("f/jobs/x.avro", of_bytes, [{"id": 1, "job_name": "Köln 🏙".encode()}])
    made(restore("f/jobs/", "--json"))
    assert jobs(db) == {1: "Köln 🏙"}
    bucket.write_avro("f/jobs/x.avro", of_bytes, [{"id": 1, "job_name": b"K\xf6ln"}])
    refused(restore("f/jobs/"), "f/jobs/x.avro: block 0: row 0: job_name")


def test_a_namespace_may_have_any_characters(restore, bucket, db):
    """As a topic's name has, or a table's; fastavro would not write it."""
    bucket.write_avro("f/jobs/x.avro", JOBS | {"namespace": "aaaa.bbbb"}, [{"id": 1, "job_name": "a"}])
    body = bucket.read("f/jobs/x.avro")
    assert body.count(b"aaaa.bbbb") == 1
    for namespace in ("a-b/ö.b-", "1.2.3 (4)", "........."):
        bucket.write("f/jobs/x.avro", body.replace(b"aaaa.bbbb", namespace.encode()))
        made(restore("f/jobs/", "--json"))
        assert jobs(db) == {1: "a"}


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_a_block_that_is_too_large_is_refused_with_what_to_do(restore, bucket, db, codec):
    """As polars writes a large frame: all rows in one block."""
    file = io.BytesIO()
    # Longer than the column takes, which would show only once the block is read.
    rows = ({"id": id, "job_name": "x" * 240_000} for id in range(1, 290))
    fastavro.writer(file, JOBS, rows, codec, sync_interval=1 << 30)
    bucket.write("f/jobs/x.avro", file.getvalue())
    named = "block 0: has more than 67108864 bytes; write the rows again in smaller blocks"
    refused(restore("f/jobs/"), f"f/jobs/x.avro: {named}")
    assert leftovers(db) == []


def test_a_folder_needs_no_slash(restore, bucket, db):
    bucket.write_avro("f/h/jobs/x.avro", JOBS, [{"id": 1, "job_name": "a"}])
    for source in ("f/h/jobs", f"s3://{bucket.name}/f/h/jobs", "f/h/jobs/", "f/h/jobs/x.avro"):
        assert made(restore(source, "--plan", "--json"))["tables"][0]["rows"] == 1
    refused(restore("f/h/job"), "f/h/job: no such backup, folder or file")
    refused(restore("s3://other/f/h/jobs/"), f"files are read from the bucket {bucket.name} alone")


def test_a_partition_folder_whose_field_is_in_the_file_is_read(restore, bucket, db):
    key = "f/employees/department_id=1/x.avro"
    bucket.write_avro(key, EMPLOYEES, [employee(1) | {"department_id": 1}])
    made(restore("f/employees/", "--json"))
    assert db.value("SELECT department_id FROM employees") == 1
    lacks = schema(id="int", name="string", datetime="string", job_id=["null", "int"])
    row = employee(1)
    del row["department_id"]
    bucket.write_avro(key, lacks, [row])
    named = "the column department_id is in the folder's name and not in the file"
    refused(restore("f/employees/"), key, named)


def test_files_of_0_bytes_are_counted(restore, bucket, db):
    bucket.write_avro("f/jobs/x.avro", JOBS, [{"id": 1, "job_name": "a"}])
    for name in ("empty.avro", "_SUCCESS", "sub_$folder$"):
        bucket.write(f"f/jobs/{name}", b"")
    plan = made(restore("f/jobs/", "--plan", "--json"))
    assert plan["empty_files"] == ["f/jobs/empty.avro"]
    named = "files of 0 bytes, which have no row: 1, the first: f/jobs/empty.avro"
    assert named in restore("f/jobs/", "--plan").stdout


def test_date_times_that_no_other_door_takes_are_counted(restore, bucket, db):
    texts = ["2021-07-27T16:02:08Z", "2021-07-27 16:02:08", "yesterday", "2021-07-27T16:02:08+02:00"]
    rows = [employee(id, text) for id, text in enumerate(texts, start=1)]
    bucket.write_avro("f/employees/x.avro", EMPLOYEES, rows)
    plan = made(restore("f/employees/", "--plan", "--json"))
    (table,) = plan["tables"]
    assert table["odd_values"] == [{"column": "datetime", "invalid": 2, "other_form": 1}]
    text = restore("f/employees/", "--plan").stdout
    assert "of datetime 2 texts that are no date-time, 1 of another form" in text
    made(restore("f/employees/", "--json"))
    stored = db.rows("SELECT datetime FROM employees ORDER BY id")
    assert [row["datetime"] for row in stored] == texts


@pytest.mark.parametrize("by", ["command", "lambda"])
def test_a_key_that_comes_twice_is_named_before_anything_is_written(
    restore, files, bucket, db, calls, by
):
    def job(id, name="a"):
        return {"id": id, "job_name": name}

    cases = [
        ([[job(1), job(2), job(1)]], "the key 1 is there twice, in f/jobs/0.avro"),
        ([[job(1), job(2)], [job(3), job(2, "b")]],
         "the key 2 is there twice, in f/jobs/0.avro and in f/jobs/1.avro"),
    ]
    for contents, named in cases:
        bucket.delete("f/")
        for number, rows in enumerate(contents):
            bucket.write_avro(f"f/jobs/{number}.avro", JOBS, rows)
        calls.mark()
        if by == "command":
            assert f"in the way: jobs: {named}" in restore("f/jobs/", "--plan").stdout
            refused(restore("f/jobs/"), named)
        else:
            kind, text = files.fail({"rowgate": "restore", "sources": ["f/jobs/"]})
            assert (kind, named in text) == ("RestoreFailed", True)
        assert {call["verb"] for call in calls.since_mark()} <= {"SELECT", "SHOW"}
        assert leftovers(db) == []


def test_a_manifest_that_contradicts_itself_is_refused_before_anything_is_written(
    backup, restore, bucket, db, calls
):
    db.rows("INSERT INTO jobs VALUES (1, 'a'), (2, 'b')")
    manifest = made(backup("--json"))
    run = manifest["run"]
    manifest["tables"][1]["rows"] = 99
    bucket.write_manifest(run, manifest)
    calls.mark()
    refused(restore(run), f"backups/{run}/jobs: the manifest contradicts itself on its rows")
    manifest["tables"][1]["rows"] = 4
    manifest["tables"][1]["parts"] *= 2
    bucket.write_manifest(run, manifest)
    refused(restore(run), "the manifest is not one of rowgate's")
    assert {call["verb"] for call in calls.since_mark()} <= {"SELECT", "SHOW"}
