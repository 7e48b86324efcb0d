"""Backups and restores by the function and the state machines, and the alarms."""

import json
import tempfile
import time
from pathlib import Path

from .texts import answer
from .world import rowgate

MACHINE_SECONDS = 1_800

# No run has this name.
NO_RUN = "20000101T000000Z-00000000"


def backup_and_restore(hour):
    """Two backups, a plan, a restore, and its undo; the table has as many rows as before."""
    before = hour.database.value("SELECT COUNT(*) FROM jobs")
    invoke(hour, {"rowgate": "backup", "tables": ["jobs"]})
    made = run(hour, "BulkBackupMachine", {"tables": ["jobs"]})
    plan = invoke(hour, {"rowgate": "restore", "sources": [made["run"]], "tables": ["jobs"], "plan": True})
    hour.say(f"the plan's obstacles: {len(plan.get('obstacles', []))}")
    restored = run(hour, "BulkRestoreMachine", {"sources": [made["run"]], "tables": ["jobs"]})
    after = hour.database.value("SELECT COUNT(*) FROM jobs")
    answer(hour, "backup_and_restore", f"{before} rows before, {after} after", before == after)
    undo(hour, restored["id"], before)


def undo(hour, id, before):
    undone = rowgate(hour.aws, hour.names, "restore", "undo", id)
    after = hour.database.value("SELECT COUNT(*) FROM jobs")
    seen = f"exit code {undone.returncode}, {before} rows before, {after} after"
    answer(hour, "restore_undo", seen, undone.returncode == 0 and before == after)
    dropped = rowgate(hour.aws, hour.names, "restore", "drop-old", id, "--yes")
    if dropped.returncode:
        raise RuntimeError(f"restore drop-old: {dropped.stderr.strip()}")


def invoke(hour, operation):
    """The function's answer; the command never calls twice."""
    with tempfile.NamedTemporaryFile() as file:
        reply = hour.aws(
            "lambda", "invoke", "--function-name", hour.names["AdminFunction"],
            "--cli-read-timeout", "0", "--cli-binary-format", "raw-in-base64-out",
            "--payload", json.dumps(operation), file.name,
        )  # fmt: skip
        body = Path(file.name).read_text()
    if not reply.is_good or "FunctionError" in reply.data:
        raise RuntimeError(f"{operation['rowgate']}: {body or reply.words()}")
    return json.loads(body)


def run(hour, machine, given):
    """The output of an execution that has succeeded."""
    arn = start(hour, machine, given)
    ended = wait(hour, arn)
    if ended["status"] != "SUCCEEDED":
        raise RuntimeError(f"{machine}: {ended['status']}: {ended.get('cause', '')}")
    return json.loads(ended["output"])


def start(hour, machine, given):
    reply = hour.aws(
        "stepfunctions", "start-execution",
        "--state-machine-arn", hour.names[machine], "--input", json.dumps(given),
    )  # fmt: skip
    if not reply.is_good:
        raise RuntimeError(f"{machine}: {reply.words()}")
    return reply.data["executionArn"]


def wait(hour, arn):
    """The description of an execution that has ended."""
    until = time.monotonic() + MACHINE_SECONDS
    while time.monotonic() < until:
        reply = hour.aws("stepfunctions", "describe-execution", "--execution-arn", arn)
        if not reply.is_good:
            raise RuntimeError(reply.words())
        if reply.data["status"] != "RUNNING":
            return reply.data
        time.sleep(2)
    raise RuntimeError(f"an execution still runs after {MACHINE_SECONDS} s")


def redrive(hour):
    """A restore of a backup that is not there fails, and is redriven."""
    arn = start(hour, "BulkRestoreMachine", {"sources": [NO_RUN], "tables": ["jobs"]})
    ended = wait(hour, arn)
    if ended["status"] != "FAILED":
        raise RuntimeError(f"a restore of no backup: {ended['status']}")
    reply = hour.aws("stepfunctions", "redrive-execution", "--execution-arn", arn)
    again = wait(hour, arn)["status"] if reply.is_good else ""
    answer(hour, "redrive", f"redriven: {again}" if reply.is_good else reply.words(), reply.is_good)


def alarms(hour):
    reply = hour.aws("cloudwatch", "describe-alarms", "--alarm-name-prefix", hour.stack)
    if not reply.is_good:
        raise RuntimeError(reply.words())
    states = [alarm["StateValue"] for alarm in reply.data.get("MetricAlarms", [])]
    counted = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    answer(hour, "alarms", counted or "there are none", bool(states) or False)
