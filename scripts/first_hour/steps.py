"""The steps of the first hour, in order."""

import json
import re
import subprocess
from typing import Callable, NamedTuple

from . import doors, machines, texts
from .questions import QUESTIONS
from .world import PROGRAM, ROOT, rowgate

# What the stack asks for (infra/lib/aurora.ts).
ENGINE_VERSION = "8.0.mysql_aurora.3.10.4"
FAMILY = "aurora-mysql8.0"
PARAMETERS = {
    "sql_mode", "innodb_autoinc_lock_mode", "transaction_isolation", "character_set_server",
    "collation_server", "time_zone",
}  # fmt: skip


class NotTried(Exception):
    """Why a step is left out."""


class Step(NamedTuple):
    """One step; `option` is what asks for it, `needs` are the names without which it is left out."""

    name: str
    does: str
    prints: str
    otherwise: str
    cost: str
    run: Callable
    needs: tuple = ()
    option: str = ""
    asks: bool = False


def versions(hour):
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    hour.record.versions |= {"aws": hour.aws.version(), "rowgate": said.strip()}
    hour.say(", ".join(hour.record.versions.values()))


def account(hour):
    who = hour.aws("sts", "get-caller-identity")
    if not who.is_good:
        raise RuntimeError(who.words())
    hour.record.hide(who.data["Account"], "account")
    quota = hour.aws("lambda", "get-account-settings")
    limit = quota.data.get("AccountLimit", {})
    seen = f"{limit.get('UnreservedConcurrentExecutions')} of {limit.get('ConcurrentExecutions')} are not reserved"
    texts.answer(hour, "concurrency_quota", seen if quota.is_good else quota.words())
    engine(hour)


def engine(hour):
    offered = hour.aws("rds", "describe-db-engine-versions", "--engine", "aurora-mysql",
                       "--engine-version", ENGINE_VERSION)  # fmt: skip
    found = [it["EngineVersion"] for it in offered.data.get("DBEngineVersions", [])]
    seen = offered.words() if not offered.is_good else f"{ENGINE_VERSION}: {'offered' if found else 'not offered'}"
    texts.answer(hour, "engine_offered", seen, bool(found) if offered.is_good else None)
    defaults = hour.aws("rds", "describe-engine-default-cluster-parameters",
                        "--db-parameter-group-family", FAMILY)  # fmt: skip
    listed = defaults.data.get("EngineDefaults", {}).get("Parameters", [])
    modifiable = {it["ParameterName"] for it in listed if it.get("IsModifiable")} & PARAMETERS
    missing = sorted(PARAMETERS - modifiable)
    seen = f"not modifiable: {', '.join(missing) or 'none'}" if listed else defaults.words()
    texts.answer(hour, "parameters_modifiable", seen, not missing if listed else None)


def deploy(hour):
    done = subprocess.run(["make", "deploy", f"STAGE={hour.options.stage}", f"CDK={hour.options.cdk}"], cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"make deploy ended with {done.returncode}")
    hour.read_names()


def doctor(hour):
    done = rowgate(hour.aws, hour.names, "doctor", "--json")
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.strip())
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    for question in QUESTIONS:
        for name in question.checks:
            if name in checks:
                note(hour, question.name, checks[name])
    failed = sorted(name for name, check in checks.items() if check["outcome"] == "fail")
    if failed:
        raise RuntimeError(f"these checks have failed: {', '.join(failed)}")


def note(hour, name, check):
    """A check that was not tried says so in its words, and answers nothing."""
    if check["found"].startswith("not tried"):
        return
    answers = [f"{it['type']} ({it['status']}): {it['text']}" for it in check.get("answers", [])]
    for seen in [check["found"], *answers]:
        hour.record.answer(name, f"{check['name']}: {seen}", check["outcome"] == "pass")


def destroy(hour):
    done = subprocess.run(["make", "destroy", f"STAGE={hour.options.stage}"], cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"make destroy ended with {done.returncode}")


CLUSTER = ("Region", "ClusterArn", "DatabaseName", "AdminSecretArn")
GATEWAY = (*CLUSTER, "InsertUrl", "ApiKeyDefault")
WORKER = (*CLUSTER, "WorkerUrl", "WorkerKey")
MACHINES = (*CLUSTER, "AdminFunction", "BulkBackupMachine", "BulkRestoreMachine")

