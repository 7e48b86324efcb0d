"""A proxy before a service of HTTP, as a bad network has it and a cluster on a bad day.

It closes connections that lie idle, also right when the next request begins on them, and answers some
requests by itself, with texts that services have.
"""

import json
import random
import socket
import threading
from contextlib import contextmanager, suppress
from typing import NamedTuple

IDLE_SECONDS = 5


class Text(NamedTuple):
    """An answer of the proxy's own. The service does not see the request, or has run it (`is_run`)."""

    status: int
    kind: str
    message: str
    is_run: bool = False

    def bytes(self):
        body = json.dumps({"message": self.message}).encode()
        head = [
            f"HTTP/1.1 {self.status} Refused",
            f"x-amzn-errortype: {self.kind}",
            "content-type: application/json",
            f"content-length: {len(body)}",
        ]
        return "\r\n".join([*head, "", ""]).encode() + body


class Proxy:
    """Listens on a free port; where it forwards to is said when it is known."""

    def __init__(self, idle_seconds=IDLE_SECONDS, seed=20261128):
        self.idle_seconds = idle_seconds
        self.random = random.Random(seed)
        self.target = None
        self.texts, self.share, self.resets, self.planned = [], 0.0, 0.0, []
        self.answered, self.idle, self.reset = [], 0, 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def forward_to(self, url):
        host, _, port = url.removeprefix("http://").partition(":")
        self.target = (host, int(port))

    def answer(self, texts, share, resets=0.0):
        """From now on this share of requests gets one of these texts, and another one a reset."""
        with self.lock:
            self.texts, self.share, self.resets = list(texts), share, resets

    def plan(self, *whats):
        """The next requests get these texts, None for what they ask for; all behind them as before."""
        with self.lock:
            self.planned = list(whats)

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connection, args=(client,), daemon=True).start()

    def connection(self, client):
        """One client's requests, one after the other, by a connection of its own to the service."""
        with suppress(OSError), client, socket.create_connection(self.target) as service:
            for it in (client, service):
                it.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self.exchange(client, service):
                pass

    def exchange(self, client, service):
        client.settimeout(self.idle_seconds)
        try:
            first = client.recv(65_536)
        except TimeoutError:
            self.idle += 1
            return False
        if not first:
            return False
        client.settimeout(None)
        what = self.choose()
        if what == "reset":
            # The request has begun to come, and gets no answer.
            return False
        request = message(client, first)
        answer = b""
        if not what or what.is_run:
            service.sendall(request)
            answer = message(service, b"", has_body=not request.startswith(b"HEAD "))
        client.sendall(what.bytes() if what else answer)
        return True

    def choose(self):
        """What becomes of the next request: a text, a reset, or nothing but what it asked for."""
        with self.lock:
            if self.planned:
                return self.planned.pop(0)
            chance = self.random.random()
            if chance < self.share:
                text = self.random.choice(self.texts)
                self.answered.append(text)
                return text
            if chance < self.share + self.resets:
                self.reset += 1
                return "reset"
            return None


def message(sender, received, has_body=True):
    """One request or answer with its whole body."""
    reader = Reader(sender, received)
    head = reader.until(b"\r\n\r\n")
    if not has_body:
        return head
    headers = dict(header(line) for line in head.split(b"\r\n")[1:-2])
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        return head + chunks(reader)
    return head + reader.exactly(int(headers.get(b"content-length", 0)))


def header(line):
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip()


def chunks(reader):
    parts = []
    while True:
        size = reader.until(b"\r\n")
        parts += [size, reader.exactly(int(size.split(b";")[0], 16)), reader.until(b"\r\n")]
        if int(size.split(b";")[0], 16) == 0:
            return b"".join(parts)


class Reader:
    """Reads from a connection of which some bytes were received."""

    def __init__(self, sender, received):
        self.sender = sender
        self.received = bytearray(received)

    def more(self):
        more = self.sender.recv(1 << 20)
        if not more:
            raise ConnectionError("ended within a message")
        self.received += more

    def until(self, mark):
        while mark not in self.received:
            self.more()
        return self.exactly(self.received.index(mark) + len(mark))

    def exactly(self, count):
        while len(self.received) < count:
            self.more()
        taken = bytes(self.received[:count])
        del self.received[:count]
        return taken


@contextmanager
def proxied(**options):
    """A proxy that runs; `forward_to` is to be called before the first request."""
    with serving(Proxy(**options)) as proxy:
        yield proxy


@contextmanager
def serving(proxy):
    """Lets a proxy run."""
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.listener.shutdown(socket.SHUT_RDWR)
        proxy.listener.close()
        thread.join(5)
