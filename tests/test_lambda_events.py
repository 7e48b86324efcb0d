"""Every event that the Lambda takes, in AWS's documented form, and the Worker's answers from it."""

import gzip
import json
import re
from urllib.parse import parse_qsl

import pytest
import requests
from conftest import TABLES
from events import (
    eventbridge_event,
    gateway_event,
    s3_event,
    s3_record,
    s3_test_event,
    sns_envelope,
    sns_event,
    sqs_event,
)
from files import content, job_lines, ndjson, sample, stored_jobs

pytestmark = pytest.mark.usefixtures("empty_tables")

# No event comes from S3 itself for keys that begin like this.
QUIET = "quiet/jobs"
DOTS = "quiet/jobs/../x.csv"


class Objects:
    """Objects of which no event was sent, each with a job of its own."""

    def __init__(self, files):
        self.files = files
        self.bucket = files.bucket
        self.count = 0

    def put(self, name=None):
        """Writes the next object; answers its key and ETag."""
        self.count += 1
        key = f"{QUIET}/{name or self.count}.csv"
        return key, self.files.put(key, job_lines(1, start=self.count))

    def event(self, **changes):
        key, e_tag = self.put()
        return s3_event(self.bucket, key, e_tag, **changes)


@pytest.fixture
def objects(files):
    return Objects(files)


def loads(answer):
    """Key, status and stored rows of each load in an answer."""
    assert list(answer) == ["loads"]
    return [(load["key"], load["status"], load["stored"]) for load in answer["loads"]]


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.6", "2.99"])
def test_s3(files, objects, db, version):
    key, e_tag = objects.put()
    answer = files.invoke(s3_event(objects.bucket, key, e_tag, version=version))
    assert len(answer["loads"][0].pop("load_id")) == 32
    assert answer == {
        "loads": [
            {
                "bucket": objects.bucket,
                "key": key,
                "status": "complete",
                "table": "jobs",
                "received": 1,
                "stored": 1,
                "kept": 0,
                "rejected": 0,
            }
        ]
    }
    assert files.report(key, e_tag)["e_tag"] == e_tag
    assert stored_jobs(db) == {1: "Job 1"}


@pytest.mark.parametrize("name", ["ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload"])
def test_every_way_to_create_an_object_counts(files, objects, db, name):
    assert len(files.invoke(objects.event(name=name))["loads"]) == 1
    assert db.count("jobs") == 1


@pytest.mark.parametrize(
    "name", ["ObjectRemoved:Delete", "ObjectTagging:Put", "ReducedRedundancyLostObject"]
)
def test_nothing_else_that_happens_to_an_object_does(files, objects, db, name):
    assert files.invoke(objects.event(name=name)) == {"loads": []}
    assert db.count("jobs") == 0


def test_several_records(files, objects, db):
    """Each by itself: one after the other, whatever became of the one before."""
    records = [record for _ in range(3) for record in objects.event()["Records"]]
    records.insert(1, s3_record(objects.bucket, "quiet/jobs/nothing.csv", "0" * 32))
    records.insert(2, s3_record(objects.bucket, "quiet/jobs/", name="ObjectCreated:Put"))
    answer = files.invoke({"Records": records})
    assert loads(answer) == [
        (f"{QUIET}/1.csv", "complete", 1),
        (f"{QUIET}/nothing.csv", "gone", 0),
        (f"{QUIET}/", "ignored", 0),
        (f"{QUIET}/2.csv", "complete", 1),
        (f"{QUIET}/3.csv", "complete", 1),
    ]
    assert set(stored_jobs(db)) == {1, 2, 3}


def test_one_bad_record_does_not_keep_the_others(files, objects, db):
    records = [record for _ in range(3) for record in objects.event()["Records"]]
    records[1]["eventVersion"] = "3.0"
    kind, text = files.fail({"Records": records})
    assert kind == "BadEvent"
    assert text == (
        "1 of 3 records failed, the first: bad event: Records[1]: eventVersion 3.0 is not 2.x"
    )
    assert set(stored_jobs(db)) == {1, 3}


def test_another_major_version_is_refused(files, objects, db):
    kind, text = files.fail(objects.event(version="3.0"))
    assert (kind, text) == ("BadEvent", "bad event: Records[0]: eventVersion 3.0 is not 2.x")
    assert db.count("jobs") == 0


