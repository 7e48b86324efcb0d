"""One's own tables: from SQL to a stack, a row, a file and a backup, with no compiler."""

import json
import os
import subprocess
import time
from functools import partial

import fastjsonschema
import pytest
from conftest import PROGRAM, ROOT, client, running, sender
from conftest import database as database_of

SHOP = """
CREATE TABLE customers (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  Name VARCHAR(200) NOT NULL COMMENT 'aliases=customer,full-name',
  country VARCHAR(2) NOT NULL DEFAULT 'DE' COMMENT 'ISO 3166-1; upper case',
  credit BIGINT NULL DEFAULT 100
) COMMENT 'everyone who has bought; aliases=people';

CREATE TABLE products (
  sku VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  title VARCHAR(80) NOT NULL DEFAULT 'it''s; new',
  seller BIGINT NULL COMMENT 'references=customers.id',
  KEY by_title (title(10))
);

CREATE TABLE notes (
  title VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (title(10))
);

CREATE TABLE places (
  id INT NOT NULL PRIMARY KEY,
  area GEOMETRY NULL,
  code VARCHAR(9) UNIQUE,
  twice INT AS (id * 2),
  CHECK (id > 0)
);
"""

UNFIT = [
    "notes: not served",
    "  key title is only its first 10 characters, in which two rows may be one: make the whole column the key",
    "places: not served",
    "  area is of type geometry, which is not known: change it to one that docs/types.md lists, or "
    "move it to another table",
]


# The engine that the run is about.
ENGINE = os.environ.get("ROWGATE_ENGINE", "mariadb")


