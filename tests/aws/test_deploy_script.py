"""`scripts/deploy` and `scripts/destroy` with stand-ins for every program that they call."""

import json
import os
import subprocess
from types import SimpleNamespace

import pytest
from conftest import ROOT

OUTPUTS = {
    "Region": "eu-west-1",
    "ClusterArn": "arn:aws:rds:eu-west-1:111122223333:cluster:hr",
    "DatabaseName": "hr",
    "WriterSecretArn": "writer-arn",
    "AdminSecretArn": "admin-arn",
    "InsertUrl": "https://example.com/v1/insert_data",
    "WorkerUser": "rowgate-worker",
}

SECRET = "s3cret-of-the-key"
PASSWORD = "s3cret-of-a-user"

# Each stand-in notes how it was called; `aws` answers, and the secrets' file is kept.
STAND_IN = r"""#!/usr/bin/env python3
import json, os, sys

name = os.path.basename(sys.argv[0])
names = ("DB_SECRET_ARN", "DB_CLUSTER_ARN", "DB_NAME", "AWS_ACCESS_KEY_ID", "ROWGATE_WRITER_PASSWORD")
call = {"program": name, "arguments": sys.argv[1:]}
call["environment"] = {it: os.environ[it] for it in names if it in os.environ}
for option, path in zip(sys.argv, sys.argv[1:]):
    if option == "--secrets-file":
        call["secrets"] = json.load(open(path))
        call["mode"] = oct(os.stat(path).st_mode & 0o777)
with open(os.environ["CALLS"], "a") as calls:
    print(json.dumps(call), file=calls)
if name == "aws" or "versions" in sys.argv:
    answers = json.load(open(os.environ["ANSWERS"]))
    queries = [query for query in answers if query in sys.argv]
    answer = answers.get(queries[0] if queries else " ".join(sys.argv[1:3]), "")
    sys.exit(answer["error"]) if isinstance(answer, dict) else print(answer)
sys.exit(name in os.environ.get("FAILING", "").split())
"""


@pytest.fixture
def checkout(tmp_path):
    """A folder with the scripts and stand-ins, and a function that runs one of the scripts."""
    (tmp_path / "scripts").mkdir()
    for name in ("deploy", "destroy", "lib.sh", "aws.sh"):
        (tmp_path / "scripts" / name).symlink_to(ROOT / "scripts" / name)
    for name in ("Cargo.lock", "wrangler.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    places = ["scripts/preflight", "scripts/build-lambda", "node_modules/.bin/wrangler", "target/debug/rowgate"]
    for place in [*places, "bin/aws", "bin/npx"]:
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STAND_IN)
        path.chmod(0o755)
    (tmp_path / "infra").mkdir()
    (tmp_path / "tmp").mkdir()
    return Checkout(tmp_path)


class Checkout:
    def __init__(self, folder):
        self.folder = folder
        self.access_keys = ""
        # The access key with which the Worker was uploaded.
        self.tag = "AKIAOLD"
        self.outputs = dict(OUTPUTS)
        self.status = "UPDATE_COMPLETE"

    def run(self, script, *options, text="", **environment):
        answers = {
            "cloudformation describe-stacks": "\n".join(map("\t".join, self.outputs.items())),
            "Stacks[0].StackStatus": self.status,
            "iam list-access-keys": self.access_keys,
            "versions list": json.dumps([{"id": "v1"}, {"id": "v2", "annotations": {"workers/tag": self.tag}}]),
            "iam create-access-key": json.dumps(
                {"AccessKeyId": "AKIANEW", "SecretAccessKey": SECRET}
            ),
            "configure get": "eu-west-1",
            "configure export-credentials": "export AWS_ACCESS_KEY_ID=AKIAOPERATOR",
            "rds describe-db-clusters": "True",
            "secretsmanager get-secret-value": json.dumps({"username": "u", "password": PASSWORD}),
        }
        (self.folder / "answers.json").write_text(json.dumps(answers))
        calls = self.folder / "calls"
        calls.write_text("")
        process = subprocess.run(
            [self.folder / "scripts" / script, *options],
            input=text,
            capture_output=True,
            text=True,
            env={
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "TMPDIR": str(self.folder / "tmp"),
                "CALLS": str(calls),
                "ANSWERS": str(self.folder / "answers.json"),
            }
            | environment,
        )
        lines = [json.loads(line) for line in calls.read_text().splitlines()]
        said = process.stdout + process.stderr
        # Nothing secret is printed or is on a command line, and none of it stays.
        for secret in (SECRET, PASSWORD):
            assert secret not in said
            assert not any(secret in word for line in lines for word in line["arguments"])
        assert list((self.folder / "tmp").iterdir()) == []
        return SimpleNamespace(status=process.returncode, said=said, calls=lines)


