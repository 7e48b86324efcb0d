"""Backups by the Lambda: as an operation, and by a schedule."""

import pytest
from backups import fill, left_uploads
from conftest import TABLES
from events import eventbridge_event, fixture

pytestmark = pytest.mark.usefixtures("empty_tables")


def read(bucket, answer):
    """The manifest of an answer's run, whose files are all there and agree with the answer."""
    manifest = bucket.manifest(answer["run"])
    bucket.check(manifest)
    for name in ("run", "snapshot"):
        assert answer[name] == manifest[name]
    counted = [(table["table"], table["rows"], table["checksum"]) for table in manifest["tables"]]
    assert [tuple(table.values()) for table in answer["tables"]] == counted
    assert answer["rows"] == sum(rows for _, rows, _ in counted)
    parts = [part for table in manifest["tables"] for part in table["parts"]]
    assert answer["bytes"] == sum(part["bytes"] for part in parts)
    return manifest


def assert_same(bucket, manifest, db):
    for table in TABLES:
        assert bucket.rows(manifest, table) == db.rows(f"SELECT * FROM `{table}` ORDER BY id")


def test_a_schedule_backs_everything_up(files, bucket, db):
    fill(db)
    answer = files.invoke(fixture("eventbridge-schedule"))
    manifest = read(bucket, answer)
    assert (manifest["snapshot"], manifest["codec"]) == (True, "snappy")
    assert_same(bucket, manifest, db)


def test_the_operation_says_what_and_how(files, bucket, db, calls):
    fill(db)
    # This is also what EventBridge Scheduler sends, with the operation as its constant input.
    event = {"rowgate": "backup", "codec": "deflate", "parallel": 4, "bucket": bucket.name}
    manifest = read(bucket, files.invoke(event))
    assert (manifest["snapshot"], manifest["codec"]) == (False, "deflate")
    assert_same(bucket, manifest, db)
    answer = files.invoke({"rowgate": "backup", "tables": ["employees", "jobs"]})
    assert [table["table"] for table in answer["tables"]] == ["jobs", "employees"]


def test_older_backups_are_pruned_afterwards(files, bucket, db):
    fill(db)
    bucket.write("backups/20190101T000000Z-unfinished/jobs/part-00000.avro", b"x")
    runs = [files.invoke({"rowgate": "backup"})["run"] for _ in range(3)]
    answer = files.invoke({"rowgate": "backup", "keep": 2})
    assert (answer["pruned"], answer["pruned_count"]) == (runs[:2], 2)
    left = {key.split("/")[1] for key in bucket.keys("backups/")}
    assert left == {"20190101T000000Z-unfinished", runs[2], answer["run"]}
    assert read(bucket, answer)


def test_a_backup_can_be_verified(files, bucket, db):
    fill(db)
    made = files.invoke({"rowgate": "backup"})
    assert files.invoke({"rowgate": "verify", "run": made["run"]}) == made
    assert files.invoke({"rowgate": "verify", "run": "latest"}) == made
    key = f"backups/{made['run']}/jobs/part-00000.avro"
    bucket.write(key, bucket.read(key)[:-1])
    kind, text = files.fail({"rowgate": "verify", "run": made["run"]})
    assert kind == "BackupFailed"
    assert text == f"{key}: the file has another size than the manifest says"
    kind, text = files.fail({"rowgate": "verify", "run": "20200101T000000Z-00000000"})
    assert (kind, "no manifest" in text) == ("BackupFailed", True)


@pytest.mark.parametrize("event", [{"parallel": 3}, {}], ids=["parallel", "snapshot"])
@pytest.mark.parametrize(
    ("fault_text", "s3_fault_text", "message"),
    [
        ("execute:access-denied:skip=3", None, "the database could not be read"),
        ("execute:database-error=1054:skip=3", None, "MySQL error 1054"),
        (None, "put:internal", "could not be written"),
    ],
)
def test_a_backup_that_fails_is_an_error_without_a_manifest(
    files, bucket, db, s3_calls, fault, s3_fault, event, fault_text, s3_fault_text, message
):
    fill(db)
    db.rows("INSERT INTO jobs VALUES (77, 'far too long for it')")
    fault(*[text for text in [fault_text] if text])
    s3_fault(*[text for text in [s3_fault_text] if text])
    s3_calls.mark()
    kind, text = files.fail({"rowgate": "backup", **event})
    fault()
    s3_fault()
    assert kind == "BackupFailed"
    assert message in text and "far too long" not in text
    assert bucket.manifests() == [] and left_uploads(s3_calls) == 0


def test_backups_that_cannot_be_pruned_do_not_undo_the_new_one(files, bucket, db, s3_fault):
    fill(db)
    older = files.invoke({"rowgate": "backup"})["run"]
    s3_fault("delete:internal")
    answer = files.invoke({"rowgate": "backup", "keep": 1})
    s3_fault()
    assert "could not be written" in answer["not_pruned"] and "pruned" not in answer
    assert {run for run in (older, answer["run"])} == {
        key.split("/")[1] for key in bucket.manifests()
    }


def test_what_is_asked_for_wrongly_is_named(files, bucket):
    for members, message in [
        ({"tables": ["cats"]}, "tables[0] is no table"),
        ({"parallel": 99}, "parallel is too small or too large"),
        ({"table": "jobs"}, "unknown field `table`"),
    ]:
        kind, text = files.fail({"rowgate": "backup", **members})
        assert kind == "BadEvent" and message in text
    event = eventbridge_event(bucket.name, "x") | {"source": "my.app", "detail-type": "Scheduled Event"}
    assert files.fail(event)[0] == "UnknownEvent"
    assert bucket.manifests() == []


def test_only_a_backup_of_all_tables_stills_the_alarm(files, bucket, db):
    def counted():
        return files.log.read_text().count('"BackupsSucceeded":1')

    before = counted()
    files.invoke({"rowgate": "backup", "tables": ["jobs"]})
    assert counted() == before
    files.invoke({"rowgate": "backup"})
    assert counted() == before + 1
