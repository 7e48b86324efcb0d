"""Files for the Lambda behind the stack's S3: put them there, and read what it has to say."""

import csv
import json
import os
import time
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
SECONDS = 60
# How often the host runs the function for one event that fails.
ATTEMPTS = 3

COLUMNS = {
    "departments": ("id", "department_name"),
    "jobs": ("id", "job_name"),
    "employees": ("id", "name", "datetime", "department_id", "job_id"),
}


class Files:
    """The bucket whose `incoming/` is loaded, and the function that loads it."""

    def __init__(self, stack, s3, function):
        """`s3` and `function` are boto3's clients for S3 and for Lambda."""
        self.s3 = s3
        self.function = function
        self.bucket = stack["bucket"]
        self.log = Path(stack["lambda_log"])
        self.position = 0

    def put(self, key, body):
        """Writes an object and answers its ETag; reports on former objects of this key go."""
        for folder in ("reports", "rejects"):
            self.delete(*self.keys(f"{folder}/{key}."))
        self.position = self.log.stat().st_size if self.log.exists() else 0
        answer = self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return answer["ETag"].strip('"')

    def keys(self, prefix):
        listing = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in listing.get("Contents", [])]

    def delete(self, *keys):
        for key in keys:
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def read(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def load(self, key, body, seconds=SECONDS):
        """Puts a file and answers the report on it, once all is over."""
        e_tag = self.put(key, body)
        self.wait_until(lambda: self.is_over(key), f"the load of {key} has not ended", seconds)
        return self.report(key, e_tag)

    def report(self, key, e_tag):
        """The report on an object, once it is there."""
        name = f"reports/{key}.{e_tag}.json"
        self.wait_until(lambda: name in self.keys(name), f"no report on {key}")
        return json.loads(self.read(name))

    def rejects(self, report):
        """The bytes of a report's reject file, behind the byte order mark that CSV has; both of its
        files are there exactly if the report names them."""
        start = f"rejects/{report['key']}.{report['e_tag']}."
        named = [report[name] for name in ("rejects", "undecoded") if report[name]]
        assert sorted(self.keys(start)) == sorted(named)
        if not report["rejects"]:
            return b""
        body = self.read(report["rejects"])
        mark = b"\xef\xbb\xbf" if report["rejects"].endswith(".csv") else b""
        assert body.startswith(mark)
        return body[len(mark) :]

    def rejected_rows(self, report):
        """The lines of a reject file of CSV, each a dict."""
        return list(csv.DictReader(self.rejects(report).decode().splitlines()))

    def invoke(self, event):
        """The function's answer to an event."""
        error, answer = self.run(event)
        assert error is None, answer
        return answer

    def fail(self, event):
        """The type and the text of the error that the function answers to an event."""
        error, answer = self.run(event)
        assert error == "Unhandled", answer
        return answer["errorType"], answer["errorMessage"]

    def run(self, event):
        answer = self.function.invoke(FunctionName="rowgate", Payload=json.dumps(event))
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    def is_over(self, key):
        """Whether a load of this key has succeeded since the last put, or failed for good."""
        messages = [line["message"] for line in self.lines(key)]
        return "loaded" in messages or messages.count("load failed") == ATTEMPTS

    def failures(self, key):
        """Why loads of this key have failed since the last put: an error for each attempt."""
        return [line["error"] for line in self.lines(key) if line["message"] == "load failed"]

    def lines(self, key):
        """What the function has logged about a key since the last put."""
        if not self.log.exists():
            return []
        # The host writes lines of its own.
        lines = [line for line in whole_lines(self.log, self.position) if line.startswith(b"{")]
        return [line for line in map(json.loads, lines) if line.get("key") == key]

    def wait_until(self, holds, otherwise, seconds=SECONDS):
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                pytest.fail(otherwise)
            time.sleep(0.02)


def whole_lines(path, position=0):
    """The lines of a log from there on, but for one that is still being written."""
    with Path(path).open("rb") as log:
        log.seek(position)
        # At once, since the rest of a line may come while the one before it is looked at.
        lines, _, _ = log.read().rpartition(b"\n")
    return lines.splitlines()


def sample(name):
    return (SAMPLES / name).read_bytes()


def counts(report):
    """Rows received, stored, kept and rejected."""
    (found,) = report["tables"].values()
    assert found["received"] == found["stored"] + found["kept"] + found["rejected"]
    return tuple(found[name] for name in ("received", "stored", "kept", "rejected"))


def codes(report):
    """Line, column and code of everything that is wrong."""
    return [(e.get("line"), e["column"], e["code"]) for e in report["errors"]]


def job_lines(count, start=1, name="Job {}"):
    lines = (f"{id},{name.format(id)}\n" for id in range(start, start + count))
    return "".join(lines).encode()


def stored_jobs(db):
    return {row["id"]: row["job_name"] for row in db.rows("SELECT * FROM jobs")}


def content(db, table):
    """All rows of a table."""
    return db.rows(f"SELECT * FROM `{table}` ORDER BY id")


def read_rows(table, body):
    """The rows of a CSV file without a header, as a client of its own reads them."""
    rows = []
    for line in csv.reader(body.decode("utf-8-sig").splitlines()):
        row = {name: cell or None for name, cell in zip(COLUMNS[table], line, strict=True)}
        numbers = {name: int(cell) for name, cell in row.items() if cell and name.endswith("id")}
        rows.append(row | numbers)
    return rows


def ndjson(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def bootstraps(data_api):
    """The processes of this stack's function, which knows this Data API alone."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            is_function = os.readlink(folder / "exe").endswith("/bootstrap")
            if is_function and f"DATA_API_ENDPOINT={data_api}\0" in (folder / "environ").read_text():
                found.append(int(folder.name))
        except OSError:
            continue
    return found
