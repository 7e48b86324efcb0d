"""A CSV file of the wide table into MySQL through the RDS Data API, as a team would write it today.

    wide_rows.py FILE [--check]     with DB_CLUSTER_ARN, DB_SECRET_ARN, DB_NAME, boto3's own variables,
                                    and DATA_API_ENDPOINT

A row is checked by pydantic; batches of 500 rows, some 2 MB, are upserted, each by one call. With --check no row is sent.
"""

import csv
import json
import os
import sys
from datetime import UTC
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any, Literal
from uuid import UUID

import boto3
from pydantic import AwareDatetime, Base64Bytes, BaseModel, Field, Json, NaiveDatetime, StringConstraints, ValidationError
from wide_table import COLUMNS, is_nullable

ROWS = 500

NAMES = ", ".join(f"`{name}`" for name in COLUMNS)
VALUES = ", ".join(f":{name}" for name in COLUMNS)
CHANGES = ", ".join(f"`{name}` = VALUES(`{name}`)" for name in COLUMNS if name != "id")
UPSERT = f"INSERT INTO wide ({NAMES}) VALUES ({VALUES}) ON DUPLICATE KEY UPDATE {CHANGES}"

# Columns that are sent as bytes.
BYTES = ("digest", "bits", "picture")

NULLABLE = {name for name in COLUMNS if is_nullable(name)}


def whole(low, high):
    return Annotated[int, Field(ge=low, le=high)]


def text(most):
    return Annotated[str, StringConstraints(max_length=most)]


def number(digits, decimals):
    return Annotated[Decimal, Field(max_digits=digits, decimal_places=decimals)]


Clock = Annotated[str, StringConstraints(pattern=r"^-?\d{2,3}:[0-5]\d:[0-5]\d$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Members = Annotated[str, StringConstraints(pattern=r"^((red|green|blue)(,|$))*$")]

# In the order of the columns.
CHECKS = {
    "id": whole(1, 2**31 - 1),
    "tiny": whole(-128, 127),
    "small": whole(0, 2**16 - 1),
    "medium": whole(-(2**23), 2**23 - 1),
    "big": whole(-(2**63), 2**63 - 1),
    "huge": whole(0, 2**64 - 1),
    "is_on": whole(0, 1),
    "price": number(12, 2),
    "exact": number(30, 10),
    "ratio": float,
    "rough": float,
    "day": Day,
    "at": NaiveDatetime,
    "moment": AwareDatetime,
    "clock": Clock,
    "season": whole(1901, 2155),
    "flags": whole(0, 255),
    "kind": Literal["small", "large", "other"],
    "colours": Members,
    "digest": Base64Bytes,
    "bits": Base64Bytes,
    "picture": Base64Bytes,
    "document": Json[Any],
    "code": text(8),
    "name": text(120),
    "west": text(40),
    "note": text(65_535),
    "story": text(2**24),
    "hired": AwareDatetime,
    "uuid": UUID,
}

ANNOTATIONS = {name: check | None if name in NULLABLE else check for name, check in CHECKS.items()}
Wide = type("Wide", (BaseModel,), {"__annotations__": ANNOTATIONS})


def main():
    path, is_check = sys.argv[1], "--check" in sys.argv
    client = boto3.client("rds-data", endpoint_url=os.environ.get("DATA_API_ENDPOINT"))
    target = {
        "resourceArn": os.environ["DB_CLUSTER_ARN"],
        "secretArn": os.environ["DB_SECRET_ARN"],
        "database": os.environ["DB_NAME"],
    }
    rows = checked(path)
    while batch := list(islice(rows, ROWS)):
        if not is_check:
            sets = [parameters(row) for row in batch]
            client.batch_execute_statement(**target, sql=UPSERT, parameterSets=sets)


def checked(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        for cells in csv.DictReader(file):
            cells = {name: cell if cell or name not in NULLABLE else None for name, cell in cells.items()}
            try:
                yield Wide.model_validate(cells)
            except ValidationError as error:
                raise SystemExit(str(error)) from error


def parameters(row):
    return [{"name": name, "value": value_of(name, getattr(row, name))} for name in COLUMNS]


def value_of(name, value):
    if value is None:
        return {"isNull": True}
    if name in BYTES:
        return {"blobValue": value}
    if name == "document":
        return {"stringValue": json.dumps(value, separators=(",", ":"), ensure_ascii=False)}
    if name == "hired":
        return {"stringValue": value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    if name == "moment":
        return {"stringValue": value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, int) and name != "huge":
        return {"longValue": value}
    return {"stringValue": str(value)}


if __name__ == "__main__":
    main()
