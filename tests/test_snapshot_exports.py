"""Snapshot exports of RDS and Aurora back into the tables, by `rowgate restore --from-export`."""

import subprocess

import pytest
from backups import Bucket, made
from conftest import PROGRAM, ROOT, client, database, environment_of, pulled_schema, running
from snapshot_exports import Export, columns_of, parquet
from test_export import SHOP, checksums, fill
from test_restore import leftovers, refused

KINDS = """
CREATE TABLE kinds (
  id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  tiny TINYINT UNSIGNED NULL, small SMALLINT NULL, medium MEDIUMINT UNSIGNED NULL, whole INT UNSIGNED NULL,
  big BIGINT NULL, flag BOOLEAN NULL, one BIT(1) NULL, bits BIT(64) NULL,
  cents DECIMAL(8,2) NULL, money DECIMAL(18,4) NULL, arrow DECIMAL(38,10) NULL, widest DECIMAL(65,30) NULL,
  single FLOAT NULL, twice DOUBLE NULL,
  day DATE NULL, moment DATETIME(6) NULL, instant TIMESTAMP(6) NULL, clock TIME(3) NULL, anno YEAR NULL,
  letter CHAR(10) NULL, word VARCHAR(40) NULL, old VARCHAR(40) CHARACTER SET latin1 NULL, page MEDIUMTEXT NULL,
  choice ENUM('a','b,c','') NULL, choices SET('x','y','z') NULL, doc JSON NULL,
  fixed BINARY(4) NULL, varied VARBINARY(20) NULL, lump BLOB NULL,
  doubled BIGINT GENERATED ALWAYS AS (big DIV 2) VIRTUAL,
  shout VARCHAR(40) GENERATED ALWAYS AS (UPPER(word)) STORED
) DEFAULT CHARSET=utf8mb4;
CREATE TABLE `odd name` (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, `a` VARCHAR(20) NULL);
CREATE TABLE `blank column` (id INT NOT NULL PRIMARY KEY, `a b` VARCHAR(20) NULL);
"""

COLUMNS = (
    "id, tiny, small, medium, whole, big, flag, one, bits, cents, money, arrow, widest, single, twice, day, moment, "
    "instant, clock, anno, letter, word, old, page, choice, choices, doc, fixed, varied, lump"
)

