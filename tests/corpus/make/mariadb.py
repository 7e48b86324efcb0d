"""What MariaDB writes: mysqldump --tab, SELECT … INTO OUTFILE, the command mariadb --batch."""

import getpass
from contextlib import contextmanager
from pathlib import Path

from entry import answer, bad, by_program
from logical import CUSTOMERS, EMPLOYEES, ORDER_LINES, ORDERS, PRODUCTS, TWO_LINES, columns
from servers import folder, process, run, succeeds, wait_for

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = ["sql/schema.sql", "samples/shop/shop.sql"]


@contextmanager
def server():
    with folder() as home:
        data, socket = home / "data", home / "socket"
        user = f"--user={getpass.getuser()}"
        run("mariadb-install-db", "--no-defaults", f"--datadir={data}", user,
            "--auth-root-authentication-method=normal")  # fmt: skip
        command = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}", user,
                   "--skip-networking"]  # fmt: skip
        with process(*command):
            client = [
                "--no-defaults",
                f"--socket={socket}",
                "--user=root",
                "--default-character-set=utf8mb4",
            ]
            wait_for(lambda: succeeds("mariadb", *client, "--execute=SELECT 1"))
            run("mariadb", *client, "--execute=CREATE DATABASE corpus CHARACTER SET utf8mb4")
            yield Shop(home, client)


class Shop:
    """The tables with their rows, and the ways out."""

    def __init__(self, home, client):
        self.home, self.client = home, client
        for schema in SCHEMAS:
            self.query((ROOT / schema).read_text())

    def query(self, sql, *options):
        return run("mariadb", *self.client, *options, "corpus", input=sql.encode())

    def fill(self, table, rows):
        """The table has these rows, and no others."""
        self.query(f"SET foreign_key_checks=0; DELETE FROM {table};" + "".join(
            f"SET foreign_key_checks=0; INSERT INTO {table} ({','.join(row)}) VALUES"
            f" ({','.join(literal(value) for value in row.values())});" for row in rows))  # fmt: skip

    def outfile(self, table, rows, form, charset="utf8mb4", what="*"):
        """SELECT … INTO OUTFILE."""
        self.fill(table, rows)
        path = self.home / "out"
        path.unlink(missing_ok=True)
        self.query(f"SELECT {what} FROM {table} ORDER BY 1, 2 INTO OUTFILE '{path}'"
                   f" CHARACTER SET {charset} {form}")  # fmt: skip
        return path.read_bytes()

    def dump(self, table, rows, *options):
        """mysqldump --tab."""
        self.fill(table, rows)
        for old in self.home.glob(f"{table}.*"):
            old.unlink()
        run("mariadb-dump", *self.client, f"--tab={self.home}", "--order-by-primary", *options,
            "corpus", table)  # fmt: skip
        return (self.home / f"{table}.txt").read_bytes()

    def batch(self, table, rows, *options):
        """mariadb --batch."""
        self.fill(table, rows)
        return self.query(f"SELECT * FROM {table} ORDER BY 1, 2", "--batch", *options)


def literal(value):
    if value is None:
        return "NULL"
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def files():
    version = run("mariadbd", "--version").decode().split("Ver ")[1].split(" ")[0]
    source = by_program("MariaDB", version)
    with server() as shop:
        return [*dumps(source, shop), *outfiles(source, shop), *batches(source, shop)]


def dumps(source, shop):
    simple = "tab quotes-none lf decimal-point iso null-backslash-n no-header "
    yield source.read(
        "mysqldump-tab.csv", shop.dump("products", PRODUCTS), "products", PRODUCTS, simple + "ascii",
        "mysqldump --tab, renamed",
    )  # fmt: skip
    yield source.read(
        "mysqldump-tab-lines.csv", shop.dump("order_lines", ORDER_LINES), "order_lines", ORDER_LINES,
        simple.replace("iso ", "") + "ascii", "mysqldump --tab, renamed",
    )  # fmt: skip
    yield source.read(
        "mysqldump-tab-employees.csv", shop.dump("employees", EMPLOYEES), "employees", EMPLOYEES,
        simple.replace("decimal-point ", "") + "ascii offsets", "mysqldump --tab, renamed",
    )  # fmt: skip
    rows = [row for row in CUSTOMERS + TWO_LINES if '"' not in (row["notes"] or "")]
    yield source.ask(
        "mysqldump-tab-escapes.csv", shop.dump("customers", rows), "customers", "escape",
        [answer(rows, escape="backslash")], simple + "utf-8 backslash line-breaks",
        "mysqldump --tab, renamed",
        reason="A backslash before a line's end: with escapes it is a cell of two lines.",
    )  # fmt: skip
    options = ["--fields-terminated-by=,", "--fields-optionally-enclosed-by=\"",
               "--lines-terminated-by=\r\n"]  # fmt: skip
    yield source.read(
        "mysqldump-csv.csv", shop.dump("orders", ORDERS, *options), "orders", ORDERS,
        "comma quotes-all crlf ascii decimal-point iso null-backslash-n no-header",
        "mysqldump --tab --fields-terminated-by=, --fields-optionally-enclosed-by='\"'"
        " --lines-terminated-by='\\r\\n'",
    )  # fmt: skip


