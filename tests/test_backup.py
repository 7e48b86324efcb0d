"""`rowgate backup`: the tables out to Avro files, read by clients that are not ours."""

import hashlib
import json
import threading
import time

import pytest
from backups import ODD, accepted, fill, made
from conftest import TABLES, Calls

pytestmark = pytest.mark.usefixtures("empty_tables")

@pytest.mark.parametrize("codec", ["snappy", "null", "deflate"])
def test_what_is_backed_up_is_what_is_in_the_tables(backup, bucket, db, codec):
    fill(db)
    db.rows("UPDATE departments SET id = 0 WHERE id = 1")
    manifest = made(backup("--codec", codec, "--json"))
    assert (manifest["codec"], manifest["snapshot"]) == (codec, True)
    for table in TABLES:
        assert bucket.rows(manifest, table) == db.rows(f"SELECT * FROM `{table}` ORDER BY id")
    assert json.loads(bucket.read(f"backups/{manifest['run']}/manifest.json")) == manifest
    for part in [part for table in manifest["tables"] for part in table["parts"]]:
        content = bucket.read(part["key"])
        assert len(content) == part["bytes"]
        assert hashlib.sha256(content).hexdigest() == part["sha256"]
    assert backup("verify", manifest["run"]).returncode == 0
    db.rows("DELETE FROM departments")


def test_the_database_computes_the_same_checksum(backup, bucket, db):
    fill(db)
    backup()
    same = backup("verify", "latest", "--live")
    assert same.returncode == 0, same.stdout
    assert same.stdout.count(": the same") == 3
    db.rows("UPDATE jobs SET job_name = 'another' WHERE id = 3")
    other = backup("verify", "latest", "--live")
    assert other.returncode == 1
    assert f"jobs: {len(ODD)} live rows, {len(ODD)} in the backup: not the same" in other.stdout


def test_tables_can_be_chosen(backup, bucket, db):
    fill(db)
    manifest = made(backup("--table", "jobs", "--json"))
    assert [table["table"] for table in manifest["tables"]] == ["jobs"]


@pytest.mark.parametrize("narrow", [0, 3_000])
def test_rows_of_any_width_are_read_in_one_snapshot(backup, bucket, db, stack, narrow):
    """The widest that a row may be, alone and after narrow ones: no answer passes its limit."""
    db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(15000) NOT NULL COMMENT 'aliases=job'")
    try:
        for start in range(0, narrow, 1_000):
            rows = ", ".join(f"({id}, 'x')" for id in range(start + 1, start + 1_001))
            db.rows(f"INSERT INTO jobs VALUES {rows}")
        for id in range(100_001, 100_101):
            db.rows("INSERT INTO jobs VALUES (%s, %s)", id, "😀" * 15_000)
        calls = Calls(stack["call_log"])
        manifest = accepted(backup("--table", "jobs", "--accept", "--json"))
        answered = calls.since_mark()
    finally:
        db.empty("jobs")
        db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(255) NOT NULL COMMENT 'aliases=job'")
    assert manifest["tables"][0]["rows"] == narrow + 100
    assert len(bucket.rows(manifest, "jobs")[-1]["job_name"]) == 15_000
    assert [call["operation"] for call in answered].count("BeginTransaction") == 1
    assert max(call["response_bytes"] for call in answered) < 1 << 20


