"""Tables of one's own with ids that the database gives, unique keys, foreign keys, CHECKs and a tree."""

from contextlib import contextmanager

import pytest
import requests
from conftest import client, database, running, sender
from files import Files, ndjson

TABLES = """
CREATE TABLE customers (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(80) NOT NULL,
  name VARCHAR(80) NOT NULL,
  country VARCHAR(2) NOT NULL DEFAULT 'DE',
  points INT NULL,
  UNIQUE KEY uq_email (email),
  CONSTRAINT ck_points CHECK (points >= 0)
);
CREATE TABLE products (
  id INT NOT NULL PRIMARY KEY,
  sku VARCHAR(20) NOT NULL,
  title VARCHAR(80) NULL,
  UNIQUE KEY uq_sku (sku(4))
);
CREATE TABLE orders (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer INT NOT NULL,
  note VARCHAR(40) NULL,
  CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id)
);
CREATE TABLE staff (
  id INT NOT NULL PRIMARY KEY,
  name VARCHAR(40) NOT NULL,
  boss INT NULL,
  CONSTRAINT of_boss FOREIGN KEY (boss) REFERENCES staff (id)
);
CREATE TABLE seats (
  id INT NOT NULL PRIMARY KEY,
  room INT NULL,
  place VARCHAR(9) NULL,
  UNIQUE KEY uq_place (room, place)
);
"""

EMPTY = ("orders", "customers", "products", "seats")

CUSTOMERS = "/tables/customers/rows"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    path = tmp_path_factory.mktemp("shop") / "tables.sql"
    path.write_text(TABLES)
    with running("--schema", path) as stack:
        yield stack


@pytest.fixture(scope="module")
def shop_db(shop):
    with database(shop) as connection:
        yield connection


@pytest.fixture
def post(shop, shop_db):
    shop_db.empty(*EMPTY)
    shop_db.rows("UPDATE staff SET boss = NULL")
    shop_db.empty("staff")
    return sender(shop)


@contextmanager
def unchanged(db, table):
    """What a table holds stays as it is."""
    before = db.rows(f"SELECT * FROM {table} ORDER BY id")
    yield
    assert db.rows(f"SELECT * FROM {table} ORDER BY id") == before


def customer(name, email=None, **more):
    return {"name": name, "email": email or f"{name}@shop.example".lower()} | more


def codes(answer):
    return [(error["index"], error["column"], error["code"]) for error in answer.json()["errors"]]


def counts(answer, table):
    found = answer.json()["tables"][table]
    assert found["received"] == found["stored"] + found["kept"] + found["rejected"]
    if "inserted" in found:
        assert found["stored"] == found["inserted"] + found["updated"]
    return found


def emails(db):
    return {row["id"]: row["email"] for row in db.rows("SELECT id, email FROM customers")}


def test_ids_come_back_in_the_order_of_their_rows(post, shop_db):
    rows = [customer(f"c{number}") for number in range(2_500)]
    answer = post(CUSTOMERS, rows, **{"return": "ids"})
    assert answer.status_code == 200, answer.text
    runs = answer.json()["tables"]["customers"]["ids"]
    given = {index + at: id + at for index, id, count in runs for at in range(count)}
    stored = emails(shop_db)
    assert [stored[given[index]] for index in range(2_500)] == [row["email"] for row in rows]
    assert len(runs) <= 10


def test_rows_with_and_without_an_id_are_told_apart(post, shop_db):
    rows = [customer("a"), customer("b", id=7_000), customer("c", id=None)]
    answer = post(CUSTOMERS, rows, **{"return": "ids", "on_duplicate": "update"})
    assert answer.status_code == 200, answer.text
    (first, second) = answer.json()["tables"]["customers"]["ids"]
    assert (first[0], second[0], first[2], second[2]) == (0, 2, 1, 1)
    stored = emails(shop_db)
    assert (stored[first[1]], stored[second[1]]) == ("a@shop.example", "c@shop.example")
    assert stored[7_000] == "b@shop.example"
    # Without the option there are none in the answer.
    assert "ids" not in post(CUSTOMERS, [customer("d")]).json()["tables"]["customers"]


