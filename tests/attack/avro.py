"""Avro files for `jobs`, made by hand: headers, schemas, blocks and values that no library would write."""

import json
import zlib
from typing import NamedTuple

import cramjam
from attack import size

MAGIC, SYNC = b"Obj\x01", b"0123456789abcdef"
FIELDS = [{"name": "id", "type": "int"}, {"name": "job_name", "type": "string"}]
BLOCK = 64 << 20


class AvroFile(NamedTuple):
    """A file for `jobs`, and the exit code of its plan: 0 if the file can be restored, 1 if its rows forbid
    it, 2 if it cannot be read."""

    name: str
    make: object
    status: int = 2
    is_long: bool = False


def long(number):
    """A number as Avro writes it, also one of more than 64 bits."""
    zigzag = number * 2 if number >= 0 else -number * 2 - 1
    out = bytearray()
    while zigzag > 0x7F:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes([*out, zigzag])


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return long(len(value)) + value


def schema(fields=None, **members):
    record = {"type": "record", "name": "r", "fields": FIELDS if fields is None else fields}
    return json.dumps(record | members)


def header(of=None, codec="null", more=(), count=None):
    """A header with a schema, a codec, more pairs, and perhaps another count than theirs."""
    pairs = [("avro.schema", schema() if of is None else of), ("avro.codec", codec), *more]
    body = b"".join(text(name) + text(value) for name, value in pairs)
    return MAGIC + long(len(pairs) if count is None else count) + body + long(0) + SYNC


def block(rows, body, length=None, sync=SYNC):
    return long(rows) + long(len(body) if length is None else length) + body + sync


def row(id=1, name="a"):
    return long(id) + text(name)


def file(*blocks, **options):
    return header(**options) + b"".join(blocks)


def field(kind):
    """A file whose field `job_name` is of another type, without a row."""
    return file(of=schema([FIELDS[0], {"name": "job_name", "type": kind}]))


def extra(kind):
    """A file with a field more, without a row."""
    return file(of=schema([*FIELDS, {"name": "x", "type": kind}]))


def deep(depth, kind="array", member="items"):
    inner = '"int"'
    opening, closing = f'{{"type":"{kind}","{member}":', "}"
    fields = f'[{{"name":"id","type":"int"}},{{"name":"job_name","type":{opening * depth}{inner}{closing * depth}}}]'
    return file(of=f'{{"type":"record","name":"r","fields":{fields}}}')


def deep_unions(depth):
    """A schema whose second field has unions so deep."""
    return schema([FIELDS[0], {"name": "job_name", "type": 0}]).replace(": 0", ":" + "[" * depth + "]" * depth)


def deflated(body):
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(body) + packer.flush()


def snappy_length(length):
    """Snappy data that says it has so many bytes."""
    out = bytearray()
    while length > 0x7F:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*out, length]) + b"\x00a" + b"\0" * 4


HEADERS = [
    AvroFile("only its mark", lambda: MAGIC),
    AvroFile("half its mark", lambda: b"Ob"),
    AvroFile("another mark", lambda: b"PAR1" + b"\0" * 1_000),
    AvroFile("another version", lambda: b"Obj\x02" + header()[4:]),
    AvroFile("a header of 2 MB", lambda: header(more=[("x", "x" * 2_000_000)])),
    AvroFile("100,000 pairs", lambda: header(more=[(f"p{it}", "") for it in range(100_000)]), 0),
    AvroFile("pairs without an end", lambda: header(count=2**62)),
    AvroFile("-2^63 pairs", lambda: MAGIC + long(-(2**63)) + long(10) + header()[5:]),
    AvroFile("2^63 pairs", lambda: MAGIC + long(2**63 - 1)),
    AvroFile("a count of 70 bits", lambda: MAGIC + long(2**70) + header()[5:]),
    AvroFile("a number without an end", lambda: MAGIC + b"\xff" * 100_000),
    AvroFile("a name of 2^62 bytes", lambda: MAGIC + long(1) + long(2**62) + b"x"),
    AvroFile("a name of -1 bytes", lambda: MAGIC + long(1) + long(-1) + b"x"),
    AvroFile("a schema twice", lambda: file(block(1, row()), more=[("avro.schema", "{}")])),
    AvroFile("no schema", lambda: MAGIC + long(1) + text("avro.codec") + text("null") + long(0) + SYNC),
    AvroFile("no sync", lambda: header()[:-16]),
    AvroFile("half a sync", lambda: header()[:-8]),
    AvroFile("a name that is not UTF-8", lambda: file(more=[(b"\xff", b"\xff")]), 0),
]

