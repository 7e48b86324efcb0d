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


def test_there_is_one_of_each_kind():
    assert set(KINDS) >= {
        "snapshot-null",
        "snapshot-deflate",
        "snapshot-snappy",
        "parallel-snappy",
        "bulk-deflate",
    }
    assert sorted(ROWS) == sorted(TABLES)
    assert all(len(rows) > 2 for rows in ROWS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_it_comes_back(backup, restore, bucket, db, kind):
    run = put(bucket, kind)
    assert "format" not in bucket.manifest(run)
    assert made(backup("verify", run, "--json"))["format"] == 1
    made(restore(run, "--json"))
    assert content(db) == ROWS
    assert backup("verify", "latest", "--live").returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_it_comes_back_in_parts(files, bucket, db, kind):
    restore_in_parts(files, put(bucket, kind))
    assert content(db) == ROWS
