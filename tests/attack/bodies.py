"""Bodies of requests for `jobs`: those that grow most of what a gateway admits, and those it must refuse."""

import gzip
import json
import struct
import zlib
from functools import reduce
from typing import NamedTuple

CSV, JSON, NDJSON = "text/csv", "application/json", "application/x-ndjson"
GZIP = {"content-encoding": "gzip"}

# The most bytes and rows of a request.
BYTES, ROWS = 4 << 20, 10_000


class Body(NamedTuple):
    """A body of a request: the status that it must get, and how many rows are stored then."""

    name: str
    kind: str
    make: object
    status: int
    stored: int = 0
    headers: dict = {}
    query: str = "on_duplicate=update"
    path: str = "/tables/jobs/rows"
    is_long: bool = False


def control_characters():
    """Each of them has six bytes in the JSON of a statement, and seven in that of a call."""
    return "".join(f"{id},{chr(1) * 250}\n" for id in range(1, ROWS + 1)).encode()


def escapes():
    return json.dumps([{"id": id, "job": "\n" * 190} for id in range(1, ROWS + 1)]).encode()


def written_escapes():
    """Six bytes of the body for each control character."""
    text = "\\u0001" * 60
    return listed(*(f'{{"id":{id},"job":"{text}"}}' for id in range(1, ROWS + 1)))


def wide_characters():
    return "".join(f"{id},{'😀' * 95}\n" for id in range(1, ROWS + 1)).encode()


def unknown_members():
    return row_of(*(f'"{number}":0' for number in range(370_000)))


def one_long_unknown_member():
    return row_of('"id":1', f'"{"x" * (BYTES - 100)}":1')


def repeated_members():
    return row_of(*['"id":1'] * 590_000)


def packed_rows():
    rows = (f"{id},{'x' * 250}\n" for id in range(1, ROWS + 1))
    return gzip.compress("".join(rows).encode())


def bad_rows():
    return b'"\n' * 2_000_000


def nested(opening, closing, depth, inside="1"):
    return (opening * depth + inside + closing * depth).encode()


def in_a_row(value):
    return row_of('"id":1', f'"job":{value}')


def of_number(number):
    return row_of(f'"id":{number}', '"job":"a"')


def row_of(*members):
    """One row with these members."""
    return listed("{" + ",".join(members) + "}")


def listed(*items):
    return f"[{','.join(items)}]".encode()


def of_tables(*names):
    """A request for tables of these names, without rows."""
    return ("{" + ",".join(f'"{name}":[]' for name in names) + "}").encode()


def many_columns(count):
    return b"id,job" + b",c" * count + b"\n1,a\n"


def bomb(length, byte=b" "):
    """So many bytes, whole MiB of them, in a thousandth of them."""
    piece, count = byte * (1 << 20), length >> 20
    packer = zlib.compressobj(9, wbits=-15)
    # Behind a full flush the same piece is packed the same.
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    check = reduce(lambda check, _: zlib.crc32(piece, check), range(count), 0)
    end = b"\x03\0" + struct.pack("<II", check, length & 0xFFFFFFFF)
    return gzip.compress(b"")[:10] + packed * count + end


def gzip_header(flags, extra):
    """A gzip member of one row whose header has fields that nothing needs."""
    packed = gzip.compress(b"1,a\n")
    return packed[:3] + bytes([flags]) + packed[4:10] + extra + packed[10:]


def wrong_check(at):
    packed = bytearray(gzip.compress(b"1,a\n"))
    packed[at] ^= 1
    return bytes(packed)


ALL_ROWS = [
    Body("control characters", CSV, control_characters, 200, ROWS),
    Body("control characters, dry run", CSV, control_characters, 200, query="dry_run=true"),
    Body("control characters, one bad row skipped", CSV,
         lambda: control_characters()[:-252] + b"x,y\n", 207, ROWS - 1, query="on_error=skip"),
    Body("escapes", JSON, escapes, 200, ROWS),
    Body("written escapes", JSON, written_escapes, 200, ROWS),
    Body("wide characters", CSV, wide_characters, 200, ROWS),
    Body("packed rows", CSV, packed_rows, 200, ROWS, GZIP),
]  # fmt: skip

