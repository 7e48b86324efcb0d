"""Snapshot exports as RDS and Aurora make them, by AWS's documents: folders, names, descriptions and Parquet types.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.data-types.html
"""

import io
import json
from datetime import datetime, timezone
from decimal import Decimal

import pyarrow
import pyarrow.parquet

INTEGERS = {"tinyint": 32, "smallint": 32, "mediumint": 32, "int": 32, "bigint": 64}

# Without a logical type by AWS's table.
BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "char")


def parquet_type(column):
    """The type of a column in an export."""
    kind, text = column["kind"], column["column_type"]
    if kind in INTEGERS:
        if "unsigned" in text:
            return {"bigint": pyarrow.decimal128(20, 0), "int": pyarrow.int64()}.get(kind, pyarrow.int32())
        return pyarrow.int64() if kind == "bigint" else pyarrow.int32()
    if kind == "decimal":
        digits, scale = column["digits"], column["scale"]
        return pyarrow.decimal128(digits, scale) if digits <= 38 else pyarrow.string()
    if kind in ("float", "double"):
        return pyarrow.float64()
    if kind in ("datetime", "timestamp"):
        return pyarrow.timestamp("us", tz="UTC")
    if kind == "year":
        return pyarrow.int32()
    return pyarrow.binary() if kind in BYTES else pyarrow.string()


def columns_of(db, table):
    return db.rows(
        "SELECT column_name AS name, data_type AS kind, column_type AS column_type, numeric_precision AS digits, "
        "numeric_scale AS scale FROM information_schema.columns "
        f"WHERE table_schema = DATABASE() AND table_name = '{table}' ORDER BY ordinal_position"
    )


def read_as(column):
    """The SQL that gives a column's values as its Parquet type takes them."""
    name, kind = f"`{column['name']}`", column["kind"]
    if kind == "bit":
        return f"CAST(UNHEX(HEX({name})) AS BINARY)"
    if kind in ("datetime", "timestamp", "date", "time", "decimal", "json"):
        return f"CAST({name} AS CHAR)"
    # MySQL shows six digits of a FLOAT.
    return f"{name} + 0e0" if kind == "float" else f"{name} + 0" if kind == "year" else name


def value_of(value, kind):
    if value is None:
        return None
    if pyarrow.types.is_timestamp(kind):
        return datetime.fromisoformat(value).replace(tzinfo=timezone.utc)
    if pyarrow.types.is_decimal(kind):
        return Decimal(value)
    if pyarrow.types.is_binary(kind):
        return value.encode() if isinstance(value, str) else value
    if pyarrow.types.is_floating(kind):
        return float(value)
    return value


def parquet(columns, rows):
    """A file of an export."""
    types = {column["name"]: parquet_type(column) for column in columns}
    schema = pyarrow.schema(list(types.items()))
    data = [{name: value_of(row[name], kind) for name, kind in types.items()} for row in rows]
    file = io.BytesIO()
    table = pyarrow.Table.from_pylist(data, schema)
    pyarrow.parquet.write_table(table, file, compression="gzip", store_decimal_as_integer=True)
    return file.getvalue()


class Export:
    """An export in a bucket."""

    def __init__(self, bucket, database, name="export-1", prefix="exports/"):
        self.bucket, self.database, self.name = bucket, database, name
        self.root, self.tables = f"{prefix}{name}/", []

    def folder(self, table):
        return f"{self.root}{self.database}/{self.database}.{table}"

    def add(self, db, table, parts=3, status="COMPLETE", mark=True):
        """Writes a table of the database in so many files, with a gap between the numbers of their partitions."""
        columns = columns_of(db, table)
        db.rows("SET time_zone = '+00:00'")
        selected = ", ".join(f"{read_as(column)} AS `{column['name']}`" for column in columns)
        rows = list(db.rows(f"SELECT {selected} FROM `{table}`"))
        for number in range(parts if rows else 0):
            key = f"{self.folder(table)}/1/part-{number * 2:05}-5f9a-{number}.gz.parquet"
            self.bucket.write(key, parquet(columns, rows[number::parts]))
        if mark:
            self.bucket.write(f"{self.folder(table)}/1/_SUCCESS", b"")
        partitions = {"numberOfPartitions": parts, "numberOfCompletedPartitions": parts}
        mappings = [{"columnName": it["name"], "originalType": it["kind"]} for it in columns]
        self.tables.append({
            "tableStatistics": {"partitioningInfo": partitions},
            "schemaMetadata": {"originalTypeMappings": mappings},
            "status": status,
            "target": f"{self.database}.{table}",
        })
        return self

    def describe(self, status="COMPLETE"):
        """Writes what the export says of itself."""
        task = {"exportTaskIdentifier": self.name, "status": status, "percentProgress": 100}
        self.bucket.write(f"{self.root}export_info_{self.name}.json", json.dumps(task).encode())
        tables = json.dumps({"perTableStatus": self.tables}).encode()
        self.bucket.write(f"{self.root}export_tables_info_{self.name}_from_1_to_{len(self.tables)}.json", tables)
        return self
