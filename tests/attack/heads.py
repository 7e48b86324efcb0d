"""Requests whose heads, or whose lengths, are not what they should be."""

from itertools import repeat
from typing import NamedTuple

from attack.bodies import JSON
from attack.http import NO_ANSWER, chunks, head

ROWS = "/tables/jobs/rows"
ROW = b'[{"id":1,"job":"a"}]'


class Raw(NamedTuple):
    """A request as it goes over the wire, made with a valid key; the statuses that it may get. A
    status of the runtime's own, or none, is as good as the gateway's; no row is stored."""

    name: str
    make: object
    statuses: set
    stored: int = 0
    is_long: bool = False


def post(path=ROWS, body=b"[]", kind=JSON, headers=(), length=None, without=()):
    """A POST that is as it should be but for what is said; a function of the key."""

    def make(key):
        usual = [("host", "x"), ("x-api-key", key), ("content-type", kind)]
        usual.append(("content-length", len(body) if length is None else length))
        kept = [pair for pair in usual if pair[0] not in without]
        return head("POST", path, [*kept, *headers]) + body

    return make


def get(path, headers=()):
    return lambda key: head("GET", path, [("host", "x"), ("x-api-key", key), *headers])


def chunked(pieces, headers=()):
    """A chunked POST whose body has no end but that of its pieces."""

    def make(key):
        more = [("transfer-encoding", "chunked"), *headers]
        yield post(body=b"", without={"content-length"}, headers=more)(key)
        yield from pieces

    return make


def plain(bytes):
    return lambda key: bytes


# What a runtime itself answers, or does not, before the gateway sees the request.
BAD = {400, 500, 501, NO_ANSWER}
# The head is longer than a runtime takes.
LONG_HEAD = {400, 404, 413, 414, 431, NO_ANSWER}

PATHS = [
    Raw("a path of 1 MB", get("/" + "a" * 1_000_000), LONG_HEAD),
    Raw("a path of 60,000 bytes", get("/" + "a" * 60_000), {404}),
    Raw("30,000 segments", get("/a" * 30_000), {404}),
    Raw("30,000 slashes", get("/" * 30_000), {307, 404}),
    Raw("a table of 60,000 bytes", post(f"/tables/{'a' * 60_000}/rows"), {404}),
    Raw("dots", post("/tables/../tables/jobs/rows", ROW), {200}, 1),
    Raw("encoded dots", post("/tables/%2e%2e/jobs/rows", ROW), {404}),
    Raw("an encoded slash", post("/tables%2fjobs%2frows", ROW), {404}),
    Raw("a backslash", post("/tables\\jobs\\rows", ROW), {200, 404}, None),
    Raw("an encoded NUL", post("/tables/jobs%00/rows", ROW), {404}),
    Raw("a control character", post("/tables/jobs\x01/rows", ROW), {400, 404, NO_ANSWER}),
    Raw("encoding without digits", post("/tables/%zz/rows", ROW), {400}),
    Raw("encoding cut off", post("/tables/jobs/row%", ROW), {400}),
    Raw("an encoded path that is not UTF-8", post("/tables/%ff/rows", ROW), {400}),
    Raw("a path that is not UTF-8", post("/tables/\xff/rows", ROW), {400, 404, NO_ANSWER}),
    Raw("a table in other letters", post("/tables/JOBS/rows", ROW), {404}),
    Raw("a load of another's name", get("/loads/" + "%2e%2e%2f" * 1_000), {404}),
    Raw("a load of 60,000 bytes", get("/loads/" + "f" * 60_000), {404}),
    Raw("a star", get("*"), BAD | {404}),
    Raw("another host's address", get("http://evil.example/loads"), BAD | {404}),
]

