"""Hostile Avro files through `rowgate restore`, and hostile manifests through each command that reads them:
the exit code, the memory, and that neither tables nor other backups change."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from attack import measure, parametrized, size
from attack.avro import AVRO_FILES
from attack.manifests import MANIFESTS
from attack.measure import Attack, Bound
from backups import made
from conftest import PROGRAM
from test_restore import leftovers, tidy
from test_shown import is_clean

# A block may have 64 MiB, and so may a manifest.
BOUND = Bound(megabytes=150, seconds=300)
ROWS = [(1, "a"), (2, "b"), (3, "c")]
# So that no other stack on this machine has an object of the same key.
RUN = f"20300101T000000Z-{secrets.token_hex(4)}"
MANY = size(10_000, 200)


@pytest.fixture
def attack(record_property):
    return lambda kind: Attack(kind, record_property)


@pytest.fixture(autouse=True)
def tables(db, bucket):
    """Three jobs, nothing of a restore beside them, and no file."""
    tidy(db)
    for row in ROWS:
        db.rows("INSERT INTO jobs VALUES (%s, %s)", *row)
    bucket.delete("hostile/")
    yield
    bucket.delete("hostile/")
    tidy(db)


@pytest.fixture
def run(environment):
    """Runs the command, which never panics and shows nothing that steers a terminal."""

    def run(*arguments):
        done = measure.run([PROGRAM, *arguments], environment)
        assert "panicked" not in done.errors
        assert is_clean(done.output) and is_clean(done.errors), arguments
        return done

    return run


@parametrized(AVRO_FILES)
def test_an_avro_file(run, bucket, db, attack, case):
    bucket.write("hostile/jobs/x.avro", case.make())
    with attack("avro").case(case.name, BOUND) as met:
        done = run("restore", "hostile/jobs/", "--plan")
        met.result, met.megabytes = done.status, done.megabytes
    if done.status:
        # What the plan refuses is refused without it, before any table is made.
        assert run("restore", "hostile/jobs/").status == 2
        assert "hostile/jobs/x.avro" in done.output + done.errors
    assert done.status == case.status, done.errors
    unchanged(db)


@parametrized(MANIFESTS)
def test_a_manifest(run, backup, bucket, db, attack, case):
    good = made(backup("--table", "jobs", "--json"))
    before = bucket.read(f"backups/{good['run']}/manifest.json")
    put(bucket, good, RUN, case.change)
    commands = {
        "list": ["backup", "list"],
        "verify": ["backup", "verify", RUN],
        "plan": ["restore", RUN, "--plan"],
        "prune": ["backup", "prune", "--keep", "1"],
        "latest": ["restore", "latest", "--table", "jobs", "--plan"],
    }
    with attack("manifest").case(case.name, BOUND) as met:
        done = {name: run(*command) for name, command in commands.items()}
        met.result = " ".join(str(it.status) for it in done.values())
        met.megabytes = max(it.megabytes for it in done.values())
    assert (done["list"].status, done["prune"].status) == (0, 0)
    assert good["run"] in done["list"].output
    assert (f"left out: backups/{RUN}/" in done["list"].errors) == case.is_left_out
    assert done["verify"].status == case.verify
    assert done["plan"].status == case.plan
    # What is left out does not hide the one that is not.
    assert done["latest"].status in {0, case.plan}
    if case.verify == 2:
        assert run("restore", RUN).status == 2
    assert bucket.read(f"backups/{good['run']}/manifest.json") == before
    unchanged(db)


def test_many_manifests(run, backup, bucket, db, attack):
    """None of them a backup but one."""
    good = made(backup("--table", "jobs", "--json"))
    runs = [f"20300101T000000Z-{number:08x}" for number in range(MANY)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda it: bucket.write(f"backups/{it}/manifest.json", b'{"format":1}'), runs))
    with attack("manifest").case(f"{MANY:,} manifests", BOUND) as met:
        done = run("backup", "list")
        met.result, met.megabytes = done.status, done.megabytes
    assert (done.status, good["run"] in done.output) == (0, True)
    assert done.errors.count("left out: ") == MANY
    unchanged(db)


def put(bucket, good, run, change):
    """The files of a good backup as those of another run, and its manifest with a change."""
    text = json.dumps({name: value for name, value in good.items() if name != "sha256"})
    changed = change(json.loads(text.replace(good["run"], run)))
    for key in bucket.keys(f"backups/{good['run']}/"):
        bucket.write(key.replace(good["run"], run), bucket.read(key))
    body = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
    bucket.write(f"backups/{run}/manifest.json", body)


def unchanged(db):
    assert [tuple(row.values()) for row in db.rows("SELECT * FROM jobs ORDER BY id")] == ROWS
    assert leftovers(db) == []
