"""Random tables, and models of their rows."""

import base64
import csv
import io
import json

# Identifiers of both engines have the characters of the basic plane, and no emoji beyond it.
PARTS = ["id", "Name", "x y", "größe", "select", "c-1", "O'Neil", "価格", "Zahl 2", "☕", "★ star", "KEY", "n", "a`b", "`", ":rows"]


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


def positive(kind):
    return lambda rng: tuple(text.removeprefix("-") for text in kind(rng))


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


def instant(decimals):
    def value(rng):
        text = moment(decimals)(rng)[0]
        return text.replace(" ", "T") + "Z", text.replace(" ", "T") + "+00:00", text

    return value


def when(rng):
    text = moment(0)(rng)[0].replace(" ", "T") + "Z"
    return text, text, text


def clock(decimals):
    def value(rng):
        fraction = f".{rng.randrange(10**decimals):0{decimals}}" if decimals else ""
        text = f"{rng.randrange(1, 838):02}:{rng.randrange(60):02}:{rng.randrange(60):02}{fraction}"
        text = rng.choice(["", "-"]) + text
        return text, text, text

    return value


def octets(low, high):
    def value(rng):
        content = rng.randbytes(rng.randint(low, high))
        text = base64.b64encode(content).decode()
        return text, text, content.hex().upper()

    return value


def double(rng):
    number = rng.choice([rng.uniform(-1e6, 1e6), rng.randint(-9, 9) / 4, 1e300, 5e-300])
    return number, repr(number), repr(number)


def single(rng):
    """Exact in a FLOAT, and so the same as a DOUBLE."""
    number = rng.choice([rng.randint(-(2**23), 2**23) / 2 ** rng.randint(0, 9), rng.randint(-9, 9) / 4])
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
    Kind("TINYINT UNSIGNED", whole(1, 255)),
    Kind("SMALLINT", whole(-32768, 32767), is_key=True),
    Kind("SMALLINT UNSIGNED", whole(1, 65535)),
    Kind("MEDIUMINT", whole(-(2**23), 2**23 - 1), is_key=True),
    Kind("MEDIUMINT UNSIGNED", whole(1, 2**24 - 1), is_key=True),
    Kind("INT", whole(1, 2**31 - 1), is_key=True),
    Kind("INT UNSIGNED", whole(1, 2**32 - 1), is_key=True),
    Kind("BIGINT", whole(-(2**63), 2**63 - 1), is_key=True),
    Kind("BIGINT UNSIGNED", whole(1, 2**64 - 1), is_key=True),
    Kind("BOOLEAN", truth),
    Kind("DECIMAL(10,2)", decimal(10, 2), is_key=True),
    Kind("DECIMAL(30,9)", decimal(30, 9)),
    Kind("DECIMAL(7,3) UNSIGNED", positive(decimal(7, 3))),
    Kind("DATE", day, is_key=True),
    Kind("DATETIME", moment(0)),
    Kind("DATETIME(3)", moment(3)),
    Kind("DATETIME(6)", moment(6), is_key=True),
    Kind("TIMESTAMP", instant(0)),
    Kind("TIMESTAMP(6)", instant(6)),
    Kind("TIME", clock(0)),
    Kind("TIME(3)", clock(3)),
    Kind("YEAR", whole(1901, 2155)),
    Kind("CHAR(8)", texts(8), "{}"),
    Kind("VARCHAR(60)", texts(60), "{}"),
    Kind("VARCHAR(30)", texts(12, "abcdefghijklmnopqrstuvwxyz0123456789"), "{}", is_key=True),
    Kind("VARCHAR(20) CHARACTER SET latin1", texts(20, "abc xyzÄß€ñ"), "CONVERT({} USING utf8mb4)"),
    Kind("VARCHAR(20) CHARACTER SET ascii", texts(20, "abc xyz"), "CONVERT({} USING utf8mb4)"),
    Kind("VARCHAR(40) COLLATE utf8mb4_bin", texts(30), "{}"),
    Kind("VARCHAR(30) COMMENT 'format=date-time'", when, "{}"),
    Kind("TINYTEXT", texts(60), "{}"),
    Kind("TEXT", texts(300), "{}"),
    Kind("MEDIUMTEXT", texts(300), "{}"),
    Kind("LONGTEXT", texts(300), "{}"),
    Kind("ENUM('a','b,c','d''e')", member, "{}"),
    Kind("SET('x','y','z')", members, "{}"),
    Kind("DOUBLE", double, "{}"),
    Kind("FLOAT", single, "CAST({} AS DOUBLE)"),
    Kind("BINARY(4)", octets(4, 4), "HEX({})"),
    Kind("VARBINARY(20)", octets(1, 20), "HEX({})"),
    Kind("TINYBLOB", octets(1, 200), "HEX({})"),
    Kind("BLOB", octets(1, 200), "HEX({})"),
    Kind("MEDIUMBLOB", octets(1, 200), "HEX({})"),
    Kind("LONGBLOB", octets(1, 200), "HEX({})"),
    Kind("JSON", document, "{}"),
    Kind("BIT(9)", whole(0, 511), "CAST({} + 0 AS CHAR)"),
    Kind("BIT(1)", whole(0, 1), "CAST({} + 0 AS CHAR)"),
]
KEYS = [kind for kind in KINDS if kind.is_key]