def test_a_test_event_is_nothing_to_do(files, calls, s3_calls):
    calls.mark()
    s3_calls.mark()
    for event in (
        s3_test_event(files.bucket),
        sns_event(s3_test_event(files.bucket)),
        eventbridge_event(files.bucket, "x.csv", kind="Object Deleted"),
        {"Records": []},
    ):
        assert files.invoke(event) == {"loads": []}
    assert files.invoke(sqs_event(a=s3_test_event(files.bucket))) == {"batchItemFailures": []}
    assert calls.since_mark() == s3_calls.since_mark() == []


def test_sns(files, objects, db):
    answer = files.invoke(sns_event(objects.event(), objects.event()))
    assert loads(answer) == [(f"{QUIET}/1.csv", "complete", 1), (f"{QUIET}/2.csv", "complete", 1)]
    assert set(stored_jobs(db)) == {1, 2}


def test_a_message_of_sns_that_cannot_be_read_does_not_keep_the_others(files, objects, db):
    kind, text = files.fail(sns_event("hello", objects.event()))
    assert (kind, text) == (
        "UnknownEvent",
        "1 of 2 records failed, the first: unknown event: not JSON",
    )
    assert set(stored_jobs(db)) == {1}


@pytest.mark.parametrize("name", ["a b", "a+b", "a%20b", "März"])
def test_eventbridge_has_keys_as_they_are(files, objects, db, name):
    key, e_tag = objects.put(name)
    answer = files.invoke(eventbridge_event(objects.bucket, key, e_tag))
    assert loads(answer) == [(key, "complete", 1)]
    assert files.report(key, e_tag)["key"] == key
    assert db.count("jobs") == 1


def test_sqs_takes_back_what_failed_and_nothing_else(files, objects, db, fault):
    """One cannot be read, one cannot be stored; one names no object that there can be, and is
    reported."""
    # A load is claimed, opened, stored and ended; it is the third one's rows.
    fault("execute:access-denied:skip=10:times=1")
    event = sqs_event(
        direct=objects.event(),
        text="no JSON",
        envelope=sns_envelope(objects.event()),
        refused=objects.event(),
        bridge=eventbridge_event(objects.bucket, *objects.put()),
        dots=s3_event(objects.bucket, DOTS),
        test=s3_test_event(objects.bucket),
        wrapped=sns_envelope("hello"),
        other={"detail": 1},
        last=objects.event(),
    )
    failures = files.invoke(event)["batchItemFailures"]
    failed = ["text", "refused", "wrapped", "other"]
    assert failures == [{"itemIdentifier": id} for id in failed]
    assert set(stored_jobs(db)) == {1, 2, 4, 5}

    # They come again.
    again = [record for record in event["Records"] if record["messageId"] in ("refused", "dots")]
    assert files.invoke({"Records": again}) == {"batchItemFailures": []}
    assert set(stored_jobs(db)) == {1, 2, 3, 4, 5}


def test_a_message_with_several_records_fails_as_one(files, objects, db):
    records = [record for _ in range(2) for record in objects.event()["Records"]]
    records.insert(1, NOT_UTF_8["Records"][0])
    answer = files.invoke(sqs_event(good=objects.event(), half={"Records": records}))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "half"}]}
    assert set(stored_jobs(db)) == {1, 2, 3}


NOT_UTF_8 = s3_event("b", "incoming/jobs/x.csv")
NOT_UTF_8["Records"][0]["s3"]["object"]["key"] = "incoming/jobs/%FF.csv"


@pytest.mark.parametrize(
    ("event", "kind", "text"),
    [
        ({"b": "s3cret", "a": {"c": 1}}, "UnknownEvent", "an object with members a, b"),
        ({}, "UnknownEvent", "an empty object"),
        (["s3cret"], "UnknownEvent", "a JSON array"),
        ("s3cret", "UnknownEvent", "a JSON string"),
        (None, "UnknownEvent", "a JSON null"),
        ({"Records": [{"eventSource": "aws:kinesis"}]}, "UnknownEvent", "records of aws:kinesis"),
        ({"Records": [{}]}, "UnknownEvent", "records without an eventSource of AWS"),
        ({"Records": "s3cret"}, "BadEvent", "Records: not in the documented form"),
        (NOT_UTF_8, "BadEvent", "Records[0]: the key is not UTF-8"),
        ({"rowgate": "nonsense"}, "BadEvent", "no such operation; there is: load"),
        ({"rowgate": ["load"]}, "BadEvent", "rowgate: not in the documented form"),
        ({"rowgate": "load", "bucket": "b"}, "BadEvent", "missing field `key`"),
        (
            {"rowgate": "load", "bucket": "b", "key": "k", "etag": "s3cret"},
            "BadEvent",
            "unknown field `etag`",
        ),
    ],
)
def test_events_that_no_service_sends(files, calls, event, kind, text):
    calls.mark()
    error, message = files.fail(event)
    assert error == kind
    assert text in message
    assert "s3cret" not in message
    assert calls.since_mark() == []


