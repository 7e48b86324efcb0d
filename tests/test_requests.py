"""HTTP as the runtime of the Worker hands it on: raw headers, methods without bodies, packed bodies."""

import gzip
import http.client
import json
from urllib.parse import urlsplit

import pytest
import requests

pytestmark = pytest.mark.usefixtures("empty_tables")

JOBS = "/tables/jobs/rows"


@pytest.fixture
def connection(stack):
    address = urlsplit(stack["edge"])
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    yield connection
    connection.close()


def send(connection, method, path, *headers, body=b""):
    """A request with these headers as they are, one after the other."""
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if method == "POST":
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body or None)
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


@pytest.mark.parametrize("blank", [" ", "\t", " \t "])
def test_blanks_around_a_key_do_not_count(stack, connection, blank):
    key, json_type = stack["api_key"], ("content-type", "application/json")
    sent = (("x-api-key", f"{key}{blank}"), json_type)
    assert send(connection, "POST", JOBS, *sent, body=b"[]")[0] == 200
    sent = (("x-api-key", f"{blank}{key}"), json_type)
    assert send(connection, "POST", JOBS, *sent, body=b"[]")[0] == 200


def test_a_key_twice_is_none(stack, connection):
    key = ("x-api-key", stack["api_key"])
    sent = (key, key, ("content-type", "application/json"))
    assert send(connection, "POST", JOBS, *sent, body=b"[]")[0] == 401


@pytest.mark.parametrize("path", ["/health", "/loads"])
def test_head_is_get_without_the_body(stack, connection, path):
    """On one connection: a body where none belongs would be read as the next answer."""
    key = ("x-api-key", stack["api_key"])
    status, of_get, body = send(connection, "GET", path, key)
    assert (status, len(body) > 0) == (200, True)
    for _ in range(2):
        status, of_head, body = send(connection, "HEAD", path, key)
        assert (status, body) == (200, b"")
        assert of_head["content-type"] == of_get["content-type"]
        assert of_head.get("content-length", of_get["content-length"]) == of_get["content-length"]


def test_options_needs_no_key(connection):
    preflight = (("origin", "https://a.example"), ("access-control-request-method", "POST"))
    status, headers, body = send(connection, "OPTIONS", JOBS, *preflight)
    assert (status, headers["allow"], body) == (204, "POST, OPTIONS", b"")
    assert not [name for name in headers if name.startswith("access-control")]


def test_a_packed_body_is_stored(stack, db):
    """4 MiB of rows in a few kB, and one byte more."""
    headers = {
        "x-api-key": stack["api_key"],
        "content-type": "application/json",
        "content-encoding": "gzip",
    }
    rows = json.dumps([{"id": id, "job": f"Job {id}"} for id in range(1, 1001)]).encode()

    def post(length):
        body = gzip.compress(rows + b" " * (length - len(rows)))
        return requests.post(stack["edge"] + JOBS, data=body, headers=headers)

    assert post((4 << 20) + 1).status_code == 413
    assert db.count("jobs") == 0
    assert post(4 << 20).status_code == 200
    assert db.count("jobs") == 1000


def test_a_large_body_of_one_row_with_errors_is_answered(post):
    """Each of its 600,000 members is an error, and so is the name that it lacks; its id it may lack."""
    body = ("[{" + ",".join(['"a":0'] * 600_000) + "}]").encode()
    answer = post(JOBS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error_count"]) == (422, 600_001)
    assert len(answer.json()["errors"]) == 100
