"""What counts as a backup: `list`, `latest`, `keep`, `prune` and `clean` among what else lies there."""

import json
import os
import secrets
import tempfile
import time
from pathlib import Path

import pytest
from backups import fill, made
from conftest import TABLES
from test_restore import content, leftovers, tidy

DAYS = 24 * 60 * 60

# So that no other stack on this machine has an object of the same key.
MARK = secrets.token_hex(4)


@pytest.fixture(autouse=True)
def clean(db):
    """The three tables without rows, and nothing of a restore beside them."""
    tidy(db)
    yield
    tidy(db)


def run_at(day):
    """A run's name of some day."""
    return f"203001{day:02}T000000Z-{MARK}"


def runs(bucket):
    return {key.split("/")[1] for key in bucket.manifests()}


def copy(bucket, run, name):
    """Copies a run's folder, its manifest as it is."""
    for key in bucket.keys(f"backups/{run}/"):
        bucket.write(key.replace(run, name), bucket.read(key))


def put_manifest(bucket, run, manifest):
    if isinstance(manifest, str):
        bucket.write(f"backups/{run}/manifest.json", json.dumps(manifest).encode())
    else:
        bucket.write_manifest(run, manifest)


def broken(manifest):
    """Manifests that do not count, by what is wrong with them."""
    foreign = json.loads(json.dumps(manifest))
    foreign["tables"][0]["parts"][0]["key"] = "backups/../mine/jobs.csv"
    return {
        "empty object": ({}, "the manifest is not one of rowgate's"),
        "text": ("no manifest", "the manifest is not one of rowgate's"),
        "another run": (manifest, f"the manifest is of run {manifest['run']}"),
        "later format": (manifest | {"format": 3}, "format 3"),
        "foreign file": (foreign | {"run": run_at(1)}, "backups/../mine/jobs.csv"),
    }


@pytest.mark.parametrize("kind", broken({"run": "", "tables": [{"parts": [{}]}]}))
def test_a_manifest_that_does_not_count_hides_no_backup(backup, restore, files, bucket, db, kind):
    fill(db)
    before = content(db)
    good = made(backup("--json"))
    manifest, why = broken(good)[kind]
    bucket.write("mine/jobs.csv", b"x")
    put_manifest(bucket, run_at(1), manifest)

    for command in (["list"], ["prune", "--keep", "1"], ["prune", "--keep", "1", "--yes"]):
        done = backup(*command)
        assert done.returncode == 0 and f"left out: backups/{run_at(1)}/: " in done.stderr
        assert why in done.stderr
    assert runs(bucket) == {good["run"], run_at(1)}
    assert bucket.read("mine/jobs.csv") == b"x"
    assert files.invoke({"rowgate": "verify", "run": "latest"})["run"] == good["run"]

    db.empty(*TABLES)
    plan = made(restore("latest", "--plan", "--json"))
    assert plan["run"] == good["run"]
    assert [left["folder"] for left in plan["left_out"]] == [f"backups/{run_at(1)}/"]
    assert f"left out: backups/{run_at(1)}/: " in restore("latest", "--plan").stdout
    made(restore("latest", "--json"))
    assert content(db) == before

    answer = files.invoke({"rowgate": "backup", "keep": 1})
    assert answer["pruned"] == [good["run"]]
    assert why in answer["left_out"][0]["why"]
    assert runs(bucket) == {answer["run"], run_at(1)}
    bucket.delete("mine/")


@pytest.mark.parametrize(
    "name",
    ["before-migration", "zz", "20300101T000000Z", run_at(2)],
    ids=["words", "short", "time", "run"],
)
def test_a_copied_folder_is_no_backup(backup, restore, bucket, db, name):
    fill(db)
    run = made(backup("--json"))["run"]
    copy(bucket, run, name)
    bucket.write(f"backups/{name}/notes.txt", b"x")
    (listed,) = backup("list", "--json").stdout.splitlines()
    assert json.loads(listed)["run"] == run
    assert made(restore("latest", "--plan", "--json"))["run"] == run
    assert backup("prune", "--keep", "1", "--yes").stdout == ""
    refused = restore(f"backups/{name}/")
    assert refused.returncode == 2 and f"the manifest is of run {run}" in refused.stderr.replace(
        "its manifest", "the manifest"
    )
    # Its files can be used by the folders of their tables.
    assert made(restore(f"backups/{name}/jobs/", "--plan", "--json"))["tables"][0]["rows"] == 9


def test_an_incomplete_backup_neither_counts_nor_goes(backup, bucket, db):
    fill(db)
    whole, incomplete = made(backup("--json"))["run"], made(backup("--json"))["run"]
    key = f"backups/{incomplete}/jobs/part-00000.avro"
    for damage in (bucket.read(key)[:-1], None):
        bucket.delete(key)
        if damage:
            bucket.write(key, damage)
        done = backup("prune", "--keep", "1", "--yes")
        assert (done.returncode, done.stdout) == (0, "")
        assert f"left out: backups/{incomplete}/: {key}: the file " in done.stderr
    assert runs(bucket) == {whole, incomplete}