CODECS = [
    AvroFile("a codec with an escape", lambda: file(codec="\x1b[31mred")),
    AvroFile("a codec of 500 kB", lambda: file(codec="x" * 500_000)),
    AvroFile("a codec that is not UTF-8", lambda: file(codec=b"\xff")),
    AvroFile("an empty codec", lambda: file(codec="")),
    AvroFile("bzip2", lambda: file(codec="bzip2")),
    AvroFile("deflate that swells", lambda: file(block(1, deflated(b"\0" * size(BLOCK * 4, BLOCK + 1))),
                                                 codec="deflate")),
    AvroFile("deflate that is none", lambda: file(block(1, b"\xff" * 100), codec="deflate")),
    AvroFile("deflate cut off", lambda: file(block(1, deflated(row(name="x" * 200))[:-4]), codec="deflate")),
    AvroFile("bytes behind deflate", lambda: file(block(1, deflated(row()) + b"x"), codec="deflate"), 0),
    AvroFile("snappy of 4 GB", lambda: file(block(1, snappy_length(2**32 - 1)), codec="snappy")),
    AvroFile("snappy of 2^60 bytes", lambda: file(block(1, snappy_length(2**60)), codec="snappy")),
    AvroFile("snappy with a wrong checksum", lambda: file(
        block(1, bytes(cramjam.snappy.compress_raw(row())) + b"\0" * 4), codec="snappy")),
    AvroFile("snappy without a checksum", lambda: file(block(1, b"abc"), codec="snappy")),
    AvroFile("zstandard that swells", lambda: file(
        block(1, bytes(cramjam.zstd.compress(b"\0" * size(BLOCK * 4, BLOCK + 1)))), codec="zstandard")),
    AvroFile("zstandard with a window of 2 GB", lambda: file(
        block(1, b"\x28\xb5\x2f\xfd\x00\xa8" + b"\x01\x00\x00"), codec="zstandard")),
    AvroFile("zstandard cut off", lambda: file(
        block(1, bytes(cramjam.zstd.compress(row(name="x" * 200)))[:-2]), codec="zstandard")),
]

SCHEMAS = [
    AvroFile("a schema that is no JSON", lambda: file(of="{")),
    AvroFile("an empty schema", lambda: file(of="")),
    AvroFile("a schema of a number", lambda: file(of="1")),
    AvroFile("no field", lambda: file(of=schema([]))),
    AvroFile("10,000 fields", lambda: file(of=schema([{"name": f"f{it}", "type": "int"} for it in range(10_000)]))),
    AvroFile("one field twice", lambda: file(of=schema([*FIELDS, FIELDS[0]]))),
    AvroFile("a field in two cases", lambda: file(of=schema([*FIELDS, {"name": "ID", "type": "int"}]))),
    AvroFile("a field with an escape", lambda: extra("int").replace(b'"x"', b'"\\u001b[31m"')),
    AvroFile("a field of 500 kB", lambda: file(of=schema([{"name": "x" * 500_000, "type": "int"}]))),
    AvroFile("arrays 100 deep", lambda: deep(100)),
    AvroFile("arrays 30,000 deep", lambda: deep(30_000)),
    AvroFile("maps 30,000 deep", lambda: deep(30_000, "map", "values")),
    AvroFile("unions 100,000 deep", lambda: file(of=deep_unions(100_000))),
    AvroFile("a record within itself", lambda: file(of=schema([*FIELDS, {"name": "x", "type": "r"}]))),
    AvroFile("a record within itself, in place of a text", lambda: field("r")),
    AvroFile("a union of 10,000", lambda: field(["null"] + [{"type": "fixed", "name": f"f{it}", "size": 1}
                                                          for it in range(10_000)])),
    AvroFile("an empty union", lambda: field([])),
    AvroFile("a union within a union", lambda: field([["null", "string"]])),
    AvroFile("fixed of 2^62 bytes", lambda: field({"type": "fixed", "name": "f", "size": 2**62})),
    AvroFile("fixed of -1 bytes", lambda: field({"type": "fixed", "name": "f", "size": -1})),
    AvroFile("an enum of 50,000", lambda: field(
        {"type": "enum", "name": "e", "symbols": [f"s{it}" for it in range(50_000)]})),
    AvroFile("an unknown name", lambda: field("nothing")),
    AvroFile("decimal of 2^62 digits", lambda: field({"type": "bytes", "logicalType": "decimal", "precision": 2**62})),
    AvroFile("an alias of the other field", lambda: file(of=schema(
        [FIELDS[0], FIELDS[1] | {"aliases": ["id"]}])), 0),
    AvroFile("a default of 500 kB", lambda: file(of=schema([FIELDS[0], FIELDS[1] | {"default": "x" * 500_000}])), 0),
]  # fmt: skip

