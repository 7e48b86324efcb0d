"""What a function may be handed that AWS would not: events that are forged, huge, deep or cut."""

import json
from typing import NamedTuple

from attack.bodies import JSON, bomb, control_characters, nested, packed_rows
from events import eventbridge_event, gateway_event, s3_event, s3_record, sns_event, sqs_event

# The most bytes of an invocation's payload.
PAYLOAD = 6 << 20
JOBS = "/tables/jobs/rows"
# The type of the error of the runtime's own library.
OF_RUNTIME = "&lambda_runtime::deserializer::DeserializeError"
NUL, RED = "\0", "\x1b[31m"


class Payload(NamedTuple):
    """An event for a bucket, JSON or bytes, and what the function answers: `ok`, the type of its error, or a
    status: that of the gateway's answer, or that of the host, which does not hand on what is too large."""

    name: str
    make: object
    result: str
    stored: int = 0
    is_long: bool = False


def operation(name, **members):
    return lambda bucket: {"rowgate": name, **members}


def load(**members):
    return lambda bucket: {"rowgate": "load", "bucket": bucket, "key": "incoming/jobs/x.csv", **members}


def changed(*path, value):
    """An event of S3 with another value at a place in its only record."""

    def make(bucket):
        event = s3_event(bucket, "incoming/jobs/x.csv")
        place = event["Records"][0]
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        return event

    return make


def records(count):
    return lambda bucket: {"Records": [s3_record(bucket, "other/x.csv")] * count}


def messages(count):
    return lambda bucket: sqs_event(**{f"m{number}": "{}" for number in range(count)})


def wrapped(depth):
    """An SNS message within an SNS message, so many times, in a queue."""

    def make(bucket):
        message = "x"
        for _ in range(depth):
            message = json.dumps({"Type": "Notification", "TopicArn": "a", "Message": message})
        return sqs_event(m=message)

    return make


def request(*, path=JOBS, body=b"[]", headers=(("content-type", JSON),), base64=False, **members):
    return lambda bucket: gateway_event("POST", path, [], headers, body, base64) | members


def identity(value):
    def make(bucket):
        event = gateway_event("POST", JOBS, [], [("content-type", JSON)], b'[{"id":1,"job":"a"}]')
        event["requestContext"]["identity"] = value
        return event

    return make


def bulk(step, **members):
    file = {"bucket": "b", "key": "incoming/jobs/x.csv", "version_id": None, "e_tag": "e", "sequencer": None,
            "size": 9, "range_bytes": 5, "has_header": True}  # fmt: skip
    changed = {name: members.pop(name) for name in list(members) if name in file}
    members = {"execution": "x", **members}
    return operation("bulk_load", step=step, file=file | changed, **members)


FORMS = [
    Payload("nothing", lambda bucket: b"", "UnknownEvent"),
    Payload("no JSON", lambda bucket: b"x" * 1_000_000, "400"),
    Payload("half an object", lambda bucket: b'{"Records":[', "400"),
    Payload("bytes that are not UTF-8", lambda bucket: b'{"a":"\xff"}', OF_RUNTIME),
    Payload("more than a payload has", lambda bucket: b" " * (PAYLOAD + 1), "413"),
    Payload("6 MB of blanks", lambda bucket: b" " * (PAYLOAD - 2) + b"{}", "UnknownEvent"),
    Payload("3,000,000 numbers", lambda bucket: b"[" + b"1," * 3_000_000 + b"1]", "UnknownEvent"),
    Payload("arrays 3,000,000 deep", lambda bucket: nested("[", "]", 3_000_000), "UnknownEvent"),
    Payload("objects 800,000 deep", lambda bucket: nested('{"a":', "}", 800_000), "UnknownEvent"),
    Payload("400,000 members", lambda bucket: {f"m{number}": 1 for number in range(400_000)}, "UnknownEvent"),
    Payload("a member twice", lambda bucket: b'{"rowgate":"load","rowgate":"restore"}', "BadEvent"),
    Payload("a member of 5 MB", lambda bucket: {"x" * 5_000_000: 1}, "UnknownEvent"),
]  # fmt: skip

