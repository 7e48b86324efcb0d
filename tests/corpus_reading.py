"""A plain reader of the corpus, told by the table what each file is like; it finds nothing out.

It shows that the expected rows are in the files. Escapes, stray quotes and a few files of their own
kind are beyond it: `can_read` says which.
"""

import csv
import gzip
import io
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CODECS = {
    "utf-8-bom": "utf-8-sig", "utf-16le-bom": "utf-16", "utf-16be-bom": "utf-16", "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be", "windows-1252": "cp1252", "latin-1": "cp1252", "iso-8859-15": "cp1252",
    "windows-1250": "cp1250", "windows-1251": "cp1251", "windows-1253": "cp1253", "windows-1254": "cp1254",
    "mac-roman": "mac-roman", "shift_jis": "cp932", "gbk": "gbk", "euc-kr": "euc-kr",
    "iso-8859-2": "iso8859-2",
}  # fmt: skip
BEYOND = {"stray-quotes", "backslash"}
# A CR that ends no line; a marker that is a text when quoted.
OWN_KIND = {"bare-cr-in-a-cell.csv", "null-quoted.csv"}
# What is wrong with a row only beside others.
BEYOND_CODES = {"changed_header", "mixed_offsets"}
BLANKS = " \t\u00a0\ufeff"


def can_read(name, entry, options):
    return not (BEYOND & set(entry["axes"]) or "escape" in options or name in OWN_KIND)


def read(content, entry, columns, options, rejected):
    """The rows of a file as canonical texts, by the line that each begins on.

    A row of `rejected`, which has codes by lines, is None if the reader cannot read it either, or
    could not know what is wrong with it.
    """
    words = set(entry["axes"])
    records = records_of(content, words, options)
    header = options.get("header")
    if header == "absent" or "no-header" in words:
        places, width = list(enumerate(columns)), len(columns)
    else:
        first = records[0][1] if records else []
        places, width = named(first, columns, header or {}), len(first)
        records = [one for one in records[1:] if one[1][0] != "\ufeff" + first[0] and one[1] != first]
    form = Form(words, options)
    found = {}
    for line, cells in records:
        unknown = rejected.get(line) in BEYOND_CODES
        ragged = line in rejected and len(cells) != width
        found[line] = None if unknown or ragged else form.row(columns, cells, places)
    return found


def records_of(content, words, options):
    """All records that have a value and may be the header or a row."""
    records = list(lines_of(decoded(content, words, options), words, options))
    records = [(line, cells) for line, cells in records if any(cell.strip(BLANKS) for cell in cells)]
    if "sep-line" in words:
        records = records[1:]
    return [one for one in records if one[0] > int(options.get("skip_lines", 0))]


def decoded(content, words, options):
    if "gzip" in words:
        content = gzip.decompress(content)
    codec = next((CODECS[word] for word in words if word in CODECS), "utf-8")
    codec = "iso8859-15" if options.get("encoding") == "iso-8859-15" else codec
    return content.decode(codec, "surrogateescape" if codec == "utf-8" else "strict").lstrip("\ufeff")


def lines_of(text, words, options):
    """Each record with the line that it begins on."""
    delimiter = next(mark for word, mark in
                     [("semicolon", ";"), ("tab", "\t"), ("pipe", "|"), ("comma", ","), ("ascii", ","),
                      ("utf-8-bom", ",")] if word in words)  # fmt: skip
    quote = options.get("quote", '"')
    how = {"quoting": csv.QUOTE_NONE} if quote == "none" else {"quotechar": quote}
    blanks = "blanks-around" in words and delimiter != "\t"
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=blanks, **how
    )
    before = 0
    for cells in reader:
        yield before + 1, cells
        before = reader.line_num


def named(cells, columns, mapping):
    known = {
        folded(other): name for name, column in columns.items() for other in (name, *column.aliases)
    }
    known |= {folded(theirs): ours for theirs, ours in mapping.items()}
    return [(place, known[folded(cell)]) for place, cell in enumerate(cells) if folded(cell) in known]


def folded(name):
    return re.sub(r"[\s_\u00a0\ufeff-]", "", name).lower()


def cell(cells, place):
    return cells[place].strip(BLANKS) if place < len(cells) else ""


class Form:
    """How values are written, by the words and options."""

    def __init__(self, words, options):
        self.nulls = {"", "\\N", options.get("null_values")}
        self.decimal = options.get("decimal") or ("," if "decimal-comma" in words else ".")
        orders = [order for order in ("dmy", "mdy") if order in words]
        self.order = options.get("date_order") or (orders[0] if orders else "ymd")
        self.zone = options.get("time_zone")
        self.lenient = options.get("integers") == "lenient"

    def row(self, columns, cells, places):
        """None if a value is not one of its column, or its bytes are not text."""
        try:
            "".join(cells).encode()
            row = {name: self.canonical(columns[name], cell(cells, place)) for place, name in places}
            return row if all(columns[name].holds(value) for name, value in row.items()) else None
        except (ValueError, KeyError, AttributeError, AssertionError):
            return None

    def canonical(self, column, text):
        if text in self.nulls:
            return None
        if column.kind in ("TINYINT", "BOOLEAN") and text.lower() in ("true", "false"):
            return "1" if text.lower() == "true" else "0"
        if column.kind in ("TINYINT", "SMALLINT", "INT", "BIGINT", "BOOLEAN"):
            return str(int(text.removesuffix(".0") if self.lenient else text))
        if column.kind == "DECIMAL":
            return self._decimal(text, column.size[1])
        if column.kind == "DATE":
            return self._day(text)
        if column.kind in ("DATETIME", "TIMESTAMP"):
            digits = ".%f" if column.kind == "TIMESTAMP" else ""
            shown = self._moment(text).strftime(f"%Y-%m-%d %H:%M:%S{digits}")
            return shown[:-3] if digits else shown
        return self._moment(text).strftime("%Y-%m-%dT%H:%M:%SZ") if column.date_time else text

    def _decimal(self, text, places):
        sign, text = ("-", text[1:]) if text[0] == "-" else ("", text)
        whole, _, rest = text.partition(self.decimal)
        assert whole.isdigit() and not rest.rstrip("0")[places:], text
        return f"{sign}{int(whole)}.{rest.rstrip('0').ljust(places, '0')}"

    def _day(self, text):
        parts = re.split(r"[-./]", text)
        order = "ymd" if len(parts[0]) == 4 else self.order
        day = dict(zip(order, parts, strict=True))
        return f"{day['y']}-{day['m']:0>2}-{day['d']:0>2}"

    def _moment(self, text):
        day, hour, minute, second, digits, half, offset = re.fullmatch(
            r"([\d./-]+)[ T](\d+):(\d+)(?::(\d+)(\.\d+)?)?(?: (AM|PM))?(Z|[+-][\d:]+)?", text
        ).groups()
        hour = int(hour) % 12 + (12 if half == "PM" else 0) if half else int(hour)
        moment = datetime.fromisoformat(f"{self._day(day)} {hour:02}:{minute}:{second or '00'}")
        moment = moment.replace(microsecond=int(float(digits or 0) * 1_000_000))
        if not offset and not self.zone:
            return moment
        return moment.replace(tzinfo=zone(offset or self.zone)).astimezone(UTC).replace(tzinfo=None)


def zone(name):
    if re.match(r"[+-]", name):
        digits = name.replace(":", "").ljust(5, "0")
        return datetime.strptime(digits, "%z").tzinfo
    return UTC if name in ("Z", "UTC") else ZoneInfo(name)
