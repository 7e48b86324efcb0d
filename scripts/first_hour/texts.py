"""The service's own texts, asked for with AWS's command before rowgate's is trusted."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

# A table of the script's own.
TABLE = "first_hour"

VARIABLES = [
    "version", "sql_mode", "max_allowed_packet", "group_concat_max_len", "time_zone",
    "transaction_isolation", "character_set_server", "collation_server", "innodb_autoinc_lock_mode",
    "innodb_lock_wait_timeout", "max_connections", "wait_timeout",
]  # fmt: skip

# Calls at the same time.
AT_ONCE = 12

# Longer than the Data API lets a statement run.
SLEEP_SECONDS = 50

# Thirty of these are more than 1 MiB.
LONG_TEXT = 40_000


def ask(hour):
    """Every text of the Data API that can be had in a minute."""
    variables(hour)
    errors(hour)
    transactions(hour)
    limits(hour)
    answer(hour, "connection_cap", at_once(hour))
    wrong_signature(hour)
    with_table(hour)


def answer(hour, name, seen, holds=None):
    hour.record.answer(name, seen, holds)
    hour.say(seen, name)


def variables(hour):
    for name in VARIABLES:
        reply = hour.database.sql(f"SELECT @@{name}")
        seen = reply.words() if not reply.is_good else first(reply)
        answer(hour, "server_variables", f"{name}: {seen}")
    hour.record.versions["database"] = hour.database.value("SELECT VERSION()")
    aurora = hour.database.sql("SELECT AURORA_VERSION()")
    hour.record.versions["aurora"] = first(aurora) if aurora.is_good else "none"
    revokes = hour.database.sql("SELECT @@partial_revokes")
    if revokes.is_good:
        answer(hour, "underscore_in_grants", f"partial_revokes: {first(revokes)}", first(revokes) == "0")
    grants = hour.database.sql("SHOW GRANTS")
    for record in grants.data.get("records", []):
        answer(hour, "admin_grants", privileges("".join(text(field) for field in record)))


def first(reply):
    return text(reply.data["records"][0][0])


def text(field):
    """A field's value as a text."""
    ((member, value),) = field.items()
    return "NULL" if member == "isNull" else str(value)


def privileges(grant):
    """A grant without its user."""
    return re.split(r" TO [`'\"]", grant)[0]


def errors(hour):
    reply = hour.database.sql("SELEC 1")
    answer(hour, "syntax_error_text", reply.words(), "1064" in reply.text)
    cast = hour.database.sql("SELECT CAST('2021-07-27T16:02:08Z' AS DATETIME)")
    answer(hour, "cast_z", first(cast) if cast.is_good else cast.words())


def transactions(hour):
    database = hour.database
    for how in ("commit", "rollback"):
        reply = database.end(database.begin(), how)
        answer(hour, "transaction_status_text", f"{how}: {reply.words()}")
    over = database.begin()
    database.end(over)
    reply = database.sql("SELECT 1", transaction=over)
    known = ("TransactionNotFoundException", "NotFoundException")
    answer(hour, "transaction_not_found", reply.words(), reply.kind in known)
    # Inside of a transaction, so that a connection of the service's pool keeps nothing of it.
    snapshot = database.begin()
    reply = database.sql("START TRANSACTION WITH CONSISTENT SNAPSHOT", transaction=snapshot)
    answer(hour, "start_transaction_sql", reply.words() if not reply.is_good else "accepted")
    database.end(snapshot)


def limits(hour):
    database = hour.database
    long = f"SELECT REPEAT('x', {LONG_TEXT}) FROM information_schema.collations LIMIT 30"
    transaction = database.begin()
    reply = database.sql(long, transaction=transaction)
    answer(hour, "response_limit_text", "not refused" if reply.is_good else reply.words(), not reply.is_good)
    alive = database.sql("SELECT 1", transaction=transaction)
    answer(hour, "response_limit_transaction", "alive" if alive.is_good else alive.words())
    database.end(transaction)


def at_once(hour):
    """How the calls ended that were made at the same time, counted."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        replies = list(pool.map(lambda _: hour.database.sql("SELECT SLEEP(1)"), range(AT_ONCE)))
    refused = {reply.words() for reply in replies if not reply.is_good}
    good = sum(reply.is_good for reply in replies)
    return "; ".join([f"{good} of {AT_ONCE} calls at once were answered", *sorted(refused)])


def wrong_signature(hour):
    wrong = hour.aws.credentials() | {"AWS_SECRET_ACCESS_KEY": "wrong"}
    reply = hour.database.sql("SELECT 1", **wrong)
    answer(hour, "signature_error", reply.words(), not reply.is_good)


def with_table(hour):
    """What needs a table; it is dropped in the end."""
    database = hour.database
    database.sql(f"DROP TABLE IF EXISTS {TABLE}")
    made = database.sql(f"CREATE TABLE {TABLE} (id INT NOT NULL PRIMARY KEY, b TINYINT(1) NOT NULL)")
    if not made.is_good:
        raise RuntimeError(made.words())
    try:
        rows_and_keys(hour)
        batch(hour)
    finally:
        database.sql(f"DROP TABLE {TABLE}")


def rows_and_keys(hour):
    database = hour.database
    insert = f"INSERT INTO {TABLE} VALUES (1, 5)"
    database.sql(insert)
    reply = database.sql(insert)
    answer(hour, "duplicate_key_text", reply.words(), "1062" in reply.text)
    reply = database.sql(f"INSERT INTO {TABLE} (id, b) VALUES (3, NULL)")
    answer(hour, "other_error_texts", reply.words(), "1048" in reply.text)
    reply = database.sql(f"SELECT b FROM {TABLE}")
    field = json.dumps(reply.data["records"][0][0]) if reply.is_good else reply.words()
    answer(hour, "tinyint_1", field)
    reply = database.sql(f"SHOW CREATE TABLE {TABLE}")
    seen = text(reply.data["records"][0][1]) if reply.is_good else reply.words()
    answer(hour, "show_create_table", seen, seen.startswith(f"CREATE TABLE `{TABLE}`"))


def batch(hour):
    """Two new keys with one between that is there already."""
    sets = [[{"name": "id", "value": {"longValue": id}}] for id in (11, 1, 12)]
    reply = hour.database.call(
        "batch-execute-statement", "--database", hour.names["DatabaseName"],
        "--sql", f"INSERT INTO {TABLE} VALUES (:id, 0)", "--parameter-sets", json.dumps(sets),
    )  # fmt: skip
    kept = hour.database.value(f"SELECT COUNT(*) FROM {TABLE} WHERE id IN (11, 12)")
    answer(hour, "batch_part_commits", f"{kept} of 2 rows kept; {reply.words()}")


def sleep(hour):
    """A statement of more than 45 seconds."""
    began = time.monotonic()
    reply = hour.database.sql(f"SELECT SLEEP({SLEEP_SECONDS})")
    seconds = time.monotonic() - began
    seen = reply.words() if not reply.is_good else f"answered {first(reply)}"
    answer(hour, "statement_timeout", f"after {seconds:.0f} s: {seen}",
           reply.kind == "StatementTimeoutException")  # fmt: skip
