"""The command as its users meet it: settings, errors that say what to do, ids by their beginning, init, keep."""

import json
import os
import re
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from conftest import PROGRAM, ROOT, environment_of, running

DATABASE = {"AWS_REGION", "DB_CLUSTER_ARN", "DB_SECRET_ARN", "DB_NAME", "DATA_API_ENDPOINT", "DATA_BUCKET"}


@pytest.fixture
def rowgate(tmp_path):
    """Runs the command in an empty folder with nothing but the given settings."""

    def rowgate(*arguments, **settings):
        settings = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **settings}
        return subprocess.run([PROGRAM, *arguments], cwd=tmp_path, env=settings, capture_output=True, text=True)

    return rowgate


def test_what_is_no_secret_may_be_in_a_file(rowgate, stack, tmp_path):
    settings = environment_of(stack)
    shared = [name for name in DATABASE if not name.endswith("ENDPOINT")]
    lines = [f"{name.lower()} = {json.dumps(settings[name])}" for name in shared]
    (tmp_path / "rowgate.toml").write_text("\n".join(lines))
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "DATA_API_ENDPOINT")
    secrets = {name: settings[name] for name in names}
    assert rowgate("loads", **secrets).returncode == 0
    # The environment comes first, also where an option reads it.
    other = rowgate("loads", **secrets, DB_NAME="elsewhere")
    assert other.returncode == 2
    assert "there is no such database on the cluster: set DB_NAME" in other.stderr
    place = {"AWS_ENDPOINT_URL_S3": stack["s3"]}
    assert rowgate("backup", "list", **secrets, **place).returncode == 0
    gone = rowgate("backup", "list", **secrets, **place, DATA_BUCKET="elsewhere")
    assert gone.stderr.startswith("rowgate: there is no such bucket: set DATA_BUCKET, or give --bucket\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('aws_secret_access_key = "hidden"', "aws_secret_access_key is secret: give AWS_SECRET_ACCESS_KEY in"),
        ('db_nam = "shop"', "db_nam: there is no such setting; there are aws_region"),
        ("db_name = hidden", "rowgate.toml: line 1: "),
    ],
)
def test_a_file_of_settings_that_is_wrong_is_refused(rowgate, tmp_path, text, message):
    (tmp_path / "rowgate.toml").write_text(text)
    done = rowgate("schema", "show")
    assert done.returncode == 2 and message in done.stderr and "hidden" not in done.stderr
    assert rowgate("--version").returncode == 0


