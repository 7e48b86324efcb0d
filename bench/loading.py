"""Large files of employees through a whole stack: generated, uploaded, loaded, and looked at.

Each load has a stack of its own, since a process's peak of memory never falls, and a table that
has rows already is slower.
"""

import json
import os
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from conftest import database, environment_of, put_faults, running  # noqa: E402  (found by the line above)

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# A debug build of the local Data API would be slower than any database.
PROGRAM = TARGET / "release/rowgate"
LAMBDA = ROOT / "target/lambda/x86_64/bootstrap"

KEY = "incoming/employees/employees.csv"

# Ids are shuffled among so many rows: more than the 500,000 whose keys the Lambda remembers, and
# few enough that a small database server still finds their pages in its memory.
WINDOW = 1_000_000
# All ids have 8 digits, so that a row of a large file is as long as one of a small file.
FIRST_ID = 10_000_000

# Of 1,000 rows these are bad, each in its own way.
BAD_ROWS = {100: "{},,2021-02-16T16:08:38Z,2,118\n",
            433: "{},Rune Kestward,2021-02-16T16:08:38,2,118\n",
            766: "{},Rune Kestward,2021-02-16T16:08:38Z,2,118,7\n"}

# The time of a Lambda, and the two pauses before its other attempts.
PATIENCE_SECONDS = 3 * 900 + 60


@dataclass
class Load:
    """What one file came to."""

    megabytes: float
    rows: int
    bad: int
    report: dict
    peak_megabytes: float
    cpu_seconds: float
    in_database: int

    @property
    def counts(self):
        return self.report["tables"]["employees"]

    @property
    def seconds(self):
        return self.report["duration_ms"] / 1000

    @property
    def rows_per_second(self):
        return self.rows / self.seconds

    @property
    def database_share(self):
        return self.report["database_ms"] / self.report["duration_ms"]

    def check(self):
        """Every row is stored or rejected, and those that should be."""
        good = self.rows - self.bad
        assert self.report["status"] == "partial", self.report
        assert self.counts["received"] == self.rows, self.counts
        assert self.counts["rejected"] == self.report["error_count"] == self.bad, self.counts
        assert self.counts["stored"] == self.in_database == good, (self.counts, self.in_database)


def load(megabytes, *options, program=LAMBDA):
    """Loads a file of so many million bytes in a stack of its own, and checks the outcome."""
    with running("--lambda", str(program), *options, program=PROGRAM) as stack:
        s3 = client(stack)
        rows = upload(s3, stack["bucket"], KEY, int(megabytes * 1e6))
        report = wait_for_report(s3, stack)
        process = process_of(stack, program)
        with database(stack) as db:
            loaded = Load(
                megabytes=megabytes,
                rows=rows,
                bad=bad_among(rows),
                report=report,
                peak_megabytes=peak_megabytes(process),
                cpu_seconds=cpu_seconds(process),
                in_database=db.count("employees"),
            )
    loaded.check()
    return loaded


def client(stack):
    return boto3.client(
        "s3",
        endpoint_url=stack["s3"],
        region_name=stack["region"],
        aws_access_key_id=stack["aws_access_key_id"],
        aws_secret_access_key=stack["aws_secret_access_key"],
        config=Config(s3={"addressing_style": "path"}),
    )


def upload(s3, bucket, key, size):
    """Writes the file part by part, as it is made, and says how many rows it has."""
    upload = {"Bucket": bucket, "Key": key}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    rows, parts = 0, []
    for number, part in enumerate(windows(size), 1):
        rows += part.count(b"\n")
        answer = s3.upload_part(**upload, PartNumber=number, Body=part)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    return rows


def windows(size):
    """The file in pieces of whole rows, at most `size` bytes together; the same every time."""
    tails = row_tails()
    first = FIRST_ID
    while True:
        window = window_text(first, tails)
        if len(window) > size:
            yield window[: window.rfind(b"\n", 0, size) + 1]
            return
        yield window
        size -= len(window)
        first += WINDOW


def window_text(first, tails):
    ids = list(range(first, first + WINDOW))
    random.Random(first).shuffle(ids)
    lines = [f"{id}{tails[id % len(tails)]}" for id in ids]
    for at, bad in BAD_ROWS.items():
        lines[at::1000] = [bad.format(id) for id in ids[at::1000]]
    return "".join(lines).encode()


def row_tails():
    """What stands behind the id; about 50 bytes a row with it."""
    chance = random.Random(7)
    first_names = ["Amias", "Quill", "Xenia", "Milo", "Rune", "Zoë", "Ann", "D'Arcy"]
    last_names = ["Lee", "Kestward", "Barrowlow", "Stone", "O'Rook", "Silver", "Ash", "Lindencombe"]
    return [
        f",{chance.choice(first_names)} {chance.choice(last_names)}"
        f",2021-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        f"T{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}Z"
        f",{chance.randint(1, 12)},{chance.randint(1, 183)}\n"
        for _ in range(4099)
    ]


def bad_among(rows):
    return sum((rows - at + 999) // 1000 for at in BAD_ROWS)


def wait_for_report(s3, stack):
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = s3.list_objects_v2(Bucket=stack["bucket"], Prefix=f"reports/{KEY}.")
        for report in found.get("Contents", []):
            body = s3.get_object(Bucket=stack["bucket"], Key=report["Key"])["Body"]
            return json.load(body)
        time.sleep(0.2)
    raise TimeoutError(Path(stack["lambda_log"]).read_text())


def process_of(stack, program):
    """The Lambda's process: it runs this program and knows this stack's S3."""
    program, variable = program.resolve(), f"AWS_ENDPOINT_URL_S3={stack['s3']}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            runs_it = (process / "exe").resolve() == program
            if runs_it and variable in (process / "environ").read_bytes().split(b"\0"):
                return process
        except OSError:
            # It has ended meanwhile, or is another user's.
            continue
    raise LookupError(f"no process runs {program}")


def forget_peak(stack, program):
    """Lets the kernel find the peak of a stack's program anew, and answers how long it has computed so far."""
    try:
        process = process_of(stack, program)
    except LookupError:
        # The first file starts it.
        return 0
    (process / "clear_refs").write_text("5")
    return cpu_seconds(process)


def peak_megabytes(process):
    """The most memory that the process ever had, as the kernel counts it."""
    for line in (process / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) * 1024 / 1e6
    raise LookupError("the kernel does not say VmHWM")


def cpu_seconds(process):
    """How long the process has computed, in its own code and in the kernel."""
    # Behind the name, which may have blanks in it, utime and stime are the 12th and 13th.
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
