"""Makes the Parquet files of this folder, and what each of them must come to.

    python make.py

The outcomes were written from docs/types.md, before a file was read.
"""

import datetime as dt
import decimal
import json
import pathlib

import duckdb
import fastparquet
import numpy
import pandas
import polars
import pyarrow
import pyarrow.parquet

HERE = pathlib.Path(__file__).parent
FILES = HERE / "files"
COLUMNS = ["id", "name", "price", "amount", "weight", "born", "made", "opens", "active", "code"]
D = decimal.Decimal

ROWS = [
    [1, "Zoë 🏙", D("19.90"), 5, 0.5, dt.date(2021, 7, 27), dt.datetime(2021, 7, 27, 16, 2, 8, 250000), dt.time(8, 30), True, "00042"],
    [2, 'a "quoted", text', D("-0.05"), -3, 1234.5678, dt.date(1899, 12, 31), dt.datetime(1899, 12, 31, 23, 59, 59), dt.time(0, 0), False, "x"],
    [3, "two\nlines", D("99999999.99"), 2147483647, -2.25, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29), dt.time(23, 59, 59), True, None],
    [4, " blanks ", None, None, None, None, None, None, None, None],
]


def canonical(row):
    texts = []
    for name, value in zip(COLUMNS, row):
        if value is None:
            texts.append(None)
        elif name == "price":
            texts.append(f"{value:.2f}")
        elif name == "made":
            texts.append(value.strftime("%Y-%m-%d %H:%M:%S.").zfill(20) + f"{value.microsecond // 1000:03}")
        elif name == "active":
            texts.append(str(int(value)))
        elif name == "weight":
            texts.append(repr(value).removesuffix(".0"))
        else:
            texts.append(str(value))
    return texts


ENTRIES = {}


def entry(name, by, rows=None, *, columns=None, outcome="read", rejected=(), note="", **more):
    found = {"by": by, "outcome": outcome}
    if outcome == "read":
        kept = [dict(zip(COLUMNS, canonical(row))) for row in (ROWS if rows is None else rows)]
        found["rows"] = [{column: row[column] for column in columns or COLUMNS} for row in kept]
        found["rejected"] = [list(it) for it in rejected]
    if note:
        found["note"] = note
    ENTRIES[name] = found | more


TYPES = {
    "id": pyarrow.int32(), "name": pyarrow.string(), "price": pyarrow.decimal128(10, 2), "amount": pyarrow.int32(),
    "weight": pyarrow.float64(), "born": pyarrow.date32(), "made": pyarrow.timestamp("us"), "opens": pyarrow.time64("us"),
    "active": pyarrow.bool_(), "code": pyarrow.string(),
}


def table(rows=ROWS, columns=COLUMNS, **types):
    at = [COLUMNS.index(name) for name in columns]
    arrays = [pyarrow.array([row[index] for row in rows], (TYPES | types)[name]) for index, name in zip(at, columns)]
    return pyarrow.table(arrays, names=columns)


def write(name, data, *args, options=None, **kwargs):
    pyarrow.parquet.write_table(data, FILES / name, **(options or {}))
    entry(name, "pyarrow", *args, **kwargs)