def words(run, program):
    """How a program was called, the calls in a row."""
    return [" ".join(it["arguments"]) for it in run.calls if it["program"] == program]


def only(run, program):
    (call,) = [it for it in run.calls if it["program"] == program]
    return call


def deleted(run):
    """The access keys that were deleted."""
    return [it.split()[-1] for it in words(run, "aws") if it.startswith("iam delete-access-key")]


def test_stack_then_tables_then_the_worker_with_its_settings(checkout):
    run = checkout.run("deploy")
    assert run.status == 0, run.said
    programs = [it["program"] for it in run.calls if it["program"] != "aws"]
    assert programs == ["preflight", "build-lambda", "npx", "rowgate", "wrangler"]
    assert "cdk deploy rowgate -c stage=production -c architecture=arm64" in words(run, "npx")[0]

    migrate = only(run, "rowgate")
    assert migrate["arguments"] == ["migrate"]
    assert migrate["environment"]["DB_SECRET_ARN"] == "admin-arn"
    assert migrate["environment"]["AWS_ACCESS_KEY_ID"] == "AKIAOPERATOR"

    worker = only(run, "wrangler")
    assert worker["arguments"][:3] == ["deploy", "--env", ""]
    assert worker["mode"] == "0o600"
    assert worker["secrets"] == {
        "AWS_REGION": "eu-west-1",
        "DB_CLUSTER_ARN": OUTPUTS["ClusterArn"],
        "DB_SECRET_ARN": "writer-arn",
        "DB_NAME": "hr",
        "AWS_ACCESS_KEY_ID": "AKIANEW",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "API_KEYS": "[]",
    }


NOT_THERE = {"error": "An error occurred (ValidationError): Stack with id rowgate does not exist"}


