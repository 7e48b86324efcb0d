"""Files that come into the bucket, the real Lambda that loads them, and what it leaves."""

import csv
import gzip
import hashlib
import io
import json

import pytest
from events import s3_event
from files import (
    codes,
    content,
    counts,
    job_lines,
    ndjson,
    read_rows,
    sample,
    stored_jobs,
)

pytestmark = pytest.mark.usefixtures("empty_tables")

EMPLOYEES = sample("hired_employees.csv")
# What a person puts into a blank cell.
REPAIRS = {
    "name": "Person Found",
    "datetime": "2022-01-31T12:00:00Z",
    "department_id": "1",
    "job_id": "2",
}


@pytest.mark.parametrize(
    ("table", "name", "status", "expected"),
    [
        ("departments", "departments.csv", "complete", (12, 12, 0, 0)),
        ("jobs", "jobs.csv", "complete", (183, 183, 0, 0)),
        ("employees", "hired_employees.csv", "partial", (1999, 1966, 0, 33)),
    ],
)
def test_the_samples(files, db, table, name, status, expected):
    report = files.load(f"incoming/{table}/{name}", sample(name))
    assert (report["status"], counts(report)) == (status, expected)
    whole = [row for row in read_rows(table, sample(name)) if is_good(table, row)]
    assert content(db, table) == whole
    assert len(whole) == expected[1]


def is_good(table, row):
    required = ("name", "datetime") if table == "employees" else row
    return all(row[name] for name in required)


def test_a_report_says_all_that_there_is_to_say(files):
    e_tag = files.put("incoming/employees/all.csv", EMPLOYEES)
    report = files.report("incoming/employees/all.csv", e_tag)
    known = {
        "status": "partial",
        "bucket": files.bucket,
        "key": "incoming/employees/all.csv",
        "version_id": None,
        "e_tag": e_tag,
        "bytes": len(EMPLOYEES),
        "table": "employees",
        "format": "csv",
        "settings": {
            "on_error": "skip",
            "on_duplicate": "update",
            "strict": False,
            "check_references": False,
            "max_errors": None,
            "max_error_rate": None,
            "header": "detect",
            "max_reject_lines": 100_000,
            "max_reject_bytes": 64 << 20,
            "mark_formulas": False,
        },
        "layout": {"header": "absent"},
        "repeated_keys_sought_in_rows": 500_000,
        "error_count": 33,
        "rejects": f"rejects/incoming/employees/all.csv.{e_tag}.csv",
        "undecoded": None,
        "rejects_full_at_line": None,
        "rejects_left_out": 0,
    }
    assert {name: report[name] for name in known} == known
    assert report["tables"]["employees"]["invalid"] == 33
    assert 0 < report["database_ms"] <= report["duration_ms"]
    assert len(report["load_id"]) == 32
    assert report["sequencer"]
    rest = {"rowgate", "load_id", "sequencer", "started", "duration_ms", "database_ms"}
    rest |= {"tables", "errors"}
    assert set(report) == set(known) | rest

    # Each error names its line of the file, and the cell there is blank.
    lines = list(csv.reader(EMPLOYEES.decode("utf-8-sig").splitlines()))
    assert len(report["errors"]) == 33
    for error in report["errors"]:
        assert (error["table"], error["code"]) == ("employees", "missing")
        assert lines[error["line"] - 1][("id", "name", "datetime").index(error["column"])] == ""
        assert error["index"] == error["line"] - 1


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("incoming/employees/all.csv", (1999, 1966, 0, 33)),
        ("incoming/strict/employees/all.csv", (1999, 1929, 0, 70)),
    ],
    ids=["default", "strict"],
)
def test_a_reject_file_is_repaired_and_put_again(files, db, key, expected):
    report = files.load(key, EMPLOYEES)
    assert (report["status"], counts(report)) == ("partial", expected)
    assert db.count("employees") == expected[1]

    # The rest of each line is the very line of the file.
    rejects = files.rejects(report).decode()
    lines = EMPLOYEES.decode("utf-8-sig").splitlines()
    header, *rejected = rejects.splitlines()
    assert header == "_line,_column,_code,_message,id,name,datetime,department_id,job_id"
    assert len(rejected) == expected[3]
    for line in rejected:
        number, _, codes, _, text = line.split(",", 4)
        assert lines[int(number) - 1] == text
        assert set(codes.split(";")) == {"missing"}

    repaired = files.load("incoming/employees/repaired.csv", repair(rejects))
    assert (repaired["status"], counts(repaired)) == ("complete", (expected[3], expected[3], 0, 0))
    every = read_rows("employees", EMPLOYEES)
    assert len(every) == db.count("employees") == 1999
    wanted = [name for name in REPAIRS if "strict" in key or name in ("name", "datetime")]
    repairs = {name: int(text) if text.isdigit() else text for name, text in REPAIRS.items()}
    for row in every:
        row |= {name: repairs[name] for name in wanted if row[name] is None}
    assert content(db, "employees") == every


