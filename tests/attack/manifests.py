"""Manifests of backups that were changed by hand; each with the files of the backup in its folder."""

import json
from copy import deepcopy
from typing import NamedTuple

from attack import size

MOST = 2**64 - 1
RED = "\x1b[31m"


class Manifest(NamedTuple):
    """What a good manifest is turned into, an object or bytes, and whether `list` names it as left out;
    the exit codes of `verify` and of the plan of a restore."""

    name: str
    change: object
    is_left_out: bool = True
    verify: int = 2
    plan: int = 2
    is_long: bool = False


def with_table(**members):
    def change(manifest):
        manifest = deepcopy(manifest)
        manifest["tables"][0] |= members
        return manifest

    return change


def with_part(**members):
    def change(manifest):
        manifest = deepcopy(manifest)
        manifest["tables"][0]["parts"][0] |= members
        return manifest

    return change


def with_key(key):
    """A part's key, `{run}` in it."""
    return lambda manifest: with_part(key=key.format(run=manifest["run"]))(manifest)


def tables_twice(manifest):
    return manifest | {"tables": manifest["tables"] * 2}


def parts_twice(manifest):
    (table,) = manifest["tables"]
    rows = table["rows"] * 2
    return manifest | {"tables": [table | {"parts": table["parts"] * 2, "rows": rows}]}


def parts_of_two_tables(manifest):
    (table,) = manifest["tables"]
    return manifest | {"tables": [table, table | {"table": "departments"}]}


def many_parts(count):
    """With so many parts, each in the run's folder, and none but the first there."""

    def change(manifest):
        (table,) = manifest["tables"]
        (part,) = table["parts"]
        folder = part["key"].rpartition("/")[0]
        parts = [part | {"key": f"{folder}/part-{number:05}.avro"} for number in range(count)]
        return manifest | {"tables": [table | {"parts": parts, "rows": part["rows"] * count}]}

    return change


def many_tables(count, **members):
    def change(manifest):
        tables = [{**manifest["tables"][0], "table": f"t{number}", "parts": []} for number in range(count)]
        return manifest | {"tables": tables} | members

    return change


def padded(length):
    """With blanks behind it."""
    return lambda manifest: json.dumps(manifest).encode().ljust(length)


FORMS = [
    Manifest("no byte", lambda manifest: b""),
    Manifest("no JSON", lambda manifest: b"\xff" * 1_000),
    Manifest("arrays 1,000,000 deep", lambda manifest: b"[" * 1_000_000),
    Manifest("objects 200,000 deep", lambda manifest: b'{"a":' * 200_000 + b"1" + b"}" * 200_000),
    Manifest("only a format", lambda manifest: {"format": 1}),
    Manifest("a format of 2^64", lambda manifest: manifest | {"format": 2**64}),
    Manifest("a format of -1", lambda manifest: manifest | {"format": -1}),
    Manifest("a member twice", lambda manifest: json.dumps(manifest).encode()[:-1] + b',"run":"x"}'),
    Manifest("a run of dots", lambda manifest: manifest | {"run": "../../x"}),
    Manifest("another's SHA-256", lambda manifest: manifest | {"sha256": "0" * 64}),
    Manifest("a codec with an escape", lambda manifest: manifest | {"codec": RED}, False, 0, 0),
    Manifest("a version of 1 MB", lambda manifest: manifest | {"rowgate": "x" * 1_000_000}, False, 0, 0),
    Manifest("100,000 obstacles", lambda manifest: manifest | {"obstacles": [RED] * 100_000}, False, 0, 0),
    Manifest("100 MB of blanks", padded(size(100_000_000, 68_000_000))),
    Manifest("60 MB of blanks", padded(60_000_000), False, 0, 0, is_long=True),
]

TABLES = [
    Manifest("no table", lambda manifest: manifest | {"tables": []}),
    Manifest("a table twice", tables_twice),
    Manifest("a table of another schema", with_table(table="rowgate_loads")),
    Manifest("a table with a statement", with_table(table="jobs`; DROP TABLE jobs; --")),
    Manifest("a table of dots", with_table(table="..")),
    Manifest("a table with an escape", with_table(table=RED)),
    Manifest("100,000 tables", many_tables(100_000), False, 2, 2),
    Manifest("100,000 tables under another's SHA-256", many_tables(100_000, sha256="0" * 64), is_long=True),
    Manifest("2^64-1 rows of a table", with_table(rows=MOST), False),
    Manifest("2^64 rows of a table", with_table(rows=MOST + 1)),
    Manifest("-1 rows of a table", with_table(rows=-1)),
    Manifest("a row more than there is", with_table(rows=4), False),
    Manifest("a checksum of 1 MB", with_table(checksum="0" * 1_000_000), False, 2, 0),
    Manifest("another's checksum", with_table(checksum="0" * 16), False, 2, 0),
    Manifest("another's fingerprint", with_table(fingerprint="0" * 64), False, 0, 0),
    Manifest("no part", with_table(parts=[]), False),
]

PARTS = [
    Manifest("a part twice", parts_twice),
    Manifest("a part of two tables", parts_of_two_tables),
    Manifest("a part above the folder", with_key("backups/{run}/../../incoming/jobs/x.avro")),
    Manifest("a part of dots", with_key("backups/{run}/jobs/../../../incoming/x.avro")),
    Manifest("a part of a dot", with_key("backups/{run}/jobs/./part-00000.avro")),
    Manifest("a part of encoded dots", with_key("backups/{run}/jobs/%2e%2e/part-00000.avro")),
    Manifest("a part of another run", with_key("backups/20200101T000000Z-00000000/jobs/part-00000.avro")),
    Manifest("a part of another folder", with_key("incoming/jobs/x.csv")),
    Manifest("a part of another bucket", with_key("s3://another/jobs/x.avro")),
    Manifest("a part that is the manifest", with_key("backups/{run}/manifest.json")),
    Manifest("a part with an escape", with_key("backups/{run}/jobs/part-" + RED + ".avro")),
    Manifest("a part with a NUL", with_key("backups/{run}/jobs/part-\0.avro")),
    Manifest("a part of 1 MB", with_key("backups/{run}/jobs/part-" + "0" * 1_000_000 + ".avro")),
    Manifest("a part that is missing", with_key("backups/{run}/jobs/part-00007.avro")),
    Manifest("2^64-1 rows of a part", with_part(rows=MOST), False),
    Manifest("2^64-1 bytes of a part", with_part(bytes=MOST)),
    Manifest("-1 bytes of a part", with_part(bytes=-1)),
    Manifest("a byte less of a part", with_part(bytes=1)),
    Manifest("another's SHA-256 of a part", with_part(sha256="0" * 64), False, 2, 0),
    Manifest("100,000 parts", many_parts(size(100_000, 2_000))),
]

MANIFESTS = [*FORMS, *TABLES, *PARTS]
