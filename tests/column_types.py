"""One column of each type, the values that it takes and how the database's own client reads them, and
those that it refuses."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from struct import unpack


@dataclass
class Value:
    """A value as JSON and as a cell of CSV, None where it has no such form, and what becomes of it: the text
    that is stored, or the code of the error."""

    json: str | None
    cell: str | None
    outcome: str


# What does not count around a cell of CSV.
BLANKS = " \t\u00a0\u200b\ufeff"


def number(text, outcome=None):
    return Value(text, text, outcome or text)


def string(text, outcome=None):
    # Blanks around a cell do not count, and an empty cell is NULL.
    is_cell = text and text == text.strip(BLANKS)
    return Value(json.dumps(text), text if is_cell else None, text if outcome is None else outcome)


def only_json(token, outcome):
    return Value(token, None, outcome)


def only_cell(cell, outcome):
    return Value(None, cell, outcome)


def numbers(*texts):
    return [number(text) for text in texts]


def strings(*texts):
    return [string(text) for text in texts]


def refused(make, code, *texts):
    return [make(text, code) for text in texts]


@dataclass
class Column:
    """A column: its type in SQL, its values, and what Python makes of its Avro values."""

    sql: str
    taken: list[Value]
    refused: list[Value]
    python: Callable[[str], object] = str
    # Avro of others: a type, a value, and the text that is stored, None where the file is refused.
    avro: list[tuple[object, object, str | None]] = field(default_factory=list)
    # How the database's own client reads a value as a text, and that text as it is written here.
    shown: str = "CAST({} AS CHAR CHARACTER SET utf8mb4)"
    read: Callable[[str], str] = str


def logical(primitive, kind, **members):
    return {"type": primitive, "logicalType": kind} | members


def decimal(precision, scale, primitive="bytes", **members):
    return logical(primitive, "decimal", precision=precision, scale=scale, **members)


FIXED = decimal(12, 2, "fixed", name="fixed_12_2", size=6)
NOON = datetime(2024, 2, 29, 12, 30, 15, 123456)

WRONG_INTEGERS = [
    *refused(number, "wrong_type", "7.5", "7e0", "true"),
    only_json("7.0", "wrong_type"),
    *refused(string, "wrong_type", "+7", " 7 x", "0x7"),
    only_json("[7]", "wrong_type"),
    only_json('{"a":7}', "wrong_type"),
]
NO_STRINGS = [only_json('"7"', "wrong_type")]
WRONG_TEXTS = [only_json(token, "wrong_type") for token in ("7", "true", "[]", "{}")]
INTEGERS = [("int", 7, "7"), ("long", 8, "8"), ("double", 9.0, "9"), ("double", 9.5, None), ("boolean", True, None)]
TEXTS = [("string", "Zoë", "Zoë"), ("bytes", "Zoë".encode(), "Zoë"), ("bytes", b"\xff", None), ("int", 7, None)]


def integer(sql, least, greatest):
    """A type of integers between two bounds."""
    taken = numbers("7", str(least), str(greatest), "0")
    taken += [number("-7")] if least else []
    taken += [only_cell("007", "7"), only_json("-0", "0")]
    beyond = refused(number, "out_of_range", str(least - 1), str(greatest + 1), "9" * 40)
    return Column(sql, taken, WRONG_INTEGERS + NO_STRINGS + beyond, int, INTEGERS)


def text(sql, taken, wrong, avro=TEXTS):
    return Column(sql, strings(*taken), wrong + WRONG_TEXTS, str, avro)


def shortest(text):
    """A floating point number in rowgate's notation."""
    digits = repr(float(text)).removesuffix(".0")
    mantissa, _, exponent = digits.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def floating(sql, taken, beyond, avro):
    wrong = [*refused(string, "wrong_type", "NaN", "inf", ".5", "5.", "+5", "1,5", "x"), only_json("true", "wrong_type")]
    values = [number(text, shortest(outcome)) for text, outcome in taken.items()]
    return Column(sql, values, [*wrong, *refused(number, "out_of_range", *beyond)], float, avro,
                  "SUBSTR(HEX(ST_AsWKB(POINT({} + 0e0, 0))), 11, 16)", lambda bits: shortest(unpack("<d", bytes.fromhex(bits))[0]))  # fmt: skip