def repair(rejects):
    """The reject file as a person would mend it: with the named cells filled."""
    rows = list(csv.DictReader(io.StringIO(rejects)))
    for row in rows:
        for column in row["_column"].split(";"):
            assert row[column] == ""
            row[column] = REPAIRS[column]
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def members(body):
    """Gzip data of many members, as `cat a.gz b.gz` makes it; they end anywhere."""
    return b"".join(gzip.compress(body[i : i + 10_001]) for i in range(0, len(body), 10_001))


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("x.ndjson", lambda: ndjson(read_rows("employees", EMPLOYEES))),
        ("x.jsonl", lambda: ndjson(read_rows("employees", EMPLOYEES))),
        ("x.csv.gz", lambda: gzip.compress(EMPLOYEES)),
        ("X.CSV.GZ", lambda: members(EMPLOYEES)),
        ("x.csv", lambda: gzip.compress(EMPLOYEES)),
        ("x.ndjson.gz", lambda: gzip.compress(ndjson(read_rows("employees", EMPLOYEES)))),
    ],
    ids=["ndjson", "jsonl", "gzip", "members", "gzip-unnamed", "ndjson-gzip"],
)
def test_other_forms_give_the_same_content(files, db, name, make):
    report = files.load(f"incoming/employees/{name}", make())
    assert (report["status"], counts(report)) == ("partial", (1999, 1966, 0, 33))
    whole = [row for row in read_rows("employees", EMPLOYEES) if is_good("employees", row)]
    assert content(db, "employees") == whole

    # The rejected lines are not packed, and in the format of the file.
    is_ndjson = "json" in name
    assert report["format"] == ("ndjson" if is_ndjson else "csv")
    assert report["rejects"].endswith(".ndjson" if is_ndjson else ".csv")
    assert len(files.rejects(report).splitlines()) == (33 if is_ndjson else 34)


def test_a_reject_file_of_ndjson_can_be_repaired_too(files, db):
    rows = [{"id": 1, "job": None}, {"id": "2", "job": "b"}, {"id": 3, "job": "c"}]
    report = files.load("incoming/jobs/x.ndjson", ndjson(rows) + b"{oops\n")
    assert (report["status"], counts(report)) == ("partial", (4, 1, 0, 3))
    blank, text, broken = [json.loads(line) for line in files.rejects(report).splitlines()]
    message = "a value is required"
    assert blank == {
        "_line": 1,
        "_errors": [{"column": "job_name", "code": "missing", "message": message}],
        "id": 1,
        "job": None,
    }
    assert (text["_line"], text["id"], text["_errors"][0]["code"]) == (2, "2", "wrong_type")
    assert (broken["_line"], broken["_text"]) == (4, "{oops")

    repaired = ndjson([blank | {"job": "a"}, text | {"id": 2}])
    assert counts(files.load("incoming/jobs/repaired.ndjson", repaired)) == (2, 2, 0, 0)
    assert stored_jobs(db) == {1: "a", 2: "b", 3: "c"}


