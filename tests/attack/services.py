"""Services of HTTP that answer as no good one does, and changes to what a good one answers."""

import gzip
import socket
import time
from contextlib import contextmanager
from functools import cache
from itertools import repeat
from typing import NamedTuple

from attack.bodies import bomb, nested
from attack.http import chunks
from proxy import Proxy, message, serving

DATA_API, S3 = "data_api", "s3"
BOTH = (DATA_API, S3)
PIECE = b"x" * (1 << 16)
GB = 1 << 30


class Answer(NamedTuple):
    """How a service answers each request, and which services do so. `is_long` are those that a client waits
    for until a limit of time."""

    name: str
    give: object
    services: tuple = BOTH
    is_long: bool = False


class Hostile(Proxy):
    """Stands before a good service; as long as `answer` says so, it answers by itself, and `change` gives
    another answer instead of the service's."""

    def __init__(self):
        super().__init__()
        self.answer, self.change = None, None

    def exchange(self, client, service):
        first = client.recv(1 << 16)
        if not first:
            return False
        request = message(client, first)
        if self.answer:
            self.answer(client)
            return False
        service.sendall(request)
        answer = message(service, b"", has_body=not request.startswith(b"HEAD "))
        client.sendall(self.change(request, answer) if self.change else answer)
        return not self.change


@contextmanager
def hostile(target):
    """A hostile service before the good one at a URL, if it is known."""
    with serving(Hostile()) as proxy:
        if target:
            proxy.forward_to(target)
        yield proxy


def head(status="200 OK", **fields):
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def says(*pieces):
    """Sends these bytes, and hangs up."""

    def give(client):
        for piece in pieces:
            client.sendall(piece)

    return give


def body(content, status="200 OK", **fields):
    return says(head(status, content_length=len(content), **fields), content)


def made(make, **fields):
    """A body that is made when it is first asked for."""
    kept = cache(make)
    return lambda client: body(kept(), **fields)(client)


def endless(first, piece=PIECE):
    """Sends the same without an end, until the other side hangs up."""

    def give(client):
        client.sendall(first)
        while True:
            client.sendall(piece)

    return give


def drips(first, piece=b"x"):
    """Sends a byte a second, until the other side hangs up."""

    def give(client):
        client.sendall(first)
        while True:
            client.sendall(piece)
            time.sleep(1)

    return give


def silence(first=b""):
    """Sends this and then nothing, until the other side hangs up."""

    def give(client):
        client.sendall(first)
        while client.recv(1 << 16):
            pass

    return give


