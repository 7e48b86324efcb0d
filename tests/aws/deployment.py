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
    return synthesise(
        tmp_path_factory,
        clusterArn=stack["cluster_arn"],
        writerSecretArn=stack["secret_arn"],
        adminSecretArn=stack["secret_arn"],
    )


def synthesise(tmp_path_factory, **choices):
    """What `cdk deploy` would send with these choices."""
    infra = ROOT / "infra"
    bin = infra / "node_modules/.bin"
    subprocess.run([bin / "tsc", "--project", infra], check=True)
    choices |= {"architecture": "x86_64", "program": infra / "test/program"}
    options = [word for name, value in choices.items() for word in ("-c", f"{name}={value}")]
    # A folder of its own: what a user has chosen in infra/cdk.context.json is not looked at there.
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


# What the ids of rowgate's own functions begin with.
FUNCTIONS = ("Intake", "Parts", "Requests", "Admin")


def functions(template):
    """rowgate's own, by their ids."""
    resources = template["Resources"].items()
    return {
        name: resource["Properties"]
        for name, resource in resources
        if resource["Type"] == "AWS::Lambda::Function" and name.startswith(FUNCTIONS)
    }


def deploy(cloud, template, variables, name="rowgate"):
    """Makes the stack as CDK would; answers its outputs."""
    bootstrap(cloud)
    stack = create(cloud, template, variables, name)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = cloud.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        reasons = [event.get("ResourceStatusReason") for event in events]
        pytest.fail("\n".join([stack["StackStatus"], *filter(None, reasons)]), pytrace=False)
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def bootstrap(cloud):
    """What `cdk bootstrap` and the upload of the program leave in an account."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=assets(cloud))
    s3.put_object(Bucket=assets(cloud), Key="program.zip", Body=package(PROGRAM))
    version = {"Name": BOOTSTRAP_VERSION, "Value": "30", "Type": "String"}
    cloud.client("ssm").put_parameter(**version)


def create(cloud, template, variables, name="rowgate"):
    """Makes the stack; answers what has become of it."""
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(**change(cloud, template, variables, name))
    return settled(cloud, name)


def change(cloud, template, variables, name="rowgate"):
    """What a stack is made or changed with."""
    template = json.loads(json.dumps(template))
    for function in functions(template).values():
        # The program for this machine, and where the local database is.
        function["Environment"]["Variables"] |= variables
        function["Code"]["S3Key"] = "program.zip"
    # Too large for the call itself.
    cloud.client("s3").put_object(Bucket=assets(cloud), Key="template.json", Body=json.dumps(template))
    return {
        "StackName": name,
        "TemplateURL": f"{cloud.url}/{assets(cloud)}/template.json",
        "Capabilities": ["CAPABILITY_IAM"],
    }


def settled(cloud, name="rowgate"):
    """The stack, once nothing is under way any more."""
    cloudformation = cloud.client("cloudformation")
    read = lambda: cloudformation.describe_stacks(StackName=name)["Stacks"][0]  # noqa: E731
    cloud.wait_until(lambda: not read()["StackStatus"].endswith("_IN_PROGRESS"))
    return read()


def assets(cloud):
    return ASSETS.format(account=ACCOUNT, region=cloud.stack["region"])


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
