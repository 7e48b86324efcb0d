"""What Python's module csv writes in its dialects."""

import csv
import io
import platform

from entry import answer, by_program
from logical import CUSTOMERS, ORDERS, PRODUCTS, TWO_LINES, columns

PYTHON = by_program("Python csv", platform.python_version())


def written(rows, **options):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), **options)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def files():
    customers = CUSTOMERS + TWO_LINES
    for name, table, rows, options, words, how in [
        ("excel", "customers", customers, {}, "comma quotes-minimal crlf utf-8 line-breaks", "excel"),
        ("excel-tab", "customers", customers, {"dialect": "excel-tab"},
         "tab quotes-minimal crlf utf-8 line-breaks", "excel-tab"),
        ("unix", "customers", customers, {"dialect": "unix"},
         "comma quotes-all lf utf-8 line-breaks", "unix"),
        ("cr", "products", PRODUCTS, {"lineterminator": "\r"}, "comma quotes-minimal cr ascii",
         "lineterminator='\\r'"),
        ("semicolon", "orders", ORDERS, {"delimiter": ";", "quoting": csv.QUOTE_NONNUMERIC},
         "semicolon quotes-all crlf ascii", "delimiter=';', quoting=csv.QUOTE_NONNUMERIC"),
        ("pipe", "orders", ORDERS, {"delimiter": "|"}, "pipe quotes-none crlf ascii", "delimiter='|'"),
    ]:  # fmt: skip
        yield PYTHON.read(
            f"python-{name}.csv", written(rows, **options), table, rows,
            words + " decimal-point iso header", f"csv.DictWriter, {how}",
        )  # fmt: skip
    rows = columns(PRODUCTS, "id sku title price description")
    options = {"quoting": csv.QUOTE_NONE, "escapechar": "\\", "lineterminator": "\n"}
    yield PYTHON.ask(
        "python-quote-none.csv", written(rows, **options), "products", "escape",
        [answer(rows, escape="backslash")],
        "comma quotes-none backslash lf ascii decimal-point header columns-absent",
        "csv.DictWriter, quoting=csv.QUOTE_NONE, escapechar='\\\\'",
        reason="A line has a cell more than the header, which a backslash before a comma explains.",
    )  # fmt: skip
    rows = columns(CUSTOMERS, "id email name notes")
    options = {"doublequote": False, "escapechar": "\\"}
    yield PYTHON.ask(
        "python-no-double-quotes.csv", written(rows, **options), "customers", "escape",
        [answer(rows, escape="backslash")],
        "comma quotes-minimal backslash crlf utf-8 quotes-inside header columns-absent",
        "csv.DictWriter, doublequote=False, escapechar='\\\\'",
    )  # fmt: skip
