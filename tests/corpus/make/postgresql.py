"""What PostgreSQL writes: COPY as text and as CSV, and psql."""

import os
from contextlib import contextmanager
from pathlib import Path

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
    changed,
    columns,
    without,
)
from servers import folder, is_root, process, run, succeeds, wait_for


@contextmanager
def server():
    """PostgreSQL does not run as root; then it runs as its own user."""
    owner = "postgres" if is_root() else None
    programs = Path(run("pg_config", "--bindir").decode().strip())
    with folder(owner) as home:
        user = {"user": owner, "cwd": home} if owner else {"cwd": home}
        environment = {"env": {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", "PGTZ": "UTC"}}
        data = home / "data"
        run(programs / "initdb", "--pgdata", data, "--username=corpus", "--encoding=UTF8",
            "--auth=trust", "--no-sync", **user, **environment)  # fmt: skip
        command = [programs / "postgres", "-D", data, "-k", home, "-h", "", "-F"]
        with process(*command, **user, **environment):
            client = ["psql", "--no-psqlrc", f"--host={home}", "--username=corpus", "--dbname=postgres",
                      "--quiet", "--set=ON_ERROR_STOP=1"]  # fmt: skip
            wait_for(lambda: succeeds(*client, "--command=SELECT 1"))
            yield Tables(client, environment)


class Tables:
    def __init__(self, client, environment):
        self.client, self.environment = client, environment

    def fill(self, rows, **types):
        declared = ", ".join(f"{name} {types.get(name) or kind(name)}" for name in rows[0])
        values = "".join(
            f"INSERT INTO t VALUES ({', '.join(literal(v) for v in row.values())});\n" for row in rows
        )
        self._run(f"DROP TABLE IF EXISTS t; CREATE TABLE t ({declared});\n{values}")

    def copy(self, rows, options, before="", **types):
        self.fill(rows, **types)
        return self._run(f"{before}COPY t TO STDOUT {options};")

    def psql(self, rows, *options, sql="TABLE t"):
        self.fill(rows)
        return run(*self.client, *options, f"--command={sql}", **self.environment)

    def _run(self, sql):
        return run(*self.client, input=sql.encode(), **self.environment)


def kind(name):
    if name in DECIMALS:
        return "numeric(12,3)" if name == "weight_kg" else "numeric(12,2)"
    if name in INTEGERS:
        return "bigint"
    if name in BOOLEANS:
        return "smallint"
    if name in DATE_TIMES:
        return "timestamp"
    return "date" if name in DATES else "text"


def literal(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def files():
    version = run("psql", "--version").decode().split()[2]
    source = by_program("PostgreSQL", version)
    with server() as tables:
        return [*read(source, tables), *by_psql(source, tables), *with_settings(source, tables),
                *asked(source, tables), *refused(source, tables)]  # fmt: skip


COPIES = [
    ("csv", "customers", CUSTOMERS + TWO_LINES, "WITH (FORMAT csv, HEADER)",
     "comma quotes-minimal utf-8 decimal-point iso header line-breaks"),
    ("csv-semicolon", "products", PRODUCTS, "WITH (FORMAT csv, HEADER, DELIMITER ';')",
     "semicolon quotes-minimal ascii decimal-point iso header"),
    ("csv-no-header", "orders", ORDERS, "WITH (FORMAT csv)",
     "comma quotes-minimal ascii decimal-point iso no-header"),
    ("csv-force-quote", "products", PRODUCTS, "WITH (FORMAT csv, HEADER, FORCE_QUOTE *)",
     "comma quotes-all ascii decimal-point iso header"),
    ("csv-latin-1", "customers", CUSTOMERS + TWO_LINES,
     "WITH (FORMAT csv, HEADER, DELIMITER ';', ENCODING 'LATIN1')",
     "semicolon quotes-minimal latin-1 decimal-point iso header line-breaks"),
    ("csv-tab", "orders", ORDERS, "WITH (FORMAT csv, HEADER, DELIMITER E'\\t')",
     "tab quotes-minimal ascii decimal-point iso header"),
    ("text", "products", PRODUCTS, "", "tab quotes-none ascii decimal-point iso null-backslash-n no-header"),
    ("text-header", "orders", ORDERS, "WITH (HEADER)",
     "tab quotes-none ascii decimal-point iso null-backslash-n header"),
    ("text-pipe", "order_lines", ORDER_LINES, "WITH (DELIMITER '|', HEADER)",
     "pipe quotes-none ascii decimal-point null-backslash-n header"),
]  # fmt: skip


def read(source, tables):
    for name, table, rows, options, words in COPIES:
        yield source.read(
            f"postgresql-{name}.csv", tables.copy(rows, options), table, rows, words + " lf",
            f"COPY t TO STDOUT {options}".strip(),
        )  # fmt: skip


def by_psql(source, tables):
    yield source.read(
        "psql-csv.csv", tables.psql(ORDERS, "--csv"), "orders", ORDERS,
        "comma quotes-minimal lf ascii decimal-point iso header", "psql --csv",
    )  # fmt: skip
    yield source.read(
        "psql-unaligned.csv",
        tables.psql(ORDER_LINES, "--no-align", "--pset=footer=off"), "order_lines", ORDER_LINES,
        "pipe quotes-none lf ascii decimal-point header", "psql --no-align --pset=footer=off",
    )  # fmt: skip
    footer = tables.psql(PRODUCTS, "--no-align", "--field-separator=;")
    yield source.read(
        "psql-footer.csv", footer, "products", [row for row in PRODUCTS if ";" not in row["title"]],
        "semicolon quotes-none lf ascii decimal-point iso header totals bad-values",
        "psql --no-align --field-separator=';'",
        rejected=({"line": 4, "code": "wrong_field_count"}, {"line": 7, "code": "wrong_field_count"}),
        reason="psql quotes nothing: a title with a semicolon is two cells. (5 rows) is the last line.",
    )  # fmt: skip
    aligned = tables.psql(without(ORDER_LINES, "discount_percent"))
    yield source.read(
        "psql-aligned.csv", aligned, "order_lines", without(ORDER_LINES, "discount_percent"),
        "pipe quotes-none lf ascii decimal-point header header-blanks blanks-around totals columns-absent",
        "psql", rejected=({"line": 2, "code": "wrong_field_count"}, {"line": 9, "code": "wrong_field_count"}),
        reason="A line of dashes and + has one cell, (6 rows) too: rows by the rules, and named.",
    )  # fmt: skip


def with_settings(source, tables):
    content = tables.copy(EMPLOYEES, "WITH (FORMAT csv, HEADER)", datetime="timestamptz")
    yield source.read(
        "postgresql-time-zone.csv", content, "employees", EMPLOYEES,
        "comma quotes-minimal lf ascii iso offsets header", "COPY t TO STDOUT WITH (FORMAT csv, HEADER)",
        reason="+00 is an offset of hours alone: no other reading is possible.",
    )  # fmt: skip
    content = tables.copy(EMPLOYEES, "WITH (FORMAT csv, HEADER)", "SET TimeZone = 'America/St_Johns';\n",
                          datetime="timestamptz")  # fmt: skip
    yield source.read(
        "postgresql-time-zone-half-hours.csv", content, "employees", EMPLOYEES,
        "comma quotes-minimal lf ascii iso offsets header",
        "SET TimeZone = 'America/St_Johns'; COPY t TO STDOUT WITH (FORMAT csv, HEADER)",
    )  # fmt: skip
    german = tables.copy(
        ORDERS, "WITH (FORMAT csv, HEADER, DELIMITER ';')", "SET DateStyle = 'German';\n"
    )
    yield source.read(
        "postgresql-german-dates.csv", german, "orders", ORDERS,
        "semicolon quotes-minimal lf ascii decimal-point dmy header",
        "SET DateStyle = 'German'; COPY t TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';')",
    )  # fmt: skip
    sql = tables.copy(ORDERS, "WITH (FORMAT csv, HEADER)", "SET DateStyle = 'SQL, MDY';\n")
    yield source.read(
        "postgresql-american-dates.csv", sql, "orders", ORDERS,
        "comma quotes-minimal lf ascii decimal-point mdy header",
        "SET DateStyle = 'SQL, MDY'; COPY t TO STDOUT WITH (FORMAT csv, HEADER)",
    )  # fmt: skip


def asked(source, tables):
    rows = [row for row in CUSTOMERS + TWO_LINES if '"' not in (row["notes"] or "")]
    yield source.ask(
        "postgresql-text-escapes.csv", tables.copy(rows, ""), "customers", "escape",
        [answer(rows, escape="backslash")],
        "tab quotes-none backslash lf utf-8 decimal-point iso null-backslash-n no-header line-breaks",
        "COPY t TO STDOUT", reason="\\n in a text is two characters, or a line break.",
    )  # fmt: skip
    options = "WITH (FORMAT csv, HEADER, NULL 'NULL')"
    yield source.ask(
        "postgresql-csv-null.csv", tables.copy(CUSTOMERS, options), "customers", "null_values",
        [answer(CUSTOMERS, null_values="NULL")],
        "comma quotes-minimal lf utf-8 decimal-point iso null-word header", f"COPY t TO STDOUT {options}",
        reason="The word is in texts as well as in numbers or dates.",
    )  # fmt: skip
    russian = [{**row, "name": name} for row, name in
               zip(columns(CUSTOMERS[:2], "id email name birthday"), ("Ольга Смирнова", "Иван Петров"),
                   strict=True)]  # fmt: skip
    options = "WITH (FORMAT csv, HEADER, ENCODING 'WIN1251')"
    yield source.ask(
        "postgresql-windows-1251.csv", tables.copy(russian, options), "customers", "encoding",
        [answer(russian, encoding="windows-1251")],
        "comma quotes-minimal lf windows-1251 iso header columns-absent", f"COPY t TO STDOUT {options}",
    )  # fmt: skip


def refused(source, tables):
    truth = changed(PRODUCTS, active=lambda value: "t" if value == "1" else "f")
    options = "WITH (FORMAT csv, HEADER)"
    yield source.refuse(
        "postgresql-booleans.csv", tables.copy(truth, options, active="boolean"), "products", "booleans",
        "comma quotes-minimal lf ascii decimal-point iso booleans-in-words header",
        "t and f are no booleans by the rules of types, and each row has one.",
        f"COPY t TO STDOUT {options}",
    )  # fmt: skip
