"""Files of employees with one place damaged, and a reader of the test's own for them."""

import csv
import io
import random
import re
from dataclasses import dataclass, field
from functools import cached_property

COLUMNS = ["id", "name", "datetime", "department_id", "job_id"]
MOST_ROWS = 12
DAMAGES = ("none", "removed", "doubled", "replaced", "joined", "cut")
# In front of a header's name a `_` would rightly take the column away, so it is none of these.
STRANGE = list("\",;\n\r\t x01-=é'|\\\0\u00a0\ufeff")
FIRST_NAMES = ("Ann", "Zoë", "Łukasz", "Mo", "O'Leary", "Ida-Maria", "林")
INSIDE = (",", '"', "\n", '", "', '""', ",,", "\n\n", "\r\n", ' "', '"\n', '",\n"', ";")
# What makes cells and lines of a text.
MAKING = ",\"\n\r"


@dataclass
class Damaged:
    """One file: its rows as they were written, and its text with the damage in it."""

    seed: int
    number: int
    rows: list
    # Where each row, and the header if there is one, ends in the text that was written.
    spans: list
    has_header: bool
    # Whether a cell holds rows of the table.
    nested: bool
    written: str
    damage: str = "none"
    # The part of the written text that is damaged, and what is there instead.
    start: int = 0
    end: int = 0
    put: str = ""

    @property
    def text(self):
        return self.written[: self.start] + self.put + self.written[self.end :]

    @cached_property
    def touched(self):
        """Indexes of the rows whose own text is damaged; -1 is the header."""
        if self.damage == "none":
            return set()
        first = -1 if self.has_header else 0
        end = max(self.end, self.start + 1)
        within = {
            index for index, (start, stop) in enumerate(self.spans, first)
            if start < end and self.start < stop
        }
        # What is at a line's end, or is put there, belongs to the next line as well.
        ends = {index + 1 for index in within if self.end >= self.spans[index - first][1] - 2}
        return within | ends

    @property
    def special(self):
        """Whether a cell has a comma, a quote or a line break in it."""
        return any(letter in row["name"] for row in self.rows for letter in MAKING)

    def show(self):
        place = f"{self.damage} at {self.start}"
        return f"seed {self.seed}, file {self.number}, {place}\n{self.text.encode()!r}"


def make(seed, number):
    """The file of a number; the same for each run with this seed."""
    chance = random.Random(f"{seed} {number}")
    special = chance.random() < 0.5
    nested = chance.random() < 1 / 3
    styles = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]
    quoting = chance.choice(styles if special or nested else [*styles, csv.QUOTE_NONE])
    end = chance.choice(["\n", "\r\n", "\r"])
    header = chance.choice([None, COLUMNS, chance.sample(COLUMNS, len(COLUMNS))])
    order = header or COLUMNS

    count = chance.randint(1, MOST_ROWS)
    rows = [row(chance, number, index) for index in range(count)]
    if special:
        for it in {chance.randrange(count), *chance.sample(range(count), count // 2)}:
            rows[it]["name"] = special_name(chance)
    if nested:
        inside = [row(chance, number, index, base=50_000_000) for index in range(2)]
        lines = ([header] if header else []) + [[it[name] for name in order] for it in inside]
        text = write(lines, chance.choice(["\n", "\r\n"]), chance.choice(styles))
        chance.choice(rows)["name"] = text.strip()
    if end == "\r":
        for it in rows:
            it["name"] = re.sub("\r?\n", "\r", it["name"])
    records = ([header] if header else []) + [[it[name] for name in order] for it in rows]
    written, spans = "", []
    for record in records:
        line = write([record], end, quoting)
        spans.append((len(written), len(written) + len(line)))
        written += line
    file = Damaged(seed, number, rows, spans, header is not None, nested, written)
    damage(chance, file)
    return file


def special_name(chance):
    return chance.choice(INSIDE).join(chance.choice(FIRST_NAMES) for _ in range(3))


def row(chance, number, index, base=9_100_000):
    """A row whose id is a multiple of 11 with nine digits: with one digit changed, lost or doubled
    it is no other row's."""
    day = f"2021-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return {
        "id": 11 * (base + number * MOST_ROWS + index),
        "name": f"{chance.choice(FIRST_NAMES)} {chance.choice(FIRST_NAMES)}",
        "datetime": f"{day}T{chance.randint(0, 23):02}:00:00Z",
        "department_id": chance.choice([None, chance.randint(1, 99)]),
        "job_id": chance.choice([None, chance.randint(1, 999)]),
    }


def write(records, end, quoting):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=quoting).writerows(records)
    return out.getvalue()