def sql_name(name):
    return "`" + name.replace("`", "``") + "`"


# What a CHECK allows.
FEW = Kind("INT", whole(1, 1000))
MANY = 5000


class Column:
    """A column, whose DEFAULT is a value of its kind."""

    def __init__(self, name, kind, nullable, default=None):
        self.name, self.kind, self.nullable, self.default = name, kind, nullable, default

    def sql(self):
        null = "NULL" if self.nullable else "NOT NULL"
        default = "" if self.default is None else f" DEFAULT '{self.default[2]}'"
        kind, _, comment = self.kind.sql.partition(" COMMENT ")
        return f"{sql_name(self.name)} {kind} {null}{default}" + (f" COMMENT {comment}" if comment else "")


class Table:
    """A random table, and a model of its rows by their primary keys."""

    def __init__(self, number, rng, earlier):
        self.rng, self.rows = rng, {}
        parts = rng.sample(PARTS, len(PARTS))
        self.name = f"t{number} {parts.pop()}"
        self.key = [f"{parts.pop()}{place}" for place in range(2 if rng.random() < 0.3 else 1)]
        columns = [Column(name, rng.choice(KEYS), False) for name in self.key]
        self.unique, self.parent, self.checked = [], None, None
        self.constraints = {kind: f"{kind}{number} {parts.pop()}" for kind in ("unique", "foreign", "check")}
        if rng.random() < 0.3:
            self.unique = [f"u{place} {parts.pop()}" for place in range(rng.randint(1, 2))]
            columns += [Column(name, rng.choice(KEYS), False) for name in self.unique]
        for place in range(rng.randint(max(1, 5 - len(columns)), 6)):
            columns.append(self.other_column(f"{place}{rng.choice(PARTS)}"))
        if rng.random() < 0.2:
            self.checked = f"c {rng.choice(PARTS)}"
            columns.append(Column(self.checked, FEW, True))
        parents = [table for table in earlier if len(table.key) == 1]
        if parents and rng.random() < 0.2:
            self.parent = (f"p {rng.choice(PARTS)}", rng.choice(parents))
            columns.append(Column(self.parent[0], self.parent[1].column(self.parent[1].key[0]).kind, True))
        rng.shuffle(columns)
        self.columns = columns

    def other_column(self, name):
        kind = self.rng.choice(KINDS)
        default = kind.value(self.rng) if kind.is_key and self.rng.random() < 0.4 else None
        return Column(name, kind, self.rng.random() < 0.6, default)

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
            lines.append(f"UNIQUE KEY {sql_name(self.constraints['unique'])} ({', '.join(map(sql_name, self.unique))})")
        if self.parent:
            lines.append(self.foreign_key())
        if self.checked:
            condition = f"CHECK ({sql_name(self.checked)} BETWEEN 1 AND 1000)"
            lines.append(f"CONSTRAINT {sql_name(self.constraints['check'])} {condition}")
        return lines

    def foreign_key(self):
        name, table = self.parent
        refers = f"FOREIGN KEY ({sql_name(name)}) REFERENCES {sql_name(table.name)} ({sql_name(table.key[0])})"
        return f"CONSTRAINT {sql_name(self.constraints['foreign'])} {refers}"

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

    def parted(self, rows):
        """The rows in at most eight shapes: some lack what may be absent, which the model takes from the DEFAULT."""
        kept = {*self.key, *self.unique}
        absent = [it for it in self.columns if it.name not in kept and (it.nullable or it.default is not None)]
        shapes = [[]] + [[it for it in absent if self.rng.random() < 0.5] for _ in range(7)]
        parted = []
        for row in rows:
            shape = self.rng.choice(shapes)
            row |= {it.name: it.default or (None, "", None) for it in shape}
            gone = {it.name for it in shape}
            parted.append({name: value for name, value in row.items() if name not in gone})
        return parted

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
            if value is not None and column.kind.sql in ("DOUBLE", "FLOAT"):
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
