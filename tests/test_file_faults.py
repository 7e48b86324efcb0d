"""Faults of S3 and of the Data API while a file is loaded: it is loaded all the same, and once."""

import pytest
from events import s3_event
from files import ATTEMPTS, codes, counts, job_lines, sample, stored_jobs

pytestmark = pytest.mark.usefixtures("empty_tables")

EMPLOYEES = sample("hired_employees.csv")
KEY = "incoming/employees/x.csv"

THREE_JOBS = {1: "Job 1", 2: "Job 2", 3: "Job 3"}

# Three ranges, which end inside of characters, and two statements.
LARGE_KEY = "incoming/jobs/large.csv"
LARGE_ROWS = 2_700
LARGE_NAME = "😀" * 255
LARGE = job_lines(LARGE_ROWS, name=LARGE_NAME)
RANGES = 3
STATEMENTS = 2


def hits(made, operation):
    """The faults that hit the calls of an operation; `None` for a call that went well."""
    return [call["fault"] for call in made if call["operation"] == operation]


def check_employees(files, db, report):
    assert (report["status"], counts(report)) == ("partial", (1999, 1966, 0, 33))
    assert "failure" not in report
    assert db.count("employees") == 1966
    assert len(files.rejected_rows(report)) == 33


def check_large(db, report):
    assert (report["status"], counts(report)) == ("complete", (LARGE_ROWS, LARGE_ROWS, 0, 0))
    assert "failure" not in report
    assert stored_jobs(db) == dict.fromkeys(range(1, LARGE_ROWS + 1), LARGE_NAME)


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        ("HeadObject", "head:slow-down:times=2"),
        ("HeadObject", "head:internal:times=2"),
        ("HeadObject", "head:cut:times=1"),
        ("GetObject", "get:slow-down:times=3"),
        ("GetObject", "get:internal:times=2"),
        ("GetObject", "get:cut:times=1"),
        ("GetObject", "get:cut:times=2"),
        # One puts the file there, the next writes the reject file, the last the report.
        ("PutObject", "put:slow-down:skip=1:times=2"),
        ("PutObject", "put:internal:skip=1:times=2"),
        ("PutObject", "put:cut:skip=1:times=1"),
        ("PutObject", "put:slow-down:skip=2:times=3"),
        ("PutObject", "put:internal:skip=2:times=2"),
        ("PutObject", "put:cut:skip=2:times=2"),
    ],
)
def test_a_fault_of_s3_is_outlasted(files, db, calls, s3_calls, s3_fault, operation, text):
    calls.mark()
    s3_calls.mark()
    s3_fault(text)
    report = files.load(KEY, EMPLOYEES)
    faults = hits(s3_calls.since_mark(), operation)
    assert faults.count(text) == int(text[-1])
    # The second time it is the report that is read.
    assert faults.count(None) == {"HeadObject": 1, "GetObject": 2, "PutObject": 3}[operation]
    check_employees(files, db, report)
    assert files.failures(KEY) == []
    assert [call["updated"] for call in calls.since_mark()].count(1966) == 1


@pytest.mark.parametrize(
    "text",
    [
        "get:cut:times=1",
        *(f"get:cut:skip={position}:times=1" for position in range(1, RANGES)),
        "get:slow-down:skip=2:times=1",
    ],
)
def test_a_fault_at_each_range_of_a_large_file(files, db, calls, s3_calls, s3_fault, text):
    calls.mark()
    s3_calls.mark()
    s3_fault(text)
    report = files.load(LARGE_KEY, LARGE)
    reads = [call for call in s3_calls.since_mark() if call["range"]]
    assert hits(reads, "GetObject").count(text) == 1
    assert hits(reads, "GetObject").count(None) == RANGES
    assert len({call["range"] for call in reads}) == RANGES
    check_large(db, report)
    assert len(hits(calls.since_mark(), "CommitTransaction")) == STATEMENTS


