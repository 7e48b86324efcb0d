"""Random tables, and models of their rows."""

import base64
import csv
import io
import json

# A name with a backtick is not served. Identifiers of both engines have the characters of the basic plane, and no emoji beyond it.
PARTS = ["id", "Name", "x y", "größe", "select", "c-1", "O'Neil", "価格", "Zahl 2", "☕", "★ star", "KEY", "n"]


class Kind:
    """A column type: its SQL, a random value of it, and how the database gives one back as a text."""

    def __init__(self, sql, value, back="CAST({} AS CHAR)", is_key=False):
        self.sql, self.value, self.back, self.is_key = sql, value, back, is_key


def whole(low, high):
    return lambda rng: (number := rng.randint(low, high), str(number), str(number))


def decimal(digits, decimals):
    def value(rng):
        text = f"{rng.randint(-(10 ** (digits - decimals)) + 1, 10 ** (digits - decimals) - 1)}"
        text += f".{rng.randrange(10**decimals):0{decimals}}"
        canonical = text.removeprefix("-") if not text.strip("-0.") else text
        return text, text, canonical

    return value


def texts(length, letters="abc xyzÄß€ñ漢字'\"\\;|\t,%_"):
    def value(rng):
        text = "".join(rng.choice(letters) for _ in range(rng.randint(1, length))).strip() or "z"
        return text, text, text

    return value


def day(rng):
    text = f"{rng.randint(1000, 9999):04}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return text, text, text


def moment(decimals):
    def value(rng):
        fraction = f".{rng.randrange(10**decimals):0{decimals}}" if decimals else ""
        clock = f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}{fraction}"
        text = f"{rng.randint(1971, 2037)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {clock}"
        return text, text, text

    return value


def instant(rng):
    text = moment(0)(rng)[0]
    return text.replace(" ", "T") + "Z", text.replace(" ", "T") + "+00:00", text


def clock(rng):
    text = f"{rng.choice(['', '-'])}{rng.randrange(1, 838):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
    return text, text, text


def octets(low, high):
    def value(rng):
        content = rng.randbytes(rng.randint(low, high))
        text = base64.b64encode(content).decode()
        return text, text, content.hex().upper()

    return value


def double(rng):
    number = rng.choice([rng.uniform(-1e6, 1e6), rng.randint(-9, 9) / 4, 1e300, 5e-300])
    return number, repr(number), repr(number)


def truth(rng):
    is_true = rng.random() < 0.5
    return is_true, rng.choice(["true", "1"] if is_true else ["false", "0"]), str(int(is_true))


def member(rng):
    text = rng.choice(["a", "b,c", "d'e"])
    return text, text, text


def members(rng):
    chosen = [it for it in ("x", "y", "z") if rng.random() < 0.6]
    text = ",".join(chosen or ["y"])
    return text, text, text


def document(rng):
    value = {"a": rng.randint(-5, 5), "b": [True, None, texts(6)(rng)[0]], "ü": {}}
    return value, json.dumps(value), json.dumps(value, sort_keys=True)


KINDS = [
    Kind("TINYINT", whole(-128, 127)),
    Kind("SMALLINT", whole(-32768, 32767), is_key=True),
    Kind("INT", whole(1, 2**31 - 1), is_key=True),
    Kind("INT UNSIGNED", whole(1, 2**32 - 1), is_key=True),
    Kind("BIGINT", whole(-(2**63), 2**63 - 1), is_key=True),
    Kind("BIGINT UNSIGNED", whole(1, 2**64 - 1), is_key=True),
    Kind("BOOLEAN", truth),
    Kind("DECIMAL(10,2)", decimal(10, 2), is_key=True),
    Kind("DECIMAL(30,9)", decimal(30, 9)),
    Kind("DATE", day, is_key=True),
    Kind("DATETIME", moment(0)),
    Kind("DATETIME(3)", moment(3)),
    Kind("TIMESTAMP", instant),
    Kind("TIME", clock),
    Kind("YEAR", whole(1901, 2155)),
    Kind("CHAR(8)", texts(8), "{}"),
    Kind("VARCHAR(60)", texts(60), "{}"),
    Kind("VARCHAR(30)", texts(12, "abcdefghijklmnopqrstuvwxyz0123456789"), "{}", is_key=True),
    Kind("TEXT", texts(300), "{}"),
    Kind("ENUM('a','b,c','d''e')", member, "{}"),
    Kind("SET('x','y','z')", members, "{}"),
    Kind("DOUBLE", double, "{}"),
    Kind("BINARY(4)", octets(4, 4), "HEX({})"),
    Kind("VARBINARY(20)", octets(1, 20), "HEX({})"),
    Kind("BLOB", octets(1, 200), "HEX({})"),
    Kind("JSON", document, "{}"),
    Kind("BIT(9)", whole(0, 511), "CAST({} + 0 AS CHAR)"),
]
KEYS = [kind for kind in KINDS if kind.is_key]


def sql_name(name):
    return "`" + name.replace("`", "``") + "`"


