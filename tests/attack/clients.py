"""Clients that send what takes a gateway long, in a process of their own: python -m attack.clients WHAT
EDGE KEY SECONDS. Says `ready`, then, at its end, how often each status was answered."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import requests
from attack.bodies import JSON, WORST

ROWS = "/tables/jobs/rows?on_duplicate=update"
# What the gateway says to those it refuses; one whose connection is reset waits as long.
RETRY_AFTER = 5
RESET = "reset"


class Clients:
    """The process, and what it was answered once it has ended."""

    def __init__(self, process):
        self.process, self.answers = process, {}

    def goes_on(self):
        return self.process.poll() is None


@contextmanager
def attacking(what, edge, key, seconds):
    """Such clients as long as the block runs; they end by themselves after so many seconds."""
    command = [sys.executable, "-m", "attack.clients", what, edge, key, str(seconds)]
    folder = Path(__file__).resolve().parent.parent
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    clients = Clients(process)
    try:
        assert process.stdout.readline() == "ready\n"
        yield clients
        output, _ = process.communicate(timeout=seconds + 120)
        assert process.returncode == 0
        clients.answers = json.loads(output)
    finally:
        process.kill()
        process.wait()


def worst_bodies(edge, key, seconds, count=64):
    """The worst that the limits admit, by so many clients at once."""
    bodies = [(kind, packed, make()) for kind, packed, make in WORST]
    answers, turn, end = Counter(), iter(range(1 << 60)), begin(seconds)

    def post():
        session = requests.Session()
        while time.monotonic() < end:
            kind, packed, body = bodies[next(turn) % len(bodies)]
            headers = {"x-api-key": key, "content-type": kind, **packed}
            try:
                status = session.post(edge + ROWS, body, headers=headers).status_code
            except requests.ConnectionError:
                # Its body was left unread.
                status = RESET
            answers[status] += 1
            if status in (503, RESET):
                time.sleep(RETRY_AFTER)

    threads = [threading.Thread(target=post) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def drips(edge, key, seconds, count=200):
    """Bodies of 4 MiB that come a byte a second, of clients that have begun at moments of their own."""
    return asyncio.run(drip_all(urlsplit(edge), key, seconds, count))


async def drip_all(address, key, seconds, count):
    head = (
        f"POST {ROWS} HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\n"
        f"x-api-key: {key}\r\ncontent-length: 4194304\r\n\r\n"
    ).encode()
    answers, end = Counter(), begin(seconds)
    moments = (RETRY_AFTER * number / count for number in range(count))
    await asyncio.gather(*(drip(address, head, moment, end, answers) for moment in moments))
    return answers


async def drip(address, head, moment, end, answers):
    await asyncio.sleep(moment)
    while time.monotonic() < end:
        status = RESET
        with suppress(OSError):
            status = await drip_once(address, head, end)
        if status is not None:
            answers[status] += 1
            await asyncio.sleep(RETRY_AFTER)


async def drip_once(address, head, end):
    """The status of the answer, or `None` at the end."""
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(head)
        answer = asyncio.ensure_future(reader.readline())
        while time.monotonic() < end:
            done, _ = await asyncio.wait([answer], timeout=1)
            if done:
                words = answer.result().split()
                return int(words[1]) if words else RESET
            writer.write(b" ")
        answer.cancel()
        return None
    finally:
        writer.close()


def begin(seconds):
    print("ready", flush=True)
    return time.monotonic() + seconds


WHAT = {"worst-bodies": worst_bodies, "drips": drips}

if __name__ == "__main__":
    _, what, edge, key, seconds = sys.argv
    # What is measured beside it is the gateway, not who gets the processor.
    os.nice(10)
    print(json.dumps(WHAT[what](edge, key, float(seconds))))
