"""The Worker under `wrangler dev`, Cloudflare's own tool, beside `rowgate dev`, which runs it on the runtime alone."""

import json
import time

import pytest
import requests
from conftest import ROOT, Calls, running, sender
from files import whole_lines
from test_gateway import counts, jobs, sample, sample_rows
from test_signature import recompute


@pytest.fixture(scope="module")
def dev():
    with running("--wrangler") as stack:
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


# What of the page's files is asked for, beside the files themselves.
QUESTIONS = [
    ("GET", "/index.html?x=1", {}),
    ("GET", "/index", {}),
    ("GET", "/_headers", {}),
    ("GET", "/assets/", {}),
    ("GET", "/assets/../../wrangler.json", {}),
    ("GET", "/%2e%2e/wrangler.json", {}),
    ("GET", "/favicon.svg", {"if-none-match": '"another"'}),
    ("HEAD", "/", {}),
    ("POST", "/", {}),
    ("OPTIONS", "/favicon.svg", {}),
]

# Headers that say the same in other words, or nothing of the file.
OTHER_HEADERS = ("etag", "cf-cache-status", "date", "x-request-id", "content-length", "transfer-encoding", "connection")


def test_rowgate_dev_answers_for_the_page_as_wrangler_does(dev, stack):
    files = [path for path in (ROOT / "console/build").rglob("*") if path.is_file() and path.name != "_headers"]
    paths = ["/" if path.name == "index.html" else f"/{path.relative_to(ROOT / 'console/build')}" for path in files]
    assert len(paths) > 10
    for method, path, headers in [*(("GET", path, {}) for path in paths), *QUESTIONS]:
        theirs, ours = (page(started, method, path, headers) for started in (dev, stack))
        assert theirs == ours, (method, path, headers)
        assert ours[0] != 500, (method, path)


def page(stack, method, path, headers):
    headers = {"accept-encoding": "identity"} | headers
    answer = requests.request(method, stack["edge"] + path, headers=headers, allow_redirects=False)
    told = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in OTHER_HEADERS}
    # The gateway's own answer has the request's number in it.
    return answer.status_code, told, answer.content if answer.status_code == 200 else b""


def test_a_file_that_is_known_is_not_sent_again(dev, stack):
    for started in (dev, stack):
        etag = requests.get(started["edge"] + "/favicon.svg").headers["etag"]
        for known in (etag, f"W/{etag}"):
            status, told, content = page(started, "GET", "/favicon.svg", {"if-none-match": known})
            assert (status, content) == (304, b"") and "max-age=0" in told["cache-control"]