ROWS = [
    "18446744073709551615, 255, -32768, 16777215, 4294967295, -9223372036854775808, 1, b'1', "
    "b'1111111111111111111111111111111111111111111111111111111111111111', -999999.99, 99999999999999.9999, "
    "9999999999999999999999999999.9999999999, 99999999999999999999999999999999999.999999999999999999999999999999, "
    "16777216, 1e300, '9999-12-31', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999999', '838:59:59', 2155, "
    "'Zoë', 'NULL', 'ÿé', 'a\\r\\n\\t\"', 'b,c', 'x,z', '{\"a\": [1, 2.5, null]}', x'00FF0001', x'', x'FFFE00'",
    "0, 0, 32767, 0, 0, 9223372036854775807, 0, b'0', b'0', 0.01, -0.0001, 0, -0.000000000000000000000000000001, 0.1, "
    "0.1, '0001-01-01', '0001-01-01 00:00:00', '1970-01-01 00:00:01', '-838:59:59', 1901, '', '', '', '', '', '', '[]', "
    "x'00000000', x'00', x''",
    "3" + ", NULL" * 29,
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    tables = tmp_path_factory.mktemp("exports") / "tables.sql"
    tables.write_text((ROOT / "samples/shop/shop.sql").read_text() + KINDS)
    with running("--schema", tables) as stack:
        yield stack


@pytest.fixture(scope="module")
def command(shop, tmp_path_factory):
    file = pulled_schema(shop, tmp_path_factory.mktemp("schema") / "schema.json")
    settings = environment_of(shop) | {"ROWGATE_SCHEMA": str(file)}

    def run(*arguments):
        return subprocess.run([PROGRAM, *arguments], env=settings, capture_output=True, text=True)

    return run


@pytest.fixture
def db(shop):
    with database(shop) as connection:
        for name in leftovers(connection):
            connection.rows(f"DROP TABLE `{name}`")
        yield connection


@pytest.fixture
def bucket(shop):
    bucket = Bucket(client(shop, "s3"), shop["bucket"])
    bucket.delete("exports/")
    return bucket


@pytest.fixture
def restore(command):
    def restore(*options, source="exports/export-1/"):
        return command("restore", "--from-export", source, *options)

    return restore


def kinds(db):
    db.rows("DELETE FROM kinds")
    for row in ROWS:
        db.rows(f"INSERT INTO kinds ({COLUMNS}) VALUES ({row})")


def test_the_shop_comes_back_as_it_was(command, restore, bucket, db):
    fill(db, command)
    before = checksums(db, SHOP)
    export = Export(bucket, "rowgate")
    for table in SHOP:
        export.add(db, table)
    export.describe()
    db.rows("DELETE FROM payments")
    db.rows("UPDATE customers SET city = 'elsewhere', registered_at = '2001-01-01'")
    db.rows("DELETE FROM order_lines WHERE line_no > 1")
    changed = checksums(db, SHOP)

    tables = [option for table in SHOP for option in ("--table", table)]
    plan = made(restore("--plan", "--json", *tables))
    assert (plan["obstacles"], plan["ending"], plan["export"]["database"]) == ([], "in_place", "rowgate")
    found = {table["table"]: (table["files"], table["null_columns"]) for table in plan["tables"]}
    assert found == {table: (3, []) for table in SHOP}
    assert checksums(db, SHOP) == changed
    restored = made(restore("--json", *tables))
    assert checksums(db, SHOP) == before
    assert [table["rows"] for table in restored["tables"]] == [table["rows"] for table in plan["tables"]]
    assert command("restore", "undo", restored["id"]).returncode == 0
    assert checksums(db, SHOP) == changed


def test_every_type_comes_back_as_it_was(restore, bucket, db):
    kinds(db)
    before, rows = checksums(db, ["kinds"]), db.rows("SELECT * FROM kinds ORDER BY id")
    Export(bucket, "rowgate").add(db, "kinds", parts=2)
    db.rows("DELETE FROM kinds WHERE id = 3")
    db.rows("UPDATE kinds SET word = 'changed', bits = NULL, single = 7")
    plan = restore("--plan", "--table", "kinds")
    assert plan.returncode == 0, plan.stdout
    assert "exports/export-1/: snapshot export, database rowgate" in plan.stdout
    assert "kinds: FLOAT comes as DOUBLE, and is exact only if the export has all digits of it: single" in plan.stdout
    assert "have no 0000-00-00" in plan.stdout and "moment, instant" in plan.stdout
    done = restore("--table", "kinds")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert db.rows("SELECT * FROM kinds ORDER BY id") == rows
    assert checksums(db, ["kinds"]) == before


def test_a_table_is_swapped_or_merged(restore, bucket, db):
    db.rows("DELETE FROM `odd name`")
    db.rows("INSERT INTO `odd name` VALUES (1, 'a'), (2, NULL)")
    Export(bucket, "rowgate").add(db, "odd name")
    # The path of an export has no blank.
    for key in bucket.keys("exports/"):
        bucket.write(key.replace("odd name", "odd_name"), bucket.read(key))
        bucket.s3.delete_object(Bucket=bucket.name, Key=key)
    db.rows("DELETE FROM `odd name`")
    db.rows("INSERT INTO `odd name` VALUES (1, 'b'), (7, 'c')")
    assert made(restore("--plan", "--json", "--table", "odd name"))["ending"] == "swap"
    made(restore("--json", "--table", "odd name", "--mode", "merge"))
    assert [tuple(row.values()) for row in db.rows("SELECT * FROM `odd name` ORDER BY id")] == [(1, "a"), (2, None), (7, "c")]
    made(restore("--json", "--table", "odd name", source=f"s3://{bucket.name}/exports/export-1"))
    assert [tuple(row.values()) for row in db.rows("SELECT * FROM `odd name` ORDER BY id")] == [(1, "a"), (2, None)]


def test_all_tables_of_the_schema_are_restored_and_the_others_named(restore, bucket, db):
    kinds(db)
    export = Export(bucket, "rowgate").add(db, "kinds")
    db.rows("CREATE TABLE stranger (id INT PRIMARY KEY)")
    try:
        export.add(db, "stranger").describe()
    finally:
        db.rows("DROP TABLE stranger")
    plan = made(restore("--plan", "--json"))
    assert [table["table"] for table in plan["tables"]] == ["kinds"]
    assert plan["export"]["not_served"] == ["stranger"]


def test_the_folder_may_be_that_of_a_table_which_is_not_served(restore, bucket, db):
    """AWS calls the folders of `odd name` and `odd_name` alike."""
    db.rows("CREATE TABLE odd_name (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20) NULL)")
    try:
        Export(bucket, "rowgate").add(db, "odd_name")
        refused(restore("--table", "odd name"), 'the folder may be of "odd name" or of "odd_name"')
    finally:
        db.rows("DROP TABLE odd_name")


def test_a_database_is_chosen(restore, bucket, db):
    kinds(db)
    Export(bucket, "other").add(db, "kinds")
    kinds_of = lambda *options: restore("--plan", "--json", "--table", "kinds", *options)  # noqa: E731
    assert made(kinds_of())["export"]["database"] == "other"
    Export(bucket, "third").add(db, "kinds")
    refused(kinds_of(), "the export has the databases other, third; say --from-database")
    assert made(kinds_of("--from-database", "third"))["export"]["database"] == "third"
    refused(kinds_of("--from-database", "fourth"), 'the export has no database "fourth", but other, third')
    Export(bucket, "rowgate").add(db, "kinds")
    assert made(kinds_of())["export"]["database"] == "rowgate"


def test_what_is_not_whole_is_refused(restore, bucket, db):
    kinds(db)
    plan = lambda: restore("--plan", "--table", "kinds")  # noqa: E731
    refused(plan(), "exports/export-1/: no snapshot export")
    export = Export(bucket, "rowgate").add(db, "kinds", mark=False)
    refused(plan(), "rowgate.kinds/1: nothing says that all files are there")
    export.describe()
    made(restore("--plan", "--json", "--table", "kinds"))
    export.describe("CANCELED")
    refused(plan(), "export_info_export-1.json: the export has ended as CANCELED, not as COMPLETE")
    export.describe()
    export.tables[0]["tableStatistics"]["partitioningInfo"]["numberOfCompletedPartitions"] = 2
    export.describe()
    refused(plan(), "rowgate.kinds: the export says that partitions of the table are missing")
    export.tables[0]["status"] = "FAILED"
    export.describe()
    refused(plan(), "rowgate.kinds: the export has ended as FAILED")
    bucket.write("exports/export-1/export_info_export-1.json", b"{")
    refused(plan(), "cannot be read as what an export says of itself")


def test_a_damaged_file_is_refused_before_anything_is_written(restore, bucket, db):
    kinds(db)
    before = checksums(db, ["kinds"])
    export = Export(bucket, "rowgate").add(db, "kinds", parts=1)
    (key,) = [key for key in bucket.keys("exports/") if key.endswith(".parquet")]
    whole, run = bucket.read(key), lambda: restore("--table", "kinds", "--force")
    for damaged, text in [
        (b"", "the file has 0 bytes"),
        (whole[: len(whole) // 2], "its directory is not there"),
        (whole[:-2000] + b"\xff" * 1000 + whole[-1000:], "Parquet file"),
        (b"Obj\x01" + whole[4:-8], "this is an Avro file"),
        (b"x,y\n1,2\n" * 100, "no Parquet file"),
    ]:
        bucket.write(key, damaged)
        refused(run(), key, text)
    columns = columns_of(db, "kinds")
    rows = [{column["name"]: None for column in columns} | {"id": id} for id in (1, 1)]
    bucket.write(key, parquet(columns, rows))
    refused(run(), "a key is there twice, in")
    bucket.write(key, parquet([*columns, columns[1] | {"name": "extra"}], [rows[0] | {"extra": 1}]))
    refused(run(), key, 'column "extra" of the file is no column of the table')
    bucket.write(key, parquet(columns[1:], [rows[0]]))
    refused(run(), key, "no column of the file is id")
    choice = rows[0] | {"choice": "d"}
    bucket.write(key, parquet(columns, [rows[0] | {"id": 2}, choice]))
    refused(run(), f"{key}: row 1: choice")
    wrong = [column | ({"kind": "date"} if column["name"] == "big" else {}) for column in columns]
    bucket.write(key, parquet(wrong, [rows[0]]))
    refused(run(), key, "column big of the file is Text where an integer is expected")
    assert checksums(db, ["kinds"]) == before and leftovers(db) == []
    export.add(db, "kinds", parts=1)
    made(restore("--table", "kinds", "--json"))
    assert checksums(db, ["kinds"]) == before


def test_a_column_that_the_export_lacks_is_named(restore, bucket, db):
    db.rows("DELETE FROM kinds")
    columns = [column for column in columns_of(db, "kinds") if column["name"] in ("id", "word", "shout")]
    folder = "exports/export-1/rowgate/rowgate.kinds"
    # As older exports have it: without the folder of a batch.
    bucket.write(f"{folder}/part-00000-1.gz.parquet", parquet(columns, [{"id": 7, "word": "x", "shout": "Y"}]))
    bucket.write(f"{folder}/_SUCCESS", b"")
    (table,) = made(restore("--json", "--plan", "--table", "kinds"))["tables"]
    assert table["rows"] == 1 and "cents" in table["null_columns"] and "shout" not in table["null_columns"]
    made(restore("--json", "--table", "kinds"))
    assert tuple(db.rows("SELECT id, word, shout, cents FROM kinds")[0].values()) == (7, "x", "X", None)


def test_a_table_without_rows_and_one_that_is_missing(restore, bucket, db):
    kinds(db)
    Export(bucket, "rowgate").add(db, "odd name", parts=1)
    refused(restore("--table", "blank column"), "the export has no table blank column: AWS exports no table with a blank")
    refused(restore("--table", "customers"), "the export has no table customers")
    db.rows("DELETE FROM kinds")
    Export(bucket, "rowgate").add(db, "kinds")
    kinds(db)
    refused(restore("--table", "kinds"), "kinds: the files have no row, and the live table has 3; --force empties it")
    made(restore("--table", "kinds", "--force", "--json"))
    assert db.count("kinds") == 0


def test_two_exports_are_not_mixed(restore, bucket, db):
    kinds(db)
    for name in ("export-1", "export-2"):
        Export(bucket, "rowgate", name).add(db, "kinds")
    refused(restore("--table", "kinds", source="exports/"), "several exports, such as")
    refused(restore("--table", "kinds", source="s3://elsewhere/x/"), "NoSuchBucket")
