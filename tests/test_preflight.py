"""`scripts/preflight` with stand-ins for `aws`, `wrangler` and Cloudflare: a table of what they answer."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from cloudflare import cloudflare
from conftest import ROOT

INFRA = ROOT / "infra"
TOKEN = "s3cret-of-cloudflare"

# Answers by the words that it is called with; the longest beginning that is known counts.
STAND_IN = f"#!{sys.executable} -I" + r"""
import json, os, sys

name, words = os.path.basename(sys.argv[0]), " ".join(sys.argv[1:])
answers = json.load(open(os.environ["ANSWERS"]))[name]
known = [call for call in answers if words.startswith(call)]
if not known:
    sys.exit(f"{name}: not expected: {words}")
with open(os.environ["CALLS"], "a") as calls:
    print(name, words, file=calls)
answer = answers[max(known, key=len)]
sys.stdout.write(answer["out"])
sys.exit(answer.get("error") or 0)
"""

GIVEN = {
    "clusterArn": "arn:aws:rds:eu-west-1:111122223333:cluster:hr",
    "writerSecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:writer-AbCdEf",
    "adminSecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:admin-AbCdEf",
}
NEW = {"database": "create"}

ENGINES = "rds describe-db-engine-versions"
PARAMETERS = "rds describe-engine-default-cluster-parameters"
QUOTA = "lambda get-account-settings"
HELD = "lambda get-function-concurrency"
BOOTSTRAP = "ssm get-parameter"
STACK = "cloudformation describe-stacks"
IDENTITY = "sts get-caller-identity"
QUESTIONS = [QUOTA, ENGINES, PARAMETERS, BOOTSTRAP, STACK]
NAMES = [
    "sql_mode", "innodb_autoinc_lock_mode", "transaction_isolation", "character_set_server",
    "collation_server", "time_zone",
]  # fmt: skip


def out(value):
    return {"out": value if isinstance(value, str) else json.dumps(value)}


def failed(code, operation="TheCall", text="it says no"):
    message = f"\nAn error occurred ({code}) when calling the {operation} operation: {text}\n"
    return {"out": "", "error": message}


def quota(all, free):
    limit = {"ConcurrentExecutions": all, "UnreservedConcurrentExecutions": free}
    return out({"AccountLimit": limit, "AccountUsage": {}})


def engines(*versions):
    return out({"DBEngineVersions": [{"EngineVersion": version} for version in versions]})


def parameters(*fixed, names=NAMES):
    known = [{"ParameterName": name, "IsModifiable": name not in fixed} for name in names]
    return out({"EngineDefaults": {"Parameters": [*known, {"ParameterName": "port", "IsModifiable": True}]}})


def stack(status, *functions):
    outputs = [{"OutputKey": f"{name}Function", "OutputValue": name} for name in functions]
    return out({"Stacks": [{"StackStatus": status, "Outputs": outputs}]})


MISSING_STACK = failed("ValidationError", text="Stack with id rowgate does not exist")
GOOD = {
    "--version": out("aws-cli/2.15.30 Python/3.11.8 Linux/6.1 exe/x86_64"),
    IDENTITY: out({"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/ops"}),
    "configure get region": out("eu-west-1\n"),
    QUOTA: quota(1000, 1000),
    HELD: out(""),
    ENGINES: engines("8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.10.4", "8.4.mysql_aurora.8.4.7"),
    PARAMETERS: parameters(),
    BOOTSTRAP: out({"Parameter": {"Value": "30"}}),
    STACK: MISSING_STACK,
}
LOGGED_IN = {
    "whoami": out({"loggedIn": True, "accounts": [{"id": "account-1", "name": "Ours"}]}),
    "auth token": out({"type": "oauth", "token": TOKEN}),
}
SUBDOMAIN = {"success": True, "result": {"subdomain": "ours"}}


@pytest.fixture(scope="session")
def program():
    subprocess.run([INFRA / "node_modules/.bin/tsc", "--project", INFRA], check=True)
    return ["node", INFRA / "build/bin/preflight.js", "rowgate", "wrangler"]


@pytest.fixture
def preflight(program, tmp_path):
    """Runs it with what is chosen and answered otherwise than well."""

    def run(choices, aws=(), wrangler=(), subdomain=SUBDOMAIN, without=(), command=program, **environment):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name in {"aws", "wrangler"} - set(without):
            (folder / name).write_text(STAND_IN)
            (folder / name).chmod(0o755)
        for name in ("node", "bash", "env", "dirname", "awk"):
            if not (folder / name).exists():
                (folder / name).symlink_to(which(name))
        answers = {"aws": GOOD | dict(aws), "wrangler": LOGGED_IN | dict(wrangler)}
        (tmp_path / "answers.json").write_text(json.dumps(answers))
        calls = tmp_path / "calls"
        calls.write_text("")
        options = [word for name, value in choices.items() for word in ("-c", f"{name}={value}")]
        with cloudflare(subdomain) as server:
            process = subprocess.run(
                [*command, *options],
                capture_output=True,
                text=True,
                env={
                    "PATH": str(folder),
                    "HOME": str(tmp_path),
                    "ANSWERS": str(tmp_path / "answers.json"),
                    "CALLS": str(calls),
                    "CLOUDFLARE_API_BASE_URL": server.url,
                }
                | environment,
            )
        said = process.stdout + process.stderr
        assert TOKEN not in said
        lines = said.removeprefix("rowgate: ").split("\nrowgate: ")
        told = lambda kind: [it.removeprefix(kind).strip() for it in lines if it.startswith(kind)]  # noqa: E731
        return SimpleNamespace(
            status=process.returncode,
            said=said,
            problems=told("PROBLEM:"),
            unknown=told("unknown:"),
            good=told("ok:"),
            calls=calls.read_text(),
            asked=server.asked,
        )

    return run


def which(name):
    found = subprocess.run(["bash", "-c", f"type -P {name}"], capture_output=True, text=True, check=True)
    return os.path.realpath(found.stdout.strip())


# --- all is well ---


def test_with_all_that_is_needed_a_new_database_can_be_made(preflight):
    run = preflight(NEW)
    assert (run.status, run.problems, run.unknown) == (0, [], []), run.said
    for question in QUESTIONS:
        assert question in run.calls
    assert "--db-parameter-group-family aurora-mysql8.0" in run.calls
    assert run.asked == [("/accounts/account-1/workers/subdomain", f"Bearer {TOKEN}")]


def test_a_given_database_needs_no_engine(preflight):
    run = preflight(GIVEN)
    assert (run.status, run.problems, run.unknown) == (0, [], []), run.said
    assert ENGINES not in run.calls and PARAMETERS not in run.calls


def test_8_4_has_its_own_family_of_parameters(preflight):
    run = preflight(NEW | {"engineVersion": "8.4.mysql_aurora.8.4.7"})
    assert (run.status, run.problems) == (0, []), run.said
    assert "--db-parameter-group-family aurora-mysql8.4" in run.calls


def test_without_reservations_no_quota_is_asked_for(preflight):
    run = preflight(GIVEN | {"concurrency": 0}, {QUOTA: quota(10, 10)})
    assert (run.status, run.problems) == (0, []), run.said
    assert QUOTA not in run.calls


def test_nothing_is_made_or_changed(preflight):
    for line in preflight(NEW).calls.splitlines():
        assert line.split()[1] in ("--version", "configure", "whoami", "auth") or line.split()[2].startswith(
            ("get-", "describe-")
        ), line


# --- what is wrong ---

NEW_ACCOUNT = quota(10, 10)
DELETE = "aws cloudformation delete-stack --stack-name rowgate"

PROBLEMS = {
    "version 1 of aws": (
        NEW, {"--version": out("aws-cli/1.45.11 Python/3.11.7")}, ["1.45.11", "install version 2"],
    ),
    "no credentials": (
        NEW,
        {IDENTITY: {"out": "", "error": "\nUnable to locate credentials.\n"}},
        ["Unable to locate credentials", "aws configure"],
    ),
    "no region": (NEW, {"configure get region": {"out": "", "error": "\n"}}, ["no region", "AWS_REGION"]),
    "the cluster's region is another": (
        GIVEN, {"configure get region": out("us-east-1")}, ["set AWS_REGION=eu-west-1"],
    ),
    "a secret's region is another": (
        GIVEN | {"adminSecretArn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf"},
        {},
        ["secret:a-AbCdEf", "another region"],
    ),
    "a new account's quota": (
        NEW, {QUOTA: NEW_ACCOUNT}, ["reserves 38", "10 of the account's 10", "-c concurrency=0", "a quota of 138"],
    ),
    "one too few": (NEW, {QUOTA: quota(1000, 137)}, ["reserves 38", "137 of", "a quota of 1001"]),
    "more parts than there is room": (NEW | {"bulkConcurrency": 500}, {}, ["reserves 1022", "a quota of 1122"]),
    "an engine that is not offered": (
        NEW, {ENGINES: engines("8.0.mysql_aurora.3.10.3")}, ["3.10.4 is not offered", "3.10.3", "engineVersion="],
    ),
    "a parameter that is fixed": (
        NEW, {PARAMETERS: parameters("time_zone")}, ["time_zone", "-c leaveParameters=time_zone", "doctor"],
    ),
    "a parameter that is not there": (
        NEW | {"leaveParameters": "time_zone"},
        {PARAMETERS: parameters(names=NAMES[:-2])},
        ["collation_server", "-c leaveParameters=time_zone,collation_server"],
    ),
    "no stack of CDK's": (
        NEW, {BOOTSTRAP: failed("ParameterNotFound")}, ["cdk bootstrap aws://111122223333/eu-west-1"],
    ),
    "an old stack of CDK's": (
        NEW, {BOOTSTRAP: out({"Parameter": {"Value": "5"}})}, ["version 5", "cdk bootstrap"],
    ),
    "a first creation that could not be undone": (NEW, {STACK: stack("ROLLBACK_FAILED")}, [DELETE]),
    "a deletion that failed": (NEW, {STACK: stack("DELETE_FAILED")}, [DELETE]),
    "an operation under way": (NEW, {STACK: stack("UPDATE_IN_PROGRESS")}, ["wait"]),
    "an update that could not be undone": (
        NEW, {STACK: stack("UPDATE_ROLLBACK_FAILED")}, ["continue-update-rollback --stack-name rowgate"],
    ),
    "no database": ({}, {}, ["clusterArn is missing", "docs/deploy.md"]),
    "a choice of another form": (NEW | {"memory": 1}, {}, ["memory is not a number"]),
    "a parameter that rowgate does not set": (
        NEW | {"leaveParameters": "port"}, {}, ["leaveParameters: port", "sql_mode"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_is_named_with_what_to_do(preflight, name):
    choices, aws, words = PROBLEMS[name]
    run = preflight(choices, aws)
    (problem,) = run.problems
    assert run.status == 1
    assert all(word in problem for word in words), problem
    assert "1 problem; nothing is made" in run.said


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"]
)
def test_a_stack_that_can_be_deployed_to_is_no_problem(preflight, status):
    run = preflight(NEW, {STACK: stack(status)})
    assert (run.status, run.problems) == (0, []), run.said


def test_what_the_stack_holds_already_counts(preflight):
    there = stack("UPDATE_COMPLETE", "Intake", "Parts", "Requests", "Admin")
    each = {"Intake": 10, "Parts": 9, "Requests": 10, "Admin": 9}
    held = {
        f"{HELD} --function-name {name}": out({"ReservedConcurrentExecutions": count})
        for name, count in each.items()
    }
    run = preflight(NEW, {STACK: there, QUOTA: quota(138, 100)} | held)
    assert (run.status, run.problems) == (0, []), run.said
    run = preflight(NEW | {"concurrency": 11}, {STACK: there, QUOTA: quota(138, 100)} | held)
    assert run.status == 1 and "a quota of 140" in run.problems[0], run.said


def test_all_problems_are_told_at_once(preflight):
    wrong = {
        "--version": out("aws-cli/1.2.3"),
        QUOTA: NEW_ACCOUNT,
        ENGINES: engines("8.0.mysql_aurora.3.08.2"),
        PARAMETERS: parameters("sql_mode"),
        BOOTSTRAP: failed("ParameterNotFound"),
        STACK: stack("ROLLBACK_FAILED"),
    }
    run = preflight(NEW, wrong, {"whoami": {"out": '{"loggedIn":false}', "error": 1}})
    assert (run.status, len(run.problems)) == (1, 7), run.said
    assert run.said.endswith("7 problems; nothing is made\n")


def test_without_the_command_aws_the_rest_is_still_looked_at(preflight):
    run = preflight(NEW, without=["aws"], subdomain={"success": False, "errors": [{"code": 10007}]})
    assert run.status == 1
    missing, region, name = run.problems
    assert "aws is missing" in missing and "AWS_REGION" in region and "workers.dev" in name


# --- what is not known ---


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (failed("AccessDeniedException"), "may not ask"),
        (failed("UnauthorizedOperation"), "may not ask"),
        (failed("ThrottlingException"), "no answer"),
        (out("<html>"), "unknown form"),
        (out({"Other": []}), "unknown form"),
    ],
    ids=["denied", "unauthorized", "throttled", "unreadable", "another form"],
)
def test_what_cannot_be_asked_is_told_and_no_problem(preflight, answer, words):
    run = preflight(NEW, dict.fromkeys(QUESTIONS, answer))
    assert (run.status, run.problems) == (0, []), run.said
    assert len(run.unknown) == len(QUESTIONS)
    for unknown in run.unknown:
        assert words in unknown and "the deployment may show it" in unknown


def test_a_version_that_cannot_be_read_is_told(preflight):
    run = preflight(NEW, {"--version": out("amazon 7")})
    assert run.status == 0 and "unknown form" in run.unknown[0]


def test_an_account_that_cannot_be_read_is_told(preflight):
    run = preflight(NEW, {IDENTITY: out("[]")})
    assert run.status == 0 and len(run.unknown) == 2, run.said


def test_reservations_that_cannot_be_asked_for_are_told(preflight):
    run = preflight(NEW, {STACK: stack("UPDATE_COMPLETE", "Intake"), HELD: failed("AccessDeniedException")})
    assert run.status == 0 and "of which the stack holds a part" in run.unknown[0]


# --- Cloudflare ---


def test_no_login_at_cloudflare_is_a_problem(preflight):
    run = preflight(GIVEN, wrangler={"whoami": {"out": '\n{"loggedIn":false}\n', "error": 1}})
    assert run.status == 1 and "npx wrangler login" in run.problems[0]
    assert run.asked == []


def test_no_name_under_workers_dev_is_a_problem(preflight):
    refusal = {"success": False, "result": None, "errors": [{"code": 10007, "message": "no"}]}
    run = preflight(GIVEN, subdomain=refusal)
    assert run.status == 1
    assert "https://dash.cloudflare.com/account-1/workers/onboarding" in run.problems[0]


@pytest.mark.parametrize(
    ("wrangler", "subdomain", "words"),
    [
        ({"whoami": {"out": "", "error": "fetch failed"}}, SUBDOMAIN, "no answer (fetch failed)"),
        ({"whoami": out("hello")}, SUBDOMAIN, "unknown form"),
        ({"whoami": out({"loggedIn": True, "accounts": []})}, SUBDOMAIN, "unknown form"),
        ({"auth token": {"out": "", "error": "no such command"}}, SUBDOMAIN, "no such command"),
        ({"auth token": out({"type": "other"})}, SUBDOMAIN, "unknown form"),
        ({}, {"success": False, "errors": [{"code": 10000}]}, "10000"),
        ({}, "<html>", "unknown form"),
        ({}, {"success": True, "result": {}}, "unknown form"),
    ],
)
def test_what_cloudflare_does_not_say_is_told_and_no_problem(preflight, wrangler, subdomain, words):
    run = preflight(GIVEN, wrangler=wrangler, subdomain=subdomain)
    assert (run.status, run.problems) == (0, []), run.said
    (unknown,) = run.unknown
    assert words in unknown


def test_of_several_accounts_one_has_to_be_named(preflight):
    two = {"whoami": out({"loggedIn": True, "accounts": [{"id": "account-1"}, {"id": "account-2"}]})}
    run = preflight(GIVEN, wrangler=two)
    assert run.status == 0 and "set CLOUDFLARE_ACCOUNT_ID" in run.unknown[0]
    run = preflight(GIVEN, wrangler=two, CLOUDFLARE_ACCOUNT_ID="account-2")
    assert (run.status, run.unknown) == (0, [])
    assert run.asked[0][0] == "/accounts/account-2/workers/subdomain"


def test_a_key_with_an_address_is_taken_as_well(preflight):
    key = {"auth token": out({"type": "api_key", "key": TOKEN, "email": "ops@example.com"})}
    assert preflight(GIVEN, wrangler=key).status == 0


# --- the script ---


def test_the_script_takes_the_options_and_the_stage(preflight):
    script = [ROOT / "scripts/preflight"]
    run = preflight(NEW, command=script, STAGE="dev", WRANGLER="wrangler")
    assert run.status == 0, run.said
    assert "--stack-name rowgate-dev" in run.calls
    run = preflight(NEW, {QUOTA: NEW_ACCOUNT}, command=script, WRANGLER="wrangler")
    assert run.status == 1 and "-c concurrency=0" in run.said
