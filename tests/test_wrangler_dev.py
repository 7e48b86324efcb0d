"""The Worker under `wrangler dev`, as `make dev` and `make demo` run it."""

import json
import time

import pytest
from conftest import Calls, running, sender
from files import whole_lines
from test_gateway import counts, jobs, sample, sample_rows
from test_signature import recompute


@pytest.fixture(scope="module")
def dev():
    with running() as stack:
        yield stack


def test_the_samples(dev):
    post = sender(dev)
    body = {
        "departments": sample_rows("departments.csv", "id", "department"),
        "jobs": sample_rows("jobs.csv", "id", "job"),
    }
    answer = post("/insert_data", body)
    assert answer.status_code == 200
    assert counts(answer, "departments") == (12, 12, 0)
    assert counts(answer, "jobs") == (183, 183, 0)
    answer = post("/tables/employees/rows", sample("hired_employees.csv"), on_error="skip")
    assert (answer.status_code, counts(answer, "employees")) == (207, (1999, 1966, 33))


def test_a_thousand_rows_are_one_call_that_botocore_would_sign_the_same(dev):
    calls = Calls(dev["call_log"])
    assert sender(dev)("/tables/jobs/rows", jobs(1000, start=1001)).status_code == 200
    (call,) = calls.since_mark()
    assert (call["operation"], call["updated"]) == ("ExecuteStatement", 1000)
    assert call["headers"]["authorization"].endswith(recompute(call, dev))


def test_the_worker_logs_a_line_a_request_without_its_path(dev):
    request_id = sender(dev)("/tables/secrets/rows", []).headers["x-request-id"]
    (line,) = logged(dev, request_id)
    memory = line.pop("memory")
    assert line == {"request_id": request_id, "method": "POST", "status": 404}
    assert 1 << 20 < memory < 20 << 20


def logged(dev, request_id):
    """The lines of a request; wrangler hands the Worker's output on with some delay."""
    end = time.monotonic() + 10
    while True:
        ours = [line for line in whole_lines(dev["worker_log"]) if line.startswith(b"{")]
        lines = [json.loads(line) for line in ours if request_id.encode() in line]
        if lines or time.monotonic() > end:
            return lines
        time.sleep(0.05)