TORN = gzip.compress(job_lines(20_000))
UTF_32 = job_lines(3).decode().encode("utf-32")
NO_ROWS = (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "body", "status", "rows", "errors"),
    [
        pytest.param("x.csv", b"", "empty", NO_ROWS, [], id="nothing"),
        pytest.param("x.csv", b"\xef\xbb\xbf\r\n\r\n", "empty", NO_ROWS, [], id="blank"),
        pytest.param("x.csv", b"id,job\n", "empty", NO_ROWS, [], id="header"),
        pytest.param("x.ndjson", b"\n", "empty", NO_ROWS, [], id="no-object"),
        pytest.param("x.csv.gz", gzip.compress(b""), "empty", NO_ROWS, [], id="empty-gzip"),
        pytest.param("x.csv.gz", b"", "rejected", NO_ROWS, ["unreadable_gzip"], id="no-gzip"),
        pytest.param(
            "x.csv.gz", job_lines(3), "rejected", NO_ROWS, ["unreadable_gzip"], id="not-gzip"
        ),
        pytest.param("x.csv", UTF_32, "rejected", NO_ROWS, ["1 wrong_encoding"], id="utf-32"),
        pytest.param(
            "x.csv",
            b"id,job,salary\n1,a,2\n",
            "rejected",
            NO_ROWS,
            ["1 unknown_column"],
            id="half-a-header",
        ),
        pytest.param(
            "x.csv",
            b"1,\xc3\xa4\n2,Caf\xe9\n3,c\n",
            "partial",
            (3, 2, 0, 1),
            ["2 invalid_utf8"],
            id="latin-1-among-utf-8",
        ),
        pytest.param(
            "x.csv",
            b'1,a\n2,"b\n3,c\n',
            "partial",
            (3, 1, 0, 2),
            ["2 unclosed_quote", "3 unclosed_quote"],
            id="quote",
        ),
        pytest.param(
            "x.csv",
            b"1,a\n2,b\n1,c\n",
            "partial",
            (3, 2, 0, 1),
            ["3 duplicate_in_batch"],
            id="twice",
        ),
    ],
)
def test_files_with_something_wrong(files, db, name, body, status, rows, errors):
    report = files.load(f"incoming/jobs/{name}", body)
    assert (report["status"], counts(report)) == (status, rows)
    named = [f"{line or ''} {code}".strip() for line, _, code in codes(report)]
    assert (named, report["error_count"]) == (errors, len(errors))
    assert db.count("jobs") == rows[1]
    assert bool(files.rejects(report) or report["undecoded"]) == (rows[3] > 0)


@pytest.mark.parametrize(
    ("encoding", "layout"),
    [("utf-16", "utf-16le"), ("utf-16-be", "utf-16be"), ("cp1252", "windows-1252")],
)
def test_files_in_other_encodings_are_read(files, db, encoding, layout):
    jobs = {1: "a", 2: "Café", 3: "Müller"}
    text = "".join(f"{id},{job}\r\n" for id, job in jobs.items())
    report = files.load("incoming/jobs/x.csv", text.encode(encoding))
    assert (report["status"], counts(report)) == ("complete", (3, 3, 0, 0))
    assert report["layout"] == {"encoding": layout, "header": "absent"}
    assert stored_jobs(db) == jobs


def test_a_line_in_another_encoding_comes_back_byte_for_byte(files, db):
    report = files.load("incoming/jobs/x.csv", b'1,\xc3\xa4\r\n2, "Caf\xe9" \r\n3,c')
    assert codes(report) == [(2, None, "invalid_utf8")]
    assert files.rejects(report) == b""
    assert files.read(report["undecoded"]) == b'2, "Caf\xe9" \n'
    assert stored_jobs(db) == {1: "ä", 3: "c"}


