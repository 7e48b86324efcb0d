"""`rowgate export`: tables out to files, and back by `rowgate load`, byte for byte."""

import shutil
import subprocess
from datetime import datetime

import openpyxl
import pytest
from conftest import PROGRAM, ROOT, database, environment_of, running

FORMATS = ("csv", "ndjson", "parquet", "xlsx")

SHOP = ("customers", "products", "orders", "order_lines", "payments")

ODD = [
    r"(4001, 'a@x', 'back\\N', '\\N', DEFAULT, '', NULL, NULL, 1, -0.05, ' blanks  ', '2021-07-27 16:02:08')",
    r"(4002, 'b@x', 'quote\"s, ;|', 'NULL', 'FR', '00042', '=1+1', '1999-12-31', 0, 99999999.99, 'two\nlines\r\n', '2021-07-27')",
    r"(4003, 'c@x', '🏙\t', 'null', 'NA', NULL, '#N/A', '2024-02-29', 0, NULL, '', '0001-01-01')",
]

# What a workbook carries: no control characters, no texts of blanks alone, no text \N.
ODD_IN_SHEETS = [
    r"(4001, 'a@x', ' back\\n', 'N', DEFAULT, '', NULL, NULL, 1, -0.05, ' blanks  x ', '2021-07-27 16:02:08')",
    r"(4002, 'b@x', 'quote\"s, ;|<&>', 'NULL', 'FR', '00042', '=1+1', '1900-02-28', 0, 99999999.99, 'two\nlines', '2021-07-27')",
    r"(4003, 'c@x', '🏙\ta', 'null', 'NA', NULL, '#N/A', '2024-02-29', 0, NULL, '', '0001-01-01')",
]


@pytest.fixture(scope="module")
def shop():
    with running("--schema", ROOT / "samples/shop/shop.sql") as stack:
        yield stack


@pytest.fixture
def shop_db(shop):
    with database(shop) as connection:
        yield connection


@pytest.fixture
def shop_command(shop):
    """The command with the settings and the tables of the shop."""
    settings = environment_of(shop) | {"ROWGATE_SCHEMA": str(ROOT / "samples/shop/schema.json")}

    def run(*arguments):
        return subprocess.run([PROGRAM, *arguments], env=settings, capture_output=True, text=True)

    return run


def checksums(db, tables):
    return [db.rows(f"CHECKSUM TABLE {table}")[0]["Checksum"] for table in tables]


@pytest.fixture
def full(empty_tables, command, stack, tmp_path_factory):
    """The samples in the three tables, loaded from copies, since rejected lines go beside a file."""
    folder = tmp_path_factory.mktemp("samples")
    names = [f"{name}.csv" for name in ("departments", "jobs", "hired_employees")]
    samples = [shutil.copy(ROOT / "samples" / name, folder) for name in names]
    command("load", "--direct", *samples)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_example_comes_back_as_it_was(full, command, db, tmp_path, kind):
    tables = ("departments", "jobs", "employees")
    db.rows(r"""INSERT INTO departments VALUES (0x7fffffff, 'a "b", \\N ; =1
')""")
    before = checksums(db, tables)
    paths = [tmp_path / f"{table}.{kind}" for table in tables]
    for table, path in zip(tables, paths):
        done = command("export", table, "--format", kind, "--out", str(path))
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert f"{db.count(table)} rows of {table}" in done.stdout
        assert path.stat().st_mode & 0o777 == 0o600
    db.empty(*reversed(tables), "rowgate_loads")
    for path in paths:
        done = command("load", "--direct", str(path))
        assert done.returncode == 0, done.stdout
    assert checksums(db, tables) == before


def test_some_rows_of_a_table(full, command, db, tmp_path):
    out = tmp_path / "some.csv"
    done = command("export", "jobs", "--where", "10..12", "--out", str(out))
    assert done.returncode == 0, done.stderr
    lines = out.read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ['"id"', "10", "11", "12"]
    assert command("export", "jobs", "--out", str(out)).returncode == 2
    empty = command("export", "jobs", "--where", "..-5", "--out", str(tmp_path / "none.csv"))
    assert "0 rows of jobs" in empty.stdout


def test_an_export_that_fails_leaves_no_file(command, tmp_path):
    out = tmp_path / "jobs.csv"
    done = command("export", "jobs", "--out", str(out), DATA_API_ENDPOINT="http://127.0.0.1:9")
    assert (done.returncode, out.exists()) == (2, False)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_shop_comes_back_as_it_was(shop_command, shop_db, tmp_path, kind):
    command = shop_command
    fill(shop_db, command, ODD_IN_SHEETS if kind == "xlsx" else ODD)
    before = checksums(shop_db, SHOP)
    odd = shop_db.rows("SELECT * FROM customers WHERE id > 4000 ORDER BY id")
    paths = [tmp_path / f"{table}.{kind}" for table in SHOP]
    options = {}
    for table, path in zip(SHOP, paths):
        done = command("export", table, "--format", kind, "--out", str(path))
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        options[path] = done.stdout.partition("load it with ")[2].split()
    needed = {"csv": ["--empty", "text", "--blanks", "keep"], "xlsx": ["--empty", "text"]}
    assert options[paths[0]] == needed.get(kind, [])
    shop_db.empty(*reversed(SHOP))
    for path in paths:
        done = command("load", "--direct", *options[path], str(path))
        assert done.returncode == 0, done.stdout
    assert shop_db.rows("SELECT * FROM customers WHERE id > 4000 ORDER BY id") == odd
    assert checksums(shop_db, SHOP) == before


