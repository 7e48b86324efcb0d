"""What pandas writes by `DataFrame.to_csv`."""

import csv

import pandas

from entry import answer, bad, by_program
from logical import (
    BOOLEANS,
    CUSTOMERS,
    DATE_TIMES,
    DATES,
    DECIMALS,
    EMPLOYEES,
    INTEGERS,
    JOBS,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    TWO_LINES,
    changed,
    columns,
    without,
)

PANDAS = by_program("pandas", pandas.__version__)
# Doubles as they are written: 1500.0, not 1500.00; the canonical text is the same.
NAME = "pandas-{}.csv"


def frame(rows, booleans=False, dates=True):
    """The rows with the types that people give them: whole numbers with NULLs become floats."""
    table = pandas.DataFrame(rows)
    for name in table.columns:
        if name in DECIMALS:
            table[name] = table[name].astype(float)
        elif name in BOOLEANS and booleans:
            table[name] = table[name] == "1"
        elif name in INTEGERS | BOOLEANS:
            table[name] = pandas.to_numeric(table[name])
        elif name in DATE_TIMES and dates:
            table[name] = pandas.to_datetime(table[name])
        elif name in DATES and dates:
            table[name] = pandas.to_datetime(table[name]).dt.date
    return table


def written(table, encoding="utf-8", **options):
    return table.to_csv(**options).encode(encoding)


def files():
    return [*read(), *typed(), *named_rows(), *asked(), *refused()]


GERMAN = {"sep": ";", "decimal": ",", "index": False}

# Name, table, rows, options, encoding, words, and how that is written.
CASES = [
    ("default", "customers", CUSTOMERS + TWO_LINES, {"index": False}, "utf-8",
     "comma quotes-minimal lf utf-8 decimal-point iso header line-breaks quotes-inside", "index=False"),
    ("bom", "customers", CUSTOMERS + TWO_LINES, {"index": False}, "utf-8-sig",
     "comma quotes-minimal lf utf-8-bom decimal-point iso header line-breaks quotes-inside",
     "index=False, encoding='utf-8-sig'"),
    ("semicolon", "products", PRODUCTS, GERMAN, "utf-8",
     "semicolon quotes-minimal lf ascii decimal-comma iso header", "index=False, sep=';', decimal=','"),
    ("latin-1", "customers", CUSTOMERS + TWO_LINES, GERMAN, "latin-1",
     "semicolon quotes-minimal lf latin-1 decimal-comma iso header line-breaks quotes-inside",
     "index=False, sep=';', decimal=',', encoding='latin-1'"),
    ("tab-utf-16", "orders", ORDERS, {"index": False, "sep": "\t"}, "utf-16",
     "tab quotes-none lf utf-16le-bom decimal-point iso header",
     "index=False, sep='\\t', encoding='utf-16'"),
    ("utf-16be", "orders", ORDERS, {"index": False}, "utf-16-be",
     "comma quotes-minimal lf utf-16be decimal-point iso header",
     "index=False, encoding='utf-16-be'"),
    ("pipe", "products", PRODUCTS, {"index": False, "sep": "|"}, "utf-8",
     "pipe quotes-none lf ascii decimal-point iso header", "index=False, sep='|'"),
    ("quote-all", "products", PRODUCTS, {"index": False, "quoting": csv.QUOTE_ALL}, "utf-8",
     "comma quotes-all lf ascii decimal-point iso header", "index=False, quoting=csv.QUOTE_ALL"),
    ("quote-nonnumeric", "orders", ORDERS, {"index": False, "quoting": csv.QUOTE_NONNUMERIC}, "utf-8",
     "comma quotes-all lf ascii decimal-point iso header",
     "index=False, quoting=csv.QUOTE_NONNUMERIC"),
    ("crlf", "order_lines", ORDER_LINES, {"index": False, "lineterminator": "\r\n"}, "utf-8",
     "comma quotes-none crlf ascii decimal-point header", "index=False, lineterminator='\\r\\n'"),
    ("no-header", "orders", ORDERS, {"index": False, "header": False}, "utf-8",
     "comma quotes-minimal lf ascii decimal-point iso no-header", "index=False, header=False"),
    ("iso-t", "orders", ORDERS, {"index": False, "date_format": "%Y-%m-%dT%H:%M:%S"}, "utf-8",
     "comma quotes-minimal lf ascii decimal-point iso header",
     "index=False, date_format='%Y-%m-%dT%H:%M:%S'"),
]  # fmt: skip


