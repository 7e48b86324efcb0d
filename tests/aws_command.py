"""A stand-in for AWS's command, with botocore: as much of it as scripts/first-hour uses.

Operations, their options and their answers are those of AWS's own models, as they are with the command.
Where a service is, AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_RDS_DATA and the like say, as they do there.
"""

import base64
import json
import sys
from pathlib import Path

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

# Options of the command itself, and of no operation.
OWN = {"--output", "--cli-read-timeout", "--cli-binary-format"}


def main(words):
    if words[0] == "--version":
        return print("aws-cli/2.99.0 a stand-in")
    if words[:2] == ["configure", "export-credentials"]:
        return print(json.dumps(credentials()))
    if words[:2] == ["s3", "cp"]:
        return copy(*words[-2:])
    return call(*words)


def credentials():
    found = get_session().get_credentials()
    return {
        "Version": 1,
        "AccessKeyId": found.access_key,
        "SecretAccessKey": found.secret_key,
        "SessionToken": found.token,
    }


def copy(path, url):
    bucket, key = url.removeprefix("s3://").split("/", 1)
    with open(path, "rb") as body:
        get_session().create_client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def call(service, operation, *words):
    client = get_session().create_client("s3" if service == "s3api" else service, config=Config(read_timeout=70))
    names = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
    model = client.meta.service_model.operation_model(names[operation])
    arguments, others = read(model.input_shape, words)
    answer = getattr(client, xform_name(names[operation]))(**arguments)
    answer.pop("ResponseMetadata")
    for name, value in answer.items():
        if hasattr(value, "read"):
            Path(others.pop()).write_bytes(value.read())
            answer[name] = None
    answer = {name: value for name, value in answer.items() if value is not None}
    print(json.dumps(answer, default=plain) if answer else "")


def read(shape, words):
    """The operation's members, and what is no option."""
    members = {f"--{xform_name(name, '-')}": (name, it) for name, it in shape.members.items()}
    arguments, others, words = {}, [], list(words)
    while words:
        word = words.pop(0)
        if word in OWN:
            words.pop(0)
        elif not word.startswith("--"):
            others.append(word)
        else:
            name, member = members[word]
            is_flag = member.type_name == "boolean"
            arguments[name] = True if is_flag else value(member, words.pop(0))
    return arguments, others


def value(member, text):
    if member.type_name in ("list", "structure", "map"):
        return json.loads(text)
    if member.type_name in ("integer", "long"):
        return int(text)
    return text


def plain(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ClientError as error:
        print(f"\n{error}", file=sys.stderr)
        sys.exit(254)
    except BotoCoreError as error:
        print(f"\n{error}", file=sys.stderr)
        sys.exit(255)
