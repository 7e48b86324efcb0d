"""The AWS side as `cdk synth` makes it, deployed into an AWS that is not ours, and used."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import requests
from botocore.exceptions import ClientError
from conftest import ROOT
from deployment import ACCOUNT, deploy, deployed, keys, report, template  # noqa: F401
from ministack import ministack

# Another bucket, cluster and secret than the stack's.
OTHER_BUCKET = "another-owners"
OTHER_CLUSTER = f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:other"
OTHER_SECRET = "another-owners"

DENIED = {"AccessDenied", "AccessDeniedException", "403", "AuthorizationError"}


# --- used ---


def test_a_file_that_is_put_is_loaded(deployed, db):
    body = gzip.compress((ROOT / "samples/jobs.csv").read_bytes())
    bucket = deployed.outputs["Bucket"]
    deployed.s3.put_object(Bucket=bucket, Key="incoming/jobs/jobs.csv.gz", Body=body)
    assert report(deployed, "incoming/jobs/jobs.csv.gz")["status"] == "complete"
    assert db.count("jobs") == 183


def test_a_file_elsewhere_is_left_alone(deployed):
    bucket = deployed.outputs["Bucket"]
    deployed.s3.put_object(Bucket=bucket, Key="elsewhere/jobs/jobs.csv", Body=b"1,Clerk\n")
    deployed.s3.put_object(Bucket=bucket, Key="incoming/jobs/after.csv", Body=b"9000,Clerk\n")
    report(deployed, "incoming/jobs/after.csv")
    assert keys(deployed, "reports/elsewhere/") == []


@pytest.fixture
def post(deployed):
    """Sends rows to API Gateway with a key, or with none."""
    url = deployed.outputs["InsertUrl"]
    api = url.removeprefix("https://").partition(".")[0]
    headers = {"host": f"{api}.execute-api.localhost", "content-type": "application/json"}

    path = url.partition(".amazonaws.com")[2]

    def post(rows, key=None):
        with_key = headers | ({"x-api-key": key} if key else {})
        return requests.post(post.url, json.dumps(rows), headers=with_key)

    post.url, post.headers = deployed.cloud.url + path, headers
    return post


def assert_problem(answer, status, name):
    """API Gateway's own answer has the form of the gate's."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (status, f"urn:rowgate:problem:{name}")
    assert answer.headers["x-request-id"]


@pytest.fixture
def key(deployed):
    """The value of the stack's key, as an operator looks it up."""
    key_id = deployed.outputs["ApiKeyDefault"]
    return deployed.gateway.get_api_key(apiKey=key_id, includeValue=True)["value"]