def test_a_csv_file_needs_no_column_for_the_id(post, shop_db):
    answer = post(CUSTOMERS, "name,email\nAnn,ann@x.example\nBob,bob@x.example\n")
    assert answer.status_code == 200, answer.text
    answer = post(CUSTOMERS, "id,name,email\n,Cid,cid@x.example\n900,Dan,dan@x.example\n")
    assert answer.status_code == 200, answer.text
    stored = shop_db.rows("SELECT country, COUNT(*) AS n FROM customers GROUP BY country")
    assert stored == [{"country": "DE", "n": 4}]


@pytest.mark.parametrize("on_duplicate", ["fail", "keep", "update"])
def test_no_row_is_written_over_that_was_not_named(post, shop_db, on_duplicate):
    post(CUSTOMERS, [customer("Ann", id=1), customer("Bob", id=2)])
    rows = [
        customer("Cid", id=3),
        customer("Dan", "ANN@Shop.example", id=4),
        customer("Eve", id=5),
        customer("Fay", "EVE@shop.example", id=6),
        customer("New", "bob@shop.example"),
    ]
    with unchanged(shop_db, "customers"):
        dry = post(CUSTOMERS, rows, on_duplicate=on_duplicate, dry_run="true")
        answer = post(CUSTOMERS, rows, on_duplicate=on_duplicate)
    expected = [(1, None, "conflict"), (3, None, "conflict"), (4, None, "conflict")]
    assert (answer.status_code, codes(answer)) == (409, expected), answer.text
    assert answer.json()["type"] == "urn:rowgate:problem:conflict"
    assert (dry.status_code, sorted(codes(dry))) == (409, expected), dry.text
    messages = [error["message"] for error in answer.json()["errors"]]
    assert all("uq_email" in message for message in messages), messages
    assert "index 2" in messages[1], messages

    answer = post(CUSTOMERS, rows, on_duplicate=on_duplicate, on_error="skip")
    assert (answer.status_code, sorted(codes(answer))) == (207, expected), answer.text
    stored = emails(shop_db)
    assert (stored[1], stored[2], stored[3], stored[5]) == (
        "ann@shop.example", "bob@shop.example", "cid@shop.example", "eve@shop.example",
    )  # fmt: skip
    assert len(stored) == 4


def test_an_update_changes_what_comes_and_inserts_the_rest(post, shop_db):
    post(CUSTOMERS, [customer("Ann", id=1, points=5), customer("Bob", id=2, points=6)])
    rows = [{"id": 2, "points": 60}, customer("Cid", id=3), {"id": 4, "points": 1}]
    answer = post(CUSTOMERS, rows, on_duplicate="update", on_error="skip")
    assert answer.status_code == 207, answer.text
    assert codes(answer) == [(2, "email", "missing"), (2, "name", "missing")]
    found = counts(answer, "customers")
    assert (found["inserted"], found["updated"], found["rejected"]) == (1, 1, 1)
    stored = shop_db.rows("SELECT id, name, country, points FROM customers ORDER BY id")
    assert stored == [
        {"id": 1, "name": "Ann", "country": "DE", "points": 5},
        {"id": 2, "name": "Bob", "country": "DE", "points": 60},
        {"id": 3, "name": "Cid", "country": "DE", "points": None},
    ]
    # A row may give its value in a unique key away to a new one.
    moved = [customer("Ann", "old@shop.example", id=1), customer("Dan", "ann@shop.example", id=5)]
    answer = post(CUSTOMERS, moved, on_duplicate="update")
    assert (answer.status_code, counts(answer, "customers")["inserted"]) == (200, 1), answer.text
    assert emails(shop_db)[1] == "old@shop.example" and emails(shop_db)[5] == "ann@shop.example"