def with_pyarrow():
    write("pa-plain.parquet", table())
    for codec in ("NONE", "SNAPPY", "GZIP", "ZSTD"):
        write(f"pa-{codec.lower()}.parquet", table(), options={"compression": codec})
    for codec in ("BROTLI", "LZ4"):
        write(f"pa-{codec.lower()}.parquet", table(), options={"compression": codec}, outcome="refused", code="unreadable_file")
    write("pa-v2-pages.parquet", table(), options={"data_page_version": "2.0"})
    for version in ("1.0", "2.4", "2.6"):
        write(f"pa-format-{version}.parquet", table(), options={"version": version})
    write("pa-no-dictionary.parquet", table(), options={"use_dictionary": False})
    write("pa-groups-of-one.parquet", table(), options={"row_group_size": 1})
    write("pa-small-pages.parquet", table(), options={"data_page_size": 1, "write_batch_size": 1})
    write("pa-no-statistics.parquet", table(), options={"write_statistics": False})
    write("pa-page-index.parquet", table(), options={"write_page_index": True})
    write("pa-checksums.parquet", table(), options={"write_page_checksum": True})
    write("pa-decimal-as-integer.parquet", table(), options={"store_decimal_as_integer": True})
    for encoding, column in [("DELTA_BINARY_PACKED", "amount"), ("DELTA_BYTE_ARRAY", "name"), ("DELTA_LENGTH_BYTE_ARRAY", "name"), ("BYTE_STREAM_SPLIT", "weight"), ("RLE", "active")]:
        slug = encoding.lower().replace("_", "-")
        write(f"pa-{slug}.parquet", table(), options={"use_dictionary": False, "column_encoding": {column: encoding}})
    for slug, types in {
        "int8": {"amount": pyarrow.int8()}, "uint8": {"amount": pyarrow.uint8()}, "int16": {"amount": pyarrow.int16()},
        "uint32": {"amount": pyarrow.uint32()}, "int64": {"id": pyarrow.int64(), "amount": pyarrow.int64()}, "uint64": {"amount": pyarrow.uint64()},
    }.items():
        rows = [[*ROWS[0][:3], 5, *ROWS[0][4:]]]
        write(f"pa-{slug}.parquet", table(rows, **types), rows)
    write("pa-uint64-most.parquet", table([[*ROWS[0][:3], 2**64 - 1, *ROWS[0][4:]]], amount=pyarrow.uint64()), [], rejected=[(None, "amount", "out_of_range")])
    write("pa-uint32-most.parquet", table([[*ROWS[0][:3], 2**32 - 1, *ROWS[0][4:]]], amount=pyarrow.uint32()), [], rejected=[(None, "amount", "out_of_range")])
    for unit in ("ms", "us", "ns"):
        rows = ROWS if unit != "ns" else [ROWS[0], ROWS[2], ROWS[3]]
        write(f"pa-timestamp-{unit}.parquet", table(rows, made=pyarrow.timestamp(unit)), rows)
        write(f"pa-moment-{unit}.parquet", table(rows, made=pyarrow.timestamp(unit, "UTC")), outcome="refused", code="unreadable_file", note="a moment is no local time without time_zone")
    for slug, kind in {"ms": pyarrow.time32("ms"), "ns": pyarrow.time64("ns")}.items():
        write(f"pa-time-{slug}.parquet", table(opens=kind))
    write("pa-large-string.parquet", table(name=pyarrow.large_string()))
    write("pa-dictionary-strings.parquet", table().set_column(1, "name", table()["name"].dictionary_encode()))
    write("pa-decimal-38.parquet", table(price=pyarrow.decimal128(38, 10)))
    write("pa-decimal-256.parquet", table(price=pyarrow.decimal256(60, 2)), outcome="refused", code="unreadable_file")
    write("pa-binary-text.parquet", pyarrow.table([pyarrow.array([1, 2], pyarrow.int32()), pyarrow.array([b"a", b"\xff"])], names=["id", "name"]), [[1, "a", *[None] * 8]], columns=["id", "name"], rejected=[(None, "name", "invalid_utf8")])
    write("pa-double-price.parquet", table([ROWS[0]], price=pyarrow.decimal128(10, 2)).set_column(2, "price", pyarrow.array([19.9])), [ROWS[0]])
    write("pa-sum-of-doubles.parquet", pyarrow.table([pyarrow.array([1], pyarrow.int32()), pyarrow.array(["a"]), pyarrow.array([0.1 + 0.2])], names=["id", "name", "price"]), [], columns=["id", "name", "price"], rejected=[(None, "price", "too_precise")])
    write("pa-float-weight.parquet", table([ROWS[0]], weight=pyarrow.float32()), [ROWS[0]])
    write("pa-capitals.parquet", table().rename_columns([name.upper() for name in COLUMNS]))
    write("pa-few-columns.parquet", table(columns=["id", "name"]), columns=["id", "name"])
    write("pa-reversed.parquet", table(columns=list(reversed(COLUMNS))))
    write("pa-unknown-column.parquet", table().append_column("colour", pyarrow.array(["x"] * 4)), outcome="refused", code="unknown_column", answers=[{"ignore_extra": "true"}])
    write("pa-name-twice.parquet", table().append_column("Name", pyarrow.array(["x"] * 4)), outcome="refused", code="duplicate_column")
    write("pa-list.parquet", table().set_column(1, "name", pyarrow.array([["x"]] * 4)), outcome="refused", code="unreadable_file")
    write("pa-struct.parquet", table().set_column(1, "name", pyarrow.array([{"x": 1}] * 4)), outcome="refused", code="unreadable_file")
    write("pa-text-id.parquet", table().set_column(0, "id", pyarrow.array(["1"] * 4)), outcome="refused", code="unreadable_file")
    write("pa-null-column.parquet", table().set_column(2, "price", pyarrow.nulls(4)), outcome="refused", code="unreadable_file", note="a column of no type")
    write("pa-null-name.parquet", table([[1, None, *[None] * 8], ROWS[1]]), [ROWS[1]], rejected=[(None, "name", "missing")])
    write("pa-empty.parquet", table([]), [])
    many = [[number, f"row {number % 7}", *ROWS[0][2:]] for number in range(1, 2001)]
    pyarrow.parquet.write_table(table(many), FILES / "pa-many.parquet", row_group_size=700)
    entry("pa-many.parquet", "pyarrow", many[:0], rejected=[], count=2000)
    write("pa-required.parquet", table(ROWS[:2]).cast(pyarrow.schema([pyarrow.field(name, TYPES[name], nullable=False) for name in COLUMNS])), ROWS[:2])


