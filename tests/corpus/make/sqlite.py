"""What the command sqlite3 writes in its modes."""

from entry import answer, bad, by_program
from logical import BOOLEANS, CUSTOMERS, DECIMALS, INTEGERS, ORDER_LINES, ORDERS, PRODUCTS, TWO_LINES
from servers import run


def files():
    source = by_program("SQLite", run("sqlite3", "--version").decode().split()[0])
    for name, table, rows, settings, words in [
        ("csv", "customers", CUSTOMERS + TWO_LINES, ".mode csv\n.headers on",
         "comma quotes-minimal crlf utf-8 decimal-point iso header line-breaks"),
        ("csv-no-header", "products", PRODUCTS, ".mode csv",
         "comma quotes-minimal crlf ascii decimal-point iso no-header"),
        ("semicolon", "orders", ORDERS, ".mode csv\n.headers on\n.separator ; \"\\n\"",
         "semicolon quotes-minimal lf ascii decimal-point iso header"),
        ("tabs", "orders", ORDERS, ".mode tabs\n.headers on",
         "tab quotes-minimal lf ascii decimal-point iso header"),
        ("list", "products", PRODUCTS, ".mode list\n.headers on",
         "pipe quotes-none lf ascii decimal-point iso header"),
        ("list-no-header", "order_lines", ORDER_LINES, ".mode list",
         "pipe quotes-none lf ascii decimal-point no-header"),
    ]:  # fmt: skip
        shown = ", ".join(settings.split("\n"))
        yield source.read(f"sqlite-{name}.csv", out(rows, settings), table, rows, words, shown)
    whole = [row for row in CUSTOMERS if '"' not in (row["notes"] or "")]
    yield source.read(
        "sqlite-tabs-quotes.csv", out(CUSTOMERS, ".mode tabs\n.headers on"), "customers", whole,
        "tab quotes-none lf utf-8 decimal-point iso header quotes-inside stray-quotes",
        ".mode tabs, .headers on", rejected=(bad(6, "malformed_quote"),),
        answers=(answer(CUSTOMERS, quote="none"),),
        reason="A quote inside a cell that is not quoted is a fault, unless quotes mean nothing.",
    )  # fmt: skip
    yield source.refuse(
        "sqlite-column.csv", out(ORDER_LINES, ".mode column\n.headers on"), "order_lines", "delimiter",
        "other-delimiter quotes-none lf ascii decimal-point header",
        "Nothing separates the cells but blanks.", ".mode column, .headers on",
    )  # fmt: skip


def out(rows, settings):
    names = list(rows[0])
    declared = ", ".join(f"{name} {kind(name)}" for name in names)
    values = "".join(
        f"INSERT INTO t VALUES ({', '.join(literal(v) for v in row.values())});\n" for row in rows
    )
    script = f"CREATE TABLE t ({declared});\n{values}{settings}\nSELECT * FROM t;\n"
    return run("sqlite3", "-batch", ":memory:", input=script.encode())


def kind(name):
    if name in DECIMALS:
        return "NUMERIC"
    return "INTEGER" if name in INTEGERS | BOOLEANS else "TEXT"


def literal(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"
