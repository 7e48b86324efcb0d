"""Another project's AWS on this machine: PyPI's `ministack`, and AWS's own clients for it.

It keeps S3, SQS and CloudWatch Logs in memory, and runs a function as a process of its own that
it keeps for the next call. It takes any signature.
"""

import io
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager, suppress

import boto3
import pytest
import requests
from botocore.config import Config

START_SECONDS = 30
# A real function has at most 15 minutes, and 3 seconds unless told otherwise.
FUNCTION_SECONDS = 60

# A function's key id is the number of its account here, whatever its settings say. The local Data
# API knows another one.
BOOTSTRAP = '#!/bin/sh\nAWS_ACCESS_KEY_ID=$DATA_API_KEY_ID exec "$LAMBDA_TASK_ROOT/program"\n'


@contextmanager
def ministack(folder, stack, start=("-m", "ministack"), **settings):
    """A server with its files in `folder`; functions sign with the secret of `stack`.

    `start` is how Python starts it; `settings` are more of its own, such as `AUTH="true"`.
    """
    url = f"http://127.0.0.1:{free_port()}"
    log = folder / "ministack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            # Isolated, or this very file would be taken for the package.
            [sys.executable, "-I", *start],
            cwd=folder,
            env=environment(folder, url, stack) | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Its functions are in its process group, which is ended as a whole.
            start_new_session=True,
        )
    try:
        wait_until_ready(url, process, log)
        yield Cloud(url, log, stack)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def environment(folder, url, stack):
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": url.rpartition(":")[2],
        "LAMBDA_EXECUTOR": "local",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # Functions get these two from here.
        "AWS_ENDPOINT_URL": url,
        "AWS_SECRET_ACCESS_KEY": stack["aws_secret_access_key"],
    }


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_until_ready(url, process, log):
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            if requests.get(f"{url}/_ministack/health", timeout=1).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.05)
    pytest.fail(f"ministack did not start:\n{log.read_text()}", pytrace=False)


class Cloud:
    """A running server."""

    def __init__(self, url, log, stack):
        self.url = url
        self.log = log
        self.stack = stack
        self.settings = {
            "endpoint_url": url,
            "region_name": stack["region"],
            "aws_access_key_id": stack["aws_access_key_id"],
            "aws_secret_access_key": stack["aws_secret_access_key"],
            "config": Config(retries={"total_max_attempts": 1}),
        }

    def client(self, service, **changes):
        """AWS's own client, some settings changed."""
        return boto3.client(service, **(self.settings | changes))

    def create_function(self, name, program, variables):
        """Makes a function that runs `program`, and the place for its log."""
        self.client("logs").create_log_group(logGroupName=log_group(name))
        client = self.client("lambda")
        client.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role="arn:aws:iam::000000000000:role/rowgate",
            Code={"ZipFile": package(program)},
            Timeout=FUNCTION_SECONDS,
            Environment={
                "Variables": {**variables, "DATA_API_KEY_ID": self.stack["aws_access_key_id"]}
            },
        )
        self.wait_until(
            lambda: client.get_function_configuration(FunctionName=name)["State"] == "Active"
        )

    def messages(self, function, group=None):
        """What a function has written; the lines of a call are here when it has ended."""
        pages = self.client("logs").get_paginator("filter_log_events")
        pages = pages.paginate(logGroupName=group or log_group(function))
        return [event["message"] for page in pages for event in page["events"]]

    def wait_until(self, holds, seconds=60):
        """Asks `holds` again and again, and fails with the end of the log if it never does."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                lines = self.log.read_text(errors="replace").splitlines()[-40:]
                pytest.fail("\n".join(["waited in vain; ministack's log:", *lines]))
            time.sleep(0.05)


def log_group(function):
    return f"/aws/lambda/{function}"


def package(program):
    """The deployment package; a real Lambda wants the mode in it, too."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        package.write(program, "program")
        bootstrap = zipfile.ZipInfo("bootstrap")
        bootstrap.external_attr = 0o755 << 16
        package.writestr(bootstrap, BOOTSTRAP)
    return archive.getvalue()
