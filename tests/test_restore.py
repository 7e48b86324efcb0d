"""`rowgate restore`: Avro files back into the tables, ours and those of others."""

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from backups import ODD, fill, made
from conftest import TABLES

JOBS_OF_SPARK = {
    "type": "record",
    "name": "topLevelRecord",
    "fields": [{"name": "id", "type": ["int", "null"]}, {"name": "job_name", "type": ["string", "null"]}],
}

CODECS = ["snappy", "null", "deflate"]


@pytest.fixture(autouse=True)
def clean(db):
    """The three tables without rows, and nothing of a restore beside them."""
    tidy(db)
    yield
    tidy(db)


def tidy(db):
    for name in leftovers(db):
        db.rows(f"DROP TABLE `{name}`")
    db.empty(*TABLES)


def leftovers(db):
    rows = db.rows(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() "
        "AND table_name RLIKE '__(before|restore|undone)_' ORDER BY 1"
    )
    return [row["name"] for row in rows]


def content(db):
    return {table: db.rows(f"SELECT * FROM `{table}` ORDER BY id") for table in TABLES}


def set_to_zero(db, table, number):
    db.rows(f"UPDATE `{table}` SET id = 0 WHERE id = %s", number)


@pytest.mark.parametrize("codec", CODECS)
def test_a_table_comes_back_byte_for_byte(backup, restore, bucket, db, codec):
    fill(db)
    set_to_zero(db, "departments", 1)
    db.rows("INSERT INTO jobs VALUES (-2147483648, 'first')")
    db.rows("INSERT INTO employees VALUES (77, 'x', 'yesterday', NULL, -2147483648)")
    before = content(db)
    made(backup("--codec", codec, "--json"))
    db.empty("employees")
    db.rows("UPDATE jobs SET job_name = 'other'")
    db.rows("DELETE FROM departments WHERE id = 0")

    restored = made(restore("latest", "--json"))
    assert content(db) == before
    assert [table["table"] for table in restored["tables"]] == ["departments", "jobs", "employees"]
    old = [f"{table}__before_{restored['id']}" for table in sorted(TABLES)]
    assert leftovers(db) == old
    assert backup("verify", "latest", "--live").returncode == 0


def test_rows_that_the_database_numbers_come_above_the_restored_ones(backup, restore, bucket, db):
    # Another test may have used the last number.
    db.rows("ALTER TABLE jobs AUTO_INCREMENT = 1")
    db.rows("INSERT INTO jobs VALUES (5, 'a'), (900, 'b')")
    set_to_zero(db, "jobs", 5)
    made(backup("--json"))
    db.rows("DELETE FROM jobs")
    made(restore("latest", "--json"))
    db.rows("INSERT INTO jobs (job_name) VALUES ('new')")
    assert [row["id"] for row in db.rows("SELECT id FROM jobs ORDER BY id")][:2] == [0, 900]
    assert db.value("SELECT MAX(id) FROM jobs") > 900


def test_a_zero_beside_the_last_number_comes_back(backup, restore, bucket, db):
    db.rows("INSERT INTO jobs VALUES (1, 'zero'), (2147483646, 'b'), (2147483647, 'last')")
    set_to_zero(db, "jobs", 1)
    before = content(db)
    made(backup("--json"))
    made(restore("latest", "--json"))
    assert content(db) == before


def test_a_plan_says_what_would_change_and_writes_nothing(backup, restore, bucket, db, calls):
    fill(db)
    run = made(backup("--json"))["run"]
    db.empty("employees")
    before = content(db)
    calls.mark()
    plan = made(restore(run, "--plan", "--json"))
    assert (plan["run"], plan["snapshot"], plan["mode"]) == (run, True, "replace")
    tables = {table["table"]: table for table in plan["tables"]}
    assert tables["jobs"]["same"] and tables["departments"]["same"]
    employees = tables["employees"]
    assert (employees["rows"], employees["live_rows"], employees["same"]) == (len(ODD), 0, False)
    text = restore(run, "--plan").stdout
    assert f"employees: {len(ODD)} rows (" in text and "all rows would come back" in text
    assert text.count("nothing would change") == 2
    assert content(db) == before and leftovers(db) == []
    assert {call["verb"] for call in calls.since_mark()} <= {"SELECT", "SHOW"}