QUERIES = [
    Raw("a query of 60,000 bytes", post(f"{ROWS}?{'a' * 60_000}", ROW), {400}),
    Raw("6,000 parameters", post(ROWS + "?" + "&".join(f"p{it}=1" for it in range(6_000)), ROW), {400}),
    Raw("a parameter 4,000 times", post(ROWS + "?" + "&".join(["dry_run=true"] * 4_000), ROW), {400}),
    Raw("a parameter twice, once encoded", post(f"{ROWS}?dry_run=true&dry%5frun=false", ROW), {400}),
    Raw("30,000 ampersands", post(f"{ROWS}?{'&' * 30_000}", ROW), {200, 400}, None),
    Raw("a value that is not UTF-8", post(f"{ROWS}?on_error=%ff", ROW), {400}),
    Raw("a control character in a value", post(f"{ROWS}?on_error=%0d%0aset-cookie:%20a", ROW), {400}),
    Raw("a negative limit", get("/loads?limit=-1"), {400}),
    Raw("a limit of 0", get("/loads?limit=0"), {400}),
    Raw("a limit of 2^64", get(f"/loads?limit={2**64}"), {400}),
    Raw("a limit of 60,000 digits", get(f"/loads?limit={'9' * 60_000}"), {400}),
    Raw("a limit that is no number", get("/loads?limit=1e2"), {400}),
]  # fmt: skip


def with_header(name, value, without=()):
    return post(body=ROW, headers=[(name, value)], without=without)


KEYS = [
    Raw("no key", post(body=ROW, without={"x-api-key"}), {401}),
    Raw("an empty key", with_header("x-api-key", "", {"x-api-key"}), {401}),
    Raw("a key of 60,000 bytes", with_header("x-api-key", "k" * 60_000, {"x-api-key"}), {401}),
    Raw("two keys", with_header("x-api-key", "k"), {401}),
    Raw("a key with a NUL", with_header("x-api-key", "k\0", {"x-api-key"}), {400, 401, NO_ANSWER}),
    Raw("a key that is not ASCII", with_header("x-api-key", "\xe9" * 50, {"x-api-key"}), {400, 401}),
    Raw("a key in the query", post(f"{ROWS}?x-api-key=k", ROW, without={"x-api-key"}), {401}),
    Raw("a key in another header", with_header("authorization", "Bearer k", {"x-api-key"}), {401}),
    Raw("a key folded over two lines", with_header("x-api-key", "k\r\n k", {"x-api-key"}),
        {400, 401, NO_ANSWER}),
]  # fmt: skip

MEDIA = [
    Raw("no content type", post(body=ROW, without={"content-type"}), {415}),
    Raw("a content type of 60,000 bytes", post(body=ROW, kind="a/" + "b" * 60_000), {415}),
    Raw("10,000 parameters of a type", post(body=ROW, kind=JSON + ";a=b" * 10_000), {200}, 1),
    Raw("a quote without an end in a type", post(body=ROW, kind=JSON + ';a="' + "b" * 1_000), {200, 415}, None),
    Raw("another charset", post(body=ROW, kind=JSON + ";charset=utf-16"), {415}),
    Raw("two charsets", post(body=ROW, kind=JSON + ";charset=utf-8;charset=utf-16"), {200, 415}, None),
    Raw("two content types", with_header("content-type", "text/csv"), {200, 400, 415}, None),
    Raw("another coding", with_header("content-encoding", "br"), {415}),
    Raw("gzip twice", with_header("content-encoding", "gzip, gzip"), {415}),
    Raw("10,000 codings", with_header("content-encoding", ",identity" * 5_000), {200, 415}, None),
    Raw("10,000 commas", with_header("content-encoding", "," * 10_000), {200, 415}, None),
]  # fmt: skip

IDEMPOTENCY = [
    Raw("an Idempotency-Key of 256", with_header("idempotency-key", "k" * 256), {400}),
    Raw("an Idempotency-Key of 60,000", with_header("idempotency-key", "k" * 60_000), {400}),
    Raw("an empty Idempotency-Key", with_header("idempotency-key", ""), {400}),
    Raw("an Idempotency-Key of blanks", with_header("idempotency-key", "   "), {400}),
    Raw("two Idempotency-Keys", post(body=ROW, headers=[("idempotency-key", it) for it in "ab"]), {200, 400}, None),
    Raw("a control character in one", with_header("idempotency-key", "a\x01"), {400, NO_ANSWER}),
    Raw("one that is not ASCII", with_header("idempotency-key", "\xe9"), {400}),
    Raw("a statement in one", with_header("idempotency-key", "'; DROP TABLE rowgate_loads; --"), {200}, 1),
]