@pytest.mark.parametrize("text", ["get:cut:skip=3:times=1", "get:internal:skip=3:times=2"])
def test_a_fault_while_rows_are_read_again(files, db, s3_calls, s3_fault, text):
    """They are, to get refused rows into the reject file."""
    db.rows("INSERT INTO jobs VALUES (%s, 'Old')", LARGE_ROWS - 1)
    s3_calls.mark()
    s3_fault(text)
    key = LARGE_KEY.replace("incoming/", "incoming/fail/")
    report = files.load(key, LARGE)
    assert text in hits(s3_calls.since_mark(), "GetObject")
    assert (report["status"], counts(report)) == ("partial", (LARGE_ROWS, LARGE_ROWS - 1, 0, 1))
    assert codes(report) == [(LARGE_ROWS - 1, "id", "exists")]
    (row,) = files.rejected_rows(report)
    assert (row["_line"], row["id"], row["job_name"]) == (*[str(LARGE_ROWS - 1)] * 2, LARGE_NAME)
    assert db.count("jobs") == LARGE_ROWS
    assert db.value("SELECT job_name FROM jobs WHERE id = %s", LARGE_ROWS - 1) == "Old"


# More rejected lines than fit into one call; the calls are: begin, two parts, complete.
MANY_BAD = b"1,a\n" + job_lines(6_000, start=2, name=" " * 1_000)


def check_many_bad(files, db, report):
    assert (report["status"], counts(report)) == ("partial", (6_001, 1, 0, 6_000))
    ids = [row["id"] for row in files.rejected_rows(report)]
    assert ids == [str(id) for id in range(2, 6_002)]
    assert stored_jobs(db) == {1: "a"}


@pytest.mark.parametrize(
    "text",
    [
        "multipart:slow-down:times=2",
        "multipart:cut:skip=1:times=1",
        "multipart:internal:skip=3:times=2",
    ],
)
def test_a_fault_while_many_rejected_lines_are_written(files, db, s3_calls, s3_fault, text):
    s3_calls.mark()
    s3_fault(text)
    report = files.load("incoming/jobs/bad.csv", MANY_BAD)
    made = s3_calls.since_mark()
    assert text in [call["fault"] for call in made]
    uploaded = [call["operation"] for call in made if not call["fault"]]
    assert (uploaded.count("UploadPart"), uploaded.count("CompleteMultipartUpload")) == (2, 1)
    check_many_bad(files, db, report)
    assert files.failures("incoming/jobs/bad.csv") == []


@pytest.mark.parametrize(
    "text",
    [
        "execute:throttled:times=3",
        "execute:resuming:times=2",
        "execute:unavailable:times=2",
        "execute:internal:times=2",
        "execute:database-unavailable:times=2",
        "execute:time-out:times=1",
        "execute:cut-before:times=2",
        "execute:cut-after:times=2",
        "execute:database-error=1213:times=2",
        "execute:database-error=1205:times=2",
        "begin:cut-after:times=2",
        "commit:cut-before:times=1",
        "commit:cut-after:times=1",
        "commit:internal:times=1",
        # After the claim: the place in the ledger, then the rows, of the first statement.
        "execute:cut-before:skip=2:times=1",
        "execute:cut-after:skip=3:times=1",
        "execute:throttled:skip=3:times=2",
        # The second statement of a large file.
        "execute:cut-after:skip=4:times=1",
        "execute:cut-after:skip=5:times=1",
        "execute:database-error=1213:skip=5:times=1",
        "commit:cut-before:skip=1:times=1",
        "commit:cut-after:skip=1:times=1",
        # The end in the ledger.
        "execute:cut-before:skip=6:times=1",
        "execute:cut-after:skip=6:times=1",
    ],
)
def test_a_fault_of_the_data_api_is_outlasted(files, db, calls, fault, text):
    is_large = "skip" in text
    calls.mark()
    fault(text)
    report = files.load(LARGE_KEY, LARGE if is_large else job_lines(3))
    assert [call["fault"] for call in calls.since_mark()].count(text) == int(text[-1])
    if is_large:
        check_large(db, report)
    else:
        assert (report["status"], counts(report)) == ("complete", (3, 3, 0, 0))
        assert stored_jobs(db) == THREE_JOBS
    assert files.failures(LARGE_KEY) == []