def damage(chance, file):
    """Damages one place of a file, or none; a third of the places make cells and lines."""
    file.damage = chance.choice(DAMAGES)
    if file.damage == "none":
        return
    places = range(len(file.written))
    if chance.random() < 1 / 3:
        places = [at for at in places if file.written[at] in MAKING]
    place = chance.choice(places)
    letter = file.written[place]
    file.start, file.end = place, place + 1
    match file.damage:
        case "doubled":
            file.put = letter * 2
        case "replaced":
            file.put = chance.choice([other for other in STRANGE if other != letter])
        case "joined":
            breaks = [it.span() for it in re.finditer("\r\n|\n|\r", file.written)]
            file.start, file.end = chance.choice(breaks)
        case "cut":
            rest = re.match("[^\r\n]*", file.written[place:]).end()
            file.end = place + rest


@dataclass
class Record:
    """What a reader by RFC 4180 finds from a line on: cells, or a fault up to a line's end."""

    line: int
    lines: int
    text: str
    cells: list = field(default_factory=list)
    faulty: bool = False


def read(text):
    """The records of a text, without a byte order mark in front of them. Where quotes are wrong, the
    lines up to the first line end behind that are one faulty record, and reading goes on there."""
    ends = "\n" if "\n" in text else "\r"
    records, start, line = [], 0, 1
    while start < len(text):
        start += text[start] == "\ufeff"
        cells, stop = record_at(text, start, ends)
        after = text.find(ends, stop)
        if cells is None:
            stop = len(text) if after < 0 else after
        body = text[start:stop]
        count = body.count(ends) + 1
        body = body.rstrip("\r") if ends == "\n" else body
        records.append(Record(line, count, body, cells or [], cells is None))
        line += count
        start = stop + 1
    return records


def record_at(text, start, ends):
    """The cells of the record at a place and where its line ends, or none and where it is wrong."""
    cells, at = [], start
    while True:
        opening = skip_blanks(text, at, ends)
        if text[opening : opening + 1] == '"':
            cell, at = quoted(text, opening + 1)
            if cell is None:
                return None, at
            at = skip_blanks(text, at, ends)
            if is_end(text, at, ends):
                return cells + [cell], text.find(ends, at) if ends in text[at:] else len(text)
            if text[at] != ",":
                return None, at
            cells.append(cell)
            at += 1
            continue
        stop = at
        while stop < len(text) and text[stop] not in (",", ends):
            if text[stop] == '"':
                return None, stop
            stop += 1
        if stop == len(text) or text[stop] == ends:
            # In front of a line feed a carriage return is part of the line end.
            last = text[at:stop].rstrip("\r") if ends == "\n" else text[at:stop]
            return [*cells, last], stop
        cells.append(text[at:stop])
        at = stop + 1


def quoted(text, at):
    """A quoted cell's text and the place behind it; no text if it has no end."""
    start = at
    while (at := text.find('"', at)) >= 0:
        if text[at + 1 : at + 2] != '"':
            return text[start:at].replace('""', '"'), at + 1
        at += 2
    return None, len(text)


def skip_blanks(text, at, ends):
    """Behind the blanks around quotes; a carriage return that ends no line is one."""
    blanks = (" ", "\t", "\r") if ends == "\n" else (" ", "\t")
    while text[at : at + 1] in blanks:
        at += 1
    return at


def is_end(text, at, ends):
    while ends == "\n" and text[at : at + 1] == "\r":
        at += 1
    return at >= len(text) or text[at] == ends


# Codes with which each line of a record is given back by itself.
BY_LINE = {"malformed_quote", "unclosed_quote", "changed_header"}


@dataclass
class Rejected:
    """A row of a reject file: its line in the file it comes from, its codes, its text as it was."""

    line: int
    codes: str
    text: str


def read_rejects(body):
    """The rows of a reject file: behind four cells of marks each has its text, which for some
    codes is one line and else a record."""
    text = body.decode("utf-8-sig")
    at = text.index("\n") + 1
    rows = []
    while at < len(text):
        marks = []
        for _ in range(4):
            if text[at] == '"':
                cell, at = quoted(text, at + 1)
            else:
                cell, at = text[at : text.index(",", at)], text.index(",", at)
            marks.append(cell)
            at += 1
        line, _, codes, _ = marks
        cells, stop = record_at(text, at, "\n")
        if cells is None or not BY_LINE.isdisjoint(codes.split(";")):
            stop = text.find("\n", at)
            stop = len(text) if stop < 0 else stop
        rows.append(Rejected(int(line), codes, text[at:stop].rstrip("\r")))
        at = stop + 1
    return rows