def fill(db, command, odd=ODD):
    db.empty(*reversed(SHOP))
    folder = ROOT / "samples/shop"
    files = [str(next(folder.glob(f"{table}*.csv"))) for table in SHOP]
    command("load", "--direct", *files)
    columns = "id, email, name, city, country, postcode, phone, birthday, newsletter, credit_limit, notes, registered_at"
    for row in odd:
        db.rows(f"INSERT INTO customers ({columns}) VALUES {row}")
    assert all(db.count(table) > 2 for table in SHOP)


def test_rows_that_no_load_takes_are_named_before(shop_command, shop_db, tmp_path):
    shop_db.empty(*reversed(SHOP))
    shop_db.rows("INSERT INTO customers (id, email, name) VALUES (1, 'a', 'a')")
    shop_db.rows("ALTER TABLE customers MODIFY notes MEDIUMTEXT NULL")
    try:
        shop_db.rows("INSERT INTO customers (id, email, name, notes) VALUES (77, 'b', 'b', REPEAT('x', 1100000))")
        out = tmp_path / "customers.csv"
        done = shop_command("export", "customers", "--out", str(out))
        assert (done.returncode, out.exists()) == (2, False)
        assert "more than 1 MiB" in done.stderr and "77" in done.stderr
    finally:
        shop_db.rows("DELETE FROM customers")
        shop_db.rows("ALTER TABLE customers MODIFY notes TEXT NULL")


def test_a_workbook_has_dates_and_numbers_that_others_read(shop_command, shop_db, tmp_path):
    fill(shop_db, shop_command, ODD_IN_SHEETS)
    shop_db.rows("UPDATE customers SET id = 9007199254740993 WHERE id = 4001")
    out = tmp_path / "customers.xlsx"
    done = shop_command("export", "customers", "--format", "xlsx", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    header, *rows = openpyxl.load_workbook(out, read_only=True)["customers"].iter_rows(values_only=True)
    found = {row[0]: dict(zip(header, row)) for row in rows}
    assert list(found)[-3:] == [4002, 4003, "9007199254740993"]
    assert found[4002]["postcode"] == "00042" and found[4002]["phone"] == "=1+1"
    assert found[4002]["credit_limit"] == 99999999.99
    assert found[4002]["registered_at"] == datetime(2021, 7, 27)
    assert found[4002]["birthday"] == "1900-02-28" and found[4003]["birthday"] == datetime(2024, 2, 29)


def test_what_excel_does_not_hold_is_named_before(shop_command, shop_db, tmp_path):
    shop_db.empty(*reversed(SHOP))
    out = tmp_path / "customers.xlsx"

    def refused(row, *texts):
        shop_db.rows("DELETE FROM customers")
        shop_db.rows(f"INSERT INTO customers (id, email, name, notes) VALUES {row}")
        done = shop_command("export", "customers", "--format", "xlsx", "--out", str(out))
        assert (done.returncode, out.exists()) == (2, False)
        assert all(text in done.stderr for text in texts), done.stderr

    refused("(77, 'b', 'b', REPEAT('x', 32768))", "more than 32,767 characters", "77")
    refused("(78, 'b', 'b', CONCAT('xx', REPEAT('🏙', 16383)))", "more than 32,767 characters", "78")
    refused(r"(79, 'b', 'a\r', 'x')", "row 2, column name has a control character")
    refused("(79, 'b', ' ', 'x')", "row 2, column name has a text of blanks alone")
    refused(r"(79, 'b', '\\N', 'x')", "which a load takes for NULL")
    refused("(79, 'b', 'a_x0041_', 'x')", "column name has a text such as _x0041_")
    shop_db.rows("DELETE FROM customers")


def test_more_rows_than_a_sheet_has_are_named_before(shop_command, shop_db, tmp_path):
    shop_db.empty(*reversed(SHOP))
    shop_db.rows("INSERT INTO products (id, sku, title, price) VALUES (1, 'a', 'a', 1)")
    for _ in range(20):
        shop_db.rows(
            "INSERT INTO products (sku, title, price) SELECT CONV(@n := IFNULL(@n, 10) + 1, 10, 36), 'a', 1 FROM products"
        )
    rows, out = shop_db.count("products"), tmp_path / "products.xlsx"
    assert rows == 1 << 20
    done = shop_command("export", "products", "--format", "xlsx", "--out", str(out))
    assert (done.returncode, out.exists()) == (2, False)
    assert f"products has {rows} rows, and a sheet of Excel's has 1048575 below its header" in done.stderr
    shop_db.empty("products")