BLOCKS = [
    AvroFile("2^63 rows in a block", lambda: file(block(2**63 - 1, row()))),
    AvroFile("-1 rows in a block", lambda: file(block(-1, row()))),
    AvroFile("a block of 2^63 bytes", lambda: file(block(1, row(), length=2**63 - 1))),
    AvroFile("a block of -1 bytes", lambda: file(block(1, row(), length=-1))),
    AvroFile("a block of a byte more than there may be", lambda: file(block(1, row(), length=BLOCK + 1))),
    AvroFile("a block that says 64 MiB", lambda: file(block(1, row(), length=BLOCK))),
    AvroFile("more rows than it says", lambda: file(block(1, row(1) + row(2)))),
    AvroFile("fewer rows than it says", lambda: file(block(3, row(1) + row(2)))),
    AvroFile("another sync", lambda: file(block(1, row(), sync=b"x" * 16))),
    AvroFile("half a block", lambda: file(block(1, row())[:-20])),
    AvroFile("100,000 empty blocks", lambda: file(*[block(0, b"")] * 100_000), 0),
    AvroFile("10,000 blocks of no row with a byte", lambda: file(*[block(0, b"x")] * 10_000)),
    AvroFile("2^62 rows of nothing", lambda: file(block(2**62, b""), of=schema([]))),
    AvroFile("a second file behind it", lambda: file(block(1, row())) + file(block(1, row(2)))),
]

VALUES = [
    AvroFile("an id of 2^31", lambda: file(block(1, row(2**31)))),
    AvroFile("an id of 70 bits", lambda: file(block(1, row(2**69)))),
    AvroFile("a text of 2^62 bytes", lambda: file(block(1, long(1) + long(2**62) + b"a"))),
    AvroFile("a text of -1 bytes", lambda: file(block(1, long(1) + long(-1)))),
    AvroFile("a text of 256 characters", lambda: file(block(1, row(name="x" * 256)))),
    AvroFile("a text of 60 MB", lambda: file(block(1, row(name="x" * 60_000_000))), is_long=True),
    AvroFile("a text that is not UTF-8", lambda: file(block(1, row(name=b"\xff")))),
    AvroFile("one id twice", lambda: file(block(2, row(1) + row(1))), 1),
    AvroFile("a branch that there is not", lambda: file(
        block(1, long(1) + long(7)), of=schema([FIELDS[0], {"name": "job_name", "type": ["null", "string"]}]))),
    AvroFile("a branch of -1", lambda: file(
        block(1, long(1) + long(-1)), of=schema([FIELDS[0], {"name": "job_name", "type": ["null", "string"]}]))),
    AvroFile("a NULL where none may be", lambda: file(
        block(1, long(1) + long(0)), of=schema([FIELDS[0], {"name": "job_name", "type": ["null", "string"]}]))),
    AvroFile("a double that is not a number", lambda: file(
        block(1, b"\0\0\0\0\0\0\xf8\x7f" + text("a")), of=schema([{"name": "id", "type": "double"}, FIELDS[1]]))),
    AvroFile("a statement in a text", lambda: file(block(1, row(name="'); DROP TABLE jobs; --"))), 0),
    AvroFile("a text of control characters", lambda: file(block(1, row(name="\x1b[31m\0"))), 0),
]

AVRO_FILES = [*HEADERS, *CODECS, *SCHEMAS, *BLOCKS, *VALUES]
