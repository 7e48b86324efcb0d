"""`rowgate deploy` of an installed wheel, without a checkout, into an AWS that is not ours: a file that is put
there is loaded, and `rowgate destroy` takes it all away.

Cloudflare has no emulator: a stand-in for wrangler notes how it is called, and has the real one do all but the
upload itself.
"""

import json
import subprocess

import pytest
from cloudflare import cloudflare
from ministack import ministack
from test_packages import ROOT, Place, with_pip

# A function's key id is the number of its account in that server. The local Data API knows another one.
WITH_KEY = """
import os
from ministack.app import main
from ministack.services import lambda_svc

build = lambda_svc._provided_worker_env

def build_with_key(*values, **named):
    return build(*values, **named) | {"AWS_ACCESS_KEY_ID": os.environ["DATA_API_KEY_ID"]}

lambda_svc._provided_worker_env = build_with_key
main()
"""

WRANGLER = """
const { appendFileSync, readFileSync, statSync } = require("node:fs");
const { spawnSync } = require("node:child_process");

const words = process.argv.slice(2);
const call = { words };
const place = words.indexOf("--secrets-file");
if (place > 0) {
  const file = words[place + 1];
  call.secrets = JSON.parse(readFileSync(file, "utf8"));
  call.mode = statSync(file).mode & 0o777;
}
const config = words.indexOf("--config");
if (config >= 0) call.config = JSON.parse(readFileSync(words[config + 1], "utf8"));
if (call.config) call.schema = readFileSync(call.config.main.replace("worker.js", "schema.txt"), "utf8");
appendFileSync(process.env.WRANGLER_CALLS, JSON.stringify(call) + "\\n");
if (words[0] === "whoami") console.log(JSON.stringify({ loggedIn: !process.env.LOGGED_OUT, accounts: [{ id: "a1" }] }));
if (words.includes("versions")) {
  const calls = readFileSync(process.env.WRANGLER_UPLOADS, "utf8").trim().split("\\n");
  console.log(JSON.stringify(calls.map((tag) => ({ annotations: { "workers/tag": tag } }))));
}
if (words[0] === "auth") console.log(JSON.stringify({ type: "oauth", token: "cloudflare-token" }));
if (process.env.WRANGLER_FAILS === "before" && words.includes("deploy")) process.exit(1);
const tag = words.indexOf("--tag");
if (tag > 0) appendFileSync(process.env.WRANGLER_UPLOADS, words[tag + 1] + "\\n");
if (process.env.WRANGLER_FAILS === "after" && words.includes("deploy")) process.exit(1);
if (words.includes("deploy")) {
  const real = spawnSync("node", [process.env.REAL_WRANGLER, ...words, "--dry-run"], { stdio: "inherit" });
  process.exit(real.status);
}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The wheel in an empty home."""
    made = Place(tmp_path_factory.mktemp("deploy"))
    made.command = with_pip(made)
    return made


@pytest.fixture(scope="module")
def stack(place):
    """The wheel's own stack on this machine, whose database and Data API are the given cluster."""
    with place.dev() as stack:
        yield stack


