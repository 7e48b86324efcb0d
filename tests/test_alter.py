"""Tables that change while they are written to: what a look at them finds, and what no look may miss."""

import time
from decimal import Decimal

import pytest
import requests
from conftest import LEDGER, client, database, running
from files import Files

LOOK = 0.6

# More than a look's time, and what a call takes.
AFTER = LOOK + 0.4

SCHEMA = """
CREATE TABLE goods (
  id INT NOT NULL PRIMARY KEY,
  name VARCHAR(5) NULL,
  price DECIMAL(9,2) NULL,
  seen DATETIME(3) NULL
);
CREATE TABLE others (id INT NOT NULL PRIMARY KEY, word VARCHAR(20) NULL, CONSTRAINT listed CHECK (id < 1000));
"""

GOODS = "/tables/goods/rows"
AT = "2024-05-06 07:08:09.123"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A stack of goods whose doors look at the tables every second."""
    folder = tmp_path_factory.mktemp("alter")
    sql = folder / "goods.sql"
    sql.write_text(SCHEMA)
    options = ["--schema", str(sql), "--schema-look", str(LOOK), "--batch-bytes", "2000"]
    options += ["--fault", "any:latency=10"]
    with running(*options) as stack:
        yield stack


@pytest.fixture
def db(shop):
    """The tables as they were at first, and empty."""
    with database(shop) as db:
        for table in ("goods", "others"):
            db.rows(f"DROP TABLE IF EXISTS {table}")
        for statement in SCHEMA.split(";\n")[:2]:
            db.rows(statement)
        db.empty(*LEDGER)
        time.sleep(AFTER)
        yield db


@pytest.fixture(scope="module")
def files(shop):
    return Files(shop, client(shop, "s3"), client(shop, "lambda"))


@pytest.fixture
def post(shop):
    def send(rows, path=GOODS, **query):
        headers = {"x-api-key": shop["api_key"]}
        return requests.post(shop["edge"] + path, json=rows, params=query, headers=headers, timeout=30)

    return send


def row(number, **values):
    return {"id": number, "name": "a", "price": "1.25", "seen": AT} | values


def stored(db):
    return db.rows("SELECT * FROM goods ORDER BY id")


def problem(answer):
    body = answer.json()
    codes = [error["code"] for error in body.get("errors", [])]
    return answer.status_code, codes or body["type"].rsplit(":", 1)[-1]


def test_a_new_column_works_at_once_and_without_a_deploy(db, post):
    assert post([row(1)]).status_code == 200
    db.rows("ALTER TABLE goods ADD COLUMN colour VARCHAR(9) NULL")
    time.sleep(AFTER)
    # A name that is not known is looked for, also by the entry point of files.
    assert post([row(2, colour="red")]).status_code == 200
    assert [it["colour"] for it in stored(db)] == [None, "red"]


def test_a_new_column_is_read_in_a_file(db, files):
    assert files.load("incoming/goods/1.csv", b"id,name\n1,a\n")["status"] == "complete"
    db.rows("ALTER TABLE goods ADD COLUMN colour VARCHAR(9) NULL AFTER id")
    time.sleep(AFTER)
    text = b"id,colour,name\n2,red,b\n"
    assert files.load("incoming/goods/2.csv", text)["status"] == "complete"
    assert [(it["id"], it["colour"], it["name"]) for it in stored(db)] == [(1, None, "a"), (2, "red", "b")]
    # By position the cells are those of the columns that there are now.
    text = f"3,blue,c,1.5,{AT}\n".encode()
    assert files.load("incoming/goods/3.csv", text)["status"] == "complete"
    assert stored(db)[-1]["colour"] == "blue"


def test_a_wider_column_takes_longer_values(db, post):
    assert problem(post([row(1, name="longer")])) == (422, ["too_long"])
    db.rows("ALTER TABLE goods MODIFY name VARCHAR(30) NULL")
    time.sleep(AFTER)
    assert post([row(1, name="longer")]).status_code == 200


def test_a_narrower_column_rounds_and_cuts_nothing(db, post):
    assert post([row(1)]).status_code == 200
    db.rows("UPDATE goods SET price = 1.3, seen = '2024-05-06 07:08:09'")
    db.rows("ALTER TABLE goods MODIFY price DECIMAL(9,1) NULL, MODIFY seen DATETIME NULL")
    time.sleep(AFTER)
    assert problem(post([row(2)])) == (422, ["too_precise"])
    assert post([row(2, price="1.5")]).status_code == 200
    assert [it["price"] for it in stored(db)] == [Decimal("1.3"), Decimal("1.5")]
    # Digits behind the seconds that the column does not have are cut off, as docs/types.md says.
    assert stored(db)[1]["seen"].isoformat() == "2024-05-06T07:08:09"


def test_a_renamed_and_a_dropped_column_are_refused_by_their_names(db, post):
    assert post([row(1)]).status_code == 200
    db.rows("ALTER TABLE goods RENAME COLUMN name TO label")
    db.rows("ALTER TABLE goods DROP COLUMN seen")
    time.sleep(AFTER)
    assert problem(post([row(2)])) == (422, ["unknown_column"] * 2)
    assert post([{"id": 2, "label": "b", "price": "2"}]).status_code == 200
    assert [it["label"] for it in stored(db)] == ["a", "b"]


def test_a_table_that_goes_and_comes_back(db, post):
    assert post([row(1)]).status_code == 200
    db.rows("RENAME TABLE goods TO goods_before")
    try:
        time.sleep(AFTER)
        assert problem(post([row(2)])) == (422, "unfit_table")
        assert "has no such table" in post([row(2)]).json()["detail"]
        assert post([{"id": 1, "word": "a"}], "/tables/others/rows").status_code == 200
        # A table that is not listed never becomes served.
        assert problem(post([row(2)], "/tables/goods_before/rows")) == (404, "unknown_table")
    finally:
        db.rows("RENAME TABLE goods_before TO goods")
    time.sleep(AFTER)
    assert post([row(2)]).status_code == 200


def test_a_new_unique_key_lets_no_update_change_another_row(db, post):
    assert post([row(1), row(2, name="b")]).status_code == 200
    db.rows("ALTER TABLE goods ADD UNIQUE KEY names (name)")
    before = stored(db)
    answer = post([row(3, name="a", price="9")], on_duplicate="update")
    assert answer.status_code >= 400
    time.sleep(AFTER)
    answer = post([row(3, name="a", price="9")], on_duplicate="update")
    assert answer.status_code >= 400
    assert stored(db) == before


def test_what_the_database_refuses_is_looked_at_before_the_next_request(db, post):
    assert post([row(1)]).status_code == 200
    db.rows("ALTER TABLE goods DROP COLUMN seen")
    answers = [post([row(2)]) for _ in range(2)]
    # The look may have been of just before, or of just after.
    assert problem(answers[0])[0] in (422, 500, 503)
    time.sleep(AFTER)
    assert problem(post([row(2)])) == (422, ["unknown_column"])
    assert len(stored(db)) == 1


def test_a_check_that_is_gone_refuses_nothing_and_a_new_one_is_evaluated(db, post):
    others = "/tables/others/rows"
    assert problem(post([{"id": 1000}], others)) == (422, ["check_violated"])
    db.rows("ALTER TABLE others DROP CONSTRAINT listed")
    time.sleep(AFTER)
    assert post([{"id": 1000}], others).status_code == 200
    db.rows("ALTER TABLE others ADD CONSTRAINT later CHECK (id > 5)")
    time.sleep(AFTER)
    # A dry run asks the database for no CHECK.
    answer = post([{"id": 5}], others, dry_run="true")
    assert problem(answer) == (422, ["check_violated"])
    assert "CHECK later: " in answer.json()["errors"][0]["message"]


def test_a_file_goes_on_by_the_checks_with_which_it_began_or_not_at_all(db, files):
    """A row that the core has refused is found wrong again, or nothing is read on."""
    db.rows("ALTER TABLE goods ADD CONSTRAINT odd CHECK (id NOT IN (7, 590))")
    time.sleep(AFTER)
    key = "incoming/goods/odd.csv"
    files.put(key, lines(True).encode())
    files.wait_until(lambda: db.count("goods") > 50, "no rows")
    db.rows("ALTER TABLE goods DROP CONSTRAINT odd")
    files.wait_until(lambda: files.is_over(key), "the load has not ended")
    (place,) = db.rows("SELECT status, next_row, stored_rows, rejected_rows FROM rowgate_loads")
    assert (place["status"], place["rejected_rows"]) == ("failed", 1)
    assert place["next_row"] == place["stored_rows"] + 1 < ROWS
    event = {"rowgate": "load", "bucket": files.bucket, "key": key}
    assert "CHECK odd: " in files.fail(event)[1]
    assert 7 not in {it["id"] for it in stored(db)} and db.count("goods") == place["stored_rows"]


def test_a_check_that_comes_in_the_middle_of_a_file_is_the_database_s(db, files):
    key = "incoming/goods/later.csv"
    files.put(key, lines(True).encode())
    files.wait_until(lambda: db.count("goods") > 50, "no rows")
    db.rows("ALTER TABLE goods ADD CONSTRAINT late CHECK (id <> 599)")
    files.wait_until(lambda: files.is_over(key), "the load has not ended")
    (place,) = db.rows("SELECT status, next_row, stored_rows, rejected_rows FROM rowgate_loads")
    assert (place["status"], place["stored_rows"], place["rejected_rows"]) == ("partial", ROWS - 1, 1)
    assert db.count("goods") == ROWS - 1


# A change in the middle of a load by a header of id, name, price and seen: whether its rows go on.
CHANGES = [
    ("ADD COLUMN colour VARCHAR(9) NULL AFTER id", True),
    ("MODIFY price DECIMAL(9,1) NULL", False),
    ("RENAME COLUMN name TO label", False),
    ("DROP COLUMN seen", False),
    ("ADD COLUMN shelf INT NOT NULL", False),
]

ROWS = 600


def lines(has_header):
    header = "id,name,price,seen\n" if has_header else ""
    return header + "".join(f"{n},n{n % 100},{n % 90}.5,{AT}\n" for n in range(1, ROWS + 1))


@pytest.mark.parametrize(
    ("change", "goes_on", "has_header"),
    [(*change, True) for change in CHANGES] + [(*change, False) for change in CHANGES[:2]],
)
def test_rows_of_a_file_go_on_by_their_names_or_not_at_all(db, files, post, change, goes_on, has_header):
    """What is stored is what was sent, and the rest is named: nothing is moved to another column."""
    key = "incoming/goods/big.csv"
    files.put(key, lines(has_header).encode())
    files.wait_until(lambda: db.count("goods") > 50, "no rows")
    db.rows(f"ALTER TABLE goods {change}")
    files.wait_until(lambda: files.is_over(key), "the load has not ended")
    for it in stored(db):
        number = it["id"]
        assert it.get("name", it.get("label")) == f"n{number % 100}"
        assert it["price"] == Decimal(f"{number % 90}.5")
        assert it.get("seen", None) is None or it["seen"].isoformat().startswith("2024-05-06T07:08:09.123")
        assert not it.get("colour") and not it.get("shelf")
    if goes_on and has_header:
        assert (status(db), db.count("goods")) == ("complete", ROWS)
        return
    assert status(db) == "failed"
    assert 50 < db.count("goods") < ROWS
    (place,) = db.rows("SELECT next_row, stored_rows, rejected_rows FROM rowgate_loads")
    assert db.count("goods") == place["stored_rows"]
    # Within the look's time the database has refused rows without a value that it required.
    rejected = place["rejected_rows"] if "NOT NULL" in change else 0
    assert place["next_row"] == place["stored_rows"] + rejected
    # Another attempt neither goes on nor begins anew, and says what has become of the columns.
    stop = db.count("goods")
    event = {"rowgate": "load", "bucket": files.bucket, "key": key}
    assert "they were id int NOT NULL PRIMARY KEY, name varchar(5), " in files.fail(event)[1]
    assert (status(db), db.count("goods")) == ("failed", stop)


def status(db):
    rows = db.rows("SELECT status FROM rowgate_loads")
    return rows[0]["status"] if rows else "none"