def test_only_the_tables_that_are_named(backup, restore, bucket, db):
    fill(db)
    made(backup("--json"))
    db.empty(*TABLES)
    made(restore("latest", "--table", "jobs", "--json"))
    assert [db.count(table) for table in TABLES] == [0, len(ODD), 0]
    refused = restore("latest", "--table", "cats")
    assert refused.returncode == 2 and "cats" in refused.stderr


@pytest.mark.parametrize("zero", [None, "files", "live", "both"])
def test_merge_keeps_live_rows_that_the_files_do_not_have(backup, restore, bucket, db, zero):
    db.rows("INSERT INTO jobs VALUES (1, 'one'), (2, 'two'), (9, 'nine')")
    if zero in ("files", "both"):
        set_to_zero(db, "jobs", 9)
    made(backup("--table", "jobs", "--json"))
    db.empty("jobs")
    db.rows("INSERT INTO jobs VALUES (2, 'changed'), (3, 'three'), (8, 'eight')")
    if zero in ("live", "both"):
        set_to_zero(db, "jobs", 8)
    live = {row["id"]: row["job_name"] for row in db.rows("SELECT * FROM jobs")}
    files = {1: "one", 2: "two", (0 if zero in ("files", "both") else 9): "nine"}
    made(restore("latest", "--table", "jobs", "--mode", "merge", "--json"))
    assert {row["id"]: row["job_name"] for row in db.rows("SELECT * FROM jobs")} == live | files


@pytest.mark.parametrize("codec", [*CODECS, "zstandard"])
def test_files_of_spark_are_restored(restore, bucket, db, codec):
    """As `spark-avro` writes them: by fastavro, with the marks that Hadoop leaves."""
    bucket.delete("glue/")
    rows = [{"id": number, "job_name": name} for number, name in enumerate(ODD)]
    bucket.write_avro("glue/jobs/part-00000-tid.avro", JOBS_OF_SPARK, rows[:4], codec)
    bucket.write_avro("glue/jobs/run-1-part-r-00001", JOBS_OF_SPARK, rows[4:], codec)
    bucket.write("glue/jobs/_SUCCESS", b"")
    plan = made(restore("glue/jobs/", "--plan", "--json"))
    assert (plan["run"], plan["tables"][0]["rows"]) == (None, len(ODD))
    made(restore("glue/jobs/", "--json"))
    assert db.rows("SELECT * FROM jobs ORDER BY id") == rows
    key = f"s3://{bucket.name}/glue/jobs/part-00000-tid.avro"
    made(restore(key, "--json"))
    assert db.count("jobs") == 4


def test_an_older_schema_is_read_by_names(restore, bucket, db):
    """An alias, another order, and a column that came later and may be NULL."""
    fields = [
        {"name": "datetime", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "id", "type": "long"},
        {"name": "name", "type": "string"},
        {"name": "job_id", "type": ["null", "int"]},
    ]
    schema = {"type": "record", "name": "r", "fields": fields}
    row = {"datetime": 1_627_401_728_000_000, "id": 7, "name": "a", "job_id": None}
    bucket.write_avro("old/hired_employees.avro", schema, [row])
    plan = restore("old/hired_employees.avro", "--plan").stdout
    assert "NULL or its DEFAULT in some rows, since a file does not have it: department_id" in plan
    assert restore("old/hired_employees.avro").returncode == 0
    assert db.rows("SELECT * FROM employees") == [
        {"id": 7, "name": "a", "datetime": "2021-07-27T16:02:08Z", "department_id": None, "job_id": None}
    ]


def refused(done, *texts):
    assert done.returncode == 2, done.stdout
    for text in texts:
        assert text in done.stderr
    return done