def test_the_operation_load(files, objects, db):
    key, e_tag = objects.put()
    operation = {"rowgate": "load", "bucket": objects.bucket, "key": key}
    report = files.invoke(operation)
    assert (report["status"], report["e_tag"], report["version_id"]) == ("complete", e_tag, None)
    assert report == files.report(key, e_tag)
    assert stored_jobs(db) == {1: "Job 1"}

    gone = files.invoke(operation | {"e_tag": "0" * 32})
    assert gone["status"] == "gone"
    assert files.invoke(operation | {"key": DOTS})["status"] == "rejected"


def test_an_event_without_a_caller_that_waits(files, objects, db):
    key, e_tag = objects.put()
    event = json.dumps(s3_event(objects.bucket, key, e_tag))
    answer = files.function.invoke(FunctionName="rowgate", InvocationType="Event", Payload=event)
    assert answer["StatusCode"] == 202
    assert files.report(key, e_tag)["status"] == "complete"
    assert db.count("jobs") == 1


JSON = {"content-type": "application/json"}
CHARSET = {"content-type": "Application/JSON; charset=utf-8"}
LATIN_1 = {"content-type": "application/json; charset=iso-8859-1"}
GZIP = {"content-encoding": "gzip"}
CSV = {"content-type": "text/csv"}
NDJSON = {"content-type": "application/x-ndjson"}
JOBS = "/tables/jobs/rows"
EMPLOYEES = "/tables/employees/rows"


def body(rows):
    return json.dumps(rows).encode()


ROWS = [{"id": 1, "job": "New 1"}, {"id": 2, "job": "Zoë 😀 \"'\\\n"}]
BAD = [*ROWS, {"id": "3", "job": None}, {"id": 4, "salary": 1}]
PERSON = {"id": 1, "name": "Ann", "datetime": "2021-07-27T18:02:08+02:00", "job_id": 1}
STRANGER = PERSON | {"job_id": 9}
ALL = {"departments": [{"id": 1, "department": "a"}], "jobs": ROWS, "employees": [PERSON]}

