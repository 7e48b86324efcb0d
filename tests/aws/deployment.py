"""The AWS side as `cdk synth` makes it, deployed into an AWS that is not ours."""

import json
import os
import shutil
import subprocess
from types import SimpleNamespace

import pytest
from conftest import LEDGER, ROOT, TABLES
from ministack import ministack, package

PROGRAM = ROOT / os.environ.get("ROWGATE_LAMBDA", "target/debug/bootstrap")
ACCOUNT = "000000000000"
ASSETS = "cdk-hnb659fds-assets-{account}-{region}"

# What an account has that ran `cdk bootstrap`.
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"

# An event of API Gateway says which key came, by its id, and rowgate goes by that. This server leaves
# the id out.
WITH_KEY_IDS = """
from ministack.app import main
from ministack.services import apigateway_v1 as gateway

build = gateway._build_lambda_event_v1

def build_with_key_id(*values, **named):
    event = build(*values, **named)
    key = gateway._resolve_api_key(gateway._api_key_from_request(event["headers"]))
    event["requestContext"]["identity"]["apiKeyId"] = key["id"] if key else None
    return event

gateway._build_lambda_event_v1 = build_with_key_id
main()
"""


@pytest.fixture(scope="session")
def template(stack, tmp_path_factory):
    """What `cdk deploy` would send, for the local database."""
    infra = ROOT / "infra"
    bin = infra / "node_modules/.bin"
    subprocess.run([bin / "tsc", "--project", infra], check=True)
    context = {
        "clusterArn": stack["cluster_arn"],
        "writerSecretArn": stack["secret_arn"],
        "adminSecretArn": stack["secret_arn"],
        "architecture": "x86_64",
        "program": infra / "test/program",
    }
    options = [word for name, value in context.items() for word in ("-c", f"{name}={value}")]
    # A folder of its own: what somebody has chosen in infra/cdk.context.json is not looked at there.
    folder = tmp_path_factory.mktemp("synth")
    shutil.copy(infra / "cdk.json", folder)
    app = ["--app", f"node {infra}/build/bin/app.js", "--output", "."]
    quiet = {"CDK_DISABLE_VERSION_CHECK": "1", "CDK_DISABLE_CLI_TELEMETRY": "true"}
    subprocess.run(
        [bin / "cdk", "synth", "--quiet", "--no-notices", *app, *options],
        cwd=folder,
        env=os.environ | quiet,
        check=True,
    )
    return json.loads((folder / "rowgate.template.json").read_text())


def functions(template):
    """rowgate's own, by their ids."""
    resources = template["Resources"].items()
    return {
        name: resource["Properties"]
        for name, resource in resources
        if resource["Type"] == "AWS::Lambda::Function" and name.startswith(("Intake", "Parts", "Admin"))
    }


def deploy(cloud, template, variables, name="rowgate"):
    """Makes the stack as CDK would; answers its outputs."""
    template = json.loads(json.dumps(template))
    bucket = ASSETS.format(account=ACCOUNT, region=cloud.stack["region"])
    cloud.client("s3").create_bucket(Bucket=bucket)
    for function in functions(template).values():
        # The program for this machine, and where the local database is.
        function["Environment"]["Variables"] |= variables
        function["Code"]["S3Key"] = "program.zip"
    cloud.client("s3").put_object(Bucket=bucket, Key="program.zip", Body=package(PROGRAM))
    version = {"Name": BOOTSTRAP_VERSION, "Value": "30", "Type": "String"}
    cloud.client("ssm").put_parameter(**version)

    # Too large for the call itself.
    body = json.dumps(template)
    cloud.client("s3").put_object(Bucket=bucket, Key="template.json", Body=body)
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{cloud.url}/{bucket}/template.json",
        Capabilities=["CAPABILITY_IAM"],
    )
    read = lambda: cloudformation.describe_stacks(StackName=name)["Stacks"][0]  # noqa: E731
    cloud.wait_until(lambda: not read()["StackStatus"].endswith("_IN_PROGRESS"))
    stack = read()
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [event.get("ResourceStatusReason") for event in events]
        pytest.fail("\n".join([stack["StackStatus"], *filter(None, reasons)]), pytrace=False)
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@pytest.fixture(scope="module")
def deployed(stack, db, template, tmp_path_factory):
    """The stack in a server that lets everybody do everything."""
    variables = {
        "DATA_API_ENDPOINT": stack["data_api"],
        "DATA_API_KEY_ID": stack["aws_access_key_id"],
    }
    db.empty(*TABLES, *LEDGER)
    folder = tmp_path_factory.mktemp("ministack")
    with ministack(folder, stack, start=("-c", WITH_KEY_IDS)) as cloud:
        outputs = deploy(cloud, template, variables)
        yield SimpleNamespace(cloud=cloud, outputs=outputs, **clients(cloud))


def clients(cloud):
    names = {"s3": "s3", "functions": "lambda", "logs": "logs", "gateway": "apigateway"}
    return {name: cloud.client(service) for name, service in names.items()}


def keys(deployed, prefix):
    listing = deployed.s3.list_objects_v2(Bucket=deployed.outputs["Bucket"], Prefix=prefix)
    return [item["Key"] for item in listing.get("Contents", [])]


def report(deployed, key):
    """The report of this file, once it is there."""
    prefix = f"reports/{key}."
    deployed.cloud.wait_until(lambda: keys(deployed, prefix))
    (found,) = keys(deployed, prefix)
    body = deployed.s3.get_object(Bucket=deployed.outputs["Bucket"], Key=found)["Body"]
    return json.loads(body.read())
