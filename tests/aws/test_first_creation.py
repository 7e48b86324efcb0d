"""A first creation that fails, as far as an AWS that is not ours goes: it is undone, and made again.

That server undoes a creation with a protected cluster as well, which AWS refuses.
"""

import json

import pytest
from deployment import bootstrap, change, create, settled, synthesise
from ministack import ministack


@pytest.fixture(scope="module")
def unprotected(tmp_path_factory):
    """What `scripts/deploy` sends while there is no stack."""
    return synthesise(tmp_path_factory, database="create", protected="false")


@pytest.fixture(scope="module")
def protected(tmp_path_factory):
    """What it sends as soon as the stack stands."""
    return synthesise(tmp_path_factory, database="create")


@pytest.fixture
def cloud(stack, tmp_path):
    with ministack(tmp_path, stack) as cloud:
        bootstrap(cloud)
        yield cloud


def failing(template):
    """The same, with a last resource that cannot be made."""
    template = json.loads(json.dumps(template))
    resources = template["Resources"]
    resources["Last"] = {
        "Type": "AWS::Logs::LogStream",
        "Properties": {"LogGroupName": "no-such-group"},
        "DependsOn": list(resources),
    }
    return template


def clusters(cloud):
    return cloud.client("rds").describe_db_clusters()["DBClusters"]


def buckets(cloud):
    names = [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]]
    return [name for name in names if not name.startswith("cdk-")]


def delete(cloud):
    """What docs/deploy.md says of a first creation that could not be undone."""
    cloudformation = cloud.client("cloudformation")
    cloudformation.delete_stack(StackName="rowgate")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="rowgate", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def test_a_first_creation_that_fails_leaves_nothing_and_is_made_again(cloud, unprotected, protected):
    stack = create(cloud, failing(unprotected), {})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert (clusters(cloud), buckets(cloud)) == ([], [])

    # CDK deletes what is left of such a stack by itself.
    delete(cloud)
    assert create(cloud, unprotected, {})["StackStatus"] == "CREATE_COMPLETE"
    (cluster,) = clusters(cloud)
    assert cluster["DeletionProtection"] is False

    cloud.client("cloudformation").update_stack(**change(cloud, protected, {}))
    assert settled(cloud)["StackStatus"] == "UPDATE_COMPLETE"
    (cluster,) = clusters(cloud)
    assert cluster["DeletionProtection"] is True
    assert len(buckets(cloud)) == 1
