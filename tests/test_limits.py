"""What keeps the gateway standing: rate limits, bytes in flight, an honest health."""

import socket
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest
import requests
from conftest import running

JOBS = "/tables/jobs/rows"


def test_too_many_requests_by_address_before_the_key_and_by_key_after_it():
    with running("--rate-limit", "5") as stack:

        def status(key, address):
            headers = {"x-api-key": key, "cf-connecting-ip": address}
            answer = requests.post(stack["edge"] + JOBS, json=[], headers=headers)
            if answer.status_code == 429:
                assert answer.headers["retry-after"] == "10"
                assert answer.json()["type"] == "urn:rowgate:problem:too_many_requests"
            return answer.status_code

        wait_for_a_new_period()
        by_address = [status("no key", "203.0.113.1") for _ in range(7)]
        assert by_address == [401] * 5 + [429] * 2
        by_key = [status(stack["api_key"], f"203.0.113.{last}") for last in range(2, 9)]
        assert by_key == [200] * 5 + [429] * 2


def wait_for_a_new_period():
    """The counters begin anew every 10 seconds; the test must not straddle that."""
    left = 10 - time.time() % 10
    if left < 5:
        time.sleep(left)


def test_bytes_in_flight_are_bounded(stack):
    """Two bodies of 4 MiB are announced and never come; there is no room for a third of the key, and with
    those of another key for none at all."""
    until(lambda: send_beside_two_announced(stack), 503, seconds=30)
    answer = until(lambda: send_nothing(stack), 200)
    assert "retry-after" not in answer.headers


def send_beside_two_announced(stack):
    """The second body has no room if the request comes before it: then both are announced anew."""
    with ExitStack() as waiting:
        for _ in range(2):
            waiting.enter_context(announced(stack, 4 << 20))
        for _ in range(20):
            answer = send_nothing(stack)
            if answer.status_code == 503:
                assert answer.headers["retry-after"] == "5"
                assert answer.json()["type"] == "urn:rowgate:problem:busy"
                break
            time.sleep(0.05)
    return answer


def test_a_body_that_comes_too_slowly_is_given_up(stack):
    with announced(stack, 10) as connection:
        began = time.monotonic()
        answer = connection.recv(64)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert 9 < time.monotonic() - began < 20


@contextmanager
def announced(stack, length):
    """A request whose body begins and does not go on."""
    address = urlsplit(stack["edge"])
    head = (
        f"POST {JOBS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        f"x-api-key: {stack['api_key']}\r\ncontent-length: {length}\r\n\r\n["
    )
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(head.encode())
        yield connection


def send_nothing(stack):
    return requests.post(stack["edge"] + JOBS, json=[], headers={"x-api-key": stack["api_key"]})


def until(send, status, seconds=10):
    """Sends until the status is there; connections are taken up and given up with some delay."""
    end = time.monotonic() + seconds
    while (answer := send()).status_code != status and time.monotonic() < end:
        time.sleep(0.05)
    assert answer.status_code == status, answer.text
    return answer


@pytest.mark.parametrize(("faults", "status"), [([], 200), (["execute:access-denied"], 503)])
def test_deep_health_asks_the_database(stack, calls, fault, faults, status):
    url = stack["edge"] + "/health?deep"
    assert requests.get(url).status_code == 401
    fault(*faults)
    calls.mark()
    answer = requests.get(url, headers={"x-api-key": stack["api_key"]})
    assert answer.status_code == status
    assert len(calls.since_mark()) == 1