def read():
    for name, table, rows, options, encoding, words, how in CASES:
        content = written(frame(rows), encoding, **options)
        yield PANDAS.read(NAME.format(name), content, table, rows, words, f"to_csv({how})")
    days = frame(ORDERS)
    days["deliver_on"] = [None if pandas.isna(day) else f"{day:%d.%m.%Y}" for day in days["deliver_on"]]
    yield PANDAS.read(
        NAME.format("date-format"), written(days, index=False, date_format="%d.%m.%Y %H:%M"), "orders",
        ORDERS, "comma quotes-minimal lf ascii decimal-point dmy seconds-absent header",
        "to_csv(index=False, date_format='%d.%m.%Y %H:%M'), days as texts",
    )  # fmt: skip
    truth = frame(PRODUCTS, booleans=True)
    yield PANDAS.read(
        NAME.format("booleans"), written(truth, index=False), "products", PRODUCTS,
        "comma quotes-minimal lf ascii decimal-point iso booleans-true-false header", "to_csv(index=False)",
    )  # fmt: skip


def typed():
    zoned = pandas.DataFrame(changed(EMPLOYEES, id=int))
    zoned["datetime"] = pandas.to_datetime(zoned["datetime"])
    zoned["department_id"] = pandas.array([1, 2, None, 3], dtype="Int64")
    zoned["job_id"] = pandas.array([2, None, 3, 1], dtype="Int64")
    yield PANDAS.read(
        NAME.format("time-zone"), written(zoned, index=False), "employees", EMPLOYEES,
        "comma quotes-minimal lf ascii iso offsets header", "to_csv(index=False), Int64 and UTC",
    )  # fmt: skip
    packed = columns(PRODUCTS, "id sku title price")
    yield PANDAS.read(
        NAME.format("indexed-by-id"), written(frame(packed).set_index("id")), "products", packed,
        "comma quotes-minimal lf ascii decimal-point header columns-absent", "set_index('id').to_csv()",
    )  # fmt: skip


def named_rows():
    """Whole numbers beside NULLs, which pandas makes floats."""
    floats = pandas.DataFrame(EMPLOYEES)
    for name in ("department_id", "job_id"):
        floats[name] = floats[name].astype(float)
    yield PANDAS.read(
        NAME.format("floats"), written(floats, index=False), "employees", [],
        "comma quotes-none lf ascii iso offsets integers-as-decimals header bad-values",
        "to_csv(index=False), floats for whole numbers beside NULLs",
        rejected=tuple(bad(line, "wrong_type") for line in range(2, 6)),
        answers=(answer(EMPLOYEES, integers="lenient"),),
        reason="A cell 1.0 names itself, with the option that takes it.",
    )  # fmt: skip


def asked():
    words = "comma quotes-minimal lf utf-8 decimal-point iso header null-word columns-absent"
    rows = columns(CUSTOMERS, "id email name city postcode birthday credit_limit")
    for name, word in [("null", "NULL"), ("nan", "nan"), ("na", "NA")]:
        yield PANDAS.ask(
            NAME.format(f"na-rep-{name}"), written(frame(rows), index=False, na_rep=word), "customers",
            "null_values", [answer(rows, null_values=word)], words,
            f"to_csv(index=False, na_rep='{word}')",
            reason="The word is in texts as well as in numbers or dates.",
        )  # fmt: skip
    escaped = columns(CUSTOMERS, "id email name notes")
    yield PANDAS.ask(
        NAME.format("escape"),
        written(frame(escaped), index=False, quoting=csv.QUOTE_NONE, escapechar="\\"), "customers",
        "escape", [answer(escaped, escape="backslash")],
        "comma quotes-none backslash lf utf-8 header columns-absent",
        "to_csv(index=False, quoting=csv.QUOTE_NONE, escapechar='\\\\')",
        reason="A line has a cell more than the header, which a backslash before a comma explains.",
    )  # fmt: skip


def refused():
    yield PANDAS.refuse(
        NAME.format("index"), written(frame(JOBS)), "jobs", "unnamed_column",
        "comma quotes-minimal lf ascii header header-nameless",
        "The first column has no name, and values.", "to_csv()",
    )  # fmt: skip
    midnight = frame(changed(ORDERS, ordered_at=lambda value: value[:10] + " 00:00:00"))
    yield PANDAS.refuse(
        NAME.format("midnight"), written(midnight, index=False), "orders", "dates",
        "comma quotes-none lf ascii decimal-point iso other-dates header",
        "pandas leaves out times that are all midnight; a DATETIME has a time.", "to_csv(index=False)",
    )  # fmt: skip
    stamps = without(PRODUCTS, "description")
    table = frame(stamps, dates=False)
    table["available_from"] = pandas.to_datetime(table["available_from"]) + pandas.Timedelta(0, "s")
    text = written(table, index=False, date_format="%Y-%m-%d %H:%M:%S")
    yield PANDAS.refuse(
        NAME.format("dates-with-time"), text, "products", "dates",
        "comma quotes-none lf ascii decimal-point other-dates header columns-absent",
        "A DATE is a date; the rules name no date with a time for it.",
        "to_csv(index=False, date_format='%Y-%m-%d %H:%M:%S')",
    )  # fmt: skip
