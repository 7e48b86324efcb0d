"""Files of rows, for `jobs`, that are damaged on purpose, swell, or are nothing of the kind."""

import gzip
import random
from typing import NamedTuple

from attack import size
from attack.bodies import bomb, nested

# How many bytes a long line, cell or heap of noise has.
LENGTH = size(200_000_000, 2_000_000)
MANY = size(1_000_000, 20_000)


class File(NamedTuple):
    """A file for `jobs`: the status of its report, and how many rows are stored."""

    name: str
    suffix: str
    make: object
    status: str
    stored: int = 0
    is_long: bool = False


def rows(count):
    return b"".join(b"%d,Job %d\n" % (id, id) for id in range(1, count + 1))


def noise(length):
    return random.Random(20261128).randbytes(length)


def members(count):
    """A line with so many members."""
    return ("{" + ",".join(f'"m{number}":0' for number in range(count)) + "}\n").encode()


def header(count):
    return b"id,job" + b",c" * count + b"\n1,a\n"


PACKED = [
    File("a bomb of 1 GB", "csv.gz", lambda: bomb(1 << 30), "rejected"),
    File("a bomb of line ends", "csv.gz", lambda: bomb(1 << 30, b"\n"), "rejected", is_long=True),
    File("a bomb of quotes", "csv.gz", lambda: bomb(1 << 30, b'"'), "rejected"),
    File("a bomb of objects", "ndjson.gz", lambda: bomb(1 << 30, b"{"), "rejected"),
    File("15 kB of bad rows", "csv.gz", lambda: gzip.compress(b"x,\n" * size(5 << 20, 20_000)), "rejected"),
    File("4 MB of brackets", "ndjson", lambda: b"[\n" * size(2_000_000, 20_000), "rejected"),
    File("packed twice", "csv.gz", lambda: gzip.compress(gzip.compress(rows(3))), "rejected"),
    File("members without a byte", "csv.gz", lambda: gzip.compress(b"") * MANY, "empty"),
    File("members of a row", "csv.gz", lambda: gzip.compress(rows(1)) * 1_000, "partial", 1),
    File("packed data cut off", "csv.gz", lambda: gzip.compress(rows(1_000))[:-20], "rejected"),
    File("a wrong checksum", "csv.gz", lambda: gzip.compress(rows(3))[:-8] + b"\0" * 8, "rejected"),
    File("bytes behind packed data", "csv.gz", lambda: gzip.compress(rows(3)) + b"4,d\n", "partial", 3),
    File("packed data of another name", "csv", lambda: gzip.compress(rows(3)), "complete", 3),
    File("rows by the name of packed data", "csv.gz", lambda: rows(3), "rejected"),
]

LINES = [
    File("a long line", "csv", lambda: b"1," + b"x" * LENGTH, "rejected"),
    File("a long line among rows", "csv", lambda: rows(3) + b"4," + b"x" * LENGTH + b"\n5,e\n", "partial", 4),
    File("a long quoted cell", "csv", lambda: b'1,"' + b"x" * LENGTH + b'"\n', "rejected"),
    File("a quote without an end", "csv", lambda: rows(3) + b'4,"' + (b"x" * 99 + b"\n") * (LENGTH // 100),
         "partial", 3),
    File("a quote without an end, in front", "csv", lambda: b'"' + (b"1," + b"a" * 97 + b"\n") * (LENGTH // 100),
         "rejected"),
    File("quotes", "csv", lambda: b'"' * LENGTH, "rejected"),
    File("lines without a line feed", "csv", lambda: rows(1_000).replace(b"\n", b"\r"), "complete", 1_000),
    File("carriage returns", "csv", lambda: b"\r" * LENGTH, "empty"),
    File("line ends", "csv", lambda: b"\n" * LENGTH, "empty"),
    File("commas", "csv", lambda: b"," * LENGTH, "empty"),
    File("many columns", "csv", lambda: header(MANY), "rejected"),
    File("many cells", "csv", lambda: rows(3) + b"," * MANY + b"\n", "complete", 3),
    File("a header twice", "csv", lambda: b"id,job\nid,job\n1,a\n", "complete", 1),
    File("no byte", "csv", lambda: b"", "empty"),
    File("only a byte order mark", "csv", lambda: b"\xef\xbb\xbf", "empty"),
    File("only a quote", "csv", lambda: b'"', "rejected"),
    File("one id many times", "csv", lambda: b"1,a\n" * size(600_000, 20_000), "partial", 1),
    File("an id of many digits", "csv", lambda: b"1" * 1_000_000 + b",a\n", "rejected"),
]

BYTES = [
    File("UTF-16", "csv", lambda: rows(3).decode().encode("utf-16"), "complete", 3),
    File("UTF-16 without a mark", "csv", lambda: rows(3).decode().encode("utf-16-le"), "complete", 3),
    File("UTF-32", "csv", lambda: rows(3).decode().encode("utf-32"), "rejected"),
    File("NULs", "csv", lambda: b"\0" * LENGTH, "rejected"),
    File("bytes that are not UTF-8", "csv", lambda: b"\xff" * LENGTH, "rejected"),
    File("lines that are not UTF-8", "csv", lambda: b"\xff\n" * MANY, "rejected"),
    File("noise", "csv", lambda: noise(LENGTH // 10), "rejected"),
    File("a picture", "csv", lambda: b"\x89PNG\r\n\x1a\n" + noise(100_000), "rejected"),
    File("a workbook", "csv", lambda: b"PK\x03\x04" + noise(100_000), "rejected"),
    File("a program", "csv", lambda: b"\x7fELF" + noise(100_000), "rejected"),
    File("statements", "csv", lambda: b"1,'); DROP TABLE jobs; -- \n2,b\n", "complete", 2),
]

OBJECTS = [
    File("a deep line", "ndjson", lambda: nested("[", "]", MANY), "rejected"),
    File("a deep object", "ndjson", lambda: nested('{"a":', "}", MANY), "rejected"),
    File("many deep lines", "ndjson", lambda: (b"[" * 1_000 + b"\n") * 1_000, "rejected"),
    File("a line with many members", "ndjson", lambda: members(MANY), "rejected"),
    File("a line with 80,000 members", "ndjson", lambda: members(80_000), "rejected"),
    File("a long line of a text", "ndjson", lambda: b'{"id":1,"job":"' + b"x" * LENGTH + b'"}\n', "rejected"),
    File("a long line without an end", "ndjson", lambda: b"{" + b" " * LENGTH, "rejected"),
    File("numbers", "ndjson", lambda: b"1\n" * MANY, "rejected"),
    File("an array", "ndjson", lambda: b"[" + b"{}," * MANY + b"{}]", "rejected"),
    File("CSV by the name of NDJSON", "ndjson", lambda: rows(3), "rejected"),
    File("NDJSON by the name of CSV", "csv", lambda: b'{"id":1,"job":"a"}\n', "rejected"),
]

FILES = [*PACKED, *LINES, *BYTES, *OBJECTS]