def test_damage_is_refused_before_anything_is_written(backup, restore, bucket, db, calls):
    fill(db)
    manifest = made(backup("--json"))
    before = content(db)
    key = f"backups/{manifest['run']}/jobs/part-00000.avro"
    whole = bucket.read(key)
    calls.mark()
    flipped = whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:]
    for damage, message in [
        (whole[:-1], "another size"),
        (flipped, "block 0"),
        (whole.replace(b"snappy", b"snoopy"), "codec snoopy is not understood"),
        (whole.replace(b'"job_name"', b'"jab_name"'), "field jab_name is no column"),
    ]:
        bucket.write(key, damage)
        refused(restore("latest"), key, message)
    bucket.s3.delete_object(Bucket=bucket.name, Key=key)
    refused(restore("latest"), key, "the file is missing")
    bucket.write(key, whole)
    (part,) = [part for table in manifest["tables"] for part in table["parts"] if part["key"] == key]
    part["sha256"] = "0" * 64
    bucket.write_manifest(manifest["run"], manifest)
    refused(restore("latest"), key, "another SHA-256")
    assert {call["verb"] for call in calls.since_mark()} <= {"SELECT", "SHOW"}
    assert content(db) == before and leftovers(db) == []


def test_a_manifest_that_was_changed_and_fits_itself_is_refused_before_a_file_is_read(
    backup, restore, bucket, db, s3_calls
):
    """As if jobs had never had their last row."""
    fill(db)
    manifest = made(backup("--json"))
    run = manifest["run"]
    (jobs,) = [entry for entry in manifest["tables"] if entry["table"] == "jobs"]
    jobs["rows"] -= 1
    jobs["parts"][0]["rows"] -= 1
    bucket.write(f"backups/{run}/manifest.json", json.dumps(manifest).encode())
    named = "the manifest is not as it was written; to use its files anyway, name the folders of its tables"
    s3_calls.mark()
    refused(restore(run), f"backups/{run}/: {named}")
    refused(restore("latest"), named)
    assert f"left out: backups/{run}/: {named}" in backup("list").stderr
    assert not any(".avro" in call["key"] for call in s3_calls.since_mark() if call.get("key"))
    refused(backup("verify", run), named)
    assert "would be" not in backup("prune", "--keep", "1").stdout
    # One of version 0.1 cannot tell, and the file's own count is another one.
    bucket.write_manifest(run, manifest)
    refused(restore(run), "jobs/part-00000.avro: the file has another number of rows")
    assert leftovers(db) == []
    made(restore(f"backups/{run}/jobs/", "--json"))


def test_a_table_that_is_no_more_is_named_or_left_out(backup, restore, bucket, db):
    fill(db)
    before = content(db)
    manifest = made(backup("--json"))
    (entry,) = [entry for entry in manifest["tables"] if entry["table"] == "departments"]
    entry["table"] = "divisions"
    for part in entry["parts"]:
        content_of_part = bucket.read(part["key"])
        part["key"] = part["key"].replace("/departments/", "/divisions/")
        bucket.write(part["key"], content_of_part)
    bucket.write_manifest(manifest["run"], manifest)
    db.empty("jobs")
    run = manifest["run"]
    refused(restore(run), f"backups/{run}/divisions: there is no such table")
    refused(restore("latest"), f"departments: none, jobs: {run}, employees: {run}")
    made(restore("latest", "--table", "jobs", "--json"))
    assert content(db) == before


def test_what_cannot_be_restored_is_refused_by_name(restore, bucket, db):
    lacks = {"type": "record", "name": "r", "fields": [{"name": "id", "type": "int"}]}
    bucket.write_avro("bad/jobs/lacks.avro", lacks, [{"id": 1}])
    refused(restore("bad/jobs/lacks.avro"), "bad/jobs/lacks.avro", "no field for column job_name")
    bucket.write_avro("bad/dump.avro", JOBS_OF_SPARK, [{"id": 1, "job_name": "a"}])
    refused(restore("bad/dump.avro"), "bad/dump.avro", "--table")
    twice = [{"id": 1, "job_name": "a"}, {"id": 1, "job_name": "b"}]
    bucket.write_avro("twice/jobs.avro", JOBS_OF_SPARK, twice)
    refused(restore("twice/jobs.avro"), "the key 1 is there twice, in twice/jobs.avro")
    null = [{"id": 1, "job_name": None}]
    bucket.write_avro("null/jobs.avro", JOBS_OF_SPARK, null)
    refused(restore("null/jobs.avro"), "null/jobs.avro: block 0: row 0: job_name")
    bucket.write("csv/jobs.avro", b"id,job_name\n1,a\n")
    refused(restore("csv/jobs.avro"), "not an Avro file")
    bucket.write("backups/20200101T000000Z-00000001/jobs/part-00000.avro", b"x")
    refused(restore("20200101T000000Z-00000001"), "no manifest, so no backup")
    refused(restore("latest"), "left out: backups/20200101T000000Z-00000001/: no manifest")
    bucket.delete("backups/")
    for nothing in ("latest", "nowhere/", "nowhere.avro", "20200101T000000Z-00000000"):
        refused(restore(nothing), f"{nothing}: no such backup, folder or file")
    assert leftovers(db) == []