@pytest.fixture(scope="module")
def cloud(stack, tmp_path_factory):
    settings = {"DATA_API_ENDPOINT": stack["data_api"], "DATA_API_KEY_ID": stack["aws_access_key_id"]}
    folder = tmp_path_factory.mktemp("ministack")
    with ministack(folder, stack, start=("-c", WITH_KEY), **settings) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def user(place, stack, cloud, tmp_path_factory):
    """Runs the installed program as a user of that account."""
    caches = tmp_path_factory.mktemp("caches")
    version = json.loads((ROOT / "package.json").read_text())["devDependencies"]["wrangler"]
    script = caches / f"rowgate/wrangler-{version}/node_modules/wrangler/bin/wrangler.js"
    script.parent.mkdir(parents=True)
    script.write_text(WRANGLER)
    (script.parents[1] / "package.json").write_text(json.dumps({"version": version}))
    with cloudflare({"success": True, "result": {"subdomain": "me"}}) as api:
        yield User(place, caches, place.environment | {
            "XDG_CACHE_HOME": str(caches),
            "REAL_WRANGLER": str(ROOT / "node_modules/wrangler/bin/wrangler.js"),
            "WRANGLER_CALLS": str(caches / "calls"),
            "WRANGLER_UPLOADS": str(caches / "uploads"),
            "CLOUDFLARE_API_BASE_URL": api.url,
            "AWS_ENDPOINT_URL": cloud.url,
            "DATA_API_ENDPOINT": stack["data_api"],
            "AWS_REGION": stack["region"],
            "AWS_ACCESS_KEY_ID": stack["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": stack["aws_secret_access_key"],
        })  # fmt: skip


class User:
    def __init__(self, place, caches, environment):
        self.place = place
        self.log = caches / "calls"
        self.environment = environment

    def run(self, *words, **environment):
        self.log.write_text("")
        done = subprocess.run(
            [*map(str, self.place.command), *words], cwd=self.place.work, env=self.environment | environment,
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip
        for secret in (self.environment["AWS_SECRET_ACCESS_KEY"], "cloudflare-token"):
            assert secret not in done.stdout + done.stderr
        return done

    def calls(self, command):
        calls = map(json.loads, self.log.read_text().splitlines())
        return [call for call in calls if command in call["words"]]


@pytest.fixture(scope="module")
def given(stack):
    """The options that name the cluster."""
    return (
        "--cluster-arn", stack["cluster_arn"],
        "--writer-secret-arn", stack["secret_arn"], "--admin-secret-arn", stack["secret_arn"],
        "--database-name", "rowgate",
    )  # fmt: skip


def status(cloud, name="rowgate"):
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return {it["StackName"]: it["StackStatus"] for it in stacks}.get(name)


def buckets(cloud):
    return [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]]


# --- what stops it before anything is made ---


def test_which_database_is_asked(user):
    done = user.run("deploy")
    assert done.returncode == 2 and "rowgate: which database?" in done.stderr


def test_problems_are_listed_and_nothing_is_made(user, cloud, given):
    done = user.run("deploy", *given, "--yes", LOGGED_OUT="1")
    assert done.returncode == 2, done.stderr
    assert "PROBLEM: wrangler is not logged in: run npx wrangler login" in done.stderr
    assert "rowgate: 1 problem; nothing is made" in done.stderr
    elsewhere = user.run("deploy", *given, "--yes", AWS_REGION="eu-west-1")
    assert "is not in the region eu-west-1" in elsewhere.stderr
    assert (status(cloud), buckets(cloud)) == (None, [])


def test_it_is_only_looked_at(user, cloud, given):
    done = user.run("deploy", *given, "--check")
    assert done.returncode == 0, done.stderr
    for said in ("ok: the account is 000000000000", "ok: the stack rowgate is not there yet",
                 "concurrent executions are reserved", "ok: wrangler is logged in",
                 "ok: the Worker will be under me.workers.dev"):  # fmt: skip
        assert said in done.stderr
    assert (status(cloud), buckets(cloud)) == (None, [])


def test_without_a_terminal_it_does_not_go_on_by_itself(user, cloud, given):
    done = user.run("deploy", *given)
    assert done.returncode == 2 and "give --yes" in done.stderr
    assert (status(cloud), buckets(cloud)) == (None, [])


# --- deployed and used ---


@pytest.fixture(scope="module")
def deployed(user, given):
    done = user.run("deploy", *given, "--yes", "--json", "--alarm-email", "ops@example.com")
    assert done.returncode == 0, done.stderr
    return done, json.loads(done.stdout), user.calls("deploy")


def test_the_stack_is_made_and_its_names_are_told(deployed, cloud):
    done, outputs, _ = deployed
    assert status(cloud) == "CREATE_COMPLETE"
    assert outputs["Bucket"] in buckets(cloud)
    assert "CREATE_COMPLETE AWS::Lambda::Function IntakeProgramFunction" in done.stderr
    functions = cloud.client("lambda")
    function = functions.get_function_configuration(FunctionName=outputs["IntakeFunction"])
    assert function["Environment"]["Variables"]["DB_NAME"] == "rowgate"
    topics = cloud.client("sns").list_subscriptions()["Subscriptions"]
    assert [it["Endpoint"] for it in topics if it["Protocol"] == "email"] == ["ops@example.com"]


def test_the_worker_goes_up_with_its_settings(deployed, stack, place):
    _, outputs, (call,) = deployed
    secrets = call["secrets"]
    (key,) = json.loads(secrets.pop("API_KEYS"))
    assert key["tables"] == ["*"] and (place.work / "api-keys.json").exists()
    assert secrets.pop("AWS_ACCESS_KEY_ID") and secrets.pop("AWS_SECRET_ACCESS_KEY")
    assert secrets == {
        "AWS_REGION": stack["region"],
        "DB_CLUSTER_ARN": stack["cluster_arn"],
        "DB_SECRET_ARN": stack["secret_arn"],
        "DB_NAME": "rowgate",
    }
    assert call["mode"] == 0o600
    assert call["config"]["name"] == "rowgate" and "build" not in call["config"]
    assert {table["name"] for table in json.loads(call["schema"])["tables"]} == {"departments", "jobs", "employees"}


def test_a_file_that_is_put_is_loaded(deployed, cloud, place):
    _, outputs, _ = deployed
    s3, key = cloud.client("s3"), "incoming/jobs/jobs.csv"
    s3.put_object(Bucket=outputs["Bucket"], Key=key, Body=(ROOT / "samples/jobs.csv").read_bytes())
    reports = lambda: s3.list_objects_v2(Bucket=outputs["Bucket"], Prefix=f"reports/{key}.").get("Contents", [])  # noqa: E731
    cloud.wait_until(reports)
    body = s3.get_object(Bucket=outputs["Bucket"], Key=reports()[0]["Key"])["Body"]
    report = json.loads(body.read())
    assert (report["status"], report["tables"]["jobs"]["stored"]) == ("complete", 183)


def test_again_nothing_changes_and_what_is_not_given_stays(deployed, user, cloud):
    done = user.run("deploy", "--yes")
    assert done.returncode == 0, done.stderr
    assert "rowgate: the stack rowgate is as it was" in done.stderr
    assert "putting the functions' program" not in done.stderr
    (call,) = user.calls("deploy")
    # It keeps the access key that it has.
    assert "AWS_ACCESS_KEY_ID" not in call["secrets"]
    (found,) = cloud.client("cloudformation").describe_stacks(StackName="rowgate")["Stacks"]
    parameters = {it["ParameterKey"]: it["ParameterValue"] for it in found["Parameters"]}
    assert parameters["AlarmEmail"] == "ops@example.com"


def access_keys(cloud, outputs):
    keys = cloud.client("iam").list_access_keys(UserName=outputs["WorkerUser"])["AccessKeyMetadata"]
    return [key["AccessKeyId"] for key in keys]


@pytest.mark.parametrize("fails", ["before", "after"])
def test_a_rotation_that_fails_deletes_no_key_and_the_next_deployment_ends_it(deployed, user, cloud, fails):
    """Wrangler fails before the Worker is up, or after that: then the Worker holds the new key."""
    _, outputs, _ = deployed
    before = access_keys(cloud, outputs)
    failed = user.run("deploy", "--yes", "--rotate-key", WRANGLER_FAILS=fails)
    assert failed.returncode == 2 and "the Worker is not deployed" in failed.stderr
    assert "both stay: run `rowgate deploy` again" in failed.stderr
    both = access_keys(cloud, outputs)
    assert len(both) == 2 and set(before) < set(both)
    (given,) = set(both) - set(before)
    held = {"before": before[0], "after": given}[fails]
    # What it deletes first is not the key that the Worker holds; when it fails again, that one is still there.
    failed = user.run("deploy", "--yes", WRANGLER_FAILS="before")
    assert failed.returncode == 2 and held in access_keys(cloud, outputs)
    done = user.run("deploy", "--yes")
    assert done.returncode == 0, done.stderr
    (call,) = [call for call in user.calls("deploy") if "--secrets-file" in call["words"]]
    assert access_keys(cloud, outputs) == [call["secrets"]["AWS_ACCESS_KEY_ID"]]


def test_a_database_is_not_exchanged(deployed, user):
    done = user.run("deploy", "--yes", "--create-database")
    assert done.returncode == 2 and "a cluster that is not its own" in done.stderr


# --- a cluster of its own ---


def test_a_new_cluster_is_protected_once_it_stands(user, cloud):
    """The local Data API does not know that cluster, so the tables are where this ends."""
    done = user.run("deploy", "--stage", "dev", "--create-database", "--reserve-concurrency", "false", "--yes")
    assert done.returncode == 2, done.stderr
    assert "the stack rowgate-dev is deployed, the Worker is not" in done.stderr
    assert status(cloud, "rowgate-dev") == "UPDATE_COMPLETE"
    (cluster,) = cloud.client("rds").describe_db_clusters()["DBClusters"]
    assert cluster["DeletionProtection"] is True
    refused = user.run("destroy", "--stage", "dev", "--yes", "rowgate-dev")
    assert refused.returncode == 2 and "the cluster is protected; nothing is done" in refused.stderr
    assert user.calls("delete") == []


# --- taken away ---


def test_it_is_taken_away_and_the_files_stay(deployed, user, cloud):
    _, outputs, _ = deployed
    refused = user.run("destroy", "--yes", "another")
    assert refused.returncode == 2 and status(cloud) is not None
    done = user.run("destroy", "--yes", "rowgate")
    assert done.returncode == 0, done.stderr
    assert status(cloud) in (None, "DELETE_COMPLETE")
    assert len(user.calls("delete")) == 1
    assert outputs["Bucket"] in buckets(cloud)
    assert f"the bucket {outputs['Bucket']} stays" in done.stderr
    again = user.run("destroy", "--yes", "rowgate")
    assert again.returncode == 2 and "there is no stack rowgate" in again.stderr