@pytest.mark.parametrize("key", ["incoming/keep/jobs/x.csv", "incoming/fail/jobs/x.csv"])
@pytest.mark.parametrize(
    "text",
    [
        "execute:cut-before:skip=3:times=1",
        "execute:cut-after:skip=3:times=1",
        "commit:cut-before:times=1",
        "commit:cut-after:times=1",
    ],
)
def test_also_with_keep_and_fail_a_file_is_stored_once(files, db, fault, key, text):
    """Rows that were stored without an answer are neither kept nor do they exist already."""
    fault(text)
    report = files.load(key, job_lines(3))
    assert files.failures(key) == []
    assert (report["status"], counts(report)) == ("complete", (3, 3, 0, 0))
    assert stored_jobs(db) == THREE_JOBS


def check_failed(files, e_tag, key, cause):
    """The report has the cause, and the reject file that was begun is not taken for a whole one."""
    report = files.report(key, e_tag)
    assert report["status"] == "failed"
    assert report["failure"].startswith(cause)
    assert files.rejects(report) == b""
    return report


@pytest.mark.parametrize(
    ("service", "text", "cause"),
    [
        ("s3", "head:internal:times=3", "the file could not be read: S3 error (HTTP 500)"),
        # Two ranges are in flight at a time, and each is asked for three times.
        ("s3", "get:internal:skip=1:times=5", "the file could not be read: InternalError"),
        # The rows of the second statement, and what opens its transaction when it is repeated.
        ("rds", "execute:internal:skip=4:times=3", "transaction interrupted: InternalServerError"),
        ("rds", "execute:access-denied:skip=4:times=1", "refused: AccessDenied"),
        ("rds", "execute:database-error=1213:skip=4:times=3", "transaction interrupted: "),
    ],
)
def test_what_one_attempt_does_not_outlast_the_next_one_makes_good(
    files, db, s3_fault, fault, service, text, cause
):
    """What the first one stored is right; here the test alone repeats the event."""
    key = "quiet/jobs/large.csv"
    e_tag = files.put(key, b"0,\n" + LARGE)
    event = s3_event(files.bucket, key, e_tag)
    (s3_fault if service == "s3" else fault)(text)
    kind, message = files.fail(event)
    assert kind == "LoadFailed"
    assert message.startswith(f"s3://{files.bucket}/{key}: {cause}")
    # The range that gives up first may leave a fault that another would have met.
    s3_fault()
    check_failed(files, e_tag, key, cause)
    first = stored_jobs(db)
    assert first == dict.fromkeys(range(1, len(first) + 1), LARGE_NAME)
    assert 1_000 < len(first) < LARGE_ROWS if service == "rds" else first == {}

    (load,) = files.invoke(event)["loads"]
    assert (load["status"], load["received"], load["rejected"]) == ("partial", LARGE_ROWS + 1, 1)
    assert stored_jobs(db) == dict.fromkeys(range(1, LARGE_ROWS + 1), LARGE_NAME)
    assert len(files.rejected_rows(files.report(key, e_tag))) == 1


@pytest.mark.parametrize("position", [0, 1], ids=["rejects", "report"])
def test_what_could_not_be_written_is_written_by_the_next_attempt(files, db, s3_fault, position):
    key = "quiet/employees/x.csv"
    e_tag = files.put(key, EMPLOYEES)
    s3_fault("put:internal:times=3" if position == 0 else "put:internal:skip=1:times=3")
    kind, message = files.fail(s3_event(files.bucket, key, e_tag))
    assert kind == "LoadFailed"
    assert "report or rejected rows not written: InternalError" in message
    if position == 0:
        check_failed(files, e_tag, key, "report or rejected rows not written: InternalError")
    else:
        assert files.keys(f"reports/{key}.{e_tag}") == []
    assert db.count("employees") == 1966

    files.invoke(s3_event(files.bucket, key, e_tag))
    check_employees(files, db, files.report(key, e_tag))