NAMES_AND_NESTING = [
    Body("370,000 unknown members", JSON, unknown_members, 422),
    Body("one unknown member of 4 MiB", JSON, one_long_unknown_member, 422),
    Body("590,000 times one member", JSON, repeated_members, 422),
    Body("700,000 columns", CSV, lambda: many_columns(700_000), 422),
    Body("2,000,000 columns", CSV, lambda: many_columns(2_000_000), 422),
    Body("arrays 2,000,000 deep", JSON, lambda: nested("[", "]", 2_000_000), 422),
    Body("arrays 4,000,000 deep, open", JSON, lambda: b"[" * 4_000_000, 400),
    Body("objects 700,000 deep", JSON, lambda: nested('{"a":', "}", 690_000), 400),
    Body("a value 1,000,000 deep", JSON, lambda: in_a_row("[" * 1_000_000 + "]" * 1_000_000), 422),
    Body("a value 100 deep", JSON, lambda: in_a_row("[" * 100 + "]" * 100), 422),
    Body("100,000 tables", JSON, lambda: of_tables(*range(100_000)), 422, path="/insert_data", query=""),
    Body("one table 300,000 times", JSON, lambda: of_tables(*["jobs"] * 300_000), 422, path="/insert_data", query=""),
]  # fmt: skip

