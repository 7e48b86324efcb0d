"""What the Worker sends is signed as botocore would sign it."""

import re

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class RecordedAuth(SigV4Auth):
    """Signs a request whose body is known by its digest only."""

    def __init__(self, credentials, region, body_sha256):
        super().__init__(credentials, "rds-data", region)
        self.body_sha256 = body_sha256

    def payload(self, request):
        return self.body_sha256


def recompute(call, stack):
    """botocore's signature of a recorded call; botocore picks the headers to sign itself."""
    headers = {name: value for name, value in call["headers"].items() if name != "authorization"}
    host = headers.pop("host")
    request = AWSRequest(call["method"], f"http://{host}{call['path']}", headers=headers)
    request.context["timestamp"] = headers["x-amz-date"]
    credentials = Credentials(stack["aws_access_key_id"], stack["aws_secret_access_key"])
    auth = RecordedAuth(credentials, stack["region"], call["body_sha256"])
    string_to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    return auth.signature(string_to_sign, request)


def test_what_the_worker_sends_is_what_botocore_signs(stack, calls, empty_tables):
    calls.mark()
    body = {"jobs": [{"id": 1, "job": "Zoë 😀"}], "departments": [{"id": 1, "department": "a"}]}
    headers = {"x-api-key": stack["api_key"]}
    assert requests.post(stack["edge"] + "/insert_data", json=body, headers=headers).ok

    made = calls.since_mark()
    assert len(made) == 4
    for call in made:
        authorization = call["headers"]["authorization"]
        assert f"/{stack['region']}/rds-data/aws4_request" in authorization
        assert "SignedHeaders=content-type;host;x-amz-date," in authorization
        (signature,) = re.findall("Signature=([0-9a-f]{64})$", authorization)
        assert signature == recompute(call, stack)
