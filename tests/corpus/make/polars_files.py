"""What polars writes by `DataFrame.write_csv`."""

import polars

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

POLARS = by_program("polars", polars.__version__)
NAME = "polars-{}.csv"


def frame(rows):
    table = polars.DataFrame(rows, infer_schema_length=None)
    return table.with_columns(as_typed(name) for name in table.columns)


def as_typed(name):
    column = polars.col(name)
    if name in DECIMALS:
        return column.cast(polars.Decimal(12, 3 if name == "weight_kg" else 2))
    if name in BOOLEANS:
        return column == "1"
    if name in INTEGERS:
        return column.cast(polars.Int64)
    if name in DATE_TIMES:
        return column.str.to_datetime("%Y-%m-%d %H:%M:%S")
    return column.str.to_date() if name in DATES else column


def files():
    customers = CUSTOMERS + TWO_LINES
    for name, table, rows, options, words, how in [
        ("default", "customers", customers, {}, "comma quotes-minimal utf-8 iso line-breaks header", ""),
        ("bom", "customers", customers, {"include_bom": True},
         "comma quotes-minimal utf-8-bom iso line-breaks header", "include_bom=True"),
        ("semicolon", "products", PRODUCTS, {"separator": ";", "decimal_comma": True},
         "semicolon quotes-minimal ascii decimal-comma iso header", "separator=';', decimal_comma=True"),
        ("tab", "orders", ORDERS, {"separator": "\t", "line_terminator": "\r\n"},
         "tab quotes-minimal crlf ascii decimal-point iso header",
         "separator='\\t', line_terminator='\\r\\n'"),
        ("always", "products", PRODUCTS, {"quote_style": "always"},
         "comma quotes-all ascii decimal-point iso header", "quote_style='always'"),
        ("non-numeric", "orders", ORDERS, {"quote_style": "non_numeric"},
         "comma quotes-all ascii decimal-point iso header", "quote_style='non_numeric'"),
        ("no-header", "order_lines", ORDER_LINES, {"include_header": False},
         "comma quotes-none ascii decimal-point no-header", "include_header=False"),
        ("datetime-format", "orders", ORDERS,
         {"datetime_format": "%d/%m/%Y %H:%M", "date_format": "%d/%m/%Y"},
         "comma quotes-minimal ascii decimal-point dmy seconds-absent header",
         "datetime_format='%d/%m/%Y %H:%M', date_format='%d/%m/%Y'"),
    ]:  # fmt: skip
        words = f"{words} booleans-true-false" if table in ("customers", "products", "orders") else words
        words = words if "crlf" in words else f"{words} lf"
        content = frame(rows).write_csv(**options).encode()
        yield POLARS.read(NAME.format(name), content, table, rows, words, f"write_csv({how})")
    zoned = polars.DataFrame(EMPLOYEES).with_columns(
        polars.col("datetime").str.to_datetime("%Y-%m-%dT%H:%M:%S%Z", time_zone="UTC"),
        *(polars.col(name).cast(polars.Int64) for name in ("id", "department_id", "job_id")),
    )
    yield POLARS.read(
        NAME.format("time-zone"), zoned.write_csv().encode(), "employees", EMPLOYEES,
        "comma quotes-none lf ascii iso offsets header", "write_csv(), UTC",
    )  # fmt: skip
    rows = columns(CUSTOMERS, "id email name postcode birthday credit_limit")
    yield POLARS.ask(
        NAME.format("null-value"), frame(rows).write_csv(null_value="null").encode(), "customers",
        "null_values", [answer(rows, null_values="null")],
        "comma quotes-minimal lf utf-8 decimal-point iso null-word header columns-absent",
        "write_csv(null_value='null')", reason="The word is in texts as well as in numbers or dates.",
    )  # fmt: skip
