"""Clients that hang up at random moments: no transaction stays open, and no request is half stored.

$ROWGATE_HANG_UPS says how many clients (150); `scripts/property-hang-ups N` runs them by themselves. A
failure prints the seed ($ROWGATE_SEED).
"""

import json
import os
import random
import socket
import struct
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

CLIENTS = int(os.environ.get("ROWGATE_HANG_UPS", "150"))
SEED = int(os.environ.get("ROWGATE_SEED", "20261128"))

# Rows of a request; each request has ids of its own.
ROWS = 20

# What a call of the Data API takes more, so that there are moments between two.
LATENCY = "any:latency=20"

# What a request takes at the most, in seconds; some clients hang up behind that.
LONGEST = 0.4

# How long Cloudflare lets a Worker go on after its client is gone.
GRACE_SECONDS = 30

pytestmark = pytest.mark.usefixtures("empty_tables")


def test_a_client_that_hangs_up_leaves_nothing_half_done(stack, db, post, fault):
    fault(LATENCY)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: hang_up(stack, number), range(CLIENTS)))
    wait_for_the_end(db)
    fault()
    found = Counter((row["id"] - 1) // ROWS for row in db.rows("SELECT id FROM jobs"))
    print(f"\n{CLIENTS} clients, seed {SEED}: {len(found)} requests stored, "
          f"{CLIENTS - len(found)} not.")
    assert set(found.values()) <= {ROWS}, (SEED, found)
    assert 0 < len(found) < CLIENTS, "no client hung up early, or all did"
    # No lock is left: each row is written again at once, and each key is answered.
    began = time.monotonic()
    every = [row for number in range(CLIENTS) for row in rows(number)]
    for first in range(0, len(every), 10_000):
        body = every[first : first + 10_000]
        assert post("/tables/jobs/rows", body, on_duplicate="update").status_code == 200
    for number in range(0, CLIENTS, 10):
        assert post("/tables/jobs/rows", rows(number), on_duplicate="update").status_code == 200
    assert time.monotonic() - began < GRACE_SECONDS


def rows(number):
    return [{"id": number * ROWS + 1 + row, "job": f"j{number}"} for row in range(ROWS)]


def hang_up(stack, number):
    """Sends one request and resets the connection after a while, answered or not."""
    rng = random.Random(SEED * 1_000_000 + number)
    url = urlsplit(stack["edge"])
    body = json.dumps(rows(number)).encode()
    # In a transaction, or in one call.
    policy = rng.choice(["on_duplicate=update&on_error=skip", "on_duplicate=update", "on_duplicate=keep"])
    head = [
        f"POST /tables/jobs/rows?{policy} HTTP/1.1",
        f"host: {url.netloc}",
        f"x-api-key: {stack['api_key']}",
        "content-type: application/json",
        f"content-length: {len(body)}",
    ]
    if rng.random() < 0.6:
        head.append(f"idempotency-key: hang-up-{number}")
    sent = len(body) if rng.random() < 0.9 else rng.randrange(len(body))
    with socket.create_connection((url.hostname, url.port)) as connection:
        # Closing it resets it, as a process that is killed does.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body[:sent])
        time.sleep(rng.uniform(0, LONGEST))


def wait_for_the_end(db):
    """Nothing is asked of the database while it is waited, so what is open then stays open."""
    until = time.monotonic() + GRACE_SECONDS
    while db.value("SELECT COUNT(*) FROM information_schema.innodb_trx"):
        assert time.monotonic() < until, "a transaction is still open"
        time.sleep(0.2)
