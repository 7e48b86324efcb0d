"""Tables of the kinds that well-known examples of MySQL have, written anew: a film rental (Sakila's sixteen) and a
company's staff over the years (the employees database's six), with a generator of rows for each."""

import random
from datetime import date, datetime, timedelta

RENTAL = """
CREATE TABLE performers (
  performer_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  first_name VARCHAR(45) NOT NULL, last_name VARCHAR(45) NOT NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  KEY by_last_name (last_name)
);
CREATE TABLE nations (
  nation_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, nation VARCHAR(50) NOT NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
);
CREATE TABLE towns (
  town_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, town VARCHAR(50) NOT NULL, nation_id SMALLINT UNSIGNED NOT NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  KEY of_nation (nation_id),
  CONSTRAINT town_nation FOREIGN KEY (nation_id) REFERENCES nations (nation_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE places (
  place_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, street VARCHAR(50) NOT NULL, town_id SMALLINT UNSIGNED NOT NULL,
  spot GEOMETRY NOT NULL,
  SPATIAL KEY at_spot (spot),
  CONSTRAINT place_town FOREIGN KEY (town_id) REFERENCES towns (town_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE genres (
  genre_id TINYINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(25) NOT NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
);
CREATE TABLE tongues (
  tongue_id TINYINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name CHAR(20) NOT NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
);
CREATE TABLE films (
  film_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, title VARCHAR(128) NOT NULL, plot TEXT NULL, released YEAR NULL,
  tongue_id TINYINT UNSIGNED NOT NULL, first_tongue_id TINYINT UNSIGNED NULL,
  days TINYINT UNSIGNED NOT NULL DEFAULT 3, rate DECIMAL(4,2) NOT NULL DEFAULT 4.99, minutes SMALLINT UNSIGNED NULL,
  rating ENUM('G','PG','PG-13','R','NC-17') NULL DEFAULT 'G',
  extras SET('Trailers','Commentaries','Deleted Scenes','Behind the Scenes') NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  KEY by_title (title), KEY of_tongue (tongue_id), KEY of_first_tongue (first_tongue_id),
  CONSTRAINT film_tongue FOREIGN KEY (tongue_id) REFERENCES tongues (tongue_id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT film_first_tongue FOREIGN KEY (first_tongue_id) REFERENCES tongues (tongue_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE film_performers (
  performer_id SMALLINT UNSIGNED NOT NULL, film_id SMALLINT UNSIGNED NOT NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (performer_id, film_id), KEY of_film (film_id),
  CONSTRAINT role_performer FOREIGN KEY (performer_id) REFERENCES performers (performer_id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT role_film FOREIGN KEY (film_id) REFERENCES films (film_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE film_genres (
  film_id SMALLINT UNSIGNED NOT NULL, genre_id TINYINT UNSIGNED NOT NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (film_id, genre_id),
  CONSTRAINT kind_film FOREIGN KEY (film_id) REFERENCES films (film_id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT kind_genre FOREIGN KEY (genre_id) REFERENCES genres (genre_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE film_words (
  film_id SMALLINT UNSIGNED NOT NULL PRIMARY KEY, title VARCHAR(255) NOT NULL, words TEXT NULL,
  FULLTEXT KEY in_words (title, words)
);
CREATE TABLE shops (
  shop_id TINYINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, head_id TINYINT UNSIGNED NOT NULL, place_id SMALLINT UNSIGNED NOT NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  UNIQUE KEY one_head (head_id), KEY of_place (place_id),
  CONSTRAINT shop_place FOREIGN KEY (place_id) REFERENCES places (place_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE clerks (
  clerk_id TINYINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(45) NOT NULL, place_id SMALLINT UNSIGNED NOT NULL,
  picture BLOB NULL, email VARCHAR(50) NULL, shop_id TINYINT UNSIGNED NOT NULL, is_active BOOLEAN NOT NULL DEFAULT TRUE,
  secret VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  CONSTRAINT clerk_shop FOREIGN KEY (shop_id) REFERENCES shops (shop_id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT clerk_place FOREIGN KEY (place_id) REFERENCES places (place_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
ALTER TABLE shops ADD CONSTRAINT shop_head FOREIGN KEY (head_id) REFERENCES clerks (clerk_id) ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE TABLE members (
  member_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, shop_id TINYINT UNSIGNED NOT NULL, name VARCHAR(45) NOT NULL,
  email VARCHAR(50) NULL, place_id SMALLINT UNSIGNED NOT NULL, is_active BOOLEAN NOT NULL DEFAULT TRUE, joined DATETIME NOT NULL,
  changed TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  KEY by_name (name),
  CONSTRAINT member_place FOREIGN KEY (place_id) REFERENCES places (place_id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT member_shop FOREIGN KEY (shop_id) REFERENCES shops (shop_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE copies (
  copy_id MEDIUMINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, film_id SMALLINT UNSIGNED NOT NULL, shop_id TINYINT UNSIGNED NOT NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  KEY by_shop_and_film (shop_id, film_id),
  CONSTRAINT copy_shop FOREIGN KEY (shop_id) REFERENCES shops (shop_id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT copy_film FOREIGN KEY (film_id) REFERENCES films (film_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE rentals (
  rental_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, rented DATETIME NOT NULL, copy_id MEDIUMINT UNSIGNED NOT NULL,
  member_id SMALLINT UNSIGNED NOT NULL, returned DATETIME NULL, clerk_id TINYINT UNSIGNED NOT NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  UNIQUE KEY once (rented, copy_id, member_id),
  CONSTRAINT rental_clerk FOREIGN KEY (clerk_id) REFERENCES clerks (clerk_id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT rental_copy FOREIGN KEY (copy_id) REFERENCES copies (copy_id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT rental_member FOREIGN KEY (member_id) REFERENCES members (member_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE payments (
  payment_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, member_id SMALLINT UNSIGNED NOT NULL, clerk_id TINYINT UNSIGNED NOT NULL,
  rental_id INT NULL, amount DECIMAL(5,2) NOT NULL, paid DATETIME NOT NULL,
  changed TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  CONSTRAINT payment_rental FOREIGN KEY (rental_id) REFERENCES rentals (rental_id) ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT payment_member FOREIGN KEY (member_id) REFERENCES members (member_id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT payment_clerk FOREIGN KEY (clerk_id) REFERENCES clerks (clerk_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE VIEW long_films AS SELECT film_id, title FROM films WHERE minutes > 120;
"""

