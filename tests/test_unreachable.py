"""A service at an address that does not answer: an error within seconds that says where and why."""

import socket
import time

import pytest


@pytest.fixture
def nowhere():
    """An address that refuses connections."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("arguments", "setting"),
    [
        (["backup"], "DATA_API_ENDPOINT"),
        (["backup", "--parallel", "2"], "DATA_API_ENDPOINT"),
        (["backup", "list"], "AWS_ENDPOINT_URL_S3"),
        (["restore", "latest"], "AWS_ENDPOINT_URL_S3"),
        (["restore", "undo", "20200101_000000_0000"], "DATA_API_ENDPOINT"),
        (["migrate"], "DATA_API_ENDPOINT"),
        (["loads"], "DATA_API_ENDPOINT"),
    ],
)
def test_it_is_named_within_seconds(command, bucket, nowhere, arguments, setting):
    begun = time.monotonic()
    done = command(*arguments, **{setting: nowhere})
    assert time.monotonic() - begun < 10
    assert done.returncode == 2
    assert f"{nowhere} cannot be reached (it is from {setting}" in done.stderr
    assert "Connection refused" in done.stderr and " times: " in done.stderr
