"""Where the Lambda reads which tables there are: the program itself, at a Runtime API that is made here."""

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from conftest import PROGRAM, ROOT, client, environment_of

KEY = "config/schema.json"
OWN = {"name": "Order Lines", "columns": [{"name": "id", "column_type": "int", "nullable": False}], "primary_key": ["id"]}


class Runtime(HTTPServer):
    """Hands out one event, and keeps what comes back."""

    def __init__(self, event):
        super().__init__(("127.0.0.1", 0), Handler)
        self.event, self.answer = event, None
        self.answered = threading.Event()
        self.handed_out = False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.server.handed_out:
            self.server.answered.wait()
            return
        self.server.handed_out = True
        body = json.dumps(self.server.event).encode()
        self.send_response(200)
        for name, value in {
            "lambda-runtime-aws-request-id": "1",
            "lambda-runtime-deadline-ms": "4000000000000",
            "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-west-1:1:function:rowgate",
            "content-length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.server.answer = self.path, self.rfile.read(int(self.headers["content-length"])).decode()
        self.send_response(202)
        self.send_header("content-length", "0")
        self.end_headers()
        self.server.answered.set()

    def log_message(self, *_):
        pass


@pytest.fixture
def invoke(stack):
    """Starts the program with some settings, and answers what it says of one event, or its last words."""

    def invoke(event, **settings):
        runtime = Runtime(event)
        thread = threading.Thread(target=runtime.serve_forever, daemon=True)
        thread.start()
        host, port = runtime.server_address
        environment = environment_of(stack) | {
            "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": "rowgate",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "DATA_BUCKET": stack["bucket"],
            "PATH": os.environ["PATH"],
        }
        bootstrap = PROGRAM.parent / "bootstrap"
        pipe = subprocess.PIPE
        process = subprocess.Popen([bootstrap], env=environment | settings, stdout=pipe, stderr=pipe, text=True)
        try:
            while not runtime.answered.wait(0.05) and process.poll() is None:
                pass
        finally:
            process.kill()
            out, err = process.communicate()
            runtime.answered.set()
            threading.Thread(target=runtime.shutdown, daemon=True).start()
        return runtime.answer[1] if runtime.answer else out + err

    return invoke


CHECK = {"rowgate": "migrate", "check": True}


def differences(answer):
    return json.loads(answer)["differences"]


def test_the_bucket_s_schema_comes_before_all_others(stack, invoke):
    s3 = client(stack, "s3")
    s3.put_object(Bucket=stack["bucket"], Key=KEY, Body=json.dumps({"rowgate_schema": 1, "tables": [OWN]}))
    other = str(ROOT / "sql/schema.json")
    found = differences(invoke(CHECK, SCHEMA=KEY, ROWGATE_SCHEMA=other, TABLES="jobs"))
    assert found == ["Order Lines: table: expected a table, found none"]


def test_without_one_the_live_tables_are_those_that_are_named(invoke):
    backup = {"rowgate": "backup", "tables": ["employees"]}
    assert differences(invoke(CHECK, TABLES="jobs, departments")) == []
    assert "tables[0] is no table" in invoke(backup, TABLES="jobs,departments")
    assert "differences" in invoke(CHECK)


def test_what_cannot_be_read_is_said_at_the_start(stack, invoke):
    s3 = client(stack, "s3")
    s3.put_object(Bucket=stack["bucket"], Key="config/bad.json", Body=b"{}")
    s3.put_object(Bucket=stack["bucket"], Key="config/empty.json", Body=b"")
    for settings, words in [
        ({"SCHEMA": "config/none.json"}, "setting SCHEMA: "),
        ({"SCHEMA": "config/bad.json"}, "setting SCHEMA: "),
        ({"SCHEMA": "config/empty.json"}, "config/empty.json has 0 bytes"),
        ({"SCHEMA": KEY, "DATA_BUCKET": ""}, "settings missing: DATA_BUCKET"),
        ({"TABLES": "jobs,cats"}, "setting TABLES: the database has no table cats"),
    ]:
        assert words in invoke(CHECK, **settings), settings