def same(*texts):
    return {text: text for text in texts}


def in_utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def base64(data):
    return b64encode(data).decode()


def binary(sql, taken, wrong):
    bad = [*refused(string, "invalid_base64", "AA=", "A", "AA==x", "\u00e9"), *WRONG_TEXTS]
    return Column(sql, [string(base64(data)) for data in taken], [*wrong, *bad], b64decode,
                  [("bytes", taken[0], base64(taken[0])), ("string", base64(taken[0]), None)],
                  "REPLACE(TO_BASE64({}), '\\n', '')")  # fmt: skip


# In the form in which MySQL keeps them: members by the length of their names, blanks behind commas and colons.
DOCUMENTS = ['{"a": 1, "bb": [1, -2.5, "x", null, true, {}]}', "[]", '"a"', "7", "0.1", '"Zo\u00eb \U0001f600 \\" \\\\"', str(2**64 - 1)]

ALL_BYTES = bytes(range(256))

ODD = ("a", "A", "a ", " a", "", "\t\"'\\,;\n\r\n:a", "NULL", "null", "0", "Zoë", "é", "e\u0301")
WIDE = ("漢字", "ÿ€Ÿ")

COLUMNS = {
    "tiny": integer("TINYINT", -128, 127),
    "small_u": integer("SMALLINT UNSIGNED", 0, 65_535),
    "medium": integer("MEDIUMINT", -(2**23), 2**23 - 1),
    "whole": integer("INT", -(2**31), 2**31 - 1),
    "whole_u": integer("INT UNSIGNED", 0, 2**32 - 1),
    "big": integer("BIGINT", -(2**63), 2**63 - 1),
    "big_u": Column(
        "BIGINT UNSIGNED",
        [*numbers("0", "9007199254740993", str(2**63), str(2**64 - 1)), string("18446744073709551614"),
         string("0018", "18"), only_json("-0", "0")],
        [*WRONG_INTEGERS, *refused(number, "out_of_range", "-1", str(2**64), "9" * 60)],
        Decimal,
        [*INTEGERS, ("string", "18446744073709551615", "18446744073709551615"),
         (decimal(20, 0), Decimal(2**64 - 1), "18446744073709551615"), (decimal(21, 0), Decimal(2**64), None),
         (decimal(20, 1), Decimal("7.5"), None), (decimal(20, 1), Decimal("7.0"), "7"), ("string", "x", None)],
    ),
    "flag": Column(
        "BOOLEAN",
        [number("true", "1"), number("false", "0"), *numbers("1", "0", "7", "-128", "127"), only_cell("TRUE", "1"),
         only_cell("fAlSe", "0")],
        [*refused(number, "wrong_type", "1.5", "1e0"), only_json('"true"', "wrong_type"), *NO_STRINGS,
         *refused(string, "wrong_type", "yes", "t", "on"), *refused(number, "out_of_range", "128", "-129")],
        int,
        [*INTEGERS[:-1], ("boolean", True, "1"), ("boolean", False, "0"), ("string", "true", None)],
    ),
    "price": Column(
        "DECIMAL(10,2)",
        [number("0.5", "0.50"), number("99999999.99"), number("-99999999.99"), number("-0", "0.00"), number("-0.01"),
         number("0", "0.00"), number("7", "7.00"), number("1.10000", "1.10"), only_json("1e2", "100.00"),
         only_json("12.5E-1", "1.25"), string("1.15", "1.15"), string("000.10", "0.10")],
        [*refused(number, "too_precise", "0.001", "99999999.991", "1.005"),
         *refused(number, "out_of_range", "100000000", "-100000000.00"), only_json("1e400", "out_of_range"),
         only_json("1e-400", "too_precise"),
         *refused(string, "wrong_type", "1e2", ".5", "5.", "+5", "1,5", "€5", "NaN"), *refused(number, "wrong_type", "true")],
        Decimal,
        [("int", 7, "7.00"), ("long", -7, "-7.00"), (decimal(10, 2), Decimal("-0.01"), "-0.01"),
         (FIXED, Decimal("123.45"), "123.45"), (decimal(5, 1), Decimal("0.5"), "0.50"), ("string", "0.5", "0.50"),
         (decimal(10, 3), Decimal("0.001"), None), (decimal(10, 3), Decimal("0.010"), "0.01"), ("double", 0.5, None),
         (decimal(20, 2), Decimal("100000000.00"), None), ("string", "1e2", None), ("bytes", b"7.5", "7.50")],
    ),
    "widest": Column(
        "DECIMAL(65,30)",
        [number("9" * 35 + "." + "9" * 30), number("-" + "9" * 35 + "." + "9" * 30), number("0." + "0" * 29 + "1"),
         number("0", "0." + "0" * 30)],
        [*refused(number, "too_precise", "0." + "0" * 30 + "1"), *refused(number, "out_of_range", "1" + "0" * 35)],
        str,
        [("string", "0.5", "0.5" + "0" * 29), (decimal(38, 30), Decimal("1.5"), "1.5" + "0" * 29)],
    ),
    "arrow": Column(
        "DECIMAL(38,30)",
        [number("9" * 8 + "." + "9" * 30), number("-" + "9" * 8 + "." + "9" * 30), number("0", "0." + "0" * 30)],
        refused(number, "out_of_range", "100000000"),
        Decimal,
    ),
    "unsigned": Column(
        "DECIMAL(5,0) UNSIGNED",
        [*numbers("99999", "0"), number("7.0", "7")],
        [*refused(number, "out_of_range", "-1", "100000"), *refused(number, "too_precise", "0.5")],
        Decimal,
        [("int", -1, None), ("string", "-0", "0")],
    ),
    "filled": Column(
        "DECIMAL(6,2) UNSIGNED ZEROFILL",
        [number("7", "0007.00"), number("9999.99"), number("0", "0000.00")],
        refused(number, "out_of_range", "-0.01", "10000"),
        Decimal,
    ),
    "day": Column(
        "DATE",
        [*strings("2024-02-29", "0001-01-01", "9999-12-31", "1969-12-31", "1582-10-10"), only_cell("2024-2-9", "2024-02-09")],
        [*refused(string, "invalid_date", "2023-02-29", "0000-00-00", "2024-00-01", "20240229", "24-02-29",
                  "10000-01-01", "0000-01-01", "2024-02-29T00:00:00", "2024-02-29 ", "29.02.2024", "now"),
         only_json('""', "invalid_date"), only_json('"2024-2-9"', "invalid_date"), only_json("20240229", "wrong_type"), only_json("true", "wrong_type")],
        date.fromisoformat,
        [(logical("int", "date"), date(2024, 2, 29), "2024-02-29"), (logical("int", "date"), date(1, 1, 1), "0001-01-01"),
         ("string", "9999-12-31", "9999-12-31"), ("bytes", b"2024-02-29", "2024-02-29"), ("string", "2023-02-29", None),
         ("int", 7, None), (logical("long", "timestamp-millis"), NOON, None),
         (logical("long", "local-timestamp-micros"), NOON, None)],
    ),
    "instant": Column(
        "TIMESTAMP",
        [string("2024-02-29T12:30:15Z", "2024-02-29 12:30:15"), string("2024-02-29 12:30:15.999+02:00", "2024-02-29 10:30:15"),
         string("1970-01-01T00:00:01Z", "1970-01-01 00:00:01"), string("2038-01-19T03:14:07Z", "2038-01-19 03:14:07"),
         string("2026-10-25T00:30:00Z", "2026-10-25 00:30:00"), string("2026-10-25T01:30:00Z", "2026-10-25 01:30:00")],
        [*refused(string, "no_offset", "2024-02-29 12:30:15", "2024-02-29T12:30:15.5"),
         *refused(string, "out_of_range", "1970-01-01T00:00:00Z", "2038-01-19T03:14:08Z", "0001-01-01T00:00:00Z"),
         *refused(string, "invalid_date_time", "2024-02-29", "2023-02-29T00:00:00Z", "now"), only_json("1709209815", "wrong_type")],
        in_utc,
        [(logical("long", "timestamp-micros"), NOON.replace(tzinfo=UTC), "2024-02-29 12:30:15"),
         (logical("long", "timestamp-millis"), NOON.replace(tzinfo=UTC), "2024-02-29 12:30:15"),
         ("string", "2024-02-29T12:30:15Z", "2024-02-29 12:30:15"), ("string", "2024-02-29T12:30:15", None),
         (logical("long", "local-timestamp-micros"), NOON, None), (logical("int", "date"), date(2024, 2, 29), None)],
    ),
    "instant6": Column(
        "TIMESTAMP(6)",
        [string("2024-02-29T12:30:15Z", "2024-02-29 12:30:15.000000"),
         string("2038-01-19T03:14:07.999999Z", "2038-01-19 03:14:07.999999"),
         string("2024-02-29T12:30:15.0000019Z", "2024-02-29 12:30:15.000001")],
        refused(string, "no_offset", "2024-02-29 12:30:15.1"),
        in_utc,
        [(logical("long", "timestamp-micros"), NOON.replace(tzinfo=UTC), "2024-02-29 12:30:15.123456")],
    ),
    "moment": Column(
        "DATETIME",
        [string("2024-02-29 12:30:15"), string("2024-02-29T12:30:15", "2024-02-29 12:30:15"),
         string("0001-01-01 00:00:00"), string("9999-12-31 23:59:59"),
         string("9999-12-31 23:59:59.999999", "9999-12-31 23:59:59"), only_cell("2024-02-29 12:30", "2024-02-29 12:30:00"), string("2024-02-29t01:02:03.9", "2024-02-29 01:02:03")],
        [*refused(string, "invalid_date_time", "2023-02-29 00:00:00", "2024-02-29", "2024-02-29 24:00:00",
                  "2016-12-31 23:59:60", "0000-00-00 00:00:00", "2024-02-29 12:60:00",
                  "10000-01-01 00:00:00", "2024-02-29 12:30:15.", "now()"),
         only_json('"2024-02-29 12:30"', "invalid_date_time"), string("2024-02-29T12:30:15Z", "mixed_offsets"), string("2024-02-29 12:30:15+02:00", "mixed_offsets"),
         only_json("20240229123015", "wrong_type"), only_json("true", "wrong_type")],
        datetime.fromisoformat,
        [(logical("long", "local-timestamp-micros"), NOON, "2024-02-29 12:30:15"),
         (logical("long", "local-timestamp-millis"), NOON, "2024-02-29 12:30:15"),
         ("string", "2024-02-29T12:30:15.9", "2024-02-29 12:30:15"), ("string", "2024-02-29T12:30:15Z", None),
         (logical("long", "timestamp-micros"), NOON, None), (logical("long", "timestamp-millis"), NOON, None),
         (logical("int", "date"), date(2024, 2, 29), None), ("long", 7, None)],
    ),
    "moment3": Column(
        "DATETIME(3)",
        [string("2024-02-29 12:30:15", "2024-02-29 12:30:15.000"), string("2024-02-29 12:30:15.9999", "2024-02-29 12:30:15.999"),
         string("0001-01-01 00:00:00.001"), string("1969-12-31 23:59:59.5", "1969-12-31 23:59:59.500")],
        refused(string, "invalid_date_time", "2024-02-30 00:00:00.000"),
        datetime.fromisoformat,
        [(logical("long", "local-timestamp-micros"), NOON, "2024-02-29 12:30:15.123")],
    ),
    "moment6": Column(
        "DATETIME(6)",
        strings("2024-02-29 12:30:15.000001", "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999",
                "1969-12-31 23:59:59.999999"),
        refused(string, "invalid_date_time", "2024-02-29 25:00:00.000000"),
        datetime.fromisoformat,
        [(logical("long", "local-timestamp-micros"), NOON, "2024-02-29 12:30:15.123456"),
         (logical("long", "local-timestamp-millis"), datetime(1969, 12, 31, 23, 59, 59, 999000), "1969-12-31 23:59:59.999000")],
    ),
    "fixed": Column(
        "CHAR(10)",
        [*strings("a", "A", " a", "", "Zoë", "😀" * 10, "\t\n"), string("a  ", "a"), only_json('"   "', ""),
         string("x" * 10 + "   ", "x" * 10), string("a\u00a0 ", "a\u00a0"),
         only_cell(f"{BLANKS}a b{BLANKS}", "a b")],
        [*refused(string, "too_long", "x" * 11, "😀" * 11), *WRONG_TEXTS],
        str,
        [*TEXTS, ("string", "a  ", "a"), ("string", "x" * 11, None)],
    ),
    "fixed_w": Column(
        "CHAR(255) CHARACTER SET latin1",
        [*strings("a", "ÿ€Ÿ", "é" * 255, "\x81"), string("é ", "é")],
        [*refused(string, "not_in_charset", "漢", "a\x80", "ł"), *refused(string, "too_long", "x" * 256), *WRONG_TEXTS],
        str,
        [*TEXTS, ("string", "ł", None)],
    ),
    "name": text(
        "VARCHAR(20)",
        [*ODD, *WIDE, "😀" * 20, "\x00\x01\x1f\x7f", "x" * 20],
        refused(string, "too_long", "x" * 21, "😀" * 21),
    ),
    "name_ci": text("VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", [*ODD, "ß", "ss", "😀", "😁"], []),
    "name_3": text(
        "VARCHAR(20) CHARACTER SET utf8mb3",
        [*ODD, *WIDE, "\uffff"],
        refused(string, "not_in_charset", "😀", "a\U00010000"),
        [*TEXTS, ("string", "😀", None)],
    ),
    "name_1": text(
        "VARCHAR(20) CHARACTER SET latin1",
        [it for it in ODD if "\u0301" not in it] + ["ÿ€Ÿ", "\x81\x8d\x8f\x90\x9d\xa0", "‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜"],
        [*refused(string, "not_in_charset", "漢", "e\u0301", "\x80", "😀"), *refused(string, "too_long", "é" * 21)],
    ),
    "name_a": text(
        "VARCHAR(20) CHARACTER SET ascii",
        [it for it in ODD if it.isascii()] + ["\x7f\x00"],
        refused(string, "not_in_charset", "é", "\x80"),
        [("string", "Zoe", "Zoe"), ("string", "Zoë", None)],
    ),
    "tiny_t": text(
        "TINYTEXT",
        [*ODD, "x" * 255, "😀" * 63 + "abc"],
        refused(string, "too_long", "x" * 256, "😀" * 64),
    ),
    "text_1": text(
        "TEXT CHARACTER SET latin1",
        ["a", "A", "ÿ€Ÿ", "é" * 300, ""],
        refused(string, "not_in_charset", "漢"),
    ),
    "medium_t": text("MEDIUMTEXT", [*ODD, *WIDE, "😀" * 100], []),
    "long_t": text("LONGTEXT CHARACTER SET utf8mb3", [*ODD, *WIDE], refused(string, "not_in_charset", "😀")),
    "rfc": Column(
        "VARCHAR(40) COMMENT 'format=date-time'",
        [string("2024-02-29T12:30:15Z"), string("2024-02-29T12:30:15+02:00", "2024-02-29T10:30:15Z")],
        [*refused(string, "invalid_date_time", "2024-02-29 12:30:15", "2016-12-31T23:59:60Z", "x"), *WRONG_TEXTS],
        str,
        [("string", "2024-02-29T12:30:15Z", "2024-02-29T12:30:15Z"),
         (logical("int", "date"), date(2024, 2, 29), "2024-02-29T00:00:00Z")],
    ),
    "color": Column(
        "ENUM('red','blue','2','Zo\u00eb','a,b','it''s','','b\\\\s')",
        strings("red", "2", "Zo\u00eb", "a,b", "it's", "", "b\\s", "blue"),
        [*refused(string, "not_a_member", "Red", "red,blue", "1", "x"), only_json('"red "', "not_a_member"), *WRONG_TEXTS],
        str,
        [("string", "blue", "blue"), ("bytes", b"2", "2"), ("string", "1", None),
         ({"type": "enum", "name": "e", "symbols": ["blue", "red"]}, "red", "red")],
    ),
    "tags": Column(
        "SET('a','b','c''d')",
        [*strings("a", "a,b", "a,b,c'd", "", "c'd"), string("b,a", "a,b"), string("c'd,b,c'd", "b,c'd")],
        [*refused(string, "not_a_member", "d", "a, b", "A", "3", "a,,b"), *WRONG_TEXTS],
        str,
        [("string", "c'd,a", "a,c'd"), ("string", "d", None), ("int", 3, None)],
    ),
    "document": Column(
        "JSON",
        [*(only_json(text, text) for text in DOCUMENTS), *(only_cell(text, text) for text in DOCUMENTS)],
        [*refused(number, "too_precise", str(2**64), "0.12345678901234567890", "1e400"),
         only_json('{"a":1,"a":2}', "duplicate_column"), only_json('["\\ud83d"]', "invalid_json"),
         only_json("[" * 101 + "]" * 101, "invalid_json"), only_cell("abc", "invalid_json"), only_cell("{a:1}", "invalid_json")],
        str,
        [("string", '{"a": 1}', '{"a": 1}'), ("string", "{", None), ("int", 7, None)],
    ),
    "year": Column(
        "YEAR",
        [*numbers("1901", "2155", "2000")],
        [*refused(number, "out_of_range", "0", "70", "1900", "2156", "-1"), *refused(number, "wrong_type", "2000.5"),
         *NO_STRINGS, only_json("true", "wrong_type"), only_cell("x", "wrong_type")],
        int,
        [("int", 2024, "2024"), ("double", 2024.0, "2024"), ("int", 70, None), ("string", "2024", None)],
    ),
    "lasts": Column(
        "TIME",
        [*strings("16:02:08", "-838:59:59", "838:59:59", "00:00:00"), string("7:00:00", "07:00:00"),
         string("16:02:08.999999", "16:02:08"), string("-00:00:00.5", "00:00:00")],
        [*refused(string, "invalid_time", "839:00:00", "838:59:59.1", "24:60:00", "16:02", "5", "160208", "16:02:08Z", "x"),
         only_json('""', "invalid_time"), only_json("160208", "wrong_type")],
        str,
        [("string", "-1:02:03", "-01:02:03"), (logical("int", "time-millis"), time(16, 2, 8, 999000), "16:02:08"),
         (logical("long", "time-micros"), time(16, 2, 8), "16:02:08"), ("int", 7, None)],
    ),
    "lasts6": Column(
        "TIME(6)",
        [*strings("16:02:08.000001", "-838:59:59.000000"), string("838:59:59", "838:59:59.000000")],
        refused(string, "invalid_time", "838:59:59.000001"),
        str,
        [(logical("long", "time-micros"), time(23, 59, 59, 999999), "23:59:59.999999")],
    ),
    "double": floating(
        "DOUBLE",
        {**same("0.1", "-1.5", "1.7976931348623157e308", "5e-324", "1e22", "123456789012345680", "0"), "1.50": "1.5",
         "-0.0": "0", "9007199254740993": "9007199254740992"},
        ["1e309", "-1e400", "1e-400"],
        [("double", 0.1, "0.1"), ("float", 0.5, "0.5"), ("int", 7, "7"), ("double", float("nan"), None),
         ("double", float("-inf"), None), ("string", "1", None), (decimal(9, 2), Decimal("0.5"), None)],
    ),
    "double_u": floating("DOUBLE UNSIGNED", same("0.1", "0"), ["-0.1"], [("double", -1.0, None)]),
    "float": floating(
        "FLOAT",
        {"0.1": "0.10000000149011612", "3.4028234e38": "3.4028234663852886e38", "16777217": "16777216", "-1.5": "-1.5",
         "1e-45": "1.401298464324817e-45"},
        ["3.5e38", "1e-46"],
        [("float", 0.5, "0.5"), ("double", 0.1, "0.10000000149011612"), ("double", 1e300, None)],
    ),
    "bit": Column(
        "BIT(1)",
        [*numbers("0", "1"), only_json("true", "1"), only_json("false", "0")],
        [*refused(number, "out_of_range", "2", "-1"), *refused(string, "wrong_type", "yes", "b'1'")],
        Decimal,
        [("boolean", True, "1"), ("int", 1, "1"), ("int", 2, None)],
        "CAST({} + 0 AS CHAR CHARACTER SET utf8mb4)",
    ),
    "bits": Column(
        "BIT(64)",
        numbers("0", "1", str(2**63), str(2**64 - 1)),
        [*refused(number, "out_of_range", str(2**64), "-1"), only_json("true", "wrong_type")],
        Decimal,
        [("long", 7, "7"), ("boolean", True, None)],
        "CAST({} + 0 AS CHAR CHARACTER SET utf8mb4)",
    ),
    "bytes": binary("BINARY(3)", [b"\0\0\0", b"\xff\x00\x20"], [string("AAA=", "too_few_bytes"), string("AAAAAA==", "too_long")]),
    "vbytes": binary("VARBINARY(256)", [b"\0", b"", ALL_BYTES, b"  "], [string(base64(bytes(257)), "too_long")]),
    "blob": binary("BLOB", [b"\xfe", ALL_BYTES * 9], []),
    "tiny_b": binary("TINYBLOB", [b"x", bytes(255)], [string(base64(bytes(256)), "too_long")]),
    "long_b": binary("LONGBLOB", [b"y", b""], []),
}  # fmt: skip


