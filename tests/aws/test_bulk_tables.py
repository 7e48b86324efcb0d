"""The state machines of a backup and a restore in parts, deployed and run."""

import json

import pytest
from backups import fill
from conftest import TABLES
from deployment import deployed, keys, template  # noqa: F401
from test_restore import content, leftovers, set_to_zero, tidy


@pytest.fixture(autouse=True)
def clean(db):
    """The three tables without rows, and nothing of a restore beside them."""
    tidy(db)
    yield
    tidy(db)


@pytest.fixture(scope="module")
def run(deployed):  # noqa: F811
    """Runs a machine to its end; answers how it ended, and with what."""
    machines = deployed.cloud.client("stepfunctions")

    def run(machine, given):
        started = machines.start_execution(
            stateMachineArn=deployed.outputs[machine], input=json.dumps(given)
        )
        read = lambda: machines.describe_execution(executionArn=started["executionArn"])  # noqa: E731
        deployed.cloud.wait_until(lambda: read()["status"] != "RUNNING", seconds=120)
        ended = read()
        if ended["status"] == "SUCCEEDED":
            return ended["status"], json.loads(ended["output"])
        return ended["status"], ended.get("cause")

    return run


def manifest(deployed, run):  # noqa: F811
    key = f"backups/{run}/manifest.json"
    body = deployed.s3.get_object(Bucket=deployed.outputs["Bucket"], Key=key)["Body"]
    return json.loads(body.read())


def test_a_backup_in_parts_is_made_and_restored(deployed, run, db):  # noqa: F811
    fill(db)
    set_to_zero(db, "departments", 1)
    before = content(db)
    status, made = run("BulkBackupMachine", {"codec": "deflate", "keep": 5})
    assert status == "SUCCEEDED", made
    written = manifest(deployed, made["run"])
    assert (written["snapshot"], written["codec"]) == (False, "deflate")
    files = [part["key"] for table in written["tables"] for part in table["parts"]]
    assert len(files) == 3 and set(files) <= set(keys(deployed, f"backups/{made['run']}/"))
    verify = {"rowgate": "verify", "run": made["run"]}
    answer = deployed.functions.invoke(
        FunctionName=deployed.outputs["AdminFunction"], Payload=json.dumps(verify)
    )
    assert "FunctionError" not in answer, answer["Payload"].read()

    db.empty("employees")
    db.rows("UPDATE jobs SET job_name = 'other'")
    status, restored = run("BulkRestoreMachine", {"sources": ["latest"]})
    assert status == "SUCCEEDED", restored
    assert restored["tables"] == made["tables"]
    assert content(db) == before
    assert leftovers(db) == [f"{table}__before_{restored['id']}" for table in sorted(TABLES)]


def test_a_restore_that_fails_leaves_nothing(deployed, run, db):  # noqa: F811
    fill(db)
    status, made = run("BulkBackupMachine", {"tables": ["jobs"]})
    assert status == "SUCCEEDED", made
    (part,) = manifest(deployed, made["run"])["tables"][0]["parts"]
    bucket = deployed.outputs["Bucket"]
    body = deployed.s3.get_object(Bucket=bucket, Key=part["key"])["Body"].read()
    deployed.s3.put_object(Bucket=bucket, Key=part["key"], Body=body[:-1] + b"x")
    before = content(db)
    status, _ = run("BulkRestoreMachine", {"sources": [made["run"]]})
    assert status == "FAILED"
    assert content(db) == before and leftovers(db) == []


def test_what_is_asked_for_wrongly_fails_at_once(run):
    for machine, given, named in [
        ("BulkBackupMachine", {"tables": ["cats"]}, "tables[0] is no table"),
        ("BulkBackupMachine", {"step": "finish"}, None),
        ("BulkRestoreMachine", {}, "missing field `sources`"),
        ("BulkRestoreMachine", {"sources": ["latest"], "mode": "merge"}, "mode is replace"),
    ]:
        status, said = run(machine, given)
        if named is None:
            # The step is the machine's to say.
            assert status == "SUCCEEDED", said
        else:
            assert status == "FAILED" and named in said, said
