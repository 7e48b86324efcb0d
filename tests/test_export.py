"""`rowgate export`: tables out to files, and back by `rowgate load`, byte for byte."""

import shutil
import subprocess

import pytest
from conftest import PROGRAM, ROOT, database, environment_of, running

FORMATS = ("csv", "ndjson", "parquet")

SHOP = ("customers", "products", "orders", "order_lines", "payments")

ODD = [
    r"(4001, 'a@x', 'back\\N', '\\N', DEFAULT, '', NULL, NULL, 1, -0.05, ' blanks  ', '2021-07-27 16:02:08')",
    r"(4002, 'b@x', 'quote\"s, ;|', 'NULL', 'FR', '00042', '=1+1', '1999-12-31', 0, 99999999.99, 'two\nlines\r\n', '2021-07-27')",
    r"(4003, 'c@x', '🏙\t', 'null', 'NA', NULL, '#N/A', '2024-02-29', 0, NULL, '', '0001-01-01')",
]


@pytest.fixture(scope="module")
def shop():
    with running("--bare", "--schema", ROOT / "samples/shop/shop.sql") as stack:
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
    fill(shop_db, command)
    before = checksums(shop_db, SHOP)
    odd = shop_db.rows("SELECT * FROM customers WHERE id > 4000 ORDER BY id")
    paths = [tmp_path / f"{table}.{kind}" for table in SHOP]
    options = {}
    for table, path in zip(SHOP, paths):
        done = command("export", table, "--format", kind, "--out", str(path))
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        options[path] = done.stdout.partition("load it with ")[2].split()
    assert options[paths[0]] == (["--empty", "text", "--blanks", "keep"] if kind == "csv" else [])
    shop_db.empty(*reversed(SHOP))
    for path in paths:
        done = command("load", "--direct", *options[path], str(path))
        assert done.returncode == 0, done.stdout
    assert shop_db.rows("SELECT * FROM customers WHERE id > 4000 ORDER BY id") == odd
    assert checksums(shop_db, SHOP) == before


def fill(db, command):
    db.empty(*reversed(SHOP))
    folder = ROOT / "samples/shop"
    files = [str(next(folder.glob(f"{table}*.csv"))) for table in SHOP]
    command("load", "--direct", *files)
    columns = "id, email, name, city, country, postcode, phone, birthday, newsletter, credit_limit, notes, registered_at"
    for row in ODD:
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