@pytest.mark.parametrize(
    ("text", "abandoned"),
    [
        ("multipart:internal:skip=2:times=3", True),
        ("multipart:internal:skip=3:times=3", True),
        # It is put together, but no answer says so; when asked again S3 knows no such upload.
        ("multipart:cut:skip=3:times=1", False),
    ],
    ids=["part", "complete", "complete-unheard"],
)
def test_the_parts_of_a_failed_attempt_are_given_up(files, db, s3_calls, s3_fault, text, abandoned):
    key = "quiet/jobs/bad.csv"
    e_tag = files.put(key, MANY_BAD)
    s3_calls.mark()
    s3_fault(text)
    kind, message = files.fail(s3_event(files.bucket, key, e_tag))
    assert kind == "LoadFailed"
    assert "report or rejected rows not written: " in message
    well = [call["operation"] for call in s3_calls.since_mark() if 200 <= call["status"] < 300]
    assert well.count("CreateMultipartUpload") == 1
    assert well.count("AbortMultipartUpload") == (1 if abandoned else 0)

    files.invoke(s3_event(files.bucket, key, e_tag))
    check_many_bad(files, db, files.report(key, e_tag))


def test_a_fault_that_lasts(files, db, calls, s3_fault):
    """The host delivers the event as often as it may; the last attempt's report stays."""
    key = "incoming/jobs/x.csv"
    calls.mark()
    s3_fault("get:internal")
    e_tag = files.put(key, job_lines(3))
    files.wait_until(lambda: files.is_over(key), "the load has not ended")
    s3_fault()
    cause = "the file could not be read: InternalError"
    report = check_failed(files, e_tag, key, cause)
    assert counts(report) == (0, 0, 0, 0)
    failures = files.failures(key)
    assert len(failures) == ATTEMPTS
    assert all(failure.startswith(cause) for failure in failures)
    # AWS gives all deliveries of an event the same id.
    assert len({line["span"]["requestId"] for line in files.lines(key)}) == 1
    assert hits(calls.since_mark(), "BeginTransaction") == []
    assert db.count("jobs") == 0

    # The next event is like any other.
    assert counts(files.load(key, job_lines(3))) == (3, 3, 0, 0)
    assert stored_jobs(db) == THREE_JOBS


def test_an_object_that_is_written_anew_while_it_is_read(files, db, s3_calls, s3_fault):
    """Its ranges are of one content, or it is gone."""
    s3_calls.mark()
    s3_fault("get:latency=500:skip=1:times=1")
    old = files.put(LARGE_KEY, LARGE)
    files.wait_until(
        lambda: hits(s3_calls.since_mark(), "GetObject") == [None], "no range has been read"
    )
    new = files.put(LARGE_KEY, b"1,New\n")
    assert files.report(LARGE_KEY, new)["status"] == "complete"
    report = files.report(LARGE_KEY, old)
    assert (report["status"], counts(report)) == ("gone", (0, 0, 0, 0))
    assert codes(report) == [(None, None, "object_gone")]
    assert stored_jobs(db) == {1: "New"}


def test_many_files_at_once_with_the_same_rows(files, db):
    """Up and down, to get in each other's way; in the end all rows are those of one file."""
    e_tags = {}
    for number in range(12):
        lines = [f"{id},File {number}\n" for id in range(1, 1_001)]
        key = f"incoming/jobs/{number}.csv"
        e_tags[key] = files.put(key, "".join(lines[:: -1 if number % 2 else 1]))

    def reports():
        return [files.report(key, e_tag) for key, e_tag in e_tags.items()]

    files.wait_until(
        lambda: all(report["status"] == "complete" for report in reports()), "some are not loaded"
    )
    assert [counts(report) for report in reports()] == [(1_000, 1_000, 0, 0)] * 12
    (name,) = set(stored_jobs(db).values())
    assert stored_jobs(db) == dict.fromkeys(range(1, 1_001), name)
