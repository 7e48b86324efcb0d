"""What the steps use: AWS's command, rowgate's command, and HTTP."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / os.environ.get("ROWGATE", "target/debug/rowgate")

# A statement of the Data API has 45 seconds.
CALL_SECONDS = 70
REQUEST_SECONDS = 70

# How long a paused cluster is waited for.
RESUME_SECONDS = 120

ERROR = re.compile(r"An error occurred \(([^)]+)\) when calling the [^:]*: ?(.*)", re.DOTALL)

# The outputs that the steps use; each has its value from the environment if that is set, as
# CLUSTER_ARN for ClusterArn.
OUTPUTS = [
    "Region", "ClusterArn", "DatabaseName", "AdminSecretArn", "WriterSecretArn", "RootSecretArn",
    "Bucket", "AdminFunction", "BulkBackupMachine", "BulkRestoreMachine", "InsertUrl", "ApiKeyDefault",
    "WorkerUser",
]  # fmt: skip

# What no stack knows.
OTHERS = ["WorkerUrl", "WorkerKey"]


class Reply(NamedTuple):
    """What a call of AWS's command came to; `kind` is the type of an error."""

    data: dict
    kind: str = ""
    text: str = ""

    @property
    def is_good(self):
        return not self.kind

    def words(self):
        """The answer as one text: of an error its type and text."""
        return f"{self.kind}: {self.text}" if self.kind else json.dumps(self.data, ensure_ascii=False)


class Answer(NamedTuple):
    """A door's answer; status 0: there was none, and `text` says why."""

    status: int
    headers: dict
    text: str

    def words(self):
        """The status, and the type of a problem; no body, which may have a row's values."""
        if not self.status:
            return f"no answer: {self.text}"
        try:
            kind = json.loads(self.text).get("type", "")
        except (ValueError, AttributeError):
            kind = ""
        return f"{self.status} {kind}".strip()


class Aws:
    """AWS's command; it never calls twice."""

    def __init__(self, region=""):
        quiet = {"AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": ""}
        self.environment = os.environ | quiet | ({"AWS_REGION": region} if region else {})

    def __call__(self, *words, **changed):
        done = self.run(*words, "--output", "json", **changed)
        if done.returncode == 0:
            return Reply(json.loads(done.stdout) if done.stdout.strip() else {})
        found = ERROR.search(done.stderr)
        kind, text = found.groups() if found else ("no answer", done.stderr)
        return Reply({}, kind, " ".join(text.split()))

    def run(self, *words, **changed):
        return subprocess.run(
            ["aws", *words], env=self.environment | changed, capture_output=True, text=True
        )

    def version(self):
        """Such as aws-cli/2.31.0; empty without the command."""
        try:
            return self.run("--version").stdout.split()[0]
        except (OSError, IndexError):
            return ""

    def credentials(self):
        """Those that the command uses, as variables."""
        done = self.run("configure", "export-credentials", "--format", "process")
        found = json.loads(done.stdout) if done.returncode == 0 else {}
        names = {
            "AWS_ACCESS_KEY_ID": "AccessKeyId",
            "AWS_SECRET_ACCESS_KEY": "SecretAccessKey",
            "AWS_SESSION_TOKEN": "SessionToken",
        }
        return {name: found[member] for name, member in names.items() if found.get(member)}


def variable(name):
    """The variable for an output: CLUSTER_ARN for ClusterArn."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def read_names(stack):
    """What the stack has told, the environment first; without a stack the environment alone."""
    found = {name: os.environ[variable(name)] for name in [*OUTPUTS, *OTHERS] if variable(name) in os.environ}
    if "ClusterArn" in found:
        return found
    reply = Aws()("cloudformation", "describe-stacks", "--stack-name", stack)
    if not reply.is_good:
        return found
    outputs = reply.data["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs} | found


class Database:
    """The cluster as AWS's own command sees it, past rowgate."""

    def __init__(self, aws, names, record):
        self.aws = aws
        self.names = names
        self.record = record

    def target(self, secret):
        arn = self.names.get(secret) or self.names["AdminSecretArn"]
        return ["--resource-arn", self.names["ClusterArn"], "--secret-arn", arn]

    def call(self, operation, *words, secret="AdminSecretArn", wait=True, **changed):
        """One call; a paused cluster is noted, and waited for."""
        until = time.monotonic() + RESUME_SECONDS
        while True:
            target = self.target(secret)
            timeout = ["--cli-read-timeout", str(CALL_SECONDS)]
            reply = self.aws("rds-data", operation, *target, *timeout, *words, **changed)
            if not is_resuming(reply):
                return reply
            self.record.answer("resuming_text", reply.words(), reply.kind == "DatabaseResumingException")
            if not wait or time.monotonic() > until:
                return reply
            time.sleep(2)

    def sql(self, text, *words, transaction=None, **options):
        """Runs one statement on the stack's database."""
        inside = ["--transaction-id", transaction] if transaction else []
        database = ["--database", self.names["DatabaseName"]]
        return self.call("execute-statement", *database, "--sql", text, *inside, *words, **options)

    def value(self, text, **options):
        """The only value of a query, as a text."""
        reply = self.sql(text, **options)
        if not reply.is_good:
            raise RuntimeError(reply.words())
        (value,) = reply.data["records"][0][0].values()
        return str(value)

    def begin(self):
        reply = self.call("begin-transaction", "--database", self.names["DatabaseName"])
        if not reply.is_good:
            raise RuntimeError(reply.words())
        return reply.data["transactionId"]

    def end(self, transaction, how="rollback"):
        return self.call(f"{how}-transaction", "--transaction-id", transaction)


def is_resuming(reply):
    return reply.kind == "DatabaseResumingException" or "auto-paused" in reply.text


def rowgate(aws, names, *words, secret="AdminSecretArn"):
    """Runs rowgate's command as the operator does."""
    settings = {
        "AWS_REGION": names["Region"],
        "DB_CLUSTER_ARN": names["ClusterArn"],
        "DB_SECRET_ARN": names[secret],
        "DB_NAME": names["DatabaseName"],
        "DATA_BUCKET": names.get("Bucket", ""),
    }
    return subprocess.run(
        [PROGRAM, *words], env=os.environ | aws.credentials() | settings, capture_output=True, text=True
    )


def send(url, body=None, timeout=REQUEST_SECONDS, **headers):
    """GETs, or POSTs a body; names of headers have `_` for `-`."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), error.read().decode(errors="replace"))
    except OSError as error:
        return Answer(0, {}, str(error))