def test_api_gateway_lets_in_who_has_a_key(post, key, db):
    db.empty("departments")
    rows = {"departments": [{"id": 1, "department_name": "Sales"}]}
    for wrong in ("x" * 40, None):
        assert_problem(post(rows, wrong), 401, "unauthorized")
    assert db.count("departments") == 0
    answer = post(rows, key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["tables"]["departments"]["stored"] == 1
    assert db.count("departments") == 1


@contextmanager
def without_room(deployed, name):
    """No invocation of a function begins any more."""
    of = {"FunctionName": deployed.outputs[f"{name}Function"]}
    deployed.functions.put_function_concurrency(**of, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        deployed.functions.delete_function_concurrency(**of)


def test_files_take_no_room_from_requests(deployed, post, key, db):
    db.empty("departments")
    with without_room(deployed, "Intake"):
        answer = post({"departments": [{"id": 2, "department_name": "Sales"}]}, key)
    assert answer.status_code == 200, answer.text
    assert db.count("departments") == 1


def test_requests_take_no_room_from_files(deployed):
    bucket = deployed.outputs["Bucket"]
    with without_room(deployed, "Requests"):
        deployed.s3.put_object(Bucket=bucket, Key="incoming/jobs/room.csv", Body=b"9100,Clerk\n")
        assert report(deployed, "incoming/jobs/room.csv")["status"] == "complete"


def test_another_path_or_method_is_no_route(deployed, post):
    url, headers = post.url, post.headers
    assert_problem(requests.post(url + "x", "[]", headers=headers), 404, "unknown_route")
    assert_problem(requests.get(url, headers=headers), 404, "unknown_route")


def test_too_many_requests_at_once_are_put_off(post, key):
    row = lambda number: {"departments": [{"id": number, "department_name": "x"}]}  # noqa: E731
    with ThreadPoolExecutor(16) as many:
        answers = list(many.map(lambda number: post(row(number), key), range(100, 140)))
    assert {answer.status_code for answer in answers} == {200, 429}
    for answer in answers:
        if answer.status_code == 429:
            assert_problem(answer, 429, "too_many_requests")
            assert answer.headers["retry-after"] == "1"


def test_the_schedule_s_own_event_makes_a_backup(deployed, template):
    rules = [it for it in template["Resources"].values() if it["Type"] == "AWS::Events::Rule"]
    (target,) = rules[0]["Properties"]["Targets"]
    answer = deployed.functions.invoke(
        FunctionName=deployed.outputs["AdminFunction"], Payload=target["Input"]
    )
    summary = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, summary
    assert f"backups/{summary['run']}/manifest.json" in keys(deployed, "backups/")


def test_the_admin_function_migrates(deployed, db):
    db.rows("DROP TABLE rowgate_rejects")
    for made in (["rowgate_rejects"], []):
        answer = deployed.functions.invoke(
            FunctionName=deployed.outputs["AdminFunction"], Payload=b'{"rowgate": "migrate"}'
        )
        migrated = json.loads(answer["Payload"].read())
        assert migrated == {"included": [], "ran": [], "made": made, "differences": []}


def test_each_function_writes_to_its_own_log_which_ends(deployed):
    """And a load and a backup are counted: metrics in CloudWatch's embedded format."""
    metrics = {"Intake": "RowsStored", "Requests": None, "Admin": "BackupsSucceeded"}
    for function, metric in metrics.items():
        name = deployed.outputs[f"{function}Function"]
        config = deployed.functions.get_function_configuration(FunctionName=name)
        group = config["LoggingConfig"]["LogGroup"]
        (found,) = deployed.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        assert found["retentionInDays"] == 90
        lines = [json.loads(line) for line in deployed.cloud.messages(name, group) if line[:1] == "{"]
        counted = [line for line in lines if metric in line]
        assert counted if metric else any(line.get("message") == "answered" for line in lines)
        assert all(line["FunctionName"] == name for line in counted)


# --- denied ---


@pytest.fixture(scope="module")
def guarded(stack, template, tmp_path_factory):
    """The stack in a server that asks for rights, with what there is to be denied."""
    template = json.loads(json.dumps(template))
    # It would deny everything: there is no TLS here. The right to set the notification with it.
    policies = [name for name, it in template["Resources"].items() if it["Type"] == "AWS::S3::BucketPolicy"]
    for name in policies:
        del template["Resources"][name]
    for resource in template["Resources"].values():
        waits = resource.get("DependsOn", [])
        if isinstance(waits, list):
            resource["DependsOn"] = [name for name in waits if name not in policies]
    # Whose key is an account's number may do all.
    root = stack | {"aws_access_key_id": ACCOUNT}
    with ministack(tmp_path_factory.mktemp("guarded"), root, AUTH="true") as cloud:
        outputs = deploy(cloud, template, {"DATA_API_KEY_ID": ACCOUNT})
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket=OTHER_BUCKET)
        for prefix in ("incoming", "reports", "rejects", "backups"):
            for bucket in (outputs["Bucket"], OTHER_BUCKET):
                s3.put_object(Bucket=bucket, Key=f"{prefix}/there", Body=b"rows")
        cloud.client("secretsmanager").create_secret(Name=OTHER_SECRET, SecretString="s3cret")
        yield SimpleNamespace(cloud=cloud, outputs=outputs)


@pytest.fixture(scope="module")
def as_role(guarded):
    """Clients with a function's role."""
    by_name = {}
    for name in ("Intake", "Requests", "Admin"):
        function = guarded.outputs[f"{name}Function"]
        functions = guarded.cloud.client("lambda")
        role = functions.get_function_configuration(FunctionName=function)["Role"]
        sts = guarded.cloud.client("sts")
        session = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        by_name[name] = {
            "aws_access_key_id": session["AccessKeyId"],
            "aws_secret_access_key": session["SecretAccessKey"],
            "aws_session_token": session["SessionToken"],
        }
    return lambda name, service: guarded.cloud.client(service, **by_name[name])


@pytest.fixture(scope="module")
def as_worker(guarded):
    """Clients with an access key of the Worker's user."""
    iam = guarded.cloud.client("iam")
    key = iam.create_access_key(UserName=guarded.outputs["WorkerUser"])["AccessKey"]
    credentials = {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }
    return lambda service: guarded.cloud.client(service, **credentials)


def code_of(call):
    """The error's code, or nothing when the call succeeds."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def in_bucket(client, bucket):
    """What can be done in a bucket, in words."""

    def calls(key):
        of = {"Bucket": bucket, "Key": key}
        return {
            "read": lambda: client.get_object(**of),
            "write": lambda: client.put_object(**of, Body=b""),
            "delete": lambda: client.delete_object(**of),
        }

    return calls


RIGHTS = {
    "Intake": {("read", "incoming"), ("write", "reports"), ("write", "rejects")},
    "Requests": set(),
    "Admin": {("read", "backups"), ("write", "backups"), ("delete", "backups")},
}


@pytest.mark.parametrize("name", RIGHTS)
def test_a_function_has_its_prefixes_of_the_bucket_and_no_other(guarded, as_role, name):
    """Twelve ways to touch the bucket, twelve to touch another one."""
    client = as_role(name, "s3")
    for prefix in ("incoming", "reports", "rejects", "backups"):
        calls = in_bucket(client, guarded.outputs["Bucket"])(f"{prefix}/there")
        others = in_bucket(client, OTHER_BUCKET)(f"{prefix}/there")
        for what in ("read", "write", "delete"):
            code = code_of(calls[what])
            if (what, prefix) in RIGHTS[name]:
                assert code is None, (what, prefix)
            else:
                assert code in DENIED, (what, prefix)
            assert code_of(others[what]) in DENIED, (what, prefix)


@pytest.mark.parametrize("name", RIGHTS)
def test_a_function_may_list_its_bucket_and_changes_nothing_of_it(guarded, as_role, name):
    client, bucket = as_role(name, "s3"), guarded.outputs["Bucket"]
    code = code_of(lambda: client.list_objects_v2(Bucket=bucket))
    assert code in DENIED if name == "Requests" else code is None
    assert code_of(lambda: client.list_objects_v2(Bucket=OTHER_BUCKET)) in DENIED
    assert code_of(lambda: client.put_bucket_policy(Bucket=bucket, Policy="{}")) in DENIED
    assert code_of(lambda: client.delete_bucket(Bucket=bucket)) in DENIED


def elsewhere(guarded, client):
    """What no role of ours may do outside of the bucket: client by service, in words."""
    function = guarded.outputs["AdminFunction"]
    user = guarded.outputs["WorkerUser"]
    queue = guarded.outputs["FailureQueue"]
    return {
        "read another secret": lambda: client("secretsmanager").get_secret_value(
            SecretId=OTHER_SECRET
        ),
        "list secrets": lambda: client("secretsmanager").list_secrets(),
        "call a function": lambda: client("lambda").invoke(FunctionName=function),
        "change a function": lambda: client("lambda").update_function_configuration(
            FunctionName=function, Timeout=3
        ),
        "make an access key": lambda: client("iam").create_access_key(UserName=user),
        "widen rights": lambda: client("iam").attach_user_policy(
            UserName=user, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
        "read failures": lambda: client("sqs").receive_message(QueueUrl=queue),
        "read logs": lambda: client("logs").describe_log_groups(),
        "delete the stack": lambda: client("cloudformation").delete_stack(StackName="rowgate"),
        "use another cluster": lambda: statement(client, guarded, OTHER_CLUSTER),
    }


def statement(client, guarded, cluster):
    secret = guarded.outputs["WriterSecretArn"]
    client("rds-data").execute_statement(resourceArn=cluster, secretArn=secret, sql="SELECT 1")


@pytest.mark.parametrize("name", RIGHTS)
def test_a_function_can_do_nothing_else(guarded, as_role, name):
    calls = elsewhere(guarded, lambda service: as_role(name, service))
    allowed = {what for what, call in calls.items() if code_of(call) not in DENIED}
    assert allowed == set()


def test_the_worker_can_do_nothing_else(guarded, as_worker):
    calls = elsewhere(guarded, as_worker)
    s3 = as_worker("s3")
    for what, call in in_bucket(s3, guarded.outputs["Bucket"])("incoming/there").items():
        calls[f"{what} a file"] = call
    calls["list buckets"] = s3.list_buckets
    allowed = {what for what, call in calls.items() if code_of(call) not in DENIED}
    assert allowed == set()


def test_the_worker_and_the_functions_may_use_the_cluster(guarded, as_worker, as_role):
    """It is not there in that server, which is another error than having no right to it."""
    cluster = guarded.outputs["ClusterArn"]
    for client in (as_worker, *(lambda service, it=it: as_role(it, service) for it in RIGHTS)):
        code = code_of(lambda client=client: statement(client, guarded, cluster))
        assert code is not None and code not in DENIED