# What is sent, and the status that both doors must answer. Job 1 exists.
REQUESTS = {
    "three-tables": (207, "POST", "/insert_data?on_error=skip", JSON, body(ALL)),
    "keep": (200, "POST", f"{JOBS}?on_duplicate=keep", JSON, body(ROWS)),
    "update": (200, "POST", f"{JOBS}?on_duplicate=update", JSON, body(ROWS)),
    "exists": (409, "POST", JOBS, JSON, body(ROWS)),
    "bad-rows": (422, "POST", JOBS, JSON, body(BAD)),
    "bad-rows-skipped": (207, "POST", f"{JOBS}?on_error=skip", JSON, body(BAD)),
    "dry-run": (200, "POST", f"{JOBS}?dry_run=true", JSON, body(ROWS[1:])),
    "dry-run-exists": (409, "POST", f"{JOBS}?dry_run=true", JSON, body(ROWS)),
    "dry-run-references": (200, "POST", f"{EMPLOYEES}?dry_run=true", JSON, body([STRANGER])),
    "references": (422, "POST", f"{EMPLOYEES}?check_references=true", JSON, body([STRANGER])),
    "csv": (207, "POST", f"{EMPLOYEES}?on_error=skip", CSV, sample("hired_employees.csv")),
    "csv-strict": (422, "POST", f"{EMPLOYEES}?strict=true", CSV, sample("hired_employees.csv")),
    "csv-in-latin-1": (200, "POST", JOBS, CSV, b"3,a\n4,\xe9\n"),
    "csv-not-utf-8": (422, "POST", JOBS, CSV, b"3,\xc3\xa9\n4,\xe9\n"),
    "ndjson": (207, "POST", f"{JOBS}?on_error=skip", NDJSON, ndjson(ROWS) + b"{\n"),
    "charset": (200, "POST", JOBS, CHARSET, body(ROWS[1:])),
    "no-rows": (200, "POST", JOBS, JSON, b"[]"),
    "no-body": (400, "POST", JOBS, JSON, b""),
    "not-json": (400, "POST", JOBS, JSON, b'[\n{"id": 1,}]'),
    "not-text": (400, "POST", JOBS, JSON, b"\xff"),
    "json-in-latin-1": (400, "POST", JOBS, JSON, b'[{"id": 2, "job": "caf\xe9"}]'),
    "gzip": (200, "POST", JOBS, JSON | GZIP, gzip.compress(body(ROWS[1:]))),
    "gzip-bomb": (413, "POST", JOBS, JSON | GZIP, gzip.compress(b" " * ((4 << 20) + 1))),
    "gzip-cut": (400, "POST", JOBS, JSON | GZIP, gzip.compress(body(ROWS[1:]))[:-1]),
    "gzip-only-said": (400, "POST", JOBS, JSON | GZIP, body(ROWS[1:])),
    "brotli": (415, "POST", JOBS, JSON | {"content-encoding": "br"}, body(ROWS[1:])),
    "identity": (200, "POST", JOBS, JSON | {"content-encoding": "identity"}, body(ROWS[1:])),
    "another-charset": (415, "POST", JOBS, LATIN_1, body(ROWS[1:])),
    "a-synonym": (200, "POST", JOBS, {"content-type": "application/jsonl"}, ndjson(ROWS[1:])),
    "encoded-path": (200, "POST", "/tables/%6aobs/rows", JSON, body(ROWS[1:])),
    "slash-at-the-end": (200, "POST", f"{JOBS}/", JSON, body(ROWS[1:])),
    "wrong-path": (400, "POST", "/tables/%FF/rows", JSON, b"[]"),
    "no-csv": (200, "POST", JOBS, CSV, b""),
    "wrong-shape": (400, "POST", "/insert_data", JSON, b"[]"),
    "unknown-table": (404, "POST", "/tables/cats/rows", JSON, b"[]"),
    "unknown-table-inside": (422, "POST", "/insert_data", JSON, b'{"cats": [], "jobs": []}'),
    "unknown-route": (404, "POST", "/tables/jobs", JSON, b"[]"),
    "no route": (404, "GET", "/rows", {}, b""),
    "wrong-method": (405, "GET", "/insert_data", {}, b""),
    "another-wrong-method": (405, "PUT", JOBS, JSON, b"[]"),
    "wrong-media-type": (415, "POST", "/insert_data", CSV, b"1,a\n"),
    "no-media-type": (415, "POST", JOBS, {}, b"1,a\n"),
    "unknown-parameter": (400, "POST", f"{JOBS}?on_errors=skip", JSON, b"[]"),
    "wrong-value": (400, "POST", f"{JOBS}?on_error=s%20k%26ip%3D%2B", JSON, b"[]"),
    "blank-value": (400, "POST", f"{JOBS}?strict=", JSON, b"[]"),
    "no-value": (400, "POST", f"{JOBS}?strict", JSON, b"[]"),
    "parameter-twice": (400, "POST", f"{JOBS}?on_error=reject&on_error=skip", JSON, body(BAD)),
    "too-many-rows": (413, "POST", JOBS, CSV, job_lines(10_001)),
    "too-many-bytes": (413, "POST", JOBS, JSON, b" " * ((4 << 20) + 1)),
    "health": (200, "GET", "/health", {}, b""),
    "deep-health": (200, "GET", "/health?deep", {}, b""),
    "deep-health-with-a-value": (200, "GET", "/health?deep=true", {}, b""),
    "health-with-more": (400, "GET", "/health?deep&x=1", {}, b""),
    "loads-twice-limited": (400, "GET", "/loads?limit=1&limit=2", {}, b""),
}

# The header that says what would be taken.
ACCEPTED = {
    "wrong-media-type": ["accept"],
    "no-media-type": ["accept"],
    "brotli": ["accept-encoding"],
}