def test_of_a_torn_gzip_file_is_stored_what_can_be_read(files, db):
    report = files.load("incoming/jobs/x.csv.gz", TORN[: len(TORN) // 2])
    assert report["status"] == "partial"
    assert codes(report) == [(None, None, "unreadable_gzip")]
    received, stored, kept, rejected = counts(report)
    assert (received, kept, rejected) == (stored, 0, 0)
    assert 1_000 < stored < 20_000
    # All of them are whole, from the first to the last.
    assert stored_jobs(db) == {id: f"Job {id}" for id in range(1, stored + 1)}


@pytest.mark.parametrize(
    ("key", "table", "code"),
    [
        ("incoming/cats/x.csv", "x", "unknown_table"),
        ("incoming/x.csv", "x", "unknown_table"),
        ("incoming/jobs/letter.docx", "jobs", "unsupported_format"),
        ("incoming/jobs/x", "jobs", "unsupported_format"),
        ("incoming/jobs/x.csv.zip", "jobs", "unsupported_format"),
    ],
)
def test_files_that_have_no_place(files, db, calls, key, table, code):
    calls.mark()
    report = files.load(key, job_lines(3))
    assert report["status"] == "rejected"
    assert [(error["table"], error["code"]) for error in report["errors"]] == [(table, code)]
    assert (report["tables"], report["rejects"]) == ({}, None)
    assert calls.since_mark() == []
    assert db.count("jobs") == 0


@pytest.mark.parametrize("key", ["incoming/jobs.csv", "incoming/2026/hired_employees.2026-01.csv"])
def test_a_table_by_the_name_of_the_file(files, db, key):
    table = "jobs" if "jobs" in key else "employees"
    row = {"jobs": b"1,a\n", "employees": b"1,a,2021-07-27T16:02:08Z,,\n"}[table]
    report = files.load(key, row)
    assert (report["table"], report["status"]) == (table, "complete")
    assert db.count(table) == 1


def test_an_object_that_is_gone_since_its_event(files, db, calls):
    key = "incoming/jobs/gone.csv"
    calls.mark()
    e_tag = files.put("other/" + key, job_lines(1))
    answer = files.invoke(s3_event(files.bucket, key, e_tag))
    assert [load["status"] for load in answer["loads"]] == ["gone"]
    report = files.report(key, e_tag)
    assert (report["status"], report["tables"], report["rejects"]) == ("gone", {}, None)
    assert codes(report) == [(None, None, "object_gone")]
    assert calls.since_mark() == []
    assert db.count("jobs") == 0


def test_an_object_that_was_written_anew_since_its_event(files, db):
    """Its own event loads what is there now."""
    key = "incoming/jobs/x.csv"
    old = files.put(key, job_lines(3))
    files.report(key, old)
    files.load(key, job_lines(1))
    db.empty("jobs")
    answer = files.invoke(s3_event(files.bucket, key, old))
    assert answer["loads"][0]["status"] == files.report(key, old)["status"] == "gone"
    assert db.count("jobs") == 0


@pytest.mark.parametrize(
    "key", ["incoming/jobs/", "reports/jobs/x.csv", "rejects/jobs/x.csv", "backups/jobs/x.csv"]
)
def test_what_is_not_for_loading_leaves_nothing(files, db, s3_calls, key):
    if not key.endswith("/"):
        files.put(key, job_lines(3))
    s3_calls.mark()
    answer = files.invoke(s3_event(files.bucket, key))
    assert [(load["key"], load["status"]) for load in answer["loads"]] == [(key, "ignored")]
    assert s3_calls.since_mark() == []
    assert db.count("jobs") == 0


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("incoming/limited/employees/x.csv", "too_many_errors"),
        ("incoming/rate/employees/x.csv", "too_many_errors"),
        ("incoming/whole/employees/x.csv", "missing"),
    ],
)
def test_with_too_many_bad_rows_nothing_is_stored(files, db, calls, key, code):
    calls.mark()
    report = files.load(key, EMPLOYEES)
    assert (report["status"], counts(report)) == ("rejected", (1999, 0, 0, 1999))
    assert report["tables"]["employees"]["invalid"] == 33
    assert report["errors"][0]["code"] == code
    assert report["error_count"] == (34 if code == "too_many_errors" else 33)
    assert len(files.rejected_rows(report)) == 33
    # It is claimed and ended in the ledger, and nothing else.
    assert [call["operation"] for call in calls.since_mark()] == ["ExecuteStatement"] * 3
    assert db.count("employees") == 0


@pytest.mark.parametrize(
    ("key", "body", "expected"),
    [
        ("incoming/limited/33/employees/x.csv", EMPLOYEES, (1999, 1966, 0, 33)),
        ("incoming/rate/jobs/x.csv", job_lines(198) + b"199,\n200,\n", (200, 198, 0, 2)),
        ("incoming/whole/jobs/x.csv", job_lines(200), (200, 200, 0, 0)),
    ],
)
def test_with_just_few_enough_the_good_ones_are(files, db, key, body, expected):
    report = files.load(key, body)
    assert counts(report) == expected
    assert db.count(report["table"]) == expected[1]
    assert len(files.rejected_rows(report)) == report["error_count"] == expected[3]


@pytest.mark.parametrize(
    "key",
    [
        "incoming/jobs/may 2026.csv",
        "incoming/jobs/1+1.csv",
        "incoming/jobs/100%.csv",
        "incoming/jobs/a%20b%2Bc.csv",
        "incoming/jobs/März 東京 😀.csv",
        "incoming/jobs/a=b&c;d'e(f)!$,@:~*.csv",
        "incoming/2026/11/23/from/hr/jobs/last/of/all/x.csv",
        "incoming/jobs/.csv",
        'incoming/jobs/what?#here[1]{2}|^`"<>\\.csv',
    ],
)
def test_keys_of_any_kind(files, db, key):
    report = files.load(key, job_lines(2))
    assert (report["key"], report["status"]) == (key, "complete")
    assert stored_jobs(db) == {1: "Job 1", 2: "Job 2"}

    report = files.load(key, job_lines(1, name=""))
    assert report["rejects"] == f"rejects/{key}.{report['e_tag']}.csv"
    assert [row["id"] for row in files.rejected_rows(report)] == ["1"]


