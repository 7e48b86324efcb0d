"""The state machine that loads large files, deployed and run: what an object that is put becomes."""

import gzip
import json
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import SimpleNamespace

import pytest
import requests
from conftest import LEDGER, TABLES
from deployment import WITH_KEY_IDS, clients, deploy, report, template  # noqa: F401
from events import s3_event
from ministack import ministack

RANGE_BYTES = 2_048
BULK_BYTES = 20_000
LOAD_OPTIONS = {"incoming/keep/": {"on_duplicate": "keep"}}


class Proxy:
    """The Data API as it is, but for statements with a text in them, some of which fail."""

    def __init__(self, target):
        self.target = target
        self.lock = Lock()
        self.fail("", 0)

    def fail(self, text, times):
        """The next statements that have this text in them are refused; `seen` counts them all."""
        self.text, self.left, self.seen = text.encode(), times, 0

    def refuses(self, body):
        with self.lock:
            if not self.text or self.text not in body:
                return False
            self.seen += 1
            self.left -= 1
            return self.left >= 0

    def answer(self, request):
        body = request.rfile.read(int(request.headers["content-length"]))
        if self.refuses(body):
            refusal = {"x-amzn-errortype": "AccessDeniedException"}
            return respond(request, 403, refusal, b'{"message":"not now"}')
        # The signature is over the headers as they came.
        answer = requests.post(self.target + request.path, body, headers=dict(request.headers))
        return respond(request, answer.status_code, answer.headers, answer.content)