STEPS = [
    Step("versions", "asks the two commands for their versions", "`aws-cli/2.…`, `rowgate …`",
         "`make cli`", "0", versions),
    Step("account", "asks what the account and the region have", "the quota; `offered`; `not modifiable: none`",
         "`-c concurrency=0` where fewer than 138 are not reserved; another region", "0", account),
    Step("deploy", "`make deploy`, after a question", "`done:` and the address of `/insert_data`",
         "what it says; then the same again", "0.12 an hour and ACU, of 4 at most; 1.20 a month for three secrets",
         deploy, option="deploy", asks=True),
    Step("texts", "asks the Data API with AWS's command alone", "a line for each question",
         "nothing: it is in the record", "0.01", texts.ask, CLUSTER),
    Step("doctor", "`rowgate doctor --json`", "`done`", "what the failed check says; do not load before",
         "0.01", doctor, CLUSTER),
    Step("files", "puts four small files into the bucket", "`complete, then complete`; `partial, given back`; `complete`",
         "the log of the function that loads files; its queue of failures", "0.01", doors.files,
         (*CLUSTER, "Bucket")),
    Step("large_file", "puts a file that is loaded in parts", "`complete`", "the execution of `BulkLoadMachine`",
         "0.10 for 300 MB", doors.large_file, (*CLUSTER, "Bucket"), option="large", asks=True),
    Step("gateway", "posts rows to API Gateway", "`200, 409 …, 200, 200; replayed: true`",
         "the log of the function; a 401 is a wrong key", "0.01", doors.gateway, GATEWAY),
    Step("worker", "posts rows to the Worker, 10,000 at once, and hangs up",
         "`200, 409 …, 200, 200; replayed: true`; `200`; `0 open`",
         "`npx wrangler tail`; `MAX_ROWS` below 10,000 on the Free plan", "0.01", doors.worker, WORKER),
    Step("sleep", "runs a statement of 50 seconds", "`StatementTimeoutException` after 45 s",
         "nothing: it is in the record", "0.01", texts.sleep, CLUSTER, option="slow"),
    Step("locked_row", "posts a row that another transaction holds", "`503` or `504` within 29 s",
         "nothing: it is in the record", "0.01", doors.locked_row, GATEWAY, option="slow"),
    Step("idle", "posts after 30, 60 and 120 s without a request", "`200` each time",
         "nothing: it is in the record", "0.05", doors.idle, CLUSTER, option="slow"),
    Step("wake_up", "waits for 10 minutes and posts", "`200` or `503`; `awake after … s`",
         "`-c minCapacity=0.5`, for 45 dollars a month", "0.02", doors.wake_up, CLUSTER, option="slow"),
    Step("backup", "backs up twice, plans, restores, undoes", "as many rows after as before",
         "the failed execution, and its log", "0.02", machines.backup_and_restore, MACHINES),
    Step("redrive", "lets a restore fail, and redrives it", "`redriven: FAILED`",
         "nothing: an execution can be started again", "0", machines.redrive, MACHINES),
    Step("alarms", "asks for the alarms' states", "none without data; a mail for the failed restore",
         "confirm the subscription that AWS has mailed", "0", machines.alarms, CLUSTER),
    Step("destroy", "`make destroy`, which asks for the stack's name", "`gone:`",
         "what it says: a protected cluster is let go first", "0", destroy, option="destroy"),
]  # fmt: skip

# These write rows into the table `jobs`.
WRITING = {"files", "large_file", "gateway", "worker", "locked_row", "idle", "wake_up", "backup"}


def refuse_foreign_rows(hour):
    """The steps write, restore and undo: not over rows that are no trial's."""
    foreign = hour.database.value(f"SELECT COUNT(*) FROM jobs WHERE job_name NOT LIKE '{doors.NAME} %'")
    if foreign != "0":
        raise NotTried(f"the table jobs has {foreign} rows that are not of this script; take a stack of its own")


def tables():
    """The two tables of docs/first-hour.md."""
    lines = ["| step | what it does | what it should print | if not | dollars |", "|---|---|---|---|---|"]
    for step in STEPS:
        option = f" (`--{step.option}`)" if step.option else ""
        lines.append(f"| `{step.name}`{option} | {step.does} | {step.prints} | {step.otherwise} | {step.cost} |")
    lines += ["", "| name | question | what rowgate relies on | by hand |", "|---|---|---|---|"]
    for it in QUESTIONS:
        lines.append(f"| `{it.name}` | {it.asks} | {it.relies_on} | {it.by_hand} |")
    return "\n".join(re.sub(r" +\|", " |", line) for line in lines)