def test_rows_are_known_by_the_key_that_is_named(post, shop_db):
    post(CUSTOMERS, [customer("Ann", id=1), customer("Bob", id=2)])
    by_email = CUSTOMERS + "?on_duplicate=update&key=uq_email"
    rows = [customer("Anna", "ANN@shop.example"), customer("Cid"), {"email": "bob@shop.example", "points": 9}]
    answer = post(by_email, rows)
    assert answer.status_code == 200, answer.text
    found = counts(answer, "customers")
    assert (found["inserted"], found["updated"]) == (1, 2)
    stored = {row["id"]: row for row in shop_db.rows("SELECT * FROM customers")}
    assert (stored[1]["name"], stored[2]["name"], stored[2]["points"]) == ("Anna", "Bob", 9)
    assert len(stored) == 3

    # The primary key is never changed, and its own conflicts are named.
    answer = post(by_email, [customer("Ann", id=77), customer("Zoe", id=2)], on_error="skip")
    assert codes(answer) == [(1, None, "conflict")], answer.text
    assert "PRIMARY" in answer.json()["errors"][0]["message"]
    assert 77 not in emails(shop_db)

    twice = [customer("Eve"), customer("Eva", "EVE@shop.example")]
    answer = post(by_email, twice)
    assert (answer.status_code, codes(answer)) == (422, [(1, "email", "duplicate_in_batch")])
    answer = post(by_email, [{"name": "Flo"}])
    assert codes(answer) == [(0, "email", "missing")]
    kept = post(CUSTOMERS + "?key=uq_email", [twice[0], customer("Ann")], on_duplicate="keep")
    assert (kept.status_code, counts(kept, "customers")["kept"]) == (200, 1), kept.text
    failed = post(CUSTOMERS + "?key=uq_email", [customer("Ann")])
    assert (failed.status_code, codes(failed)) == (409, [(0, "email", "exists")])

    for table, key, detail in [
        ("customers", "uq_nothing", "PRIMARY, uq_email"),
        ("products", "uq_sku", "whole columns"),
    ]:
        answer = post(f"/tables/{table}/rows?key={key}", [])
        assert answer.status_code == 400 and detail in answer.json()["detail"], answer.text
    assert post("/insert_data?key=uq_email", {}).status_code == 400


def test_a_key_of_the_beginning_of_a_text_is_named(post, shop_db):
    products = "/tables/products/rows"
    assert post(products, [{"id": 1, "sku": "ABCD-1"}]).status_code == 200
    rows = [{"id": 2, "sku": "abcd-2"}, {"id": 3, "sku": "XYZ"}]
    for on_duplicate in ("fail", "keep", "update"):
        with unchanged(shop_db, "products"):
            answer = post(products, rows, on_duplicate=on_duplicate)
        assert codes(answer) == [(0, None, "conflict")], answer.text
        assert "uq_sku" in answer.json()["errors"][0]["message"]


def test_rows_without_a_value_in_a_key_never_collide(post, shop_db):
    seats = "/tables/seats/rows"
    rows = [
        {"id": 1, "room": 1, "place": "a"},
        {"id": 2, "room": None, "place": "a"},
        {"id": 3, "room": None, "place": "a"},
        {"id": 4, "room": 1, "place": None},
        {"id": 5, "room": 1, "place": None},
        {"id": 6, "room": 2, "place": "a"},
    ]
    answer = post(seats, rows, on_duplicate="update")
    assert (answer.status_code, counts(answer, "seats")["inserted"]) == (200, 6), answer.text
    answer = post(seats, [{"id": 7, "room": 1, "place": "A"}, {"id": 6, "room": 1, "place": "a"}], on_duplicate="update")
    assert sorted(codes(answer)) == [(0, None, "conflict"), (1, None, "conflict")], answer.text
    assert shop_db.count("seats") == 6


def test_parents_are_asked_for_by_foreign_keys(post, shop_db):
    post(CUSTOMERS, [customer("Ann", id=1)])
    orders = "/tables/orders/rows"
    rows = [{"customer": 1}, {"customer": 8, "note": "x"}, {"customer": 1, "note": "y"}]
    answer = post(orders, rows, on_error="skip")
    assert (answer.status_code, codes(answer)) == (207, [(1, "customer", "unknown_reference")])
    assert "of_customer" in answer.json()["errors"][0]["message"]
    assert shop_db.count("orders") == 2
    dry = post(orders, rows, dry_run="true")
    assert (dry.status_code, codes(dry)) == (422, [(1, "customer", "unknown_reference")])

    both = {"orders": [{"customer": 50}], "customers": [customer("Bob", id=50)]}
    assert post("/insert_data", both, dry_run="true").status_code == 200
    assert post("/insert_data", both).status_code == 200
    answer = post(orders, [{"id": 3, "customer": 9}], on_duplicate="update")
    assert codes(answer) == [(0, "customer", "unknown_reference")], answer.text