@pytest.mark.parametrize(
    ("bend", "unbend", "named"),
    [
        (
            "CREATE TRIGGER audit BEFORE INSERT ON jobs FOR EACH ROW SET @x = 1",
            "DROP TRIGGER audit",
            "jobs: TRIGGER audit would run for each row that goes or comes",
        ),
        (
            "ALTER TABLE jobs ADD notes TEXT NULL",
            "ALTER TABLE jobs DROP notes",
            "jobs.notes: column: expected none, found text",
        ),
    ],
)
def test_tables_that_would_not_come_back_as_they_were_are_refused(
    backup, restore, bucket, db, bend, unbend, named
):
    fill(db)
    db.empty("employees")
    made(backup("--json"))
    db.rows(bend)
    try:
        plan = restore("latest", "--plan", "--table", "jobs")
        assert plan.returncode == 1 and f"in the way: {named}" in plan.stdout
        refused(restore("latest", "--table", "jobs"), named)
        assert leftovers(db) == []
    finally:
        db.rows(unbend)


def test_indexes_of_the_live_table_are_kept(backup, restore, bucket, db):
    fill(db)
    db.rows("ALTER TABLE jobs ADD INDEX by_name (job_name)")
    try:
        made(backup("--json"))
        before = db.rows("SHOW CREATE TABLE jobs")
        made(restore("latest", "--json"))
        assert db.rows("SHOW CREATE TABLE jobs") == before
    finally:
        db.rows("ALTER TABLE jobs DROP INDEX by_name")


def test_a_missing_table_is_made(backup, restore, bucket, db):
    fill(db)
    before = content(db)
    made(backup("--json"))
    db.rows("DROP TABLE jobs")
    assert "no live table; it is made" in restore("latest", "--plan").stdout
    made(restore("latest", "--json"))
    assert content(db) == before


def test_a_restore_is_undone_and_what_it_left_is_dropped(backup, restore, bucket, db):
    fill(db)
    made(backup("--json"))
    db.rows("DELETE FROM jobs WHERE id > 2")
    before = content(db)
    id = made(restore("latest", "--json"))["id"]
    assert db.count("jobs") == len(ODD)
    db.rows("INSERT INTO departments VALUES (77, 'since the restore')")
    undone = restore("undo", id)
    assert undone.returncode == 0
    for line in (
        f"departments: as before the restore, with 2 rows; the restored one is departments__undone_{id}, "
        "with 3 rows, 1 of them with keys that departments does not have",
        f"jobs: as before the restore, with 2 rows; the restored one is jobs__undone_{id}, "
        f"with {len(ODD)} rows, {len(ODD) - 2} of them with keys that jobs does not have",
    ):
        assert line in undone.stdout
    assert content(db) == before
    assert leftovers(db) == [f"{table}__undone_{id}" for table in sorted(TABLES)]
    refused(restore("undo", id), f"nothing left of a restore {id}")
    said = restore("drop-old").stdout
    assert said.count("would be dropped") == 3
    assert f"departments__undone_{id}: departments restored, and undone, 3 rows: would be" in said
    assert len(leftovers(db)) == 3
    refused(restore("drop-old", "20200101_000000_0000", "--yes"), "nothing left")
    assert restore("drop-old", id, "--yes").returncode == 0
    assert leftovers(db) == [] and content(db) == before


def test_an_old_table_that_is_gone_is_named(backup, restore, bucket, db):
    fill(db)
    made(backup("--json"))
    db.rows("DELETE FROM jobs WHERE id > 2")
    id = made(restore("latest", "--json"))["id"]
    db.rows(f"DROP TABLE departments__before_{id}")
    undone = restore("undo", id)
    assert undone.returncode == 0
    named = f"departments: stays as it is, since there is no departments__before_{id}"
    assert named in undone.stdout
    assert [db.count("departments"), db.count("jobs")] == [2, 2]


