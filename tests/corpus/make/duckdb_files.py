"""What DuckDB writes by COPY … TO."""

import tempfile
from pathlib import Path

import duckdb

from entry import answer, by_program
from logical import (
    BOOLEANS,
    CUSTOMERS,
    DATE_TIMES,
    DATES,
    DECIMALS,
    EMPLOYEES,
    INTEGERS,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    TWO_LINES,
    columns,
)

DUCKDB = by_program("DuckDB", duckdb.__version__)


def column_type(name):
    if name in DECIMALS:
        return "DECIMAL(12,3)" if name == "weight_kg" else "DECIMAL(12,2)"
    if name in BOOLEANS:
        return "BOOLEAN"
    if name in INTEGERS:
        return "UBIGINT" if name == "id" else "BIGINT"
    if name in DATE_TIMES:
        return "TIMESTAMP"
    return "DATE" if name in DATES else "VARCHAR"


def copied(rows, options, types=column_type):
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        names = ", ".join(f"{name} {types(name)}" for name in rows[0])
        database.execute(f"CREATE TABLE t ({names})")
        database.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})",
                             [list(row.values()) for row in rows])  # fmt: skip
        path = Path(folder) / "t"
        database.execute(f"COPY t TO '{path}' ({options})")
        return path.read_bytes()


def files():
    return [*read(), *typed(), *asked()]


def read():
    for name, table, rows, options, words in [
        ("default", "customers", CUSTOMERS + TWO_LINES, "FORMAT csv",
         "comma quotes-minimal utf-8 decimal-point iso header line-breaks"),
        ("semicolon", "products", PRODUCTS, "FORMAT csv, DELIMITER ';'",
         "semicolon quotes-minimal ascii decimal-point iso header"),
        ("pipe-no-header", "products", PRODUCTS, "FORMAT csv, DELIMITER '|', HEADER false",
         "pipe quotes-none ascii decimal-point iso no-header"),
        ("force-quote", "orders", ORDERS, "FORMAT csv, FORCE_QUOTE *",
         "comma quotes-all ascii decimal-point iso header"),
        ("formats", "orders", ORDERS,
         "FORMAT csv, DATEFORMAT '%d.%m.%Y', TIMESTAMPFORMAT '%d.%m.%Y %H:%M:%S'",
         "comma quotes-minimal ascii decimal-point dmy header"),
        ("tab", "orders", ORDERS, "FORMAT csv, DELIMITER '\t'",
         "tab quotes-none ascii decimal-point iso header"),
        ("backslash-n", "orders", ORDERS, "FORMAT csv, NULLSTR '\\N'",
         "comma quotes-minimal ascii decimal-point iso null-backslash-n header"),
    ]:  # fmt: skip
        yield DUCKDB.read(
            f"duckdb-{name}.csv", copied(rows, options), table, rows,
            words + " lf booleans-true-false", f"COPY t TO 'file' ({options})",
        )  # fmt: skip


def typed():
    yield DUCKDB.read(
        "duckdb-lines.csv", copied(ORDER_LINES, "FORMAT csv, DELIMITER ';', HEADER false"),
        "order_lines", ORDER_LINES, "semicolon quotes-none lf ascii decimal-point no-header",
        "COPY t TO 'file' (FORMAT csv, DELIMITER ';', HEADER false)",
    )  # fmt: skip
    yield DUCKDB.read(
        "duckdb-gzip.csv.gz", copied(PRODUCTS, "FORMAT csv, COMPRESSION gzip"), "products", PRODUCTS,
        "comma quotes-minimal lf ascii decimal-point iso header booleans-true-false gzip",
        "COPY t TO 'file' (FORMAT csv, COMPRESSION gzip)",
    )  # fmt: skip
    zoned = copied(EMPLOYEES, "FORMAT csv",
                   lambda name: "TIMESTAMPTZ" if name == "datetime" else column_type(name))  # fmt: skip
    yield DUCKDB.read(
        "duckdb-time-zone.csv", zoned, "employees", EMPLOYEES,
        "comma quotes-minimal lf ascii iso offsets header", "COPY t TO 'file' (FORMAT csv), TIMESTAMPTZ",
        reason="+00 is an offset of hours alone: no other reading is possible.",
    )  # fmt: skip


def asked():
    rows = columns(CUSTOMERS, "id email name phone birthday credit_limit")
    yield DUCKDB.ask(
        "duckdb-nullstr.csv", copied(rows, "FORMAT csv, NULLSTR 'NULL'"), "customers", "null_values",
        [answer(rows, null_values="NULL")],
        "comma quotes-minimal lf utf-8 decimal-point iso null-word header columns-absent",
        "COPY t TO 'file' (FORMAT csv, NULLSTR 'NULL')",
        reason="The word is in texts as well as in numbers or dates.",
    )  # fmt: skip
    rows = columns(CUSTOMERS, "id email name notes")
    yield DUCKDB.ask(
        "duckdb-escape.csv", copied(rows, "FORMAT csv, ESCAPE '\\'"), "customers", "escape",
        [answer(rows, escape="backslash")],
        "comma quotes-minimal backslash lf utf-8 header quotes-inside columns-absent",
        "COPY t TO 'file' (FORMAT csv, ESCAPE '\\')",
    )  # fmt: skip
    rows = columns(PRODUCTS, "id sku title price")
    quote = "FORMAT csv, QUOTE '''', FORCE_QUOTE *"
    yield DUCKDB.ask(
        "duckdb-single-quotes.csv", copied(rows, quote), "products", "quote",
        [answer(rows, quote="'")],
        "comma quotes-single lf ascii decimal-point header columns-absent", f"COPY t TO 'file' ({quote})",
    )  # fmt: skip