def respond(request, status, headers, body):
    request.send_response(status)
    for name, value in headers.items():
        if name.lower() not in ("content-length", "transfer-encoding", "date", "connection"):
            request.send_header(name, value)
    request.send_header("content-length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def proxied(target):
    proxy = Proxy(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):  # noqa: N802
            proxy.answer(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def deployed(stack, template, tmp_path_factory):  # noqa: F811
    with proxied(stack["data_api"]) as proxy:
        variables = {
            "DATA_API_ENDPOINT": proxy.url,
            "DATA_API_KEY_ID": stack["aws_access_key_id"],
            "BULK_BYTES": str(BULK_BYTES),
            "BULK_RANGE_BYTES": str(RANGE_BYTES),
            "LOAD_OPTIONS": json.dumps(LOAD_OPTIONS),
        }
        settings = {"start": ("-c", WITH_KEY_IDS), "SFN_WAIT_SCALE": "0.05"}
        with ministack(tmp_path_factory.mktemp("ministack"), stack, **settings) as cloud:
            outputs = deploy(cloud, template, variables)
            deployed = SimpleNamespace(cloud=cloud, outputs=outputs, proxy=proxy, **clients(cloud))
            deployed.machines = cloud.client("stepfunctions")
            yield deployed


@pytest.fixture(autouse=True)
def empty(db, deployed):
    db.empty(*TABLES, *LEDGER)
    deployed.proxy.fail("", 0)


def executions(deployed, status=None):
    arn = deployed.outputs["BulkLoadMachine"]
    found = deployed.machines.list_executions(stateMachineArn=arn)["executions"]
    return [it for it in found if status in (None, it["status"])]


def put(deployed, key, body):
    """Puts an object, and waits until its execution has ended; answers how."""
    before = len(executions(deployed))
    deployed.s3.put_object(Bucket=deployed.outputs["Bucket"], Key=key, Body=body)
    deployed.cloud.wait_until(lambda: len(executions(deployed)) > before)
    deployed.cloud.wait_until(lambda: not executions(deployed, "RUNNING"), seconds=180)
    (newest, *_) = sorted(executions(deployed), key=lambda it: it["startDate"], reverse=True)
    return newest


def job_lines(count):
    """Lines of 40 bytes; those with quotes have a line break in them."""
    plain, quoted = "{:08d},Job number {:08d} of many xx\n", '{:08d},"Job number {:08d}\nof many."\n'
    assert len(plain.format(1, 1)) == len(quoted.format(1, 1)) == 40
    kind = lambda id: quoted if id % 10 == 0 else plain  # noqa: E731
    return "".join(kind(id).format(id, id) for id in range(1, count + 1)).encode()


def steps(deployed, execution):
    """The names of the states that an execution has gone through."""
    history = deployed.machines.get_execution_history(
        executionArn=execution["executionArn"], maxResults=1000
    )["events"]
    entered = [it["stateEnteredEventDetails"] for it in history if "stateEnteredEventDetails" in it]
    return [it["name"] for it in entered]


def assert_stored(deployed, db, key, rows):
    found = report(deployed, key)
    counted = found["tables"]["jobs"]
    assert (found["status"], counted["received"], counted["stored"]) == ("complete", rows, rows)
    assert db.count("jobs") == rows
    assert db.count("rowgate_ranges") == 0
    (row,) = db.rows("SELECT status, received_rows FROM rowgate_loads")
    assert row == {"status": "complete", "received_rows": rows}


def test_a_file_of_forty_parts_one_of_which_fails_twice(deployed, db):
    body = job_lines(40 * RANGE_BYTES // 40)
    assert -(-len(body) // RANGE_BYTES) == 40
    # In the middle of the seventeenth range, and so in one part.
    marker = f"Job number {17 * RANGE_BYTES // 40 - 20:08d}"
    deployed.proxy.fail(marker, 2)
    execution = put(deployed, "incoming/jobs/forty.csv", body)
    assert execution["status"] == "SUCCEEDED"
    # Twice refused, and the third time not.
    assert deployed.proxy.seen == 3
    assert_stored(deployed, db, "incoming/jobs/forty.csv", 40 * RANGE_BYTES // 40)
    passed = steps(deployed, execution)
    assert [name for name in passed if name in ("Scan", "Plan", "Load", "Finish", "Done")] == [
        "Scan", "Plan", "Load", "Finish", "Done"
    ]
    runs = deployed.machines.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]
    counts = [
        deployed.machines.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"] for run in runs
    ]
    assert [(it["total"], it["succeeded"]) for it in counts] == [(40, 40), (40, 40)]


def test_a_small_file_needs_no_machine(deployed, db):
    before = len(executions(deployed))
    bucket = deployed.outputs["Bucket"]
    deployed.s3.put_object(Bucket=bucket, Key="incoming/jobs/small.csv", Body=job_lines(100))
    assert_stored(deployed, db, "incoming/jobs/small.csv", 100)
    assert len(executions(deployed)) == before


@pytest.mark.parametrize("key", ["incoming/keep/jobs/keep.csv", "incoming/jobs/packed.csv.gz"])
def test_a_file_that_cannot_be_cut_is_loaded_by_the_machine_as_a_whole(deployed, db, key):
    rows = 1_000
    body = b"".join(b"%d,%s\n" % (id, random.randbytes(20).hex().encode()) for id in range(1, rows + 1))
    execution = put(deployed, key, gzip.compress(body) if key.endswith(".gz") else body)
    assert execution["status"] == "SUCCEEDED"
    assert [name for name in steps(deployed, execution) if name in ("Scan", "LoadWhole")] == ["LoadWhole"]
    assert_stored(deployed, db, key, rows)


def test_a_part_that_fails_to_the_end_is_reported(deployed, db):
    """What the other parts have stored stays; another execution does the rest."""
    body = job_lines(20 * RANGE_BYTES // 40)
    key = "incoming/jobs/failing.csv"
    deployed.proxy.fail("Job number 00000400", 1_000)
    execution = put(deployed, key, body)
    assert execution["status"] == "FAILED"
    found = report(deployed, key)
    assert found["status"] == "failed" and "not all parts are done" in found["failure"]
    assert 0 < found["tables"]["jobs"]["stored"] == db.count("jobs") < 20 * RANGE_BYTES // 40
    deployed.proxy.fail("", 0)
    given = deployed.machines.describe_execution(executionArn=execution["executionArn"])["input"]
    arn = deployed.outputs["BulkLoadMachine"]
    again = deployed.machines.start_execution(stateMachineArn=arn, input=given)["executionArn"]
    ended = lambda: deployed.machines.describe_execution(executionArn=again)["status"]  # noqa: E731
    deployed.cloud.wait_until(lambda: ended() != "RUNNING", seconds=120)
    assert ended() == "SUCCEEDED"
    assert_stored(deployed, db, key, 20 * RANGE_BYTES // 40)


def test_the_same_event_twice_is_one_execution(deployed, db):
    key = "incoming/jobs/twice.csv"
    execution = put(deployed, key, job_lines(1_000))
    object = json.loads(
        deployed.machines.describe_execution(executionArn=execution["executionArn"])["input"]
    )["object"]
    before = len(executions(deployed))
    event = s3_event(object["bucket"], key, object["e_tag"], sequencer=object["sequencer"])
    invoke = lambda _: deployed.functions.invoke(  # noqa: E731
        FunctionName=deployed.outputs["IntakeFunction"], Payload=json.dumps(event)
    )
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(invoke, range(4)))
    for answer in answers:
        said = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, said
        (load,) = said["loads"]
        assert load["status"] == "started"
    assert len(executions(deployed)) == before
