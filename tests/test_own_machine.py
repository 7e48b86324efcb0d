"""What `rowgate dev` leaves to other users of the machine, and to pages in a browser: nothing."""

import os
import stat
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pymysql
import pytest
import requests
from conftest import PROGRAM, client, database, environment_of, put_faults, running

OTHER_USER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
SERVICES = ("data_api", "s3", "lambda")


@pytest.fixture(scope="module")
def own():
    """A stack of this file's own under the usual umask; all that it makes is in one folder, which
    other users may look into."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.chmod(folder, 0o755)
        before = os.umask(0o022)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("TMPDIR", folder)
                report = stack.enter_context(running())
        finally:
            os.umask(before)
        client(report, "s3").put_object(
            Bucket=report["bucket"], Key="kept/a/jobs.csv", Body=b"id,job\n1,a\n"
        )
        yield report | {"folder": Path(folder)}


def test_other_users_cannot_read_a_file(own):
    folders = list(own["folder"].iterdir())
    names = {folder.name.rpartition("-")[0] for folder in folders}
    assert {"rowgate-dev", "rowgate-s3", "rowgate-database"} <= names
    for folder in folders:
        assert mode(folder) == 0o700, folder
        for path in folder.rglob("*"):
            # What the database makes is closed by the folder around it.
            if "database" not in folder.name:
                assert mode(path) & 0o077 == 0, path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_user_finds_nothing(own):
    find = ["find", own["folder"], "-mindepth", "2"]
    assert subprocess.run(find, capture_output=True, text=True).stdout
    found = subprocess.run([*OTHER_USER, *find], capture_output=True, text=True)
    assert (found.stdout, "Permission denied" in found.stderr) == ("", True)


def test_a_reject_file_is_its_owners_alone(own, tmp_path):
    (tmp_path / "jobs.csv").write_text("id,job\nx,a\n")
    command = [PROGRAM, "load", "--direct", tmp_path / "jobs.csv"]
    subprocess.run(command, env=environment_of(own), capture_output=True)
    (rejects,) = tmp_path.glob("jobs.csv.*")
    assert (mode(rejects), "x,a" in rejects.read_text()) == (0o600, True)


def test_the_database_wants_its_password(own):
    url = urlsplit(own["database_url"])
    assert len(url.password) == 40
    for password in ("", "root"):
        with pytest.raises(pymysql.err.OperationalError) as error:
            pymysql.connect(host=url.hostname, port=url.port, user="root", password=password)
        assert error.value.args[0] == 1045


def test_the_database_writes_no_file_elsewhere(own, tmp_path):
    with database(own) as db:
        with pytest.raises(pymysql.err.OperationalError) as error:
            db.rows(f"SELECT 1 INTO OUTFILE '{tmp_path / 'out'}'")
        assert error.value.args[0] == 1290
        assert db.value("SELECT LOAD_FILE('/etc/hostname') IS NULL") == 1


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("path", ["/", "/Execute", "/_rowgate/faults"])
def test_a_foreign_page_reaches_no_service(own, service, path):
    for name, value, status in (
        ("Host", "evil.example", 421),
        ("Host", f"127.0.0.1.evil.example:{urlsplit(own[service]).port}", 421),
        ("Origin", "http://evil.example", 403),
        ("Origin", "null", 403),
    ):
        headers = {name: value, "x-rowgate-control": own["control_secret"]}
        for method in ("GET", "POST", "OPTIONS"):
            answer = requests.request(method, own[service] + path, headers=headers, data="[]")
            assert answer.status_code == status, (method, name, value)
            assert f"header {name}" in answer.text
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_foreign_page_needs_a_key_of_the_gateway(own):
    """The Worker answers any name, as on Cloudflare; only a key opens it, and no page has one."""
    headers = {"Host": "evil.example", "Origin": "http://evil.example"}
    answer = requests.post(own["edge"] + "/tables/jobs/rows", '[{"id":1,"job":"a"}]', headers=headers)
    assert answer.status_code == 401
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("service", ["data_api", "s3"])
def test_faults_want_the_secret(own, service):
    for secret in (None, "", own["control_secret"][:-1], own["aws_secret_access_key"]):
        headers = {} if secret is None else {"x-rowgate-control": secret}
        url = own[service] + "/_rowgate/faults"
        answer = requests.post(url, json=["any:internal"], headers=headers)
        assert answer.status_code == 403
        assert "x-rowgate-control" in answer.text
    put_faults(own, service=service)


def test_two_stacks_have_nothing_in_common(own, stack):
    names = ("api_key", "aws_access_key_id", "aws_secret_access_key", "cluster_arn", "secret_arn",
             "control_secret", "database_url")
    for name in names:
        assert own[name] != stack[name]
    account = [report["cluster_arn"].split(":")[4] for report in (own, stack)]
    assert account[0] != account[1]
    crossed = own | {"data_api": stack["data_api"]}
    with pytest.raises(Exception, match="security token"):
        client(crossed, "rds-data").execute_statement(
            resourceArn=stack["cluster_arn"], secretArn=stack["secret_arn"], sql="SELECT 1"
        )


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)
