"""The example tables and what their columns may hold, read from their SQL texts for tests.

A check of canonical texts that knows nothing of rowgate.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXTS = [ROOT / "sql/schema.sql", ROOT / "samples/shop/shop.sql"]

BITS = {"TINYINT": 8, "BOOLEAN": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    size: tuple
    unsigned: bool
    members: tuple
    nullable: bool
    required: bool
    aliases: tuple
    date_time: bool

    def holds(self, value):
        """Whether a canonical text, or None for NULL, is a value of this column."""
        if value is None:
            return self.nullable
        if self.kind in BITS:
            low, high = self._range()
            return value == str(int(value)) and low <= int(value) <= high
        checks = {
            "DECIMAL": self._is_decimal,
            "DATE": lambda text: is_time(text, "%Y-%m-%d"),
            "DATETIME": lambda text: is_time(text, "%Y-%m-%d %H:%M:%S"),
            "TIMESTAMP": lambda text: is_time(text + "000", "%Y-%m-%d %H:%M:%S.%f"),
            "ENUM": lambda text: text in self.members,
            "TEXT": lambda text: 0 < len(text.encode()) < 65536,
        }
        if self.kind in checks:
            return checks[self.kind](value)
        return 0 < len(value) <= self.size[0] and (not self.date_time or RFC_3339.fullmatch(value))

    def _range(self):
        bits = BITS[self.kind]
        if self.unsigned:
            return 0, 2**bits - 1
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def _is_decimal(self, text):
        digits, decimals = self.size
        form = re.fullmatch(r"-?(0|[1-9]\d*)\.(\d+)", text)
        whole = form and (len(form[1]) <= digits - decimals or form[1] == "0")
        return bool(whole and len(form[2]) == decimals and not (text[0] == "-" and Decimal(text) == 0))


def is_time(text, form):
    """Whether the text is a real day and time, written in full."""
    try:
        return len(text) >= 10 and datetime.strptime(text, form) is not None
    except ValueError:
        return False


def tables():
    """By the table's name its columns, in their order, by name."""
    found = {}
    for path in TEXTS:
        text = re.sub(r"^--.*", "", path.read_text(), flags=re.MULTILINE)
        for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", text, flags=re.DOTALL):
            lines = [line.strip().rstrip(",") for line in body.strip().split("\n")]
            columns = [column(line) for line in lines if re.match(r"[a-z]", line)]
            found[name] = {column.name: column for column in columns}
    return found


def column(line):
    name, kind, size = re.match(r"(\w+) ([A-Z]+)(?:\(([^)]*)\))?", line).groups()
    comment = re.search(r"COMMENT '([^']*)'", line)
    items = dict(item.split("=") for item in comment[1].split(";") if "=" in item) if comment else {}
    nullable = "NOT NULL" not in line
    counted = "AUTO_INCREMENT" in line
    return Column(
        name=name,
        kind=kind,
        size=tuple(map(int, size.split(","))) if size and kind != "ENUM" else (),
        unsigned="UNSIGNED" in line,
        members=tuple(re.findall(r"'(\w+)'", size)) if kind == "ENUM" else (),
        nullable=nullable or counted,
        required=not (nullable or counted or "DEFAULT" in line),
        aliases=tuple(items.get("aliases", "").split(",")) if "aliases" in items else (),
        date_time=items.get("format") == "date-time",
    )