def run(*arguments, cwd, settings=None):
    command = [PROGRAM, *arguments]
    environment = os.environ | (settings or {})
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with the shop's tables as SQL, and as the JSON that a database made of them."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.sql").write_text(SHOP)
    done = run("schema", "read", "shop.sql", "--output", "schema.json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def comparable(text):
    """A description without what the engines word differently: CHECKs, and the rules of foreign keys."""
    description = json.loads(text)
    for table in description["tables"]:
        for check in table.get("checks", []):
            del check["clause"]
        for key in table.get("foreign_keys", []):
            del key["on_update"], key["on_delete"]
    return description


@pytest.mark.parametrize("sql", ["sql/schema.sql", "samples/shop/shop.sql"])
def test_an_example_is_what_a_database_makes_of_its_sql(tmp_path, sql):
    done = run("schema", "read", ROOT / sql, "--engine", ENGINE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    file = (ROOT / sql).with_name("schema.json").read_text()
    assert comparable(done.stdout) == comparable(file)


def test_tables_come_in_one_order_on_every_engine(tmp_path):
    names = ["order", "order_lines", "orders"]
    tables = [f"CREATE TABLE `{name}` (id INT PRIMARY KEY);" for name in reversed(names)]
    (tmp_path / "tables.sql").write_text("\n".join(tables))
    done = run("schema", "read", "tables.sql", "--engine", ENGINE, cwd=tmp_path)
    assert [table["name"] for table in json.loads(done.stdout)["tables"]] == names


def test_what_is_written_is_of_the_published_form(shop):
    schema = json.loads((ROOT / "docs/schema.schema.json").read_text())
    validate = fastjsonschema.compile(schema)
    for file in (shop / "schema.json", ROOT / "sql/schema.json"):
        description = json.loads(file.read_text())
        validate(description)
        for change in ({"rowgate_schema": 2}, {"more": 1}, {"tables": [{"name": "t"}]}):
            with pytest.raises(fastjsonschema.JsonSchemaException):
                validate(description | change)


def test_defaults_and_keys_are_read_as_they_are(shop):
    tables = {it["name"]: it for it in json.loads((shop / "schema.json").read_text())["tables"]}
    columns = {it["name"]: it for it in tables["customers"]["columns"]}
    assert columns["country"]["default"] == {"literal": "DE"}
    assert columns["credit"] == {
        "name": "credit", "column_type": "bigint", "default": {"literal": "100"},
    }
    products = tables["products"]
    assert products["columns"][0]["collation"] == "utf8mb4_bin"
    assert products["columns"][1]["default"] == {"literal": "it's; new"}
    assert products["indexes"] == [
        {"name": "by_title", "parts": [{"column": "title", "length": 10}]}
    ]
    places = tables["places"]
    assert [check["name"] for check in places["checks"]] != []
    assert places["columns"][3]["generated"]["expression"].count("2") == 1


def test_what_does_not_fit_is_said_at_once_with_what_to_do(shop):
    done = run("schema", "show", cwd=shop)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == ["customers: served, 4 columns", "products: served, 3 columns"]
    assert lines[2:] == UNFIT
    (shop / "places.csv").write_text("id\n1\n")
    for options in ([], ["--table", "places"]):
        done = run("check", "places.csv", *options, cwd=shop)
        assert done.returncode in (1, 2), options
        assert "area is of type geometry" in done.stdout + done.stderr, options


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "schema.json").write_text('{"rowgate_schema":9,"tables":[]}')
    done = run("schema", "show", cwd=tmp_path)
    assert done.returncode == 2
    assert "schema.json: rowgate_schema is 9, and this rowgate reads 1" in done.stderr
    (tmp_path / "bad.sql").write_text("CREATE TABLE t (id INT);\n\nCREATE TABLE u (;\n")
    done = run("schema", "read", "bad.sql", cwd=tmp_path)
    assert done.returncode == 2 and "bad.sql:3: the database refuses it" in done.stderr


def settings_of(stack):
    return {
        "AWS_REGION": stack["region"],
        "AWS_ACCESS_KEY_ID": stack["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": stack["aws_secret_access_key"],
        "DB_CLUSTER_ARN": stack["cluster_arn"],
        "DB_SECRET_ARN": stack["secret_arn"],
        "DB_NAME": stack["database_url"].rsplit("/", 1)[1],
        "DATA_API_ENDPOINT": stack["data_api"],
        "AWS_ENDPOINT_URL_S3": stack["s3"],
        "DATA_BUCKET": stack["bucket"],
    }


@pytest.fixture
def compilers(tmp_path, monkeypatch):
    """The file in which a compiler would leave its name: those that are found first do nothing else."""
    called = tmp_path / "called"
    for name in ("cargo", "rustc", "cc", "gcc", "clang", "tsc", "esbuild", "wasm-opt"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\necho {name} >> {called}\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert subprocess.run(["cargo"]).returncode == 1 and called.read_text() == "cargo\n"
    called.write_text("")
    return called


def test_one_s_own_tables_from_sql_to_a_restored_backup(shop, compilers):
    started = time.monotonic()
    with running("--engine", ENGINE, "--schema", shop / "shop.sql") as stack:
        print(f"ready after {time.monotonic() - started:.1f} s")
        post, settings = sender(stack), settings_of(stack)
        rowgate = partial(run, cwd=shop, settings=settings)
        rows = [{"id": 1, "full-name": "Zoë", "country": "FR"}]
        answer = post("/insert_data", {"people": rows, "products": [{"sku": "a", "title": "A"}]})
        assert answer.status_code == 200, answer.text
        answer = post("/tables/places/rows", [{"id": 1}])
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:rowgate:problem:unfit_table"
        # A column that a row does not carry gets its DEFAULT, and is never NULL where it must not be.
        answer = post("/tables/customers/rows", [{"id": 2, "Name": "Ann"}])
        assert answer.status_code == 200, answer.text
        answer = post("/tables/customers/rows", [{"id": 4, "Name": "Eve", "country": None}])
        (error,) = answer.json()["errors"]
        assert (error["column"], error["code"]) == ("country", "missing")
        answer = post("/tables/customers/rows?on_duplicate=update", [{"id": 1, "Name": "Zoe"}])
        assert answer.status_code == 200, answer.text
        with database_of(stack) as db:
            assert db.rows("SELECT * FROM customers ORDER BY id") == [
                {"id": 1, "Name": "Zoe", "country": "FR", "credit": 100},
                {"id": 2, "Name": "Ann", "country": "DE", "credit": 100},
            ]

        (shop / "products.csv").write_text("sku,title,seller\nb,B,1\nc,C,\n")
        done = rowgate("check", "products.csv")
        assert done.returncode == 0, done.stderr
        done = rowgate("load", "--direct", "products.csv")
        assert done.returncode == 0, done.stderr
        files = client(stack, "s3")
        files.put_object(Bucket=stack["bucket"], Key="incoming/people/1.csv", Body=b"3,Bo,SE,7\n")
        with database_of(stack) as db:
            wait_for(lambda: db.rows("SELECT credit FROM customers WHERE id = 3") == [{"credit": 7}])
            before = db.rows("SELECT * FROM products ORDER BY sku")
            assert len(before) == 3

        done = rowgate("backup")
        assert done.returncode == 0, done.stderr
        with database_of(stack) as db:
            db.rows("DELETE FROM products")
            done = rowgate("restore", "latest", "--table", "products")
            assert done.returncode == 0, done.stderr
            assert db.rows("SELECT * FROM products ORDER BY sku") == before
        print(f"a row posted, files checked and loaded, a backup restored after {time.monotonic() - started:.1f} s")
        assert compilers.read_text() == ""

        # Engines write expressions in forms of their own; all else is the same.
        done = rowgate("schema", "read", "shop.sql", "--engine", ENGINE, "--output", "own.json")
        assert done.returncode == 0, done.stderr
        own, other = (json.loads((shop / name).read_text()) for name in ("own.json", "schema.json"))
        assert [it for it in own["tables"] if it["name"] != "places"] == [
            it for it in other["tables"] if it["name"] != "places"
        ]
        done = rowgate("schema", "check", "own.json")
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        done = rowgate("migrate", "--check")
        assert (done.returncode, done.stdout) == (0, "the tables are as expected\n"), done.stdout
        with database_of(stack) as db:
            db.rows("ALTER TABLE customers MODIFY credit INT NULL")
        done = rowgate("schema", "check", "own.json")
        assert done.returncode == 1
        differences = done.stdout.splitlines()
        change = 'customers.columns.credit.column_type: the file has "bigint", the database "int"'
        assert change in differences


def test_the_live_tables_are_pulled(shop, tmp_path):
    with running("--schema", shop / "schema.json") as stack:
        settings = settings_of(stack)
        done = run("schema", "pull", "--output", "x.json", cwd=tmp_path, settings=settings)
        assert (done.returncode, done.stdout) == (0, "x.json: 2 tables served\n"), done.stderr
        wanted = json.loads((shop / "schema.json").read_text())
        wanted["tables"] = [it for it in wanted["tables"] if it["name"] in ("customers", "products")]
        assert json.loads((tmp_path / "x.json").read_text()) == wanted
        only = ["schema", "pull", "--tables", "customers"]
        done = run(*only, cwd=tmp_path, settings=settings)
        assert [it["name"] for it in json.loads(done.stdout)["tables"]] == ["customers"]
        done = run("schema", "pull", "--tables", "cats", cwd=tmp_path, settings=settings)
        assert done.returncode == 2 and "the database has no table cats" in done.stderr
        done = run("schema", "show", "--live", cwd=tmp_path, settings=settings)
        assert done.stdout.splitlines()[0] == "customers: served, 4 columns"


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