VALUES = [
    Body("a number of 4,000,000 digits", JSON, lambda: of_number("9" * 4_000_000), 422),
    Body("a fraction of 4,000,000 digits", JSON, lambda: of_number("1." + "0" * 4_000_000), 422),
    Body("an exponent of ten digits", JSON, lambda: of_number("1e9999999999"), 422),
    Body("a negative exponent", JSON, lambda: of_number("1e-9999999999"), 422),
    Body("2^31", JSON, lambda: of_number(2**31), 422),
    Body("2^64", JSON, lambda: of_number(2**64), 422),
    Body("-2^63", JSON, lambda: of_number(-(2**63)), 422),
    Body("minus zero", JSON, lambda: of_number("-0"), 422),
    Body("a number in a text", JSON, lambda: of_number('"1"'), 422),
    Body("no number", JSON, lambda: of_number("NaN"), 400),
    Body("a text of 4 MiB", JSON, lambda: in_a_row(f'"{"x" * (BYTES - 100)}"'), 422),
    Body("a text of escapes of 4 MiB", JSON, lambda: in_a_row('"' + "\\n" * (BYTES // 2 - 100) + '"'), 422),
    Body("half a pair of surrogates", JSON, lambda: in_a_row('"\\ud800"'), 422),
    Body("a cell of 4 MiB", CSV, lambda: b"1," + b"x" * (BYTES - 2), 422),
    Body("a quoted cell of 4 MiB", CSV, lambda: b'1,"' + b'""' * (BYTES // 2 - 4) + b'"', 422),
    Body("a quote without an end", CSV, lambda: b'1,"' + b"x\n" * (BYTES // 2 - 4), 413),
    Body("an id with 4,000,000 zeros", CSV, lambda: b"0" * 4_000_000 + b"1,a\n", 422),
    Body("an id in other digits", CSV, lambda: "１,a\n".encode(), 422),
    Body("a statement in a cell", CSV, lambda: b"1,'); DROP TABLE jobs; -- \n", 200, 1),
    Body("a statement in an id", CSV, lambda: b"1 OR 1=1,a\n", 422),
    Body("NULs", CSV, lambda: b"1," + b"\0" * 255 + b"\n", 200, 1),
    Body("a bidirectional text", CSV, lambda: "1,\u202evsc.exe\n".encode(), 200, 1),
]

LINES = [
    Body("2,000,000 bad rows", CSV, bad_rows, 422),
    Body("10,001 rows", CSV, lambda: b"".join(b"%d,a\n" % id for id in range(1, 10_002)), 413),
    Body("10,000 times one row", CSV, lambda: b"1,a\n" * ROWS, 422),
    Body("4 MiB of line ends", CSV, lambda: b"\n" * BYTES, 200),
    Body("4 MiB of carriage returns", CSV, lambda: b"\r" * BYTES, 200),
    Body("4 MiB of commas", CSV, lambda: b"," * BYTES, 200),
    Body("4 MiB of quotes", CSV, lambda: b'"' * BYTES, 422),
    Body("4 MiB of byte order marks", CSV, lambda: "\ufeff".encode() * (BYTES // 3), 200),
    Body("4 MiB that are not UTF-8", CSV, lambda: b"\xff" * BYTES, 422),
    Body("4 MiB of NULs", CSV, lambda: b"\0" * BYTES, 422),
    Body("UTF-16", CSV, lambda: "1,a\n".encode("utf-16"), 200, 1),
    Body("4 MiB of blanks", JSON, lambda: b" " * BYTES, 400),
    Body("JSON that is not UTF-8", JSON, lambda: in_a_row('"').replace(b'"}', b"\xff" * 1000 + b'"}'), 400),
    Body("4 MiB and a byte", JSON, lambda: b" " * (BYTES + 1), 413),
    Body("1,300,000 empty objects", JSON, lambda: listed(*["{}"] * 1_300_000), 413),
    Body("2,000,000 numbers", JSON, lambda: listed(*["1"] * 2_000_000), 413),
    Body("10,000 empty objects", JSON, lambda: listed(*["{}"] * ROWS), 422),
    Body("10,000 empty arrays", JSON, lambda: listed(*["[]"] * ROWS), 422),
    Body("two documents", JSON, lambda: b"[][]", 400),
    Body("a comma too much", JSON, lambda: b"[{},]", 400),
    Body("2,000,000 lines of a bracket", NDJSON, lambda: b"[\n" * 2_000_000, 422),
    Body("10,000 lines of a bracket", NDJSON, lambda: b"[\n" * ROWS, 422),
    Body("a line of 4 MiB", NDJSON, lambda: b'{"id":1,"job":"' + b"x" * (BYTES - 20) + b'"}\n', 422),
    Body("lines 100 deep", NDJSON, lambda: (b"[" * 100 + b"]" * 100 + b"\n") * 10_000, 422),
]

PACKED = [
    Body("1 GB in 1 MB", JSON, lambda: bomb(1 << 30), 413, headers=GZIP),
    Body("4 MiB of packed line ends", CSV, lambda: bomb(BYTES, b"\n"), 200, headers=GZIP),
    Body("packed twice", JSON, lambda: gzip.compress(gzip.compress(b"[]")), 400, headers=GZIP),
    Body("200,000 empty members", CSV, lambda: gzip.compress(b"") * 200_000, 200, headers=GZIP),
    Body("200,000 members of a row", CSV, lambda: gzip.compress(b"1,a\n") * 150_000, 413, headers=GZIP),
    Body("a file name of 4 MB", CSV, lambda: gzip_header(8, b"x" * 4_000_000 + b"\0"), 400, headers=GZIP),
    Body("a file name without an end", CSV, lambda: gzip_header(8, b"x" * 4_000_000)[:4_000_000], 400,
         headers=GZIP),
    Body("an extra field of 64 kB", CSV, lambda: gzip_header(4, struct.pack("<H", 65535) + b"x" * 65535),
         200, 1, GZIP),
    Body("cut in the middle", CSV, lambda: packed_rows()[:-100], 400, headers=GZIP),
    Body("a wrong checksum", CSV, lambda: wrong_check(-8), 400, headers=GZIP),
    Body("a wrong length", CSV, lambda: wrong_check(-1), 400, headers=GZIP),
    Body("bytes behind the end", CSV, lambda: gzip.compress(b"1,a\n") + b"1,b\n", 400, headers=GZIP),
    Body("not packed at all", CSV, lambda: b"1,a\n", 400, headers=GZIP),
    Body("nothing at all", CSV, lambda: b"", 400, headers=GZIP),
]  # fmt: skip

BODIES = [*ALL_ROWS, *NAMES_AND_NESTING, *VALUES, *LINES, *PACKED]

# What many clients send at a time.
WORST = [
    (CSV, {}, control_characters),
    (JSON, {}, escapes),
    (JSON, {}, unknown_members),
    (CSV, GZIP, packed_rows),
    (CSV, {}, bad_rows),
]
