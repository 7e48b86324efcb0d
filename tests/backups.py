"""Rows that are backed up, and the bucket that they are backed up to."""

import hashlib
import io
import json

import fastavro

ODD = ["", " ", "é😀", "\x00\x01\x1f", '"\\\n\t', "N;", "1:a;", "x" * 255, "😀" * 255]


class Bucket:
    """A bucket by boto3, and the files of a backup by fastavro."""

    def __init__(self, s3, name):
        self.s3, self.name = s3, name

    def keys(self, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def read(self, key):
        return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()

    def write(self, key, body):
        self.s3.put_object(Bucket=self.name, Key=key, Body=body)

    def write_avro(self, key, schema, rows, codec="snappy"):
        """Writes rows by fastavro."""
        file = io.BytesIO()
        fastavro.writer(file, schema, rows, codec)
        self.write(key, file.getvalue())

    def delete(self, prefix):
        for key in self.keys(prefix):
            self.s3.delete_object(Bucket=self.name, Key=key)

    def rows(self, manifest, table):
        """All rows of a table, by fastavro."""
        (entry,) = [entry for entry in manifest["tables"] if entry["table"] == table]
        files = [io.BytesIO(self.read(part["key"])) for part in entry["parts"]]
        return [row for file in files for row in fastavro.reader(file)]

    def manifests(self):
        """The keys of all manifests, the oldest first."""
        return [key for key in self.keys("backups/") if key.endswith("/manifest.json")]

    def manifest(self, run):
        return json.loads(self.read(f"backups/{run}/manifest.json"))

    def write_manifest(self, run, manifest):
        """Writes a manifest as version 0.1 did, without its own SHA-256, which would tell a change."""
        members = {name: value for name, value in manifest.items() if name != "sha256"}
        self.write(f"backups/{run}/manifest.json", json.dumps(members).encode())

    def check(self, manifest):
        """Every file is there and is what the manifest says, counts and hashes."""
        for table in manifest["tables"]:
            assert sum(part["rows"] for part in table["parts"]) == table["rows"]
            for part in table["parts"]:
                content = self.read(part["key"])
                assert len(content) == part["bytes"]
                assert hashlib.sha256(content).hexdigest() == part["sha256"]


def fill(db):
    """Fills the three tables."""
    db.rows("INSERT INTO departments VALUES (1, 'Sales'), (2147483647, 'Last')")
    for number, name in enumerate(ODD, start=1):
        db.rows("INSERT INTO jobs VALUES (%s, %s)", number, name)
        values = (number, name, "2021-07-27T16:02:08Z", None if number % 2 else 1, number)
        db.rows("INSERT INTO employees VALUES (%s, %s, %s, %s, %s)", *values)


def made(done):
    """What a command that went well has printed as JSON."""
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def accepted(done):
    """The manifest of a backup that was told to accept what a restore would refuse."""
    assert done.returncode == 0 and done.stderr.startswith("accepted: "), done.stderr
    return json.loads(done.stdout)


def left_uploads(s3_calls):
    """How many uploads since the mark were begun and neither ended nor given up."""
    done = [call["operation"] for call in s3_calls.since_mark() if call["status"] in (200, 204)]
    ended = done.count("CompleteMultipartUpload") + done.count("AbortMultipartUpload")
    return done.count("CreateMultipartUpload") - ended