def test_what_is_written_meanwhile_is_not_in_it(backup, bucket, db, fault, calls):
    """Every call takes a while; rows of both tables come as soon as the snapshot is there."""
    rows = ", ".join(f"({id}, 'before')" for id in range(1, 5_001))
    for table in ("departments", "jobs"):
        db.rows(f"INSERT INTO {table} VALUES {rows}")
    fault("any:latency=150")
    results = []
    calls.mark()
    run = threading.Thread(target=lambda: results.append(backup("--json")))
    run.start()
    # After five looks at the tables and the isolation the first query fixes the snapshot.
    while run.is_alive() and len(calls.since_mark()) < 8:
        time.sleep(0.01)
    assert run.is_alive()
    for table in ("departments", "jobs"):
        db.rows(f"INSERT INTO {table} VALUES (9001, 'meanwhile')")
        db.rows(f"UPDATE {table} SET {table[:-1]}_name = 'meanwhile' WHERE id = 5000")
    run.join()
    manifest = made(results[0])
    for table in ("departments", "jobs"):
        names = [name for row in bucket.rows(manifest, table) for name in row.values()]
        assert names.count("before") == 5_000 and "meanwhile" not in names


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_snapshot_begins_anew(backup, bucket, db, fault, lost):
    fill(db)
    fault(f"execute:cut-after:skip=10:times={lost}")
    manifest = made(backup("--json"))
    assert backup("verify", manifest["run"]).returncode == 0
    assert [key for key in bucket.keys("backups/") if key.endswith("manifest.json")] == [
        f"backups/{manifest['run']}/manifest.json"
    ]


@pytest.mark.parametrize(
    ("faults", "s3_faults", "message"),
    [
        (["execute:cut-after:skip=6"], [], "the snapshot ended early"),
        (["execute:access-denied:skip=10"], [], "the database could not be read"),
        ([], ["put:internal"], "could not be written"),
    ],
)
def test_a_backup_that_fails_leaves_none(
    backup, bucket, db, calls, fault, s3_fault, faults, s3_faults, message
):
    fill(db)
    fault(*faults)
    s3_fault(*s3_faults)
    calls.mark()
    done = backup()
    ended = calls.since_mark()[-1]
    assert done.returncode == 2
    assert message in done.stderr
    assert not [key for key in bucket.keys("backups/") if key.endswith("manifest.json")]
    fault()
    s3_fault()
    assert backup("list").stdout == ""
    assert (ended["operation"], ended["status"]) == ("RollbackTransaction", 200)


def test_damage_is_named_with_its_file(backup, bucket, db):
    fill(db)
    manifest = made(backup("--json"))
    key = f"backups/{manifest['run']}/jobs/part-00000.avro"
    content = bucket.read(key)
    for damage, message in [
        (content[:-1], "another size"),
        (content[:-1] + bytes([content[-1] ^ 1]), "block 0"),
        (b"Obj\x02" + content[4:], "Avro"),
    ]:
        bucket.write(key, damage)
        done = backup("verify", manifest["run"])
        assert done.returncode == 2
        assert key in done.stderr and message in done.stderr, done.stderr
    bucket.s3.delete_object(Bucket=bucket.name, Key=key)
    assert "the file is missing" in backup("verify", manifest["run"]).stderr
    assert "no manifest" in backup("verify", "20200101T000000Z-00000000").stderr
    bucket.delete("backups/")
    assert "latest: no manifest" in backup("verify", "latest").stderr


def test_old_backups_are_pruned_after_it_was_said_which(backup, bucket, db):
    fill(db)
    runs = [made(backup("--json"))["run"] for _ in range(3)]
    bucket.write("backups/20190101T000000Z-unfinished/jobs/part-00000.avro", b"x")
    said = backup("prune", "--keep", "1")
    assert sorted(line.split(":")[0] for line in said.stdout.splitlines()) == sorted(runs)[:2]
    assert len(backup("list").stdout.splitlines()) == 3
    assert backup("prune", "--keep", "1", "--yes").returncode == 0
    (left,) = backup("list", "--json").stdout.splitlines()
    assert json.loads(left)["run"] == sorted(runs)[-1]
    kept = {key.split("/")[1] for key in bucket.keys("backups/")}
    # What never had a manifest is no backup, and is not deleted by this.
    assert kept == {sorted(runs)[-1], "20190101T000000Z-unfinished"}
    assert backup("prune", "--keep", "0").returncode == 2