@pytest.mark.parametrize("key", ["incoming/jobs/../x.csv", "incoming/./jobs/x.csv"])
def test_a_key_that_no_request_can_be_made_for(files, key):
    (load,) = files.invoke(s3_event(files.bucket, key, "tag"))["loads"]
    assert (load["status"], load["received"]) == ("rejected", 0)
    digest = hashlib.sha256(key.encode()).hexdigest()
    report = json.loads(files.read(f"reports/{digest}.tag.json"))
    assert (report["key"], codes(report)) == (key, [(None, None, "unreadable_key")])


@pytest.mark.parametrize("key", ["incoming/jobs/_SUCCESS", "incoming/jobs_$folder$"])
def test_empty_marks_of_other_programs_are_left_alone(files, db, key):
    e_tag = files.put(key, b"")
    (load,) = files.invoke(s3_event(files.bucket, key, e_tag))["loads"]
    assert load["status"] == "ignored"
    assert files.keys(f"reports/{key}") == []


@pytest.mark.parametrize("key", ["incoming/Jobs/x.csv", "incoming/JOBS.CSV"])
def test_a_table_is_found_in_any_case(files, db, key):
    assert files.load(key, job_lines(2))["status"] == "complete"
    assert stored_jobs(db) == {1: "Job 1", 2: "Job 2"}


def test_an_event_that_comes_twice(files, db):
    """S3 delivers each event at least once."""
    key = "incoming/employees/x.csv"
    e_tag = files.put(key, EMPLOYEES)
    first = files.report(key, e_tag)
    before = content(db, "employees")
    db.rows("UPDATE employees SET name = 'Changed' WHERE id = 1")
    answer = files.invoke(s3_event(files.bucket, key, e_tag))
    (load,) = answer["loads"]
    assert (load["status"], load["load_id"]) == ("duplicate", first["load_id"])
    assert (load["received"], load["stored"], load["rejected"]) == (1999, 1966, 33)
    assert content(db, "employees") == [before[0] | {"name": "Changed"}, *before[1:]]
    assert files.report(key, e_tag) == first
    assert len(files.rejected_rows(first)) == 33


def test_a_changed_object_under_the_same_key_wins(files, db):
    key = "incoming/employees/x.csv"
    row = b"1,Ann,2021-07-27T18:02:08+02:00,3,4\n"
    first = files.load(key, row + row.replace(b"1", b"2", 1))
    second = files.load(key, b"1,Bea,2021-07-27T16:02:08Z,,5\n")
    assert first["e_tag"] != second["e_tag"]
    assert (second["status"], counts(second)) == ("complete", (1, 1, 0, 0))
    when = "2021-07-27T16:02:08Z"
    assert content(db, "employees") == [
        {"id": 1, "name": "Bea", "datetime": when, "department_id": None, "job_id": 5},
        {"id": 2, "name": "Ann", "datetime": when, "department_id": 3, "job_id": 4},
    ]


def test_rows_that_are_there_may_be_kept(files, db):
    db.rows("INSERT INTO jobs VALUES (2, 'Old 2'), (4, 'Old 4')")
    report = files.load("incoming/keep/jobs/x.csv", job_lines(5))
    assert (report["status"], counts(report)) == ("complete", (5, 3, 2, 0))
    assert report["settings"]["on_duplicate"] == "keep"
    expected = {1: "Job 1", 2: "Old 2", 3: "Job 3", 4: "Old 4", 5: "Job 5"}
    assert stored_jobs(db) == expected


def test_rows_that_are_there_may_be_refused(files, db):
    db.rows("INSERT INTO jobs VALUES (2, 'Old 2'), (4, 'Old 4')")
    lines = b'1,Job 1\n2,"Job, 2" \n3,Job 3\n4,"Job\n4"\n5,\n'
    report = files.load("incoming/fail/jobs/x.csv", lines)
    assert (report["status"], counts(report)) == ("partial", (5, 2, 0, 3))
    assert sorted(codes(report)) == [
        (2, "id", "exists"),
        (4, "id", "exists"),
        (6, "job_name", "missing"),
    ]
    rejects = files.rejects(report).decode()
    message = "the table has a row with this key already"
    assert rejects.startswith("_line,_column,_code,_message,id,job_name\n")
    for line in (f'2,id,exists,{message},2,"Job, 2" \n', f'4,id,exists,{message},4,"Job\n4"\n'):
        assert rejects.count(line) == 1
    assert stored_jobs(db) == {1: "Job 1", 2: "Old 2", 3: "Job 3", 4: "Old 4"}


