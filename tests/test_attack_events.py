"""Hostile events to the Lambda: what it answers, what is stored, and that its process goes on."""

import json

import pytest
from attack import parametrized
from attack.measure import Attack, Bound
from attack.payloads import PAYLOADS
from botocore.exceptions import ClientError
from conftest import LEDGER, TABLES
from events import s3_event
from files import job_lines

BOUND = Bound(megabytes=150, seconds=60)


@pytest.fixture
def attack(record_property):
    return Attack("event", record_property)


@parametrized(PAYLOADS)
def test_an_event(files, db, attack, case):
    db.empty(*TABLES, *LEDGER)
    # The first starts the process that has to go on.
    files.invoke({"Records": []})
    payload = case.make(files.bucket)
    payload = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with attack.case(case.name, BOUND, "bootstrap") as met:
        met.result = answer(files, payload)
    assert met.result == case.result
    assert db.count("jobs") == case.stored
    goes_on(files, db)


def answer(files, payload):
    """`ok`, the type of the error, the status of the gateway's answer, or that of the host's."""
    try:
        answer = files.function.invoke(FunctionName="rowgate", Payload=payload)
    except ClientError as error:
        return str(error.response["ResponseMetadata"]["HTTPStatusCode"])
    value = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        return value["errorType"]
    return str(value["statusCode"]) if "statusCode" in value else "ok"


def goes_on(files, db):
    """The next event is taken, and its rows are stored."""
    db.empty("jobs")
    e_tag = files.put("quiet/jobs/next.csv", job_lines(3))
    (load,) = files.invoke(s3_event(files.bucket, "quiet/jobs/next.csv", e_tag))["loads"]
    assert (load["status"], db.count("jobs")) == ("complete", 3)