@pytest.mark.parametrize("status", [NOT_THERE, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_a_first_creation_is_protected_once_it_stands(checkout, status):
    checkout.status = status
    run = checkout.run("deploy", "-c", "database=create")
    assert run.status == 0, run.said
    first, second = words(run, "npx")
    assert first == f"{second} -c protected=false"
    assert second.endswith("-c database=create")


def test_a_first_creation_that_fails_is_not_deployed_a_second_time(checkout):
    checkout.status = NOT_THERE
    run = checkout.run("deploy", FAILING="npx")
    assert run.status == 1
    (first,) = words(run, "npx")
    assert first.endswith("-c protected=false")


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_stands_stays_protected(checkout, status):
    checkout.status = status
    (call,) = words(checkout.run("deploy"), "npx")
    assert "protected" not in call


def test_nothing_is_deployed_where_the_stack_s_state_is_not_known(checkout):
    checkout.status = {"error": "An error occurred (AccessDenied)"}
    run = checkout.run("deploy")
    assert run.status == 1 and "AccessDenied" in run.said
    assert words(run, "npx") == []


def test_a_new_cluster_gets_its_two_users(checkout):
    checkout.outputs["RootSecretArn"] = "root-arn"
    migrate = only(checkout.run("deploy"), "rowgate")
    assert migrate["arguments"] == ["migrate", "--users"]
    assert migrate["environment"]["DB_SECRET_ARN"] == "root-arn"
    assert migrate["environment"]["ROWGATE_WRITER_PASSWORD"] == PASSWORD


def test_deployed_again_the_worker_keeps_its_access_key_and_takes_the_api_keys(checkout):
    checkout.access_keys = "AKIAOLD"
    keys = '[{"id": "a", "sha256": "\\u0061", "tables": ["*"]}]\n'
    (checkout.folder / "api-keys.json").write_text(keys)
    run = checkout.run("deploy", STAGE="dev")
    assert not any("access-key " in call for call in words(run, "aws"))
    worker = only(run, "wrangler")
    assert worker["arguments"][:3] == ["deploy", "--env", "dev"]
    assert set(worker["secrets"]) == {
        "AWS_REGION", "DB_CLUSTER_ARN", "DB_SECRET_ARN", "DB_NAME", "API_KEYS",
    }  # fmt: skip
    assert json.loads(worker["secrets"]["API_KEYS"]) == json.loads(keys)


def test_another_access_key_takes_the_old_one_s_place(checkout):
    checkout.access_keys = "AKIAOLD"
    run = checkout.run("deploy", ROTATE_KEY="1")
    assert only(run, "wrangler")["secrets"]["AWS_ACCESS_KEY_ID"] == "AKIANEW"
    delete = "iam delete-access-key --user-name rowgate-worker --access-key-id AKIAOLD"
    assert words(run, "aws")[-1] == delete


def test_the_first_access_key_is_deleted_when_the_worker_is_not_deployed(checkout):
    run = checkout.run("deploy", FAILING="wrangler")
    assert (run.status, deleted(run)) == (1, ["AKIANEW"])


def test_while_it_is_unknown_which_key_the_worker_holds_both_stay(checkout):
    checkout.access_keys = "AKIAOLD"
    run = checkout.run("deploy", ROTATE_KEY="1", FAILING="wrangler")
    assert (run.status, deleted(run)) == (1, [])
    assert "both stay: deploy again" in run.said


@pytest.mark.parametrize(("tag", "first"), [("AKIAOLD", "AKIASECOND"), ("AKIASECOND", "AKIAOLD")])
def test_a_rotation_that_has_failed_is_ended_by_the_next_deployment(checkout, tag, first):
    """Without ROTATE_KEY: of the two keys the one goes first that the Worker does not hold."""
    checkout.access_keys, checkout.tag = "AKIAOLD\tAKIASECOND", tag
    run = checkout.run("deploy")
    assert run.status == 0, run.said
    assert deleted(run) == [first, tag]
    _, deploy = [it for it in run.calls if it["program"] == "wrangler"]
    assert deploy["secrets"]["AWS_ACCESS_KEY_ID"] == "AKIANEW"
    assert deploy["arguments"][-2:] == ["--tag", "AKIANEW"]


def test_without_an_answer_about_the_versions_no_key_is_deleted(checkout):
    checkout.access_keys = "AKIAOLD\tAKIASECOND"
    run = checkout.run("deploy", FAILING="wrangler")
    assert (run.status, deleted(run)) == (1, [])
    assert "AKIAOLD or AKIASECOND" in run.said


def test_a_problem_is_found_before_anything_is_made(checkout):
    run = checkout.run("deploy", "-c", "database=create", FAILING="preflight")
    assert run.status == 1
    (call,) = run.calls
    assert (call["program"], call["arguments"]) == ("preflight", ["-c", "database=create"])


@pytest.mark.parametrize("failing", ["build-lambda", "npx", "rowgate"])
def test_what_fails_ends_it(checkout, failing):
    run = checkout.run("deploy", FAILING=failing)
    assert run.status == 1
    assert words(run, "wrangler") == []
    assert not any("create-access-key" in call for call in words(run, "aws"))


def test_a_stage_that_the_worker_does_not_have_is_not_begun(checkout):
    run = checkout.run("deploy", STAGE="staging")
    assert run.status == 1
    assert "wrangler.toml has no [env.staging]" in run.said
    assert run.calls == []


def test_destroy_asks_first(checkout):
    run = checkout.run("destroy", text="yes\n")
    assert run.status == 1
    assert words(run, "wrangler") == []


def test_destroy_takes_the_keys_the_worker_and_the_stack(checkout):
    checkout.access_keys = "AKIAONE AKIATWO"
    run = checkout.run("destroy", text="rowgate-dev\n", STAGE="dev")
    assert run.status == 0, run.said
    assert words(run, "wrangler") == ["delete --env dev --force"]
    deleted = [call[-7:] for call in words(run, "aws") if "delete-access-key" in call]
    assert deleted == ["AKIAONE", "AKIATWO"]
    assert "cloudformation delete-stack --stack-name rowgate-dev" in words(run, "aws")


def test_destroy_does_nothing_to_a_protected_cluster(checkout):
    checkout.outputs["RootSecretArn"] = "root-arn"
    run = checkout.run("destroy", text="rowgate\n")
    assert run.status == 1
    assert "--no-deletion-protection" in run.said
    assert words(run, "wrangler") == []
    assert not any("delete" in call.split()[1] for call in words(run, "aws") if call)