def test_a_live_table_that_changes_meanwhile_stops_it(backup, restore, bucket, db, fault, calls):
    fill(db)
    made(backup("--json"))
    before = content(db)["jobs"]
    for force in (False, True):
        db.rows("DELETE FROM jobs WHERE id = 99")
        fault("execute:latency=150")
        calls.mark()
        with ThreadPoolExecutor() as pool:
            running = pool.submit(restore, "latest", *(["--force"] if force else []))
            wait_for(calls, "CREATE")
            db.rows("INSERT INTO jobs VALUES (99, 'meanwhile')")
            done = running.result()
        fault()
        if force:
            assert done.returncode == 0 and content(db)["jobs"] == before
        else:
            refused(done, "jobs: the live table was written to meanwhile", "--force")
            assert leftovers(db) == [] and db.count("jobs") == len(before) + 1


def wait_for(calls, statement):
    for _ in range(2000):
        if any(call["verb"] == statement for call in calls.since_mark()):
            return
        time.sleep(0.01)
    pytest.fail(f"no {statement}")


@pytest.mark.parametrize(
    "text",
    [
        "execute:access-denied:skip={}",
        "execute:cut-after:skip={}:times=1",
        "execute:cut-before:skip={}:times=1",
        "execute:cut-after:skip={}:times=3",
    ],
)
def test_a_fault_at_any_call_leaves_the_live_tables_whole(
    backup, restore, bucket, db, calls, fault, text
):
    """Either all tables are the restored ones, and it says so, or none is, and nothing is left."""
    restored, emptied = lose_jobs(db, backup)
    calls.mark()
    made(restore("latest", "--json", "--plan"))
    planned = len(calls.since_mark())
    calls.mark()
    made(restore("latest", "--json"))
    count = len(calls.since_mark())
    outcomes = set()
    for skip in range(planned, count):
        tidy_up(db, restore)
        db.empty("jobs")
        fault(text.format(skip))
        done = restore("latest")
        fault()
        outcomes.add(done.returncode)
        if done.returncode == 2:
            assert content(db) == emptied, (skip, done.stderr)
            # A fault that lasts hits the cleaning, too.
            assert "denied" in text or "times=3" in text or leftovers(db) == [], (skip, done.stderr)
        else:
            assert content(db) == restored
            # The ledger is told and the old tables are looked at after the swap.
            untold = "the ledger still takes loads since"
            unknown = "restored, but whether it was written to while it was swapped is not known"
            is_said = untold in done.stderr or unknown in done.stderr
            assert is_said == (done.returncode == 1), (skip, done.stderr)
    assert outcomes == ({0} if "times=1" in text else {0, 1, 2})


def lose_jobs(db, backup):
    """Backs filled tables up and empties one; answers what was, and what is left."""
    fill(db)
    made(backup("--json"))
    filled = content(db)
    db.empty("jobs")
    return filled, content(db)


def tidy_up(db, restore):
    """A statement that was under way when its sender was killed may leave something yet."""
    for _ in range(50):
        done = restore("drop-old", "--yes")
        if done.returncode == 0 and leftovers(db) == []:
            return
        assert done.returncode == 0 or "MySQL error 1146" in done.stderr, done.stderr
        time.sleep(0.1)
    pytest.fail(f"still there: {leftovers(db)}")


def test_a_probe_restores_beside_the_live_tables(backup, bucket, db, calls):
    fill(db)
    run = made(backup("--json"))["run"]
    db.empty(*TABLES)
    calls.mark()
    done = backup("verify", run, "--probe")
    assert done.returncode == 0, done.stderr
    assert "jobs: 9 rows written beside the live ones, compared and dropped" in done.stdout
    assert [db.count(table) for table in TABLES] == [0, 0, 0] and leftovers(db) == []
    assert "RENAME" not in {call["verb"] for call in calls.since_mark()}


POINTS = 20