class Refusing(BaseHTTPRequestHandler):
    """Answers each call as AWS does when temporary credentials have expired."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"message": "The security token included in the request is expired"}'
        self.send_response(403)
        self.send_header("x-amzn-errortype", "ExpiredTokenException")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_expired_credentials_are_said_in_a_sentence(rowgate, stack):
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        done = rowgate("loads", **(environment_of(stack) | {"DATA_API_ENDPOINT": endpoint}))
        server.shutdown()
    assert done.returncode == 2
    first, second = done.stderr.splitlines()
    assert first.startswith("rowgate: the AWS credentials have expired: get new ones (aws sso login")
    assert "ExpiredTokenException (HTTP 403)" in second


def test_a_taken_port_and_a_database_that_is_not_there(rowgate):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = rowgate("dev", "--port", port)
    assert done.returncode == 2
    assert done.stderr == (
        f"rowgate: port {port} is taken by another program; give another --port, or none for a free one\n"
    )
    nowhere = f"mysql://root:hidden@127.0.0.1:{port}/shop"
    for done in (rowgate("init", "--database-url", nowhere), rowgate("init", DATABASE_URL="shop")):
        assert done.returncode == 2 and "hidden" not in done.stderr
        assert re.search(r"start its server, or mend its address|mysql://user:password@host", done.stderr)


def test_an_id_may_be_cut_to_the_beginning_that_no_other_has(command, files, tmp_path):
    report = files.load("incoming/jobs/jobs.csv", b"id,job\n1,Baker\n")
    whole = report["load_id"]
    shown = json.loads(command("loads", "show", whole[:12], "--json").stdout)
    assert shown["load_id"] == whole
    none = command("loads", "show", "zz")
    assert (none.returncode, "no id begins with zz" in none.stderr) == (2, True)
    odd = command("loads", "show", "%")
    assert (odd.returncode, "no id begins with %" in odd.stderr) == (2, True)

    ring = str(tmp_path / "keys.json")
    keys = [json.loads(command("keys", "--file", ring, "new", "--json").stdout) for _ in range(2)]
    assert command("keys", "--file", ring, "revoke", "").returncode == 2
    assert command("keys", "--file", ring, "revoke", keys[0]["id"][:6]).returncode == 0
    left = json.loads(command("keys", "--file", ring, "list", "--json").stdout)
    assert [key["id"] for key in left] == [keys[1]["id"]]


def test_quiet_and_verbose(command):
    assert command("loads", "-q").stderr == ""
    called = command("loads", "-v").stderr.splitlines()
    assert called and all(re.fullmatch(r"POST http://127.*/\w+: 200 after \d+ ms", line) for line in called)
    assert command("loads", "-q", "-v").returncode == 2


def test_status_says_what_needs_a_person(command, backup, bucket, stack, db):
    settings = {"AWS_ENDPOINT_URL_S3": stack["s3"], "DATA_BUCKET": stack["bucket"]}
    none = command("status", "--json", **settings)
    assert none.returncode == 1, none.stderr
    assert [entry["run"] for entry in json.loads(none.stdout)["backups"]] == [None] * 3

    assert backup().returncode == 0
    db.rows("DELETE FROM rowgate_loads")
    well = command("status", "--json", **settings)
    found = json.loads(well.stdout)
    assert (well.returncode, found["drift"], found["loads"], found["errors"]) == (0, [], [], [])
    assert all(entry["run"] for entry in found["backups"])
    assert found["versions"]["ledger"] == found["versions"]["made_for"]

    db.rows(
        "INSERT INTO rowgate_loads (load_id, door, status, holder, lease_until, started_at, bucket, object_key) VALUES"
        " (REPEAT('a', 32), 's3', 'running', REPEAT('b', 32), '2020-01-01', '2020-01-01', 'b', 'k')"
    )
    broken = command("status", "--json", **settings)
    assert broken.returncode == 1
    assert [load["status"] for load in json.loads(broken.stdout)["loads"]] == ["broken off"]
    db.rows("DELETE FROM rowgate_loads")

    part = command("status", "--json", **settings, DATA_API_ENDPOINT="http://127.0.0.1:9")
    found = json.loads(part.stdout)
    assert (part.returncode, found["versions"], len(found["backups"])) == (2, None, 3)
    assert "127.0.0.1:9 cannot be reached" in found["errors"][0]


def test_drift_is_shown(command, bucket, stack, db):
    db.rows("ALTER TABLE jobs ADD COLUMN note VARCHAR(10)")
    try:
        done = command("status", AWS_ENDPOINT_URL_S3=stack["s3"], DATA_BUCKET=stack["bucket"])
    finally:
        db.rows("ALTER TABLE jobs DROP COLUMN note")
    assert done.returncode == 1
    assert "jobs.columns.note: the file has nothing, the database" in done.stdout


def test_init_writes_what_the_other_commands_read(rowgate, stack, tmp_path):
    done = rowgate("init", "--database-url", stack["database_url"], AWS_REGION="eu-west-3")
    assert done.returncode == 0, done.stderr
    assert "employees: served, 5 columns" in done.stdout
    for command in ("rowgate check departments.csv", "rowgate dev", "rowgate dev --database-url"):
        assert f"\n  {command}" in done.stdout
    assert 'aws_region = "eu-west-3"' in (tmp_path / "rowgate.toml").read_text()
    written = (tmp_path / "schema.json").read_text()
    again = rowgate("init", "--database-url", stack["database_url"])
    assert again.returncode == 2 and "is there already; --force writes over it" in again.stderr
    assert (tmp_path / "schema.json").read_text() == written
    (tmp_path / "jobs.csv").write_text("id,job_name\n1,Baker\n")
    assert rowgate("check", "jobs.csv").returncode == 0
    by_api = rowgate("init", "--force", "--json", **environment_of(stack))
    assert by_api.returncode == 0, by_api.stderr
    assert [table["table"] for table in json.loads(by_api.stdout)["served"]] == ["departments", "jobs", "employees"]


def test_a_stack_keeps_data_key_and_ports(tmp_path):
    keep = ("--keep", str(tmp_path / "kept"))
    with running(*keep) as first:
        rows = [{"id": 7, "job": "Baker"}]
        assert post(first, rows).status_code == 200
    with running(*keep) as second:
        same = ("edge", "data_api", "s3", "api_key", "cluster_arn", "aws_access_key_id")
        assert {name: first[name] for name in same} == {name: second[name] for name in same}
        assert post(second, rows).status_code == 409
        taken = subprocess.run([PROGRAM, "dev", *keep], cwd=ROOT, capture_output=True, text=True)
        assert (taken.returncode, "another rowgate dev uses this folder" in taken.stderr) == (2, True)


def post(stack, rows):
    headers = {"x-api-key": stack["api_key"]}
    return requests.post(f"{stack['edge']}/tables/jobs/rows", json=rows, headers=headers, timeout=10)


def test_completions_man_pages_and_the_page_of_the_command_have_all_commands(rowgate, tmp_path):
    assert rowgate("man", "--output", "man").returncode == 0
    pages = {page.stem for page in (tmp_path / "man").iterdir()}
    top = {page.split("-")[1] for page in pages if page.count("-") == 1}
    assert {"load", "status", "init", "demo", "dev", "restore"} <= top and "rowgate-lambda" not in pages
    for shell in ("bash", "zsh", "fish"):
        completions = rowgate("completions", shell).stdout
        assert all(name in completions for name in top)
    listed = (ROOT / "docs/command.md").read_text()
    missing = [name for name in top if f"`{name}`" not in listed and f"`{name} " not in listed]
    assert missing == []
