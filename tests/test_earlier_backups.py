"""Backups that earlier versions have made, as they lie in `fixtures/backups`, are restored by this one."""

import json
from pathlib import Path

import pytest
from backups import made
from bulk_tables import restore as restore_in_parts
from conftest import TABLES
from test_restore import content, tidy

FOLDER = Path(__file__).parent / "fixtures/backups"
ROWS = json.loads((FOLDER / "rows.json").read_text())
KINDS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.fixture(autouse=True)
def clean(db):
    """The three tables without rows, and nothing of a restore beside them."""
    tidy(db)
    yield
    tidy(db)


def put(bucket, kind):
    """Writes a run to the bucket under the keys that it was made with, and answers its name."""
    files = [path for path in (FOLDER / kind).rglob("*") if path.is_file()]
    for path in files:
        bucket.write(f"backups/{path.relative_to(FOLDER / kind)}", path.read_bytes())
    (run,) = {path.relative_to(FOLDER / kind).parts[0] for path in files}
    return run


def format_of(kind):
    return 2 if kind.startswith("format2-") else 1


def test_a_manifest_of_format_2_says_what_was_backed_up(bucket):
    for kind in (kind for kind in KINDS if format_of(kind) == 2):
        manifest = bucket.manifest(put(bucket, kind))
        assert manifest["digest"] == 1
        assert ("engine" in manifest) == manifest["snapshot"]
        described = {table["table"]: table["schema"] for table in manifest["tables"]}
        example = json.loads((FOLDER.parents[2] / "sql/schema.json").read_text())["tables"]
        assert described == {table["name"]: table for table in example}


def test_there_is_one_of_each_kind():
    assert set(KINDS) >= {
        "snapshot-null",
        "snapshot-deflate",
        "snapshot-snappy",
        "parallel-snappy",
        "bulk-deflate",
        "format2-snapshot-snappy",
        "format2-parallel-deflate",
        "format2-bulk-null",
    }
    assert sorted(ROWS) == sorted(TABLES)
    assert all(len(rows) > 2 for rows in ROWS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_it_comes_back(backup, restore, bucket, db, kind):
    run = put(bucket, kind)
    assert bucket.manifest(run).get("format", 1) == format_of(kind)
    assert made(backup("verify", run, "--json"))["format"] == format_of(kind)
    made(restore(run, "--json"))
    assert content(db) == ROWS
    assert backup("verify", "latest", "--live").returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_it_comes_back_in_parts(files, bucket, db, kind):
    restore_in_parts(files, put(bucket, kind))
    assert content(db) == ROWS