def test_a_restore_that_is_killed_leaves_the_tables_whole(
    backup, restore, kill, bucket, db, calls, fault, capsys
):
    """Killed at twenty points; the live tables are the old or the new ones, and the next works."""
    restored, emptied = lose_jobs(db, backup)
    calls.mark()
    made(restore("latest", "--json"))
    points = len(calls.since_mark())
    fault("execute:latency=15")
    outcomes = []
    # The last call is the swap: it is unknown which side of it a kill is on.
    for point in random.Random(5).sample(range(1, points - 1), POINTS - 1) + [points]:
        tidy_up(db, restore)
        db.empty("jobs")
        assert kill(calls, point, "restore", "latest") == -9 or point == points
        outcomes.append(content(db) == restored)
        assert outcomes[-1] or content(db) == emptied
    with capsys.disabled():
        print(f" [killed at {POINTS} points of {points}, {sum(outcomes)} restored]", end="")
    assert set(outcomes) == {False, True}
    fault()
    made(restore("latest", "--json"))
    assert content(db) == restored


def any_text(chance):
    """A text that VARCHAR(255) takes: any characters but surrogates, any length."""
    kinds = [(0, 0x1F), (0x20, 0x7E), (0xA0, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)]
    low, high = chance.choice(kinds)
    length = chance.choice([0, 1, 7, 255])
    return "".join(chr(chance.randint(low, high)) for _ in range(length))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_rows_come_back(backup, restore, bucket, db, codec, seed):
    chance = random.Random(seed)
    bounds = (-(2**31), -1, 0, 1, 2**31 - 1)

    def number():
        return chance.choice([*bounds, chance.randint(-(2**31), 2**31 - 1), None])

    ids = {*bounds, *(chance.randint(-(2**31), 2**31 - 1) for _ in range(400))}
    spare = 4242
    for id in ids:
        values = (id or spare, any_text(chance), any_text(chance), number(), number())
        db.rows("INSERT INTO employees VALUES (%s, %s, %s, %s, %s)", *values)
    set_to_zero(db, "employees", spare)
    before = content(db)
    made(backup("--codec", codec, "--table", "employees", "--json"))
    made(restore("latest", "--table", "employees", "--json"))
    assert content(db) == before


def test_the_lambda_plans_and_restores(files, backup, bucket, db, calls):
    filled, emptied = lose_jobs(db, backup)
    run = bucket.manifests()[-1].split("/")[1]
    event = {"rowgate": "restore", "sources": ["latest"], "bucket": bucket.name}
    calls.mark()
    plan = files.invoke(event | {"plan": True})
    assert {call["verb"] for call in calls.since_mark()} <= {"SELECT", "SHOW"}
    assert (plan["run"], plan["obstacles"], content(db)) == (run, [], emptied)
    assert [table["same"] for table in plan["tables"]] == [True, False, True]

    restored = files.invoke(event | {"tables": ["jobs"]})
    assert content(db) == filled
    (jobs,) = restored["tables"]
    assert (jobs["table"], jobs["rows"]) == ("jobs", len(ODD))
    assert leftovers(db) == [f"jobs__before_{restored['id']}"]


def test_the_lambda_reads_files_of_glue(files, bucket, db):
    db.rows("INSERT INTO jobs VALUES (1, 'live'), (3, 'live')")
    rows = [{"id": 1, "job_name": "of a file"}, {"id": 2, "job_name": "é"}]
    bucket.write_avro("zstandard/jobs/run-0.zst.avro", JOBS_OF_SPARK, rows, "zstandard")
    event = {"rowgate": "restore", "sources": ["zstandard/jobs/"], "mode": "merge"}
    files.invoke(event)
    names = {row["id"]: row["job_name"] for row in db.rows("SELECT * FROM jobs")}
    assert names == {1: "of a file", 2: "é", 3: "live"}


def test_the_lambda_says_why_it_does_not_restore(files, backup, bucket, db, fault):
    filled, emptied = lose_jobs(db, backup)
    event = {"rowgate": "restore", "sources": ["latest"]}
    fault("execute:access-denied:skip=12")
    kind, text = files.fail(event)
    fault()
    assert kind == "RestoreFailed" and "AccessDenied" in text and content(db) == emptied

    (key,) = [key for key in bucket.keys("backups/") if "/jobs/" in key]
    bucket.write(key, bucket.read(key)[:-1])
    kind, text = files.fail(event)
    assert (kind, text.startswith(key)) == ("RestoreFailed", True)
    bucket.delete("backups/")
    for source in ("nowhere/", "latest"):
        kind, text = files.fail({"rowgate": "restore", "sources": [source]})
        assert (kind, text) == ("RestoreFailed", f"{source}: no such backup, folder or file")
    assert content(db) == emptied
