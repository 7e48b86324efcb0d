"""Files of other formats than text, made by other people's programs, through `rowgate check` and `rowgate load`."""

import io
import json
from datetime import datetime, timezone

import fastavro
import polars
import pytest

pytestmark = pytest.mark.usefixtures("empty_tables")

ROWS = [
    {"id": number, "name": f"Zoë {number} 🏙", "datetime": "2021-07-27T16:02:08Z", "department_id": None, "job_id": None}
    for number in range(1, 3001)
]


def json_array(rows):
    return json.dumps(rows, indent=1, ensure_ascii=False).encode()


def of_fastavro(rows, codec="deflate", fields=None):
    types = {"id": "int", "name": "string", "datetime": "string"}
    fields = fields or [
        {"name": name, "type": types.get(name, ["null", "int"])} for name in rows[0]
    ]
    out = io.BytesIO()
    schema = fastavro.parse_schema({"type": "record", "name": "r", "namespace": "a.b", "fields": fields})
    fastavro.writer(out, schema, rows, codec=codec)
    return out.getvalue()


def of_polars(rows):
    types = {"id": polars.Int64, "department_id": polars.Int64, "job_id": polars.Int64}
    out = io.BytesIO()
    polars.DataFrame(rows, schema_overrides=types).write_avro(out, compression="snappy")
    return out.getvalue()


def parquet(rows, **options):
    types = {"id": polars.Int64, "department_id": polars.Int64, "job_id": polars.Int64}
    out = io.BytesIO()
    polars.DataFrame(rows, schema_overrides=types).write_parquet(out, **options)
    return out.getvalue()


def of_spark(rows):
    """As Spark writes it: every field may be null, dates and times are moments."""
    moment = {"type": "long", "logicalType": "timestamp-micros"}
    types = {"id": "int", "name": "string", "datetime": moment}
    fields = [{"name": name, "type": [types.get(name, "int"), "null"]} for name in rows[0]]
    at = datetime(2021, 7, 27, 16, 2, 8, tzinfo=timezone.utc)
    return of_fastavro([row | {"datetime": at} for row in rows], "snappy", fields)


MAKERS = [
    ("json", json_array),
    ("avro", of_fastavro),
    ("avro", lambda rows: of_fastavro(rows, "zstandard")),
    ("avro", of_polars),
    ("avro", of_spark),
    ("parquet", parquet),
    ("parquet", lambda rows: parquet(rows, compression="snappy", row_group_size=500)),
]


@pytest.fixture(params=range(len(MAKERS)), ids=["json", "fastavro", "zstandard", "polars", "spark", "parquet", "row-groups"])
def made(request, tmp_path):
    extension, make = MAKERS[request.param]
    path = tmp_path / f"employees.{extension}"

    def write(rows):
        path.write_bytes(make(rows))
        return path

    return write


def test_a_file_of_another_format_is_checked_and_loaded(command, stack, db, made):
    path = made(ROWS)
    checked = command("check", str(path))
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout
    assert "3000 rows" in checked.stdout
    done = command("load", "--direct", "--format", "json", str(path))
    report = json.loads(done.stdout)
    assert (report["status"], report["format"]) == ("complete", path.suffix[1:])
    stored = db.rows("SELECT id, name, datetime, department_id, job_id FROM employees ORDER BY id")
    assert [tuple(row.values()) for row in stored] == [tuple(row.values()) for row in ROWS]


def test_its_bad_rows_come_back_and_load_once_they_are_mended(command, db, made):
    rows = [row | ({"name": "x" * 300} if row["id"] in (7, 2500) else {}) for row in ROWS]
    path = made(rows)
    done = command("load", "--direct", "--format", "json", str(path))
    report = json.loads(done.stdout)
    assert (report["status"], report["error_count"]) == ("partial", 2)
    assert {error["code"] for error in report["errors"]} == {"too_long"}
    assert db.count("employees") == 2998
    rejects = path.with_name(path.name + ".rejects.ndjson")
    rejects.write_text(rejects.read_text().replace("x" * 300, "mended"))
    assert command("load", "--direct", str(rejects)).returncode == 0
    assert db.count("employees") == 3000


def test_it_goes_by_the_bucket(command, stack, db, made):
    path = made(ROWS)
    settings = {"AWS_ENDPOINT_URL_S3": stack["s3"], "DATA_BUCKET": stack["bucket"]}
    done = command("load", "--format", "json", str(path), **settings)
    report = json.loads(done.stdout)
    assert (report["status"], report["tables"]["employees"]["stored"]) == ("complete", 3000)
    assert db.count("employees") == 3000