def test_a_file_of_nothing_but_rows_that_are_there(files, db):
    db.rows("INSERT INTO jobs VALUES (1, 'Old 1'), (2, 'Old 2')")
    report = files.load("incoming/fail/jobs/x.csv", job_lines(2))
    assert (report["status"], counts(report)) == ("rejected", (2, 0, 0, 2))
    assert [row["_code"] for row in files.rejected_rows(report)] == ["exists", "exists"]
    assert stored_jobs(db) == {1: "Old 1", 2: "Old 2"}


def test_rows_whose_parents_are_not_there(files, db):
    db.rows("INSERT INTO jobs VALUES (1, 'a')")
    parents = [b",1", b"9,1", b",8"]
    rows = [b"%d,Ann,2021-07-27T16:02:08Z,%s\n" % row for row in enumerate(parents, 1)]
    report = files.load("incoming/parents/employees/x.csv", b"".join(rows))
    assert (report["status"], counts(report)) == ("partial", (3, 1, 0, 2))
    unknown = "unknown_reference"
    assert codes(report) == [(2, "department_id", unknown), (3, "job_id", unknown)]
    named = [(row["_line"], row["_column"], row["id"]) for row in files.rejected_rows(report)]
    assert named == [("2", "department_id", "2"), ("3", "job_id", "3")]
    assert db.value("SELECT id FROM employees") == 1


@pytest.fixture
def narrow_jobs(db):
    """The live column is narrower than the one that rowgate was built for."""
    db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(10) NOT NULL")
    yield
    db.empty("jobs")
    comment = "COMMENT 'aliases=job'"
    db.rows(f"ALTER TABLE jobs MODIFY job_name VARCHAR(255) NOT NULL {comment}")


@pytest.mark.parametrize(("name", "pack"), [("x.csv", bytes), ("x.csv.gz", gzip.compress)])
def test_rows_that_only_the_live_table_refuses_are_in_the_reject_file_as_they_were(
    files, db, narrow_jobs, name, pack
):
    """They are found when they are in memory no more."""
    lines = job_lines(100).decode().splitlines()
    lines[41] = ' 42 ,"far too long for it, ""really""" '
    lines[77] = '78,"far too long\nfor it"'
    body = "\r\n".join(["id,job", *lines]).encode()
    report = files.load(f"incoming/jobs/{name}", pack(body))
    assert (report["status"], counts(report)) == ("partial", (100, 98, 0, 2))
    assert codes(report) == [(43, None, "database_refused"), (79, None, "database_refused")]
    message = "the database refused the row with MySQL error 1406"
    assert files.rejects(report).decode() == (
        "_line,_column,_code,_message,id,job\n"
        f"43,,database_refused,{message},{lines[41]}\n"
        f"79,,database_refused,{message},{lines[77]}\n"
    )
    expected = {id: f"Job {id}" for id in range(1, 101) if id not in (42, 78)}
    assert stored_jobs(db) == expected


def test_a_large_file_is_several_ranges_and_statements(files, db, calls, s3_calls):
    """Bad rows on every range, and one at the very end without a line break."""
    name = "x" * 200
    body = job_lines(25_000, name=name)
    body = body.replace(b"777," + name.encode(), b"777,") + b"x,y"
    assert len(body) > 4 << 20
    calls.mark()
    s3_calls.mark()
    report = files.load("incoming/jobs/large.csv", body)
    bad = [id for id in range(1, 25_001) if id % 1000 == 777]
    assert (report["status"], counts(report)) == ("partial", (25_001, 24_975, 0, 26))
    assert codes(report) == [
        *((id, "job_name", "missing") for id in bad),
        (25_001, "id", "wrong_type"),
    ]
    assert [row["id"] for row in files.rejected_rows(report)] == [*map(str, bad), "x"]
    assert db.count("jobs") == 24_975
    assert db.value("SELECT COUNT(*) FROM jobs WHERE job_name <> %s", name) == 0

    made = calls.since_mark()
    assert [call["status"] for call in made] == [200] * len(made)
    commits = [call for call in made if call["operation"] == "CommitTransaction"]
    assert 2 <= len(commits) <= 4
    # A claim and an end, and for each statement its transaction and its place in the ledger.
    assert len(made) == 3 + 4 * len(commits)
    reads = [call for call in s3_calls.since_mark() if call["range"]]
    assert len(reads) == -(-len(body) // (1 << 20))