def like_spark():
    """As Spark writes: every field optional, decimals in fixed bytes or integers, times as INT96 by default."""
    spark = {"flavor": "spark", "compression": "snappy"}
    columns = [name for name in COLUMNS if name != "opens"]
    write("spark-micros.parquet", table(columns=columns), options=spark | {"version": "2.6", "use_deprecated_int96_timestamps": False}, columns=columns)
    write("spark-int96.parquet", table(columns=columns), options=spark | {"use_deprecated_int96_timestamps": True}, outcome="refused", code="unreadable_file", note="INT96 does not say of which zone it is")
    few = ["id", "name", "price", "amount", "weight", "born", "active"]
    write("spark-part-00000-c000.snappy.parquet", table(columns=few), options=spark, columns=few)
    write("spark-gz.parquet", table(columns=few), options=spark | {"compression": "gzip"}, columns=few)
    for entry_ in [name for name in ENTRIES if name.startswith("spark")]:
        ENTRIES[entry_]["by"] = "pyarrow, as Spark"


def with_polars():
    frame = polars.DataFrame(ROWS, schema={
        "id": polars.Int32, "name": polars.String, "price": polars.Decimal(10, 2), "amount": polars.Int32, "weight": polars.Float64,
        "born": polars.Date, "made": polars.Datetime("us"), "opens": polars.Time, "active": polars.Boolean, "code": polars.String,
    }, orient="row")
    for compression in ("zstd", "snappy", "gzip", "uncompressed"):
        frame.write_parquet(FILES / f"pl-{compression}.parquet", compression=compression)
        entry(f"pl-{compression}.parquet", "polars")
    frame.write_parquet(FILES / "pl-row-groups.parquet", row_group_size=2)
    entry("pl-row-groups.parquet", "polars")
    frame.with_columns(polars.col("name").cast(polars.Categorical), polars.col("id").cast(polars.Int64)).write_parquet(FILES / "pl-categorical.parquet")
    entry("pl-categorical.parquet", "polars")
    frame.with_columns(polars.col("made").cast(polars.Datetime("ms"))).write_parquet(FILES / "pl-ms.parquet", statistics=False)
    entry("pl-ms.parquet", "polars")


def with_duckdb():
    frame = table()
    for codec in ("snappy", "zstd", "gzip", "uncompressed"):
        name = f"duck-{codec}.parquet"
        duckdb.sql(f"COPY (SELECT * FROM frame) TO '{FILES / name}' (FORMAT parquet, COMPRESSION {codec})")
        entry(name, "DuckDB")
    duckdb.sql(f"COPY (SELECT * FROM frame) TO '{FILES / 'duck-v2.parquet'}' (FORMAT parquet, PARQUET_VERSION V2)")
    entry("duck-v2.parquet", "DuckDB")
    duckdb.sql(f"COPY (SELECT * REPLACE (id::BIGINT AS id, amount::HUGEINT::INTEGER AS amount) FROM frame) TO '{FILES / 'duck-bigint.parquet'}' (FORMAT parquet)")
    entry("duck-bigint.parquet", "DuckDB")
    duckdb.sql(f"COPY (SELECT * REPLACE (made AT TIME ZONE 'UTC' AS made) FROM frame) TO '{FILES / 'duck-timestamptz.parquet'}' (FORMAT parquet)")
    entry("duck-timestamptz.parquet", "DuckDB", outcome="refused", code="unreadable_file")