OF_S3 = [
    Payload("a key of 1 MB", changed("s3", "object", "key", value="incoming/jobs/" + "x" * 1_000_000), "LoadFailed"),
    Payload("a key of dots", changed("s3", "object", "key", value="incoming/jobs/../../x.csv"), "ok"),
    Payload("a key of encoded dots", changed("s3", "object", "key", value="incoming/jobs/%2e%2e/x.csv"), "ok"),
    Payload("a key with a NUL", changed("s3", "object", "key", value=f"incoming/jobs/{NUL}.csv"), "LoadFailed"),
    Payload("a key with an escape", changed("s3", "object", "key", value=f"incoming/jobs/{RED}.csv"), "ok"),
    Payload("a key that is not UTF-8", changed("s3", "object", "key", value="%FF.csv"), "BadEvent"),
    Payload("a key that is no text", changed("s3", "object", "key", value={"a": 1}), "BadEvent"),
    Payload("no key", changed("s3", "object", value={}), "BadEvent"),
    Payload("a key of the reports", changed("s3", "object", "key", value="reports/incoming/jobs/x.csv"), "ok"),
    Payload("a bucket of dots", changed("s3", "bucket", "name", value=".."), "LoadFailed"),
    Payload("a bucket with a slash", changed("s3", "bucket", "name", value="a/b"), "LoadFailed"),
    Payload("another's bucket", changed("s3", "bucket", "name", value="another"), "LoadFailed"),
    Payload("a version of 1 MB", changed("eventVersion", value="2." + "0" * 1_000_000), "ok"),
    Payload("a version of 60 digits", changed("eventVersion", value="9" * 60), "BadEvent"),
    Payload("an ETag of dots", changed("s3", "object", "eTag", value="../../x"), "ok"),
    Payload("a versionId of dots", changed("s3", "object", "versionId", value="../../x"), "ok"),
    Payload("a sequencer of 1 MB", changed("s3", "object", "sequencer", value="0" * 1_000_000), "ok"),
    Payload("a sequencer that is no number", changed("s3", "object", "sequencer", value="\n"), "ok"),
    Payload("a negative size", changed("s3", "object", "size", value=-1), "ok"),
    Payload("a size of 2^64", changed("s3", "object", "size", value=2**64), "ok"),
    Payload("5,000 records", records(5_000), "ok", is_long=True),
    Payload("EventBridge with dots", lambda bucket: eventbridge_event(bucket, "incoming/jobs/../x.csv"), "ok"),
    Payload("EventBridge with a key of 1 MB", lambda bucket: eventbridge_event(bucket, "x" * 1_000_000),
            "LoadFailed"),
]  # fmt: skip

WRAPPED = [
    Payload("10,000 messages", messages(10_000), "ok"),
    Payload("messages 15 deep", wrapped(15), "ok"),
    Payload("a message of 5 MB", lambda bucket: sqs_event(m="x" * 5_000_000), "ok"),
    Payload("a message 1,000,000 deep", lambda bucket: sqs_event(m="[" * 1_000_000), "ok"),
    Payload("a notification 1,000,000 deep", lambda bucket: sns_event("[" * 1_000_000), "UnknownEvent"),
    Payload("an operation in a queue", lambda bucket: sqs_event(m={"rowgate": "migrate"}), "ok"),
    Payload("a request in a queue", lambda bucket: sqs_event(m=gateway_event("POST", JOBS)), "ok"),
]  # fmt: skip

