"""Events as AWS delivers them to a function: the documented ones of lambda-shim, made to fit."""

import json
from base64 import b64encode
from copy import deepcopy
from pathlib import Path
from urllib.parse import quote_plus

FIXTURES = Path(__file__).resolve().parent.parent / "lambda-shim" / "fixtures"


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


def s3_record(
    bucket, key, e_tag=None, version="2.6", name="ObjectCreated:Put", sequencer=None
):
    """What S3 says about one object; its key is encoded as in a form."""
    record = fixture("s3-object-created")["Records"][0]
    record |= {"eventVersion": version, "eventName": name}
    record["s3"]["bucket"] |= {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}
    # The local bucket keeps no versions.
    known = record["s3"]["object"]
    del known["versionId"], known["eTag"], known["sequencer"]
    known["key"] = quote_plus(key, safe="/")
    if e_tag:
        known["eTag"] = e_tag
    if sequencer:
        known["sequencer"] = sequencer
    return record


def s3_event(bucket, key, e_tag=None, **changes):
    return {"Records": [s3_record(bucket, key, e_tag, **changes)]}


def s3_test_event(bucket):
    """What S3 sends when a notification is set up."""
    return fixture("s3-test-event") | {"Bucket": bucket}


def eventbridge_event(bucket, key, e_tag=None, kind="Object Created", sequencer=None):
    """Here the key is not encoded."""
    event = fixture("eventbridge-object-created") | {"detail-type": kind}
    event["resources"] = [f"arn:aws:s3:::{bucket}"]
    event["detail"]["bucket"]["name"] = bucket
    known = event["detail"]["object"]
    del known["version-id"], known["etag"], known["sequencer"]
    known["key"] = key
    if e_tag:
        known["etag"] = e_tag
    if sequencer:
        known["sequencer"] = sequencer
    return event


def sns_event(*messages):
    """Messages, JSON or text, as SNS hands them to a function."""
    event = fixture("sns-s3")
    record = event["Records"][0]
    event["Records"] = [deepcopy(record) for _ in messages]
    for record, message in zip(event["Records"], messages, strict=True):
        record["Sns"]["Message"] = text(message)
    return event


def sns_envelope(message):
    """A message as SNS puts it into a queue."""
    record = fixture("sqs-s3")["Records"][1]
    return json.loads(record["body"]) | {"Message": text(message)}


def sqs_event(**bodies):
    """Bodies of messages, JSON or text, by the messages' ids."""
    event = fixture("sqs-s3")
    record = event["Records"][0]
    event["Records"] = [
        record | {"messageId": id, "body": text(body)} for id, body in bodies.items()
    ]
    return event


def text(message):
    return message if isinstance(message, str) else json.dumps(message)


def gateway_event(method, path, query=(), headers=(), body=None, base64=False):
    """A request as API Gateway hands it on: `query` decoded, in pairs; the body text or bytes."""
    event = fixture("apigw-insert-data")
    event |= {"httpMethod": method, "path": path, "resource": path}
    event["headers"] = dict(headers)
    event["multiValueHeaders"] = {name: [value] for name, value in dict(headers).items()}
    event["queryStringParameters"] = dict(query) or None
    event["multiValueQueryStringParameters"] = None
    if query:
        names = dict(query)
        event["multiValueQueryStringParameters"] = {
            name: [value for other, value in query if other == name] for name in names
        }
    if base64:
        body = b64encode(body).decode()
    elif body is not None:
        body = body.decode()
    return event | {"body": body, "isBase64Encoded": base64}