def outfiles(source, shop):
    for name, table, rows, form, charset, words in [
        ("default", "orders", ORDERS, "", "utf8mb4", "tab quotes-none ascii"),
        ("semicolon", "products", PRODUCTS, "FIELDS TERMINATED BY ';' OPTIONALLY ENCLOSED BY '\"'",
         "utf8mb4", "semicolon quotes-all ascii"),
        ("enclosed", "order_lines", ORDER_LINES, "FIELDS TERMINATED BY ',' ENCLOSED BY '\"'",
         "utf8mb4", "comma quotes-all ascii"),
        ("pipe-latin-1", "customers", CUSTOMERS[:4] + CUSTOMERS[5:], "FIELDS TERMINATED BY '|'",
         "latin1", "pipe quotes-none latin-1"),
        ("rfc", "customers", CUSTOMERS + TWO_LINES,
         "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '\"'", "utf8mb4",
         "comma quotes-all utf-8 line-breaks quotes-inside"),
    ]:  # fmt: skip
        content = shop.outfile(table, rows, form, charset)
        iso = "" if table == "order_lines" else " iso"
        how = f"SELECT * FROM {table} INTO OUTFILE 'file' CHARACTER SET {charset} {form}".strip()
        if name == "rfc":
            yield source.read(
                "outfile-rfc.csv", content, table, [rows[0], rows[2]],
                words + " lf decimal-point no-header stray-quotes bad-values" + iso, how,
                rejected=(*(bad(line, "malformed_quote") for line in (2, 4, 5, 6)),
                          bad(7, "wrong_field_count"), bad(8, "malformed_quote")),
                reason='NULL is written as "N, which opens a quote, and a line break as a quote before'
                " it: these rows are named.",
            )  # fmt: skip
            continue
        yield source.read(
            f"outfile-{name}.csv", content, table, rows,
            words + " lf decimal-point no-header null-backslash-n" + iso, how,
        )  # fmt: skip
    rows = columns(CUSTOMERS, "id email name notes")
    form = "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'"
    union = (
        "SELECT 'id', 'email', 'name', 'notes' UNION ALL SELECT * FROM"
        " (SELECT CAST(id AS CHAR), email, name, notes FROM customers ORDER BY id LIMIT 100) t"
    )
    shop.fill("customers", CUSTOMERS)
    path = shop.home / "union"
    shop.query(f"{union} INTO OUTFILE '{path}' {form}")
    yield source.ask(
        "outfile-header.csv", path.read_bytes(), "customers", "escape",
        [answer(rows, escape="backslash")],
        "comma quotes-all backslash lf utf-8 null-backslash-n header quotes-inside columns-absent",
        f"SELECT names UNION ALL SELECT … INTO OUTFILE 'file' {form}",
    )  # fmt: skip


def batches(source, shop):
    filled = [row for row in PRODUCTS if None not in row.values()]
    yield source.read(
        "mariadb-batch.csv", shop.batch("products", filled), "products", filled,
        "tab quotes-none lf ascii decimal-point iso header", "mariadb --batch, renamed",
    )  # fmt: skip
    yield source.ask(
        "mariadb-batch-null.csv", shop.batch("products", PRODUCTS), "products", "null_values",
        [answer(PRODUCTS, null_values="NULL")],
        "tab quotes-none lf ascii decimal-point iso null-word header", "mariadb --batch, renamed",
        reason="The word is in texts as well as in dates.",
    )  # fmt: skip
    yield source.ask(
        "mariadb-batch-escapes.csv", shop.batch("customers", CUSTOMERS[:1] + TWO_LINES), "customers",
        "escape", [answer(CUSTOMERS[:1] + TWO_LINES, escape="backslash")],
        "tab quotes-none backslash lf utf-8 decimal-point iso header line-breaks",
        "mariadb --batch, renamed", reason="\\n in a text is two characters, or a line break.",
    )  # fmt: skip
