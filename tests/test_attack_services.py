"""A Data API and an S3 that answer hostilely, to the command, the Worker and the Lambda: each says so in its
own way, stores nothing, and goes on once the service is good again."""

from contextlib import contextmanager

import pytest
import requests
from attack import measure, parametrized, size
from attack.measure import Attack, Bound
from attack.services import ANSWERED, CHANGES, DATA_API, S3, head, hostile, silence
from conftest import LEDGER, PROGRAM, TABLES, client, database, environment_of, running
from files import Files, job_lines
from test_attack_requests import WASM_MEGABYTES, wasm_megabytes

# Three calls that are given up after 60 seconds each; of the Worker, what a client waits at the most.
COMMAND = Bound(megabytes=100, seconds=size(240, 60))
WORKER = Bound(megabytes=700, seconds=130)
# The limit of an answer's body, and what a slow machine adds.
HALF_AN_ANSWER = Bound(megabytes=700, seconds=20)
# A call that was not run is repeated for 120 seconds.
LAMBDA = Bound(megabytes=200, seconds=size(300, 60))

# What asks the service, and the setting that says where it is.
ASKING = {DATA_API: (["loads"], "DATA_API_ENDPOINT"), S3: (["backup", "list"], "AWS_ENDPOINT_URL_S3")}
ROWS = 3


class Stack:
    """A stack whose Worker and Lambda have hostile services before the good ones."""

    def __init__(self, report, services):
        self.report, self.services = report, services
        self.files = Files(report, client(report, "s3"), client(report, "lambda", LAMBDA.seconds))

    @contextmanager
    def answering(self, service, **how):
        """A service answers in this way."""
        for name, value in how.items():
            setattr(self.services[service], name, value)
        try:
            yield
        finally:
            self.services[service].answer = self.services[service].change = None


@pytest.fixture(scope="module")
def attacked():
    with hostile(None) as data_api, hostile(None) as s3:
        through = ["--data-api-through", data_api.url, "--s3-through", s3.url]
        with running(*through) as report:
            data_api.forward_to(report["data_api"])
            s3.forward_to(report["s3"])
            yield Stack(report, {DATA_API: data_api, S3: s3})


@pytest.fixture(scope="module")
def connection(attacked):
    with database(attacked.report) as db:
        yield db


@pytest.fixture
def db(connection):
    connection.empty(*TABLES, *LEDGER)
    return connection


@pytest.fixture
def attack(record_property):
    return lambda kind: Attack(kind, record_property)


@parametrized(ANSWERED)
def test_the_command(attacked, attack, case):
    arguments, setting = ASKING[case.service]
    environment = environment_of(attacked.report) | {setting: attacked.services[case.service].url}
    with attacked.answering(case.service, answer=case.give):
        with attack("service to command").case(case.name, COMMAND) as met:
            done = measure.run([PROGRAM, *arguments], environment, COMMAND.seconds)
            met.result, met.megabytes = done.status, done.megabytes
    assert done.status == 2, done.output
    assert "panicked" not in done.errors and done.errors.startswith("rowgate: ")


@parametrized(case for case in ANSWERED if case.service == DATA_API)
def test_the_worker(attacked, db, attack, case):
    with attacked.answering(DATA_API, answer=case.give):
        with attack("service to Worker").case(case.name, WORKER, "workerd") as met:
            met.result = send(attacked)
            met.wasm = wasm_megabytes(attacked.report)
    assert met.result in {500, 503, 504} and db.count("jobs") == 0
    assert met.wasm <= WASM_MEGABYTES
    # By a connection that has more of the bad answer, a call's outcome is unknown.
    assert send(attacked) in {200, 504} and db.count("jobs") in {0, ROWS}
    db.empty("jobs")
    assert (send(attacked), db.count("jobs")) == (200, ROWS)


def test_the_worker_gives_up_half_an_answer(attacked, db, attack):
    """After 15 seconds without its rest; the rows may be stored, which is what 504 says."""
    half = silence(head(content_length=100) + b'{"generatedFields":[]')
    with attacked.answering(DATA_API, answer=half):
        with attack("service to Worker").case("half an answer", HALF_AN_ANSWER, "workerd") as met:
            met.result = send(attacked)
    assert met.result == 504 and met.seconds >= 15
    db.empty("jobs")
    assert (send(attacked), db.count("jobs")) == (200, ROWS)


@parametrized(ANSWERED)
def test_the_lambda(attacked, db, attack, case):
    attacked.files.put("quiet/jobs/x.csv", job_lines(ROWS))
    with attacked.answering(case.service, answer=case.give):
        with attack("service to Lambda").case(case.name, LAMBDA, "bootstrap") as met:
            met.result = load(attacked)
    assert met.result in {"LoadFailed", "gone"} and db.count("jobs") == 0
    db.empty(*LEDGER)
    assert (load(attacked), db.count("jobs")) == ("complete", ROWS)


@parametrized(CHANGES)
def test_the_lambda_by_a_changed_answer(attacked, db, attack, case):
    """All rows are stored, or none is, and a report says which."""
    attacked.files.put("quiet/jobs/x.csv", job_lines(ROWS))

    def change(request, answer):
        return case.change(answer) if request.startswith(case.method.encode()) else answer

    with attacked.answering(S3, change=change):
        with attack("service to Lambda").case(f"{case.name}, s3", LAMBDA, "bootstrap") as met:
            met.result = load(attacked)
    assert db.count("jobs") == (ROWS if met.result == "complete" else 0)
    db.empty(*TABLES, *LEDGER)
    assert (load(attacked), db.count("jobs")) == ("complete", ROWS)


def send(attacked):
    rows = [{"id": id, "job": "a"} for id in range(1, ROWS + 1)]
    headers = {"x-api-key": attacked.report["api_key"]}
    return requests.post(attacked.report["edge"] + "/tables/jobs/rows", json=rows, headers=headers).status_code


def load(attacked):
    """The status of a report, or the type of an error."""
    event = {"rowgate": "load", "bucket": attacked.files.bucket, "key": "quiet/jobs/x.csv"}
    error, answer = attacked.files.run(event)
    assert error in (None, "Unhandled"), answer
    return answer["errorType"] if error else answer["status"]