def test_a_check_is_named(post, shop_db):
    rows = [customer(f"c{number}", points=-number if number in (3, 17) else 1) for number in range(20)]
    for more in ({}, {"on_duplicate": "update"}):
        answer = post(CUSTOMERS, rows, **more)
        assert answer.status_code == 422, answer.text
        assert codes(answer) == [(3, None, "check_violated"), (17, None, "check_violated")]
        assert "ck_points" in answer.json()["errors"][0]["message"]
    assert shop_db.count("customers") == 0


def test_the_rows_of_a_tree_are_stored_parents_first(post, shop_db):
    staff = "/tables/staff/rows"
    tree = [{"id": number, "name": f"p{number}", "boss": number + 1} for number in range(1, 40)]
    rows = [*tree, {"id": 40, "name": "head"}]
    for on_duplicate in ("fail", "keep", "update"):
        answer = post(staff, rows, on_duplicate=on_duplicate)
        assert answer.status_code == 200, answer.text
        assert shop_db.count("staff") == 40
        if on_duplicate != "update":
            shop_db.rows("UPDATE staff SET boss = NULL")
            shop_db.empty("staff")
    # An old row gets a new one as its boss.
    rows = [{"id": 41, "name": "new head"}, {"id": 40, "boss": 41}]
    answer = post(staff, rows, on_duplicate="update")
    assert answer.status_code == 200, answer.text
    assert shop_db.value("SELECT boss FROM staff WHERE id = 40") == 41

    circle = [
        {"id": 51, "name": "a", "boss": 52},
        {"id": 52, "name": "b", "boss": 51},
        {"id": 53, "name": "c", "boss": 53},
        {"id": 54, "name": "d", "boss": 99},
    ]
    answer = post(staff, circle, on_error="skip")
    assert sorted(codes(answer)) == [
        (0, None, "reference_cycle"),
        (1, None, "reference_cycle"),
        (3, "boss", "unknown_reference"),
    ], answer.text
    assert shop_db.value("SELECT boss FROM staff WHERE id = 53") == 53


def test_files_name_what_http_does(shop, post, shop_db):
    post(CUSTOMERS, [customer("Ann", id=1)])
    files = Files(shop, client(shop, "s3"), client(shop, "lambda"))
    rows = [
        customer("Bob", id=2),
        customer("Cid", "ann@shop.example", id=3),
        {"id": 1, "points": 4},
        {"id": 9, "points": 4},
        customer("Dan", points=-1),
        customer("Eve"),
    ]
    key = "incoming/customers/may.ndjson"
    report = files.load(key, ndjson(rows))
    assert report["status"] == "partial", report
    found = [(error["line"], error["code"]) for error in report["errors"]]
    assert sorted(found) == [(2, "conflict"), (4, "missing"), (4, "missing"), (5, "check_violated")]
    stored = {row["id"]: row for row in shop_db.rows("SELECT * FROM customers")}
    assert (len(stored), stored[1]["points"], stored[1]["name"]) == (3, 4, "Ann")


def test_ids_are_the_same_when_a_request_is_sent_again(shop, post, shop_db):
    headers = {
        "x-api-key": shop["api_key"],
        "content-type": "application/json",
        "idempotency-key": "shop-1",
    }
    url, rows = shop["edge"] + CUSTOMERS + "?return=ids", [customer("Ann"), customer("Bob")]
    first, again = (requests.post(url, json=rows, headers=headers) for _ in range(2))
    assert first.status_code == 200, first.text
    assert again.content == first.content and again.headers["idempotent-replayed"] == "true"
    assert shop_db.count("customers") == 2