class Column:
    def __init__(self, name, kind, nullable, default=None):
        self.name, self.kind, self.nullable, self.default = name, kind, nullable, default

    def sql(self):
        null = "NULL" if self.nullable else "NOT NULL"
        return f"{sql_name(self.name)} {self.kind.sql} {null}"


class Table:
    """A random table, and a model of its rows by their primary keys."""

    def __init__(self, number, rng, earlier):
        self.rng, self.rows = rng, {}
        parts = rng.sample(PARTS, len(PARTS))
        self.name = f"t{number} {parts.pop()}"
        self.key = [f"{parts.pop()}{place}" for place in range(2 if rng.random() < 0.3 else 1)]
        columns = [Column(name, rng.choice(KEYS), False) for name in self.key]
        self.unique, self.parent = [], None
        if rng.random() < 0.3:
            self.unique = [f"u{place} {parts.pop()}" for place in range(rng.randint(1, 2))]
            columns += [Column(name, rng.choice(KEYS), False) for name in self.unique]
        for place in range(rng.randint(max(1, 5 - len(columns)), 6)):
            columns.append(Column(f"{place}{parts.pop()}", rng.choice(KINDS), rng.random() < 0.6))
        parents = [table for table in earlier if len(table.key) == 1]
        if parents and rng.random() < 0.2:
            self.parent = (f"p {parts.pop()}", rng.choice(parents))
            columns.append(Column(self.parent[0], self.parent[1].column(self.parent[1].key[0]).kind, True))
        rng.shuffle(columns)
        self.columns = columns

    def column(self, name):
        return next(column for column in self.columns if column.name == name)

    def sql(self):
        body = ",\n  ".join(self.lines())
        return f"CREATE TABLE {sql_name(self.name)} (\n  {body}\n) CHARACTER SET utf8mb4;\n"

    def lines(self):
        """The columns, keys and constraints of its CREATE TABLE."""
        lines = [column.sql() for column in self.columns]
        lines.append(f"PRIMARY KEY ({', '.join(map(sql_name, self.key))})")
        if self.unique:
            lines.append(f"UNIQUE KEY `uq one` ({', '.join(map(sql_name, self.unique))})")
        if self.parent:
            name, table = self.parent
            lines.append(f"FOREIGN KEY ({sql_name(name)}) REFERENCES {sql_name(table.name)} ({sql_name(table.key[0])})")
        return lines

    def value(self, column):
        """As JSON, as a cell, and as the database gives it back."""
        if self.parent and column.name == self.parent[0]:
            known = list(self.parent[1].rows.values())
            parent = self.rng.choice(known)[self.parent[1].key[0]] if known and self.rng.random() < 0.7 else None
            return parent or (None, "", None)
        if column.nullable and self.rng.random() < 0.2:
            return None, "", None
        return column.kind.value(self.rng)

    def fresh(self):
        """A new row, whose keys no other row has."""
        while True:
            row = {column.name: self.value(column) for column in self.columns}
            if not any(self.alike(row, other) for other in self.rows.values()):
                return row

    def alike(self, row, other):
        keys = [self.key, *([self.unique] if self.unique else [])]
        return any(all(row[name][2].lower() == other[name][2].lower() for name in key) for key in keys)

    def identity(self, row):
        return tuple(row[name][2] for name in self.key)

    def take(self, rows):
        for row in rows:
            self.rows.setdefault(self.identity(row), {}).update(row)

    def fresh_rows(self, count):
        """New rows, none like another; the model does not have them yet."""
        before, rows = dict(self.rows), []
        for _ in range(count):
            row = self.fresh()
            rows.append(row)
            self.take([row])
        self.rows = before
        return rows

    def changed(self, row, by):
        """Other values in some columns, and those of both keys."""
        kept = {*self.key, *self.unique}
        others = [column for column in self.columns if column.name not in kept]
        chosen = [column for column in others if self.rng.random() < 0.7] or others[:1]
        new = {name: row[name] for name in (*self.key, *self.unique)}
        return new | {column.name: self.value(column) for column in chosen}

    def stored(self, db):
        shown = ", ".join(column.kind.back.format(sql_name(column.name)) + f" AS c{at}"
                          for at, column in enumerate(self.columns))  # fmt: skip
        rows = db.rows(f"SELECT {shown} FROM {sql_name(self.name)}".replace("%", "%%"))
        lines = ({column.name: row[f"c{at}"] for at, column in enumerate(self.columns)} for row in rows)
        return sorted(key_of(self.plain(line)) for line in lines)

    def model(self):
        lines = ({column.name: row[column.name][2] for column in self.columns} for row in self.rows.values())
        return sorted(key_of(self.plain(line)) for line in lines)

    def plain(self, line):
        plain = {}
        for column in self.columns:
            value = line[column.name]
            if value is not None and column.kind.sql == "JSON":
                value = json.dumps(json.loads(value), sort_keys=True)
            if value is not None and column.kind.sql == "DOUBLE":
                value = repr(float(value))
            plain[column.name] = value
        return plain


def key_of(line):
    return json.dumps(line, sort_keys=True, default=str)


def as_json(rows):
    return [{name: value[0] for name, value in row.items()} for row in rows]


def as_csv(rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(value[1] for value in row.values())
    return out.getvalue().encode()
