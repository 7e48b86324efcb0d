"""The function under a Lambda and an S3 that are not ours: files come, rows and reports go."""

import csv
import json
import os
from types import SimpleNamespace

import pytest
from conftest import ROOT, TABLES, row_values
from ministack import ministack

PROGRAM = ROOT / os.environ.get("ROWGATE_LAMBDA", "target/debug/bootstrap")
FUNCTION = "rowgate"
BUCKET = "rowgate-files"

KEYS = {
    "departments": "incoming/departments/departments.csv",
    "jobs": "incoming/jobs/jobs.csv",
    "employees": "incoming/employees/hired_employees.csv",
}
# Rows received, stored, rejected.
COUNTS = {"departments": (12, 12, 0), "jobs": (183, 183, 0), "employees": (1999, 1966, 33)}


@pytest.fixture(scope="module")
def cloud(stack, tmp_path_factory):
    """A server that has the function."""
    variables = {
        "DB_CLUSTER_ARN": stack["cluster_arn"],
        "DB_SECRET_ARN": stack["secret_arn"],
        "DB_NAME": "rowgate",
        "DATA_API_ENDPOINT": stack["data_api"],
    }
    with ministack(tmp_path_factory.mktemp("ministack"), stack) as cloud:
        cloud.create_function(FUNCTION, PROGRAM, variables)
        yield cloud


@pytest.fixture(scope="module")
def bucket(cloud):
    """A bucket that keeps versions and calls the function."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    enabled = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=enabled)
    functions = cloud.client("lambda")
    functions.add_permission(
        FunctionName=FUNCTION,
        StatementId="files",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{BUCKET}",
    )
    function = functions.get_function_configuration(FunctionName=FUNCTION)
    notify(s3, BUCKET, "LambdaFunction", function["FunctionArn"])
    return Bucket(cloud, BUCKET)


def notify(s3, bucket, kind, arn):
    """Has S3 tell a function or a queue about what comes under `incoming/`."""
    rule = {
        f"{kind}Arn": arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "incoming/"}]}},
    }
    configuration = {f"{kind}Configurations": [rule]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


class Bucket:
    """A bucket whose files are loaded."""

    def __init__(self, cloud, name):
        self.cloud = cloud
        self.s3 = cloud.client("s3")
        self.name = name

    def put(self, key):
        """Puts the sample file of this name; answers what S3 says about the new object."""
        body = (ROOT / "samples" / key.rpartition("/")[2]).read_bytes()
        return self.s3.put_object(Bucket=self.name, Key=key, Body=body)

    def keys(self, prefix):
        listing = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix)
        return [item["Key"] for item in listing.get("Contents", [])]

    def text(self, key):
        return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read().decode()

    def report(self, key):
        """The report of this key, once it is there."""
        self.cloud.wait_until(lambda: key in self.keys("reports/"))
        return json.loads(self.text(key))


@pytest.fixture(scope="module")
def loaded(cloud, bucket, db):
    """The three sample files, put all at once; by table the version, the report and the rows."""
    db.empty(*TABLES)
    versions = {table: bucket.put(key)["VersionId"] for table, key in KEYS.items()}
    reports = {
        table: bucket.report(f"reports/{KEYS[table]}.{version}.json")
        for table, version in versions.items()
    }
    # A report is there before its call has ended.
    cloud.wait_until(lambda: ended_calls(cloud.messages(FUNCTION)) >= len(KEYS))
    rows = {table: db.count(table) for table in TABLES}
    return SimpleNamespace(versions=versions, reports=reports, rows=rows)


def ended_calls(messages):
    return sum(line.startswith("END ") for line in messages)


@pytest.mark.parametrize("table", KEYS)
def test_a_file_is_loaded_and_reported(loaded, table):
    received, stored, rejected = COUNTS[table]
    assert counts(loaded.reports[table]["tables"][table]) == (received, stored, rejected)
    assert loaded.rows[table] == stored


def counts(report):
    return report["received"], report["stored"], report["rejected"]


def test_each_version_has_one_report(bucket, loaded):
    expected = [f"reports/{KEYS[table]}.{loaded.versions[table]}.json" for table in KEYS]
    assert sorted(bucket.keys("reports/")) == sorted(expected)


def test_rejected_rows_are_in_a_file(bucket, loaded):
    key = f"rejects/{KEYS['employees']}.{loaded.versions['employees']}.csv"
    assert bucket.keys("rejects/") == [key]
    header, *rows = csv.reader(bucket.text(key).splitlines())
    assert {"id", "name", "datetime", "department_id", "job_id"} <= set(header)
    assert len(rows) == 33


def test_the_log_has_counts_but_no_values(cloud, stack, loaded):
    messages = cloud.messages(FUNCTION)
    lines = [json.loads(line) for line in messages if line.startswith("{")]
    for table, report in loaded.reports.items():
        (line,) = [line for line in lines if line.get("table") == table]
        assert counts(line) == COUNTS[table]
        assert line["status"] == report["status"]

    # The server's own log repeats what functions write.
    log = "\n".join([*messages, cloud.log.read_text()])
    for secret in [stack["aws_secret_access_key"], *row_values()]:
        assert secret not in log


def test_a_queue_between(cloud, db):
    """S3 tells a queue that the function takes its events from; this bucket keeps no versions."""
    db.empty("jobs")
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName="files", Attributes={"VisibilityTimeout": "360"})["QueueUrl"]
    arn = attributes(sqs, queue, "QueueArn")[0]
    cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName=FUNCTION, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    bucket = Bucket(cloud, "rowgate-queued-files")
    bucket.s3.create_bucket(Bucket=bucket.name)
    notify(bucket.s3, bucket.name, "Queue", arn)

    e_tag = bucket.put(KEYS["jobs"])["ETag"].strip('"')
    report = bucket.report(f"reports/{KEYS['jobs']}.{e_tag}.json")
    assert counts(report["tables"]["jobs"]) == COUNTS["jobs"]
    assert db.count("jobs") == 183
    # The function has done with all messages, the test event of S3 among them.
    left = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    cloud.wait_until(lambda: attributes(sqs, queue, *left) == ["0", "0"], seconds=10)


def attributes(sqs, queue, *names):
    values = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return [values[name] for name in names]