STAFF = """
CREATE TABLE workers (
  no INT NOT NULL PRIMARY KEY, born DATE NOT NULL, first_name VARCHAR(14) NOT NULL, last_name VARCHAR(16) NOT NULL,
  sex ENUM('M','F') NOT NULL, hired DATE NOT NULL
);
CREATE TABLE divisions (no CHAR(4) NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, UNIQUE KEY one_name (name));
CREATE TABLE division_heads (
  no INT NOT NULL, division CHAR(4) NOT NULL, since DATE NOT NULL, until DATE NOT NULL, PRIMARY KEY (no, division),
  CONSTRAINT head_worker FOREIGN KEY (no) REFERENCES workers (no) ON DELETE CASCADE,
  CONSTRAINT head_division FOREIGN KEY (division) REFERENCES divisions (no) ON DELETE CASCADE
);
CREATE TABLE division_workers (
  no INT NOT NULL, division CHAR(4) NOT NULL, since DATE NOT NULL, until DATE NOT NULL, PRIMARY KEY (no, division),
  CONSTRAINT worker_worker FOREIGN KEY (no) REFERENCES workers (no) ON DELETE CASCADE,
  CONSTRAINT worker_division FOREIGN KEY (division) REFERENCES divisions (no) ON DELETE CASCADE
);
CREATE TABLE ranks (
  no INT NOT NULL, rank_name VARCHAR(50) NOT NULL, since DATE NOT NULL, until DATE NULL, PRIMARY KEY (no, rank_name, since),
  CONSTRAINT rank_worker FOREIGN KEY (no) REFERENCES workers (no) ON DELETE CASCADE
);
CREATE TABLE wages (
  no INT NOT NULL, wage INT NOT NULL, since DATE NOT NULL, until DATE NOT NULL, PRIMARY KEY (no, since),
  CONSTRAINT wage_worker FOREIGN KEY (no) REFERENCES workers (no) ON DELETE CASCADE
);
"""

# Rows that rowgate does not write: places have a geometry, and the first shop and its head need each other.
SEEDS = [
    "INSERT INTO nations (nation_id, nation) VALUES (200, 'Seed')",
    "INSERT INTO towns (town_id, town, nation_id) VALUES (200, 'Seed', 200)",
    "INSERT INTO places VALUES (1, 'One Road', 200, ST_GeomFromText('POINT(1 2)')), (2, 'Two Road', 200, ST_GeomFromText('POINT(3 4)'))",
    "INSERT INTO shops (shop_id, head_id, place_id) VALUES (1, 1, 1)",
    "INSERT INTO clerks (clerk_id, name, place_id, shop_id) VALUES (1, 'Seed', 1, 1)",
]


