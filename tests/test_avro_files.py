"""Avro files between rowgate and the other libraries, both ways, row for row.

fastavro, Apache's own `avro` and polars each have an implementation of their own.
"""

import json
import os
import subprocess
from datetime import datetime, timezone

import avro.datafile
import avro.io
import avro.schema
import fastavro
import polars
import pytest
from conftest import ROOT

COLUMNS = ("id", "name", "datetime", "department_id", "job_id")

CODECS = ("null", "deflate", "snappy", "zstandard")

# For snappy Apache's library needs one more, which fastavro does without.
APACHE_CODECS = ("null", "deflate", "zstandard")

INT_MIN, INT_MAX = -(2**31), 2**31 - 1


def row(number):
    """Rows with what is hard: nulls, bounds, 0, NUL, no text, the longest, all of Unicode."""
    texts = ("", "Zoë \0 🏙", "x" * 255, "😀" * 255, 'a "quoted", \\ text\r\n', "\U0010ffff")
    ids = {0: 0, 1: INT_MIN, 2: INT_MAX}
    return [
        ids.get(number, number),
        texts[number % len(texts)],
        f"20{number % 100:02}-07-27T16:02:{number % 60:02}Z",
        None if number % 3 == 0 else number % 12,
        None if number % 7 == 0 else [INT_MIN, 0, INT_MAX][number % 3],
    ]


# Enough for several blocks.
ROWS = [row(number) for number in range(2000)]
RECORDS = [dict(zip(COLUMNS, values)) for values in ROWS]

OURS = {
    "type": "record",
    "name": "employees",
    "namespace": "rowgate",
    "fields": [
        {"name": "id", "type": "int"},
        {"name": "name", "type": "string"},
        {"name": "datetime", "type": "string"},
        {"name": "department_id", "type": ["null", "int"], "default": None},
        {"name": "job_id", "type": ["null", "int"], "default": None},
    ],
}

# As Spark writes a table that it has read by JDBC.
SPARK = {
    "type": "record",
    "name": "topLevelRecord",
    "fields": [
        {"name": "id", "type": ["int", "null"]},
        {"name": "name", "type": ["string", "null"]},
        {"name": "datetime", "type": ["string", "null"]},
        {"name": "department_id", "type": ["int", "null"]},
        {"name": "job_id", "type": ["int", "null"]},
    ],
}


@pytest.fixture(scope="module")
def program():
    """The example `avro` of the core, built; in CI with the options of all else there, as which it is built
    already."""
    options = os.environ.get("CLI_BUILD", "--package rowgate-core --features avro,zstd --example avro")
    command = ["cargo", "build", "--quiet", "--locked", *options.split(), "--message-format", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    artifacts = [json.loads(line) for line in done.stdout.splitlines()]
    targets = [(it["target"], it["executable"]) for it in artifacts if it.get("executable")]
    (path,) = [path for target, path in targets if (target["kind"], target["name"]) == (["example"], "avro")]
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "employees.avro"


@pytest.fixture
def cat(program, file):
    """What rowgate reads in the file, and what it says of it."""

    def cat():
        command = [program, "cat", "employees", file]
        done = subprocess.run(command, capture_output=True, text=True)
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return cat


@pytest.fixture
def make(program, file):
    """Writes the rows with rowgate."""

    def make(codec):
        lines = "".join(json.dumps(values) + "\n" for values in ROWS)
        command = [program, "make", "employees", codec, file]
        subprocess.run(command, input=lines, text=True, check=True)

    return make


@pytest.mark.parametrize("codec", CODECS)
def test_fastavro_reads_ours(make, file, codec):
    make(codec)
    with file.open("rb") as stream:
        reader = fastavro.reader(stream)
        assert list(reader) == RECORDS
        assert (reader.codec, reader.metadata["avro.codec"]) == (codec, codec)
        assert json.loads(reader.metadata["avro.schema"]) == OURS
    with file.open("rb") as stream:
        assert len(list(fastavro.block_reader(stream))) > 5


@pytest.mark.parametrize("codec", APACHE_CODECS)
def test_apache_reads_ours(make, file, codec):
    make(codec)
    with avro.datafile.DataFileReader(file.open("rb"), avro.io.DatumReader()) as reader:
        assert list(reader) == RECORDS


@pytest.mark.parametrize("codec", ("null", "deflate", "snappy"))
def test_polars_reads_ours(make, file, codec):
    make(codec)
    assert polars.read_avro(file).rows() == [tuple(values) for values in ROWS]


@pytest.mark.parametrize("schema", (OURS, SPARK), ids=("ours", "spark"))
@pytest.mark.parametrize("codec", CODECS)
def test_ours_reads_fastavro(cat, file, codec, schema):
    with file.open("wb") as stream:
        fastavro.writer(stream, schema, RECORDS, codec=codec)
    assert cat() == (ROWS, "")


@pytest.mark.parametrize("schema", (OURS, SPARK), ids=("ours", "spark"))
@pytest.mark.parametrize("codec", APACHE_CODECS)
def test_ours_reads_apache(cat, file, codec, schema):
    parsed = avro.schema.parse(json.dumps(schema))
    stream = file.open("wb")
    with avro.datafile.DataFileWriter(stream, avro.io.DatumWriter(), parsed, codec) as writer:
        for record in RECORDS:
            writer.append(record)
    assert cat() == (ROWS, "")


@pytest.mark.parametrize("codec", ("uncompressed", "deflate", "snappy"))
def test_ours_reads_polars(cat, file, codec):
    texts = {"name": polars.String, "datetime": polars.String}
    types = dict.fromkeys(COLUMNS, polars.Int32) | texts
    frame = polars.DataFrame(ROWS, schema=types, orient="row")
    frame.write_avro(file, compression=codec)
    assert cat() == (ROWS, "")


def test_a_time_without_a_zone_is_no_moment(cat, file):
    """polars has no other for Avro."""
    moments = [datetime(2021, 7, 27, 16, 2, 8)]
    polars.DataFrame({"id": [1], "name": ["a"], "datetime": moments}).write_avro(file)
    rows, error = cat()
    assert rows == []
    assert "field datetime has type" in error and "local-timestamp-micros" in error


def test_moments_of_fastavro_become_texts(cat, file):
    moment = {"type": "long", "logicalType": "timestamp-millis"}
    schema = json.loads(json.dumps(SPARK))
    schema["fields"][2]["type"] = ["null", moment]
    record = RECORDS[4] | {"datetime": datetime(2021, 7, 27, 16, 2, 8, 9999, timezone.utc)}
    with file.open("wb") as stream:
        fastavro.writer(stream, schema, [record])
    assert cat() == ([ROWS[4][:2] + ["2021-07-27T16:02:08Z"] + ROWS[4][3:]], "")


def test_a_file_that_ends_early_is_noticed(cat, file):
    with file.open("wb") as stream:
        fastavro.writer(stream, OURS, RECORDS, codec="snappy")
    os.truncate(file, file.stat().st_size - 1)
    rows, error = cat()
    assert 0 < len(rows) < len(ROWS) and rows == ROWS[: len(rows)]
    assert error.endswith("the file ends here\n")


def test_a_codec_that_is_not_understood_is_named(cat, file):
    with file.open("wb") as stream:
        fastavro.writer(stream, OURS, RECORDS, codec="bzip2")
    assert cat() == ([], "header: codec bzip2 is not understood\n")