def with_pandas():
    frame = pandas.DataFrame(ROWS, columns=COLUMNS)
    frame.to_parquet(FILES / "pd-plain.parquet", index=False)
    entry("pd-plain.parquet", "pandas, pyarrow", [ROWS[0], ROWS[1], ROWS[2], ROWS[3]], note="integers with gaps are doubles")
    frame.convert_dtypes().to_parquet(FILES / "pd-nullable.parquet", index=False)
    entry("pd-nullable.parquet", "pandas, pyarrow")
    frame = frame.iloc[[0, 2, 3]].copy()
    frame["born"] = pandas.to_datetime(frame["born"])
    rows = [ROWS[0], ROWS[2], ROWS[3]]
    frame.to_parquet(FILES / "pd-dates-as-times.parquet", index=False)
    entry("pd-dates-as-times.parquet", "pandas, pyarrow", rows)
    frame.set_index("id").to_parquet(FILES / "pd-index.parquet")
    entry("pd-index.parquet", "pandas, pyarrow", rows, note="the index has a name, and so is a column")
    frame.to_parquet(FILES / "pd-range-index.parquet")
    entry("pd-range-index.parquet", "pandas, pyarrow", rows, outcome="refused", code="unknown_column", note="__index_level_0__", )
    ENTRIES["pd-range-index.parquet"] = {"by": "pandas, pyarrow", "outcome": "read", "rows": [dict(zip(COLUMNS, canonical(row))) for row in rows], "rejected": [], "note": "__index_level_0__ begins with _ and is ignored"}


def with_fastparquet():
    frame = pandas.DataFrame({
        "id": numpy.array([1, 2], "int32"), "name": ["Zoë 🏙", "x"], "amount": numpy.array([5, -3], "int64"),
        "weight": [0.5, 1234.5678], "made": pandas.to_datetime(["2021-07-27 16:02:08.250", "2024-02-29 00:00:00.000"]), "active": [True, False],
    })
    columns = list(frame.columns)
    rows = [[1, "Zoë 🏙", None, 5, 0.5, None, ROWS[0][6], None, True, None], [2, "x", None, -3, 1234.5678, None, dt.datetime(2024, 2, 29), None, False, None]]
    for compression in (None, "SNAPPY", "GZIP", "ZSTD"):
        name = f"fp-{(compression or 'none').lower()}.parquet"
        fastparquet.write(str(FILES / name), frame, compression=compression)
        entry(name, "fastparquet", rows, columns=columns)
    fastparquet.write(str(FILES / "fp-groups.parquet"), frame, row_group_offsets=[0, 1])
    entry("fp-groups.parquet", "fastparquet", rows, columns=columns)
    fastparquet.write(str(FILES / "fp-int96.parquet"), frame, times="int96")
    entry("fp-int96.parquet", "fastparquet", outcome="refused", code="unreadable_file")


def broken():
    plain = (FILES / "pa-plain.parquet").read_bytes()

    def refused(name, data, code="unreadable_file"):
        (FILES / name).write_bytes(data)
        entry(name, "by hand", outcome="refused", code=code)

    refused("truncated.parquet", plain[:-20])
    refused("no-parquet.parquet", b"id,name\n1,a\n")
    refused("zip.parquet", b"PK\x03\x04" + bytes(60), "wrong_format")
    refused("empty-file.parquet", b"")
    refused("directory-too-long.parquet", plain[:-8] + b"\xff\xff\xff\x7fPAR1")
    start = len(plain) - 8 - int.from_bytes(plain[-8:-4], "little")
    refused("directory-broken.parquet", plain[:start] + b"\xff" * 60 + plain[start + 60 :])


def main():
    with_pyarrow()
    like_spark()
    with_polars()
    with_duckdb()
    with_pandas()
    with_fastparquet()
    broken()
    text = json.dumps(ENTRIES, indent=1, ensure_ascii=False, sort_keys=True)
    (HERE / "expected.json").write_text(text + "\n")
    print(len(ENTRIES), "files")


main()