def moment(number):
    """A DATETIME(3) from a second before 1970 on."""
    return (datetime(1969, 12, 31, 23, 59, 59) + timedelta(milliseconds=333 * number)).isoformat(" ", "milliseconds")


def clock(number):
    """A TIME(3), from the shortest on."""
    millis = -3_020_399_000 + 4_000_000 * number
    seconds, rest = divmod(abs(millis), 1_000)
    sign = "-" if millis < 0 else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def key_text(number):
    """Texts among which blanks, case and what comes before a blank tell one from another."""
    return ["{}", "{}\t", " {}", "a{}", "A{}", "é{}", "😀{}", "{}~"][number % 8].format(number // 8)


TEXT_KEY = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

# Types of keys, each with the texts of some values: enough for several pages of a backup, of which the first has
# 64 rows.
KEYS = {
    "big_u": ("BIGINT UNSIGNED", [str(number * (2**64 - 1) // 1_499) for number in range(1_500)]),
    "price": ("DECIMAL(10,2)", [str(Decimal(7 * number - 5_000) / 100 + Decimal("0.00")) for number in range(1_500)]),
    "day": ("DATE", [date.fromordinal(1 + 2_434 * number).isoformat() for number in range(1_500)]),
    "moment": ("DATETIME(3)", [moment(number) for number in range(1_500)]),
    "flag": ("BOOLEAN", [str(number) for number in range(-128, 128)]),
    "fixed": (f"CHAR(12) {TEXT_KEY}", [key_text(number) for number in range(1_500)]),
    "lasts": ("TIME(3)", [clock(number) for number in range(1_500)]),
    "year": ("YEAR", [str(number) for number in range(1901, 2156)]),
    "bits": ("BIT(12)", [str(number) for number in range(1_500)]),
    "bytes": ("BINARY(2)", [base64(number.to_bytes(2)) for number in range(0, 60_000, 40)]),
    "name": (f"VARCHAR(12) {TEXT_KEY}", [key_text(number) for number in range(1_500)]),
}


def with_types(table, key="id INT NOT NULL PRIMARY KEY"):
    """The statement that makes a table of all columns."""
    columns = ", ".join(f"`{name}` {it.sql.replace(' COMMENT', ' NULL COMMENT')}" for name, it in COLUMNS.items())
    return f"CREATE TABLE {table} ({key}, {columns}) DEFAULT CHARSET=utf8mb4;"


def taken(form, shift=0):
    """Rows with all values that have such a form ("json" or "cell"), each a dict of values; at a column's end
    comes NULL, as None, and then its first value again."""
    lists = {name: [it for it in column.taken if getattr(it, form) is not None] for name, column in COLUMNS.items()}
    count = max(map(len, lists.values())) + 1
    rows = range(shift, count + shift)
    return [{name: [*values, None][at % (len(values) + 1)] for name, values in lists.items()} for at in rows]


def wrong(form):
    """Every value of such a form that is refused, with its column."""
    values = [(name, value) for name, column in COLUMNS.items() for value in column.refused]
    return [(name, value) for name, value in values if getattr(value, form) is not None]


def stored(rows):
    """The texts that are stored of rows."""
    return [{name: value and value.outcome for name, value in row.items()} for row in rows]


def as_json(row, id):
    """A row as a JSON object, with each value as it is written."""
    members = [f'"{name}":{value.json if value else "null"}' for name, value in row.items()]
    return "{" + ",".join([f'"id":{id}', *members]) + "}"
