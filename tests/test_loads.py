"""What was loaded: `rowgate loads`, `GET /loads`, and `rowgate load --resume`."""

import json

import pytest
import requests
from events import gateway_event, s3_event
from files import counts, job_lines, sample, stored_jobs

pytestmark = pytest.mark.usefixtures("empty_tables")

JOBS = "/tables/jobs/rows"


@pytest.fixture
def loads(command):
    """Runs `rowgate loads`, and reads its JSON."""

    def loads(*arguments):
        done = command("loads", *arguments, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return loads


def send(stack, key, rows, api_key=None):
    headers = {"x-api-key": api_key or stack["api_key"], "idempotency-key": key}
    return requests.post(stack["edge"] + JOBS, json=rows, headers=headers)


def get(stack, path, **headers):
    return requests.get(stack["edge"] + path, headers={"x-api-key": stack["api_key"]} | headers)


def test_a_request_is_in_the_history_of_its_key(stack, db, loads):
    answer = send(stack, "first", [{"id": 1, "job": "a"}, {"id": 2, "job": "b"}])
    send(stack, "second", [{"id": 0, "job": "a"}])
    second, first = get(stack, "/loads").json()["loads"]
    key_id = stack["api_key"][2:10]
    assert first == {
        "load_id": first["load_id"],
        "status": "complete",
        "door": "http",
        "key_id": key_id,
        "idempotency_key": "first",
        "tables": "jobs",
        "received": 2,
        "stored": 2,
        "kept": 0,
        "rejected": 0,
        "error_codes": "",
        "rejected_by_code": {},
        "attempts": 1,
        "started": first["started"],
        "ended": first["ended"],
    }
    assert (second["status"], second["error_codes"]) == ("rejected", "out_of_range")
    assert second["rejected_by_code"] == {"out_of_range": 1}
    one = get(stack, f"/loads/{first['load_id']}").json()
    assert one == first | {"answer": answer.json()}
    assert loads("list", "--limit", "1") == [second]
    assert loads("show", first["load_id"]) == one
    assert get(stack, "/loads?limit=1").json() == {"loads": [second]}


def test_a_key_sees_its_own_loads_only(stack, files):
    """The other key is one of API Gateway's."""
    send(stack, "mine", [{"id": 1, "job": "a"}])
    ours = gateway_event(
        "POST",
        JOBS,
        headers={"content-type": "application/json", "idempotency-key": "mine"},
        body=b'[{"id": 2, "job": "b"}]',
    )
    assert files.invoke(ours)["statusCode"] == 200
    listed = files.invoke(gateway_event("GET", "/loads"))
    (theirs,) = json.loads(listed["body"])["loads"]
    assert (theirs["door"], theirs["idempotency_key"]) == ("gateway", "mine")
    assert theirs["key_id"].startswith("gateway:")
    answer = get(stack, f"/loads/{theirs['load_id']}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:rowgate:problem:unknown_load")
    (mine,) = get(stack, "/loads").json()["loads"]
    assert mine["load_id"] != theirs["load_id"]


def test_a_key_sees_files_of_its_tables_if_it_asks(stack, files):
    """This key is for all tables; core/tests/gate.rs has one of two tables."""
    send(stack, "mine", [{"id": 1, "job": "a"}])
    report = files.load("incoming/employees/x.csv", sample("hired_employees.csv"))
    assert [load["door"] for load in get(stack, "/loads").json()["loads"]] == ["http"]
    assert get(stack, "/loads?files=false").json() == get(stack, "/loads").json()
    both = get(stack, "/loads?files=true").json()["loads"]
    assert {load["door"] for load in both} == {"http", "s3"}
    (file,) = (load for load in both if load["door"] == "s3")
    assert (file["load_id"], file["key"]) == (report["load_id"], "incoming/employees/x.csv")
    assert get(stack, f"/loads/{file['load_id']}").json()["answer"] == report
    assert len(get(stack, "/loads?limit=1&files=true").json()["loads"]) == 1


@pytest.mark.parametrize("query", ["limit=0", "limit=401", "limit=x", "status=failed", "files=yes", "files=true&files=true"])
def test_an_invalid_query(stack, calls, query):
    calls.mark()
    answer = get(stack, f"/loads?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:rowgate:problem:bad_parameter")
    assert calls.since_mark() == []


def test_the_history_is_not_for_strangers(stack, calls):
    calls.mark()
    for path in ("/loads", "/loads/x"):
        assert get(stack, path, **{"x-api-key": "rg" + "a" * 40}).status_code == 401
    assert calls.since_mark() == []


def test_a_file_is_in_the_history(files, loads, command):
    report = files.load("incoming/employees/x.csv", sample("hired_employees.csv"))
    (load,) = loads()
    assert load["load_id"] == report["load_id"]
    assert (load["status"], load["door"], load["attempts"]) == ("partial", "s3", 1)
    found = tuple(load[name] for name in ("received", "stored", "kept", "rejected"))
    assert found == counts(report)
    assert (load["bucket"], load["key"]) == (files.bucket, "incoming/employees/x.csv")
    assert (load["e_tag"], load["error_codes"]) == (report["e_tag"], "missing")
    assert load["rejected_by_code"] == {"missing": 33}
    assert loads("show", load["load_id"])["answer"] == report
    text = command("loads").stdout
    assert "1999 rows: 1966 stored, 0 kept, 33 rejected missing s3://" in text
    done = command("loads", "show", "nothing")
    assert (done.returncode, "there is no such load" in done.stderr) == (2, True)


def test_what_is_old_is_forgotten(stack, db, files, command):
    for key in ("old", "new"):
        send(stack, key, [{"id": 1, "job": "a"}])
    db.rows(
        "UPDATE rowgate_loads SET started_at = started_at - INTERVAL 40 DAY, "
        "ended_at = ended_at - INTERVAL 40 DAY WHERE idempotency_key = 'old'"
    )
    said = command("loads", "prune", "--older-than", "30")
    assert said.stdout == "1 load would be forgotten; --yes does it\n"
    assert db.count("rowgate_loads") == 2
    done = command("loads", "prune", "--older-than", "30", "--yes")
    assert (done.returncode, done.stdout) == (0, "forgot 1 load\n"), done.stderr
    assert db.value("SELECT idempotency_key FROM rowgate_loads") == "new"


def test_what_belonged_to_forgotten_loads_goes_with_them(db, command):
    """In statements that look at 5,000 rows at most."""
    rows = [f"{number:064x}" for number in range(12_000)]
    insert = "INSERT INTO rowgate_objects VALUES (%s, 'b', 'k', '01', UTC_TIMESTAMP(3) - INTERVAL {} DAY)"
    with db.cursor() as cursor:
        cursor.executemany(insert.format(40), [(hash,) for hash in rows[:11_999]])
        cursor.executemany(insert.format(1), [(hash,) for hash in rows[11_999:]])
        for table, columns in [
            ("rowgate_rejects", "(load_id, first_row, row_errors)"),
            ("rowgate_ranges", "(load_id, range_number, scan)"),
        ]:
            sql = f"INSERT INTO {table} {columns} VALUES (%s, %s, '')"
            cursor.executemany(sql, [(id[-32:], n % 2) for n, id in enumerate(rows)])
    db.rows(
        "INSERT INTO rowgate_loads (load_id, door, object_hash, status, holder, lease_until, "
        "started_at) VALUES (%s, 's3', %s, 'complete', '', NOW(), UTC_TIMESTAMP(3))",
        rows[7][-32:],
        rows[7],
    )
    done = command("loads", "prune", "--older-than", "30", "--yes")
    assert (done.returncode, done.stdout) == (0, "forgot 0 loads\n"), done.stderr
    left = {row["object_hash"] for row in db.rows("SELECT object_hash FROM rowgate_objects")}
    assert left == {rows[7], rows[11_999]}
    for table in ("rowgate_rejects", "rowgate_ranges"):
        assert [row["load_id"] for row in db.rows(f"SELECT load_id FROM {table}")] == [rows[7][-32:]]


def test_a_load_that_broke_off_is_gone_on_with_by_hand(stack, files, db, fault, command):
    key = "quiet/jobs/x.csv"
    e_tag = files.put(key, job_lines(3))
    fault("execute:access-denied:skip=2:times=1")
    files.fail(s3_event(files.bucket, key, e_tag))
    load_id = db.value("SELECT load_id FROM rowgate_loads")
    assert db.value("SELECT status FROM rowgate_loads") == "failed"
    settings = {"AWS_ENDPOINT_URL_S3": stack["s3"]}
    done = command("load", "--resume", load_id, "--format", "json", **settings)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["status"], report["load_id"]) == ("complete", load_id)
    assert counts(files.report(key, e_tag)) == (3, 3, 0, 0)
    assert stored_jobs(db) == {1: "Job 1", 2: "Job 2", 3: "Job 3"}

    again = command("load", "--resume", load_id, **settings)
    assert (again.returncode, "(duplicate)" in again.stdout) == (0, True)
    none = command("load", "--resume", "0" * 32, **settings)
    assert (none.returncode, "no file has this load id" in none.stderr) == (2, True)