def resets(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def redirect(status):
    """To a port where nothing listens."""
    return body(b"", status, location="http://127.0.0.1:1/")


def listing(contents, more=""):
    return f"<ListBucketResult>{contents}{more}</ListBucketResult>".encode()


def listed(key="backups/x", size="1", count=1):
    return f"<Contents><Key>{key}</Key><Size>{size}</Size></Contents>" * count


def entities():
    """A billion texts from ten lines."""
    lines = ['<!ENTITY e0 "x">']
    for it in range(1, 10):
        lines.append(f'<!ENTITY e{it} "' + f"&e{it - 1};" * 10 + '">')
    return ("<!DOCTYPE x [" + "".join(lines) + "]><x>&e9;</x>").encode()


OUTSIDE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>'

LENGTHS = [
    Answer("a chunked body without an end", endless(head(transfer_encoding="chunked"), next(chunks([PIECE])))),
    Answer("a body without a length or an end", endless(head())),
    Answer("1 GB", says(head(content_length=GB), *repeat(PIECE, GB // len(PIECE)))),
    Answer("less than its length", says(head(content_length=1_000), b"{}")),
    Answer("more than its length", says(head(content_length=1), b"{}" + PIECE)),
    Answer("a length of 2^63", says(head(content_length=2**63), b"{}")),
    Answer("a length of 2^64", says(head(content_length=2**64), b"{}")),
    Answer("a negative length", says(head(content_length=-1), b"{}")),
    Answer("two lengths", says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x")),
    Answer("a chunk of 2^64 bytes", says(head(transfer_encoding="chunked"), b"ffffffffffffffff1\r\n{}")),
    Answer("a chunk that is none", says(head(transfer_encoding="chunked"), b"xyz\r\n{}\r\n0\r\n\r\n")),
    Answer("a chunk's extension without an end", endless(head(transfer_encoding="chunked") + b"2;")),
    Answer("1 GB packed into 1 MB", made(lambda: bomb(GB), content_encoding="gzip")),
    Answer("packed data that is none", body(b"\x1f\x8b" * 100, content_encoding="gzip")),
    Answer("a coding that there is not", body(gzip.compress(b"{}"), content_encoding="x-none")),
]

HEADS = [
    Answer("a head without an end", endless(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 10_000)),
    Answer("a header without an end", endless(b"HTTP/1.1 200 OK\r\nx: ")),
    Answer("10,000 headers", body(b"{}", **{f"x_{it}": "a" for it in range(10_000)})),
    Answer("noise", says(PIECE)),
    Answer("noise without an end", endless(b"")),
    Answer("the alert of TLS", says(b"\x15\x03\x03\x00\x02\x02\x28")),
    Answer("HTTP/9.9", says(b"HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\n{}")),
    Answer("a status of 99", says(b"HTTP/1.1 099 No\r\ncontent-length: 2\r\n\r\n{}")),
    Answer("a status of 1000", says(b"HTTP/1.1 1000 No\r\ncontent-length: 2\r\n\r\n{}")),
    Answer("100 Continue without an end", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000), is_long=True),
    Answer("101 Switching Protocols", says(head("101 Switching Protocols", upgrade="x", connection="upgrade"))),
    Answer("204", says(head("204 No Content"))),
    Answer("304", says(head("304 Not Modified"))),
    Answer("302 to elsewhere", redirect("302 Found")),
    Answer("307 to elsewhere", redirect("307 Temporary Redirect")),
    Answer("308 to elsewhere", redirect("308 Permanent Redirect")),
    Answer("401", body(b"{}", "401 Unauthorized", www_authenticate="Basic realm=x")),
    Answer("407", body(b"{}", "407 Proxy Authentication Required")),
]

ENDS = [
    Answer("hangs up at once", says()),
    Answer("resets", resets),
    Answer("hangs up in the head", says(b"HTTP/1.1 200 OK\r\ncontent-le")),
    Answer("hangs up in the body", says(head(content_length=GB), PIECE * 16)),
    Answer("hangs up in a chunk", says(head(transfer_encoding="chunked"), b"ffff\r\n{}")),
    Answer("silence", silence(), is_long=True),
    Answer("silence behind a head", silence(head(content_length=100)), is_long=True),
    Answer("a head by a byte a second", drips(b"HTTP/1.1 200 OK\r\nx: "), is_long=True),
    Answer("a body by a byte a second", drips(head(content_length=GB)), is_long=True),
    Answer("wait for ever", body(b"", "429 Too Many Requests", retry_after=10**12), is_long=True),
]

CONTENTS = [
    Answer("nothing", body(b"")),
    Answer("a page", body(b"<html><body>welcome</body></html>", content_type="text/html")),
    Answer("bytes that are not UTF-8", body(b"\xff" * 1_000)),
    Answer("8 MB of blanks", body(b" " * 8_000_000)),
    Answer("JSON that is cut off", body(b'{"records":[[{"longValue":'), (DATA_API,)),
    Answer("JSON 4,000,000 deep", made(lambda: nested("[", "]", 4_000_000)), (DATA_API,)),
    Answer("records 4,000,000 deep", body(b'{"records":' + b"[" * 4_000_000), (DATA_API,)),
    Answer("a text as records", body(b'{"records":"x"}'), (DATA_API,)),
    Answer("1,500,000 records", body(b'{"records":[' + b"[{}]," * 1_500_000 + b"[{}]]}"), (DATA_API,)),
    Answer("a number of 7,000,000 digits", body(b'{"numberOfRecordsUpdated":' + b"9" * 7_000_000 + b"}"), (DATA_API,)),
    Answer("another shape of records", body(b'{"records":[[{"arrayValue":{}}]]}'), (DATA_API,)),
    Answer("XML that is cut off", body(listing(listed())[:-5]), (S3,)),
    Answer("a billion entities", made(entities), (S3,)),
    Answer("an entity from outside", body(OUTSIDE), (S3,)),
    Answer("XML 1,000,000 deep", made(lambda: nested("<a>", "</a>", 1_000_000)), (S3,)),
    Answer("8 MB of empty elements", body(b"<x>" + b"<a/>" * 1_900_000 + b"</x>"), (S3,)),
    Answer("an element with 700,000 attributes", made(lambda: attributes(700_000)), (S3,)),
    Answer("XML in UTF-16", body(listing(listed()).decode().encode("utf-16")), (S3,)),
    Answer("a size of -1", body(listing(listed(size="-1"))), (S3,)),
    Answer("a size of 2^64", body(listing(listed(size=str(2**64)))), (S3,)),
    Answer("a list without an end", body(listing(listed(), "<NextContinuationToken>t</NextContinuationToken>")),
           (S3,), is_long=True),
]  # fmt: skip


def attributes(count):
    return ("<x " + " ".join(f'a{it}=""' for it in range(count)) + "/>").encode()


class Answered(NamedTuple):
    """An answer of one service."""

    name: str
    service: str
    give: object
    is_long: bool


ANSWERED = [
    Answered(f"{answer.name}, {service}", service, answer.give, answer.is_long)
    for answer in [*LENGTHS, *HEADS, *ENDS, *CONTENTS]
    for service in answer.services
]


class Change(NamedTuple):
    """What becomes of the answers of a good S3 to one method."""

    name: str
    method: str
    change: object
    is_long: bool = False


def with_field(name, value):
    """With another value of a header, if the answer has it."""

    def change(answer):
        top, _, content = answer.partition(b"\r\n\r\n")
        lines = [line for line in top.split(b"\r\n") if not line.lower().startswith(name + b":")]
        return b"\r\n".join([*lines, name + b": " + value, b"", content])

    return change


def with_body(change_body):
    """With another body of its right length."""

    def change(answer):
        top, _, content = answer.partition(b"\r\n\r\n")
        content = change_body(content)
        return with_field(b"content-length", b"%d" % len(content))(top + b"\r\n\r\n") + content

    return change


def with_status(status):
    return lambda answer: b"HTTP/1.1 " + status + answer[answer.index(b"\r\n") :]


CHANGES = [
    Change("a range longer than was asked", "GET", with_body(lambda body: body + b"9000001,more\n" * 10)),
    Change("a range of 1 GB", "GET", with_body(lambda body: body + b"x" * (GB // 4)), is_long=True),
    Change("a range shorter than was asked", "GET", with_body(lambda body: body[: len(body) // 2])),
    Change("an empty range", "GET", with_body(lambda body: b"")),
    Change("another ETag", "HEAD", with_field(b"etag", b'"x"')),
    Change("no ETag", "HEAD", with_field(b"etag", b"")),
    Change("an ETag of 60,000 bytes", "HEAD", with_field(b"etag", b'"' + b"e" * 60_000 + b'"')),
    Change("an ETag of dots", "HEAD", with_field(b"etag", b'"../../x"')),
    Change("a length of 2^64-1", "HEAD", with_field(b"content-length", b"18446744073709551615")),
    Change("a length of 2^62", "HEAD", with_field(b"content-length", b"4611686018427387904")),
    Change("a length of 1 TB", "HEAD", with_field(b"content-length", b"1000000000000")),
    Change("404 instead of a range", "GET", with_status(b"404 Not Found")),
    Change("204 instead of a range", "GET", with_status(b"204 No Content")),
    Change("416 instead of a range", "GET", with_status(b"416 Range Not Satisfiable")),
]