@pytest.mark.parametrize("by", ["command", "lambda"])
def test_backups_are_kept_by_the_tables_that_they_hold(backup, files, bucket, db, by):
    fill(db)
    whole = [made(backup("--json"))["run"] for _ in range(2)]
    jobs = [made(backup("--table", "jobs", "--json"))["run"] for _ in range(3)]
    if by == "command":
        done = backup("prune", "--keep", "1", "--yes")
        pruned = [line.split(":")[0] for line in done.stdout.splitlines()]
    else:
        answer = files.invoke({"rowgate": "backup", "tables": ["jobs"], "keep": 1})
        pruned = answer["pruned"]
        jobs.append(answer["run"])
    assert pruned == [whole[0], *jobs[:-1]]
    assert runs(bucket) == {whole[1], jobs[-1]}


def test_the_latest_is_that_of_the_tables_that_are_wanted(backup, restore, files, bucket, db):
    fill(db)
    whole = made(backup("--json"))["run"]
    jobs = made(backup("--table", "jobs", "--json"))["run"]
    for options, run in [([], whole), (["jobs"], jobs), (["jobs", "employees"], whole)]:
        tables = [text for table in options for text in ("--table", table)]
        assert made(restore("latest", "--plan", "--json", *tables))["run"] == run
        event = {"rowgate": "restore", "sources": ["latest"], "plan": True}
        event |= {"tables": options} if options else {}
        assert files.invoke(event)["run"] == run
    bucket.delete(f"backups/{whole}/")
    done = restore("latest")
    assert done.returncode == 2
    assert f"the newest of each: departments: none, jobs: {jobs}, employees: none" in done.stderr


def test_what_killed_runs_left_is_named_and_removed(backup, bucket, db):
    fill(db)
    run = made(backup("--json"))["run"]
    keys = [f"backups/{run_at(day)}/jobs/part-00000.avro" for day in (1, 2)]
    for key in keys:
        bucket.write(key, b"row")
    bucket.write(f"backups/{run_at(1)}/notes.txt", b"mine")
    grow_old(f"backups/{run_at(1)}")
    tables = ["jobs__restore_20260101_000000_1a2b", "jobs__restore_20991231_000000_1a2b"]
    others = ["jobs__before_20260101_000000_1a2b", "jobs__undone_20260101_000000_1a2b"]
    for table in tables + others:
        db.rows(f"CREATE TABLE `{table}` LIKE jobs")

    said = backup("clean")
    assert said.stdout.splitlines() == [
        f"backups/{run_at(1)}/: no manifest, 1 file of 3 bytes: would be removed; --yes does it",
        f"{tables[0]}: filled by a restore that did not end: would be removed; --yes does it",
    ]
    assert set(keys) <= set(bucket.keys("backups/")) and len(leftovers(db)) == 4
    cleaned = made(backup("clean", "--yes", "--json"))
    assert [left["run"] for left in cleaned["runs"]] == [run_at(1)]
    assert (cleaned["tables"], cleaned["removed"]) == ([tables[0]], True)
    assert leftovers(db) == sorted([tables[1], *others])
    left = set(bucket.keys("backups/"))
    assert keys[0] not in left and {keys[1], f"backups/{run_at(1)}/notes.txt"} <= left
    assert backup("verify", run).returncode == 0
    assert backup("clean").stdout == ""


def test_a_table_with_rows_that_are_nowhere_else_is_not_cleaned_away(backup, restore, db):
    """As an earlier version called those that it had undone."""
    fill(db)
    ids = ["20260101_000000_1a2b", "20260102_000000_1a2b", "20260103_000000_1a2b"]
    more, other, same = [f"jobs__restore_{id}" for id in ids]
    for table in (more, other, same):
        db.rows(f"CREATE TABLE `{table}` LIKE jobs")
        db.rows(f"INSERT INTO `{table}` SELECT * FROM jobs WHERE id < 4")
    db.rows(f"INSERT INTO `{more}` VALUES (77, 'since the restore')")
    db.rows(f"UPDATE `{other}` SET job_name = 'since ' WHERE id = 1")
    done = backup("clean", "--yes")
    assert (done.returncode, done.stdout.splitlines()) == (0, [
        f"{same}: filled by a restore that did not end: removed",
        *(f"{name}: stays: 1 row that jobs does not have or has otherwise; rowgate restore drop-old {id} "
          f"--yes drops what restore {id} left" for name, id in zip((more, other), ids)),
    ])  # fmt: skip
    assert leftovers(db) == [more, other]
    assert made(backup("clean", "--json"))["kept"] == [more, other]
    db.rows("DROP TABLE jobs")
    try:
        assert "stays: 4 rows" in backup("clean", "--yes").stdout
        assert leftovers(db) == [more, other]
    finally:
        db.rows(f"CREATE TABLE jobs LIKE `{more}`")
    for id in ids[:2]:
        assert restore("drop-old", id, "--yes").returncode == 0
    assert leftovers(db) == []


def grow_old(folder):
    """The local S3 says of an object what the file says in which it is."""
    written = time.time() - 2 * DAYS
    found = list(Path(tempfile.gettempdir()).glob(f"rowgate-s3-*/*/{folder}/**/*"))
    assert [path for path in found if path.is_file()]
    for path in found:
        os.utime(path, (written, written))