def rental_rows(chance=None):
    """Rows of each table, parents first."""
    chance = chance or random.Random(16)
    moment = lambda: str(datetime(2005, 5, 24) + timedelta(minutes=chance.randrange(400_000)))
    name = lambda: "".join(chance.choice("aeioulmnrst äß") for _ in range(chance.randrange(3, 20))).strip() or "x"
    stamp = lambda: f"{datetime(2006, 2, 15) + timedelta(seconds=chance.randrange(10**7)):%Y-%m-%dT%H:%M:%S}Z"
    ids = lambda count: range(1, count + 1)
    yield "performers", [{"performer_id": id, "first_name": name(), "last_name": name(), "changed": stamp()} for id in ids(60)]
    yield "nations", [{"nation_id": id, "nation": name(), "changed": stamp()} for id in ids(30)]
    yield "towns", [{"town_id": id, "town": name(), "nation_id": chance.choice(ids(30))} for id in ids(60)]
    yield "genres", [{"genre_id": id, "name": name()} for id in ids(16)]
    yield "tongues", [{"tongue_id": id, "name": name()} for id in ids(6)]
    extras = ["Trailers", "Commentaries", "Deleted Scenes", "Behind the Scenes"]
    yield "films", [
        {"film_id": id, "title": name(), "plot": name() * 9, "released": 1950 + id % 70, "tongue_id": chance.choice(ids(6)),
         "first_tongue_id": chance.choice([None, *ids(6)]), "days": id % 9, "rate": f"{id % 50}.99", "minutes": 40 + id,
         "rating": chance.choice(["G", "PG", "PG-13", "R", "NC-17", None]),
         "extras": ",".join(extra for extra in extras if chance.random() < 0.4), "changed": stamp()}
        for id in ids(120)
    ]  # fmt: skip
    pairs = [(a, b) for a in ids(60) for b in ids(120) if chance.random() < 0.03]
    yield "film_performers", [{"performer_id": a, "film_id": b} for a, b in pairs]
    yield "film_genres", [{"film_id": id, "genre_id": chance.choice(ids(16))} for id in ids(120)]
    yield "film_words", [{"film_id": id, "title": name(), "words": name()} for id in ids(120)]
    yield "clerks", [{"clerk_id": 2, "name": "Zoë", "place_id": 2, "shop_id": 1, "picture": "iVBORw0KGgo=", "is_active": False}]
    yield "shops", [{"shop_id": 2, "head_id": 2, "place_id": 2}]
    yield "members", [
        {"member_id": id, "shop_id": 1 + id % 2, "name": name(), "email": f"{id}@x.example", "place_id": 1 + id % 2,
         "joined": moment()} for id in ids(80)
    ]  # fmt: skip
    yield "copies", [{"copy_id": id, "film_id": chance.choice(ids(120)), "shop_id": 1 + id % 2} for id in ids(200)]
    yield "rentals", [
        {"rental_id": id, "rented": moment(), "copy_id": chance.choice(ids(200)), "member_id": chance.choice(ids(80)),
         "returned": chance.choice([None, moment()]), "clerk_id": 1 + id % 2} for id in ids(500)
    ]  # fmt: skip
    yield "payments", [
        {"payment_id": id, "member_id": chance.choice(ids(80)), "clerk_id": 1 + id % 2, "rental_id": chance.choice([None, id]),
         "amount": f"{id % 12}.99", "paid": moment()} for id in ids(500)
    ]  # fmt: skip


def staff_rows(chance=None):
    """Rows of each table, parents first."""
    chance = chance or random.Random(6)
    day = lambda first: str(date(first, 1, 1) + timedelta(days=chance.randrange(5_000)))
    nos = range(10_001, 10_301)
    divisions = [f"d{number:03}" for number in range(1, 10)]
    yield "workers", [
        {"no": no, "born": day(1952), "first_name": f"F{no}", "last_name": f"L{no % 37}", "sex": chance.choice("MF"), "hired": day(1985)}
        for no in nos
    ]
    yield "divisions", [{"no": no, "name": f"Division {no}"} for no in divisions]
    yield "division_heads", [
        {"no": chance.choice(nos), "division": no, "since": day(1985), "until": "9999-01-01"} for no in divisions
    ]
    yield "division_workers", [
        {"no": no, "division": chance.choice(divisions), "since": day(1985), "until": "9999-01-01"} for no in nos
    ]
    yield "ranks", [
        {"no": no, "rank_name": rank, "since": day(1986), "until": chance.choice([None, day(1999)])}
        for no in nos for rank in ("Engineer", "Senior Engineer")
    ]  # fmt: skip
    yield "wages", [
        {"no": no, "wage": 40_000 + chance.randrange(60_000), "since": f"{year}-06-26", "until": f"{year + 1}-06-26"}
        for no in nos for year in range(1986, 1992)
    ]  # fmt: skip