OPERATIONS = [
    Payload("load of dots", load(key="incoming/jobs/../x.csv"), "ok"),
    Payload("load from a bucket of dots", load(bucket=".."), "LoadFailed"),
    Payload("load of a version of dots", load(version_id=".."), "ok"),
    Payload("load of an ETag of dots", load(e_tag="../.."), "ok"),
    Payload("load of a key of 1 MB", load(key="incoming/jobs/" + "x" * 1_000_000), "LoadFailed"),
    Payload("load of an empty key", load(key=""), "LoadFailed"),
    Payload("load into another's table", load(key="incoming/rowgate_loads/x.csv"), "ok"),
    Payload("backup of no table", operation("backup", tables=["jobs`; DROP TABLE jobs; --"]), "BadEvent"),
    Payload("backup of a table 100,000 times", operation("backup", tables=["jobs"] * 100_000), "ok"),
    Payload("backup by 2^64", operation("backup", parallel=2**64), "BadEvent"),
    Payload("backup by -1", operation("backup", parallel=-1), "BadEvent"),
    Payload("backup that keeps 0", operation("backup", keep=0), "BadEvent"),
    Payload("backup that keeps -1", operation("backup", keep=-1), "BadEvent"),
    Payload("backup with a codec of 1 MB", operation("backup", codec="x" * 1_000_000), "BadEvent"),
    Payload("verify of dots", operation("verify", run="../../incoming"), "BackupFailed"),
    Payload("verify of 1 MB", operation("verify", run="x" * 1_000_000), "BackupFailed"),
    Payload("restore from dots", operation("restore", sources=["backups/../x/jobs/"]), "RestoreFailed"),
    Payload("restore from 10,000 sources", operation("restore", sources=["x/jobs/"] * 10_000, plan=True),
            "RestoreFailed", is_long=True),
    Payload("restore of no source", operation("restore", sources=[]), "BadEvent"),
    Payload("restore from another's bucket", operation("restore", sources=["s3://../jobs/"]), "RestoreFailed"),
    Payload("a step with round 2^64-1", bulk("load_part", part=0, round=2**64 - 1), "LoadFailed"),
    Payload("a step with part 2^64-1", bulk("load_part", part=2**64 - 1, round=0), "LoadFailed"),
    Payload("a step with part -1", bulk("load_part", part=-1, round=0), "BadEvent"),
    Payload("a scan of range 2^64-1", bulk("scan", range=2**64 - 1), "LoadFailed"),
    Payload("a scan in ranges of 0", bulk("scan", range=0, range_bytes=0), "LoadFailed"),
    Payload("a scan of 2^64-1 bytes", bulk("scan", range=1, size=2**64 - 1, range_bytes=2**63), "LoadFailed"),
    Payload("a plan of 2^64-1 ranges", bulk("plan", size=2**64 - 1, range_bytes=1), "LoadFailed"),
    Payload("a step of dots", bulk("scan", range=0, key="incoming/../x.csv"), "LoadFailed"),
    Payload("an execution of dots", bulk("scan", range=0, execution="../../x"), "LoadFailed"),
]  # fmt: skip

REQUESTS = [
    Payload("a request without identity", identity(None), "403"),
    Payload("a request of a forged key", identity({"apiKey": "k", "apiKeyId": ""}), "403"),
    Payload("a key's id of 1 MB", identity({"apiKeyId": "k" * 1_000_000}), "200", 1),
    Payload("a request of control characters", request(
        path=JOBS, body=control_characters(), headers=(("content-type", "text/csv"),)), "413"),
    Payload("a request of 1 GB in 1 MB", request(
        body=bomb(1 << 30), headers=(("content-type", JSON), ("content-encoding", "gzip")), base64=True), "413"),
    Payload("a request of packed rows", request(
        body=packed_rows(), headers=(("content-type", "text/csv"), ("content-encoding", "gzip")), base64=True),
        "200", 10_000),
    Payload("a request 1,000,000 deep", request(body=b"[" * 1_000_000), "400"),
    Payload("a request of 5 MB", request(body=b" " * 5_000_000), "413"),
    Payload("a body that is not base64", request(body=b"%%%", isBase64Encoded=True), "400"),
    Payload("a path of dots", request(path="/tables/../tables/jobs/rows"), "404"),
    Payload("a path of 1 MB", request(path="/" + "x" * 1_000_000), "404"),
    Payload("a path with a NUL", request(path="/tables/jobs\0/rows"), "404"),
    Payload("50,000 headers", request(headers=[(f"x-{number}", "a") for number in range(50_000)]), "415"),
    Payload("headers that are no texts", request(multiValueHeaders={"a": [1]}), "BadEvent"),
    Payload("a method of 1 MB", request(httpMethod="X" * 1_000_000), "405"),
    Payload("no method", request(httpMethod=None), "BadEvent"),
]  # fmt: skip

PAYLOADS = [*FORMS, *OF_S3, *WRAPPED, *OPERATIONS, *REQUESTS]