HEADERS = [
    Raw("a header of 1 MB", with_header("x-a", "a" * 1_000_000), LONG_HEAD),
    Raw("30,000 headers", post(body=ROW, headers=[(f"x-{it}", "a") for it in range(30_000)]), LONG_HEAD),
    Raw("1,000 headers", post(body=ROW, headers=[(f"x-{it}", "a") for it in range(1_000)]), {200}, 1),
    Raw("a header without a colon", plain(b"GET /health HTTP/1.1\r\nhost: x\r\nabc\r\n\r\n"), BAD),
    Raw("a header without a name", plain(b"GET /health HTTP/1.1\r\nhost: x\r\n: a\r\n\r\n"), BAD),
    Raw("a NUL in a header", plain(b"GET /health HTTP/1.1\r\nhost: x\r\na: \0\r\n\r\n"), BAD),
    Raw("no host", plain(b"GET /health HTTP/1.1\r\n\r\n"), {200, 400, NO_ANSWER}),
    Raw("a method of 60,000 letters", plain(head("G" * 60_000, "/health", [("host", "x")])),
        BAD | {405}),
    Raw("a method that there is not", plain(head("SMUGGLE", "/health", [("host", "x")])),
        BAD | {405}),
    Raw("TRACE", plain(head("TRACE", "/health", [("host", "x")])), BAD | {405}),
    Raw("CONNECT", plain(head("CONNECT", "evil.example:443", [("host", "x")])),
        BAD | {404, 405}),
    Raw("HTTP/9.9", plain(head("GET", "/health", [("host", "x")], "HTTP/9.9")), {200, 400, 505, NO_ANSWER}),
    Raw("the hello of TLS", plain(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 512), BAD, is_long=True),
    Raw("the preface of HTTP/2", plain(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), BAD | {404, 405}),
    Raw("1 MB without a line end", plain(b"x" * 1_000_000), LONG_HEAD | BAD),
    Raw("a page of another origin", with_header("origin", "http://evil.example"), {200}, 1),
]  # fmt: skip

LENGTHS = [
    Raw("a negative length", post(body=ROW, length=-1), BAD),
    Raw("a length that is no number", post(body=ROW, length="abc"), BAD),
    Raw("a length of 2^63", post(body=ROW, length=2**63), BAD | {408, 413}, is_long=True),
    Raw("a length of 60 digits", post(body=ROW, length="9" * 60), BAD | {408, 413}, is_long=True),
    Raw("a length of 1 TB", post(body=ROW, length=10**12), {408, 413}, is_long=True),
    Raw("two lengths", post(body=ROW, headers=[("content-length", "2")]), BAD),
    Raw("a length and chunks", post(body=b"0\r\n\r\n", headers=[("transfer-encoding", "chunked")]), {400, NO_ANSWER}),
    Raw("less than its length", post(body=ROW, length=1_000), {408}, is_long=True),
    Raw("more than its length", post(body=b"[]GET /loads HTTP/1.1\r\n\r\n", length=2), {200}),
    Raw("chunks without an end", chunked(chunks(repeat(b" " * 65_536, 1_000))), {413}),
    Raw("chunks of one byte without an end", chunked(chunks(repeat(b" ", 5_000_000))), {408, 413}, is_long=True),
    Raw("a chunk of 2^64 bytes", chunked([b"10000000000000000\r\n[]"]), {400, 408, 413, NO_ANSWER}),
    Raw("a chunk of negative length", chunked([b"-1\r\n[]\r\n0\r\n\r\n"]), {400, NO_ANSWER}),
    Raw("a chunk's length of 1 MB", chunked([b"0" * 1_000_000 + b"2\r\n[]\r\n0\r\n\r\n"]), {200, 400, NO_ANSWER}),
    Raw("a chunk's extension of 1 MB", chunked([b"2;" + b"a" * 1_000_000 + b"\r\n[]\r\n0\r\n\r\n"]),
        {200, 400, NO_ANSWER}),
    Raw("30,000 trailers", chunked([b"2\r\n[]\r\n0\r\n" + b"a: b\r\n" * 30_000 + b"\r\n"]), {200, 400, NO_ANSWER}),
    Raw("another transfer coding", chunked([b"2\r\n[]\r\n0\r\n\r\n"], [("transfer-encoding", "gzip")]), BAD),
]  # fmt: skip

HEADS = [*PATHS, *QUERIES, *KEYS, *MEDIA, *IDEMPOTENCY, *HEADERS, *LENGTHS]
