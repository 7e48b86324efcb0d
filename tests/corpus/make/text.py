"""Rows as text, by the rules that a program is known to follow."""

from dataclasses import dataclass, field

from logical import BOOLEANS, DATE_TIMES, DATES, DECIMALS


def iso(value):
    return value


def dmy(mark):
    return lambda value: mark.join(reversed(value.split("-")))


def mdy_short(value):
    """7/27/2021, as American Excel has it."""
    year, month, day = value.split("-")
    return f"{int(month)}/{int(day)}/{year}"


def mdy(value):
    year, month, day = value.split("-")
    return f"{month}/{day}/{year}"


def ymd(mark):
    return lambda value: value.replace("-", mark)


def clock(value):
    return value[:5]


def clock_with_seconds(value):
    return value


def twelve_hours(value):
    hour, minute = int(value[:2]), value[3:5]
    return f"{hour % 12 or 12}:{minute} {'PM' if hour >= 12 else 'AM'}"


@dataclass(frozen=True)
class Form:
    """How values are written."""

    date: object = iso
    time: object = clock_with_seconds
    between: str = " "
    decimal: str = "."
    true: str = "1"
    false: str = "0"
    null: str = ""
    others: dict = field(default_factory=dict)

    def cell(self, column, value):
        if value is None:
            return self.null
        if column in self.others:
            return self.others[column](value)
        if column in DATES:
            return self.date(value)
        if column in DATE_TIMES:
            day, time = value.split(" ")
            return self.date(day) + self.between + self.time(time)
        if column in DECIMALS:
            return value.replace(".", self.decimal)
        if column in BOOLEANS:
            return self.true if value == "1" else self.false
        return value


@dataclass(frozen=True)
class Dialect:
    """How cells become lines."""

    delimiter: str = ","
    end: str = "\r\n"
    quote: str = '"'
    # minimal, all, none
    quotes: str = "minimal"
    last_end: bool = True

    def line(self, cells):
        return self.delimiter.join(self._quoted(cell) for cell in cells)

    def lines(self, lines):
        text = self.end.join(self.line(line) for line in lines)
        return text + self.end if self.last_end else text

    def _quoted(self, cell):
        if self.quotes == "none":
            return cell
        special = any(mark in cell for mark in (self.delimiter, self.quote, "\n", "\r"))
        if self.quotes == "minimal" and not special:
            return cell
        return self.quote + cell.replace(self.quote, self.quote * 2) + self.quote


def cells(rows, form=Form(), header=True):
    """The lines of a table, as cells; `header` may be the names to write."""
    names = list(rows[0])
    lines = [[form.cell(name, row[name]) for name in names] for row in rows]
    if header is True:
        header = names
    return [list(header), *lines] if header else lines


def whole(rows, dialect=Dialect(), form=Form(), header=True):
    return dialect.lines(cells(rows, form, header))