@pytest.fixture
def both_doors(stack, files, db):
    """Sends a request through both doors into the same database; the two answers."""

    def over_http(method, path, headers, body):
        headers = {"x-api-key": stack["api_key"], **headers}
        answer = requests.request(method, stack["edge"] + path, data=body, headers=headers)
        return answer.status_code, answer.headers, answer.text

    def by_event(base64, method, path, headers, body):
        path, _, query = path.partition("?")
        query = parse_qsl(query, keep_blank_values=True)
        answer = files.invoke(gateway_event(method, path, query, headers, body, base64))
        assert answer["isBase64Encoded"] is False
        return answer["statusCode"], answer["headers"], answer["body"]

    def send(request, base64, before=lambda: None):
        answers = []
        for door in (over_http, lambda *parts: by_event(base64, *parts)):
            db.empty(*TABLES)
            db.rows("INSERT INTO jobs VALUES (1, 'Old 1')")
            before()
            status, headers, text = door(*request)
            headers = {name.lower(): value for name, value in headers.items()}
            assert len(headers["x-request-id"]) == 32
            named = ("content-type", "allow", "accept", "accept-encoding", "retry-after")
            headers = {name: headers[name] for name in named if name in headers}
            # The Data API's own id for a request.
            text = re.sub(r"request [0-9a-f-]{36}", "request …", text)
            answers.append((status, headers, text, [content(db, table) for table in TABLES]))
        return answers

    return send


def is_text(body):
    """Whether API Gateway can hand it on as text."""
    return body.decode(errors="ignore").encode() == body


AS_BASE64 = ["csv", *(name for name, (*_, body) in REQUESTS.items() if not is_text(body))]
AS_TEXT = [name for name in REQUESTS if name not in AS_BASE64[1:]]


@pytest.mark.parametrize(
    ("name", "base64"),
    [*((name, False) for name in AS_TEXT), *((name, True) for name in AS_BASE64)],
)
def test_both_doors_answer_alike(both_doors, name, base64):
    expected, *request = REQUESTS[name]
    http, event = both_doors(request, base64)
    assert http == event
    status, headers, text, _ = event
    assert status == expected
    assert headers["content-type"] == f"application/{'problem+' if status >= 400 else ''}json"
    assert ("allow" in headers) == (status == 405)
    accepted = [name for name in ("accept", "accept-encoding") if name in headers]
    assert accepted == ACCEPTED.get(name, [])
    assert json.loads(text).get("status", "ok") == (status if status >= 400 else "ok")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["/health", "/loads", "/loads/x", JOBS, "/cats"])
def test_both_doors_answer_alike_without_a_body(both_doors, method, path):
    http, event = both_doors((method, path, {}, b""), False)
    assert http == event
    status, headers, text, _ = event
    of_head = {"/health": 200, "/loads": 200, JOBS: 405}
    expected = of_head if method == "HEAD" else dict.fromkeys(["/loads/x", *of_head], 204)
    assert status == expected.get(path, 404)
    assert text == "" or (method, status) == ("OPTIONS", 404)
    if status in (204, 405):
        assert headers["allow"] == ("POST, OPTIONS" if path == JOBS else "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("execute:access-denied:times=1", 500),
        ("execute:database-error=1213", 503),
        ("execute:cut-before:times=1", 504),
        ("execute:throttled:times=1", 200),
    ],
)
def test_both_doors_answer_alike_when_the_database_does_not(both_doors, fault, text, status):
    request = ("POST", JOBS, JSON, body(ROWS[1:]))
    http, event = both_doors(request, False, before=lambda: fault(text))
    assert http == event
    assert event[0] == status
    assert ("retry-after" in event[1]) == (status == 503)


@pytest.mark.parametrize("id", [None, ""])
def test_who_has_shown_no_key_to_api_gateway_is_not_let_in(files, db, id):
    """A method that asks for no key is a mistake in its settings."""
    event = gateway_event("POST", JOBS, [], JSON, body(ROWS))
    event["requestContext"]["identity"]["apiKeyId"] = id
    answer = files.invoke(event)
    assert answer["statusCode"] == 403
    assert json.loads(answer["body"])["type"] == "urn:rowgate:problem:key_not_allowed"
    assert db.count("jobs") == 0


def test_a_body_that_is_not_the_base64_it_should_be(files, db):
    event = gateway_event("POST", JOBS, [], JSON, body(ROWS)) | {"isBase64Encoded": True}
    answer = files.invoke(event)
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["type"] == "urn:rowgate:problem:broken_body"
    assert db.count("jobs") == 0


def test_of_a_request_through_api_gateway_the_log_has_only_its_id(files, both_doors):
    event = gateway_event("POST", JOBS, [], JSON, body(ROWS))
    assert "rgs3cret" in json.dumps(event)
    answer = files.invoke(event)
    assert answer["statusCode"] == 200
    id = answer["headers"]["x-request-id"]
    files.wait_until(lambda: id in files.log.read_text(), "no line in the log")
    assert "rgs3cret" not in files.log.read_text()
    assert "Old 1" not in files.log.read_text()
