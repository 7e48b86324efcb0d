"""Random CHECKs over random columns, and random rows near what they say.

Half of the CHECKs are of the forms that the core is said to evaluate; the others are of any form.
"""

from random_tables import sql_name

DAYS = ["0001-01-01", "2019-12-31", "2020-01-01", "2020-01-02", "2024-02-29", "9999-12-31"]
CLOCKS = ["00:00:00", "09:08:07", "23:59:59"]
WORDS = ["", "a", "b", "A", "aa", "a ", "ab", "it's", "x y", "z", "abc  ", "aß", "漢字", "😀"]
MEMBERS = ["new", "paid", "it's", "x y", "Zu", "grün"]
# Of MySQL and of MariaDB: blanks at the end count in the second of each.
BINARY = {"mysql": ["utf8mb4_bin", "utf8mb4_0900_bin"], "mariadb": ["utf8mb4_bin", "utf8mb4_nopad_bin"]}


def literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


class Column:
    """A column: its SQL, of what it is, its random values as texts, and those of them that CHECKs have."""

    def __init__(self, name, sql, kind, values, literals=None):
        self.name, self.sql, self.kind, self.values = name, sql, kind, values
        self.literals = literals or values

    def value(self, rng):
        return None if rng.random() < 0.15 else rng.choice(self.values)


def whole(low, high):
    near = [low, high, *(number for number in (-2, -1, 0, 1, 2, 5, 100) if low <= number <= high)]
    return [str(number) for number in near]


def columns(rng, engine):
    """Of each kind one or more, in a random choice."""
    plain, padless = BINARY[engine]
    latin = [word for word in WORDS if word.isascii()] + ["aß"]
    members = ",".join(map(literal, MEMBERS))
    kinds = [
        ("TINYINT", "number", whole(-128, 127)),
        ("SMALLINT UNSIGNED", "number", whole(0, 65535)),
        ("INT", "number", whole(-(2**31), 2**31 - 1)),
        ("INT", "number", whole(-3, 3)),
        ("BIGINT", "number", whole(-(2**63), 2**63 - 1)),
        ("BIGINT UNSIGNED", "number", whole(0, 2**64 - 1)),
        ("BOOLEAN", "number", ["0", "1", "2"]),
        ("DECIMAL(10,2)", "number", ["0.00", "-0.01", "0.01", "1.00", "1.50", "99999999.99", "-5.00", "2.00"]),
        ("DECIMAL(38,10)", "number", ["0.0000000000", "1.0000000001", "-1.0000000000", "5.0000000000"]),
        ("DECIMAL(5,0) UNSIGNED", "number", ["0", "1", "2", "99999"]),
        ("DATE", "day", DAYS),
        ("DATE", "day", DAYS[1:4]),
        ("DATETIME", "moment", [f"{day} {clock}" for day in DAYS[1:4] for clock in CLOCKS]),
        ("DATETIME", "moment", [f"{day} {clock}" for day in DAYS for clock in CLOCKS[:1]]),
        ("DATETIME(3)", "moment 3", [f"{day} {clock}.{ms}" for day in DAYS[1:3] for clock in CLOCKS for ms in ("000", "005", "050")]),
        (f"ENUM({members})", "member", MEMBERS),
        (f"ENUM({members}) COLLATE {plain}", "member", MEMBERS),
        (f"VARCHAR(9) COLLATE {plain}", "text", WORDS),
        (f"VARCHAR(9) COLLATE {padless}", "text", WORDS),
        (f"CHAR(6) COLLATE {plain}", "text", WORDS),
        (f"CHAR(6) COLLATE {padless}", "text", WORDS),
        (f"TEXT COLLATE {plain}", "text", WORDS),
        ("VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_bin", "text", latin),
        ("VARCHAR(9)", "words", WORDS),
        ("DOUBLE", "float", ["0", "0.5", "-1", "1e10"]),
        ("TIME", "other", ["00:00:00", "12:00:00"]),
        ("YEAR", "other", ["1999", "2020"]),
        ("TIMESTAMP NULL", "other", ["2020-01-01 00:00:00", "2020-01-02 00:00:00"]),
    ]
    names = [f"c{place}{part}" for place, part in enumerate(["", " x", "`q", "Größe", "-", ":r", "and", "(", ""])]
    chosen = [rng.choice(kinds) for _ in range(rng.randint(3, 9))]
    made = []
    for name, (sql, kind, values) in zip(names, chosen, strict=False):
        literals = [value for value in values if value.isascii()] if kind == "text" else values
        made.append(Column(name, sql, kind, values, literals))
    return made


class Checks:
    """Random conditions over columns."""

    def __init__(self, rng, columns):
        self.rng, self.columns = rng, columns
        # Of which more can be said than that they are NULL.
        self.comparable = [it for it in columns if it.kind not in ("float", "other")]

    def sure(self, depth=0):
        """One of which the core is sure."""
        if depth < 3 and self.rng.random() < 0.45:
            one, other = self.sure(depth + 1), self.sure(depth + 1)
            return self.rng.choice([f"({one}) AND ({other})", f"({one}) OR ({other})", f"NOT ({one})", f"{one} OR {other} AND {one}"])
        if not self.comparable or self.rng.random() < 0.12:
            name = sql_name(self.rng.choice(self.columns).name)
            return f"{name} IS {self.rng.choice(['', 'NOT '])}NULL"
        column = self.rng.choice(self.comparable)
        is_length = column.kind == "words" or (column.kind == "text" and self.rng.random() < 0.3)
        if is_length:
            return self.number(f"CHAR_LENGTH({sql_name(column.name)})", None)
        name = sql_name(column.name)
        if column.kind == "number":
            return self.number(name, column)
        if column.kind in ("member", "text"):
            return self.equal(name, column)
        return self.ordered(name, column)

    def number(self, name, column):
        own = [value.removeprefix("+") for value in column.literals] if column else []
        known = [*own, *own, "0", "1", "2", "3", "-1", "0.5", "-0.50", "1.000", "18446744073709551615", "99999999999999999999.5"]
        others = [sql_name(it.name) for it in self.comparable if it.kind == "number" and it is not column]
        return self.compared(name, lambda: self.rng.choice(others if others and self.rng.random() < 0.25 else known))

    def ordered(self, name, column):
        prefix = {"day": "DATE ", "moment": "TIMESTAMP "}.get(column.kind, "")
        others = [sql_name(it.name) for it in self.columns if it.kind == column.kind and it is not column]

        def side():
            if others and self.rng.random() < 0.4:
                return self.rng.choice(others)
            return (prefix if self.rng.random() < 0.2 else "") + literal(self.rng.choice(column.literals))

        return self.compared(name, side)

    def equal(self, name, column):
        known = [literal(value) for value in column.literals]
        if self.rng.random() < 0.4:
            members = ", ".join(self.rng.sample(known, min(len(known), self.rng.randint(1, 4))))
            return f"{name} {self.rng.choice(['', 'NOT '])}IN ({members})"
        return f"{name} {self.rng.choice(['=', '<>', '!='])} {self.rng.choice(known)}"

    def compared(self, name, side):
        form = self.rng.random()
        if form < 0.2:
            return f"{name} {self.rng.choice(['', 'NOT '])}BETWEEN {side()} AND {side()}"
        if form < 0.4:
            several = ", ".join(side() for _ in range(self.rng.randint(1, 4)))
            return f"{name} {self.rng.choice(['', 'NOT '])}IN ({several})"
        operator = self.rng.choice(["=", "<>", "<", "<=", ">", ">="])
        return f"{side()} {operator} {name}" if form < 0.5 else f"{name} {operator} {side()}"

    def any(self):
        """One of any form."""
        column, other = self.rng.choice(self.columns), self.rng.choice(self.columns)
        name, second = sql_name(column.name), sql_name(other.name)
        value = literal(self.rng.choice(column.values))
        sure = self.sure(2)
        return self.rng.choice([
            f"{name} <=> {value}",
            f"{name} = {value}",
            f"{name} > {value}",
            f"{name} IN ({value}, NULL)",
            f"{name} BETWEEN {value} AND {second}",
            f"{name} < {second}",
            f"{name} = {second}",
            f"({sure}) XOR ({name} IS NULL)",
            f"({sure}) IS TRUE",
            f"({sure}) = ({name} IS NULL)",
            f"({sure}) OR {name} LIKE 'a%'",
            f"({sure}) AND COALESCE({name}, {second}) IS NOT NULL",
            f"LENGTH({name}) < 4",
            f"CHAR_LENGTH({name}) = 2",
            f"CHAR_LENGTH(TRIM({name})) > 0",
            f"{name} + 1 > {second}",
            f"{name} = {value.upper()}",
            f"{name} <> 1e0",
            f"{name} > -{second}",
            f"{name} = 0x61",
            f"LOWER({name}) = {value}",
            f"NOT ({name} > {second} OR {name} IS NULL)",
        ])


class CheckedTable:
    """A table with random columns and CHECKs."""

    def __init__(self, number, rng, engine):
        self.name, self.rng = f"t{number}", rng
        self.columns = columns(rng, engine)
        made = Checks(rng, self.columns)
        count = rng.randint(1, 5)
        self.sure = {f"sure_{number}_{place}": made.sure() for place in range(count)}
        self.other = {f"other_{number}_{place}": made.any() for place in range(rng.randint(0, 3))}

    def takes(self, run):
        """Leaves out the CHECKs that the engine does not take."""
        for checks in (self.sure, self.other):
            for name, condition in list(checks.items()):
                if not run(self.sql("probe", {f"probe_{name}": condition})):
                    del checks[name]

    def sql(self, name, checks):
        lines = ["id INT NOT NULL PRIMARY KEY", *(f"{sql_name(it.name)} {it.sql}" for it in self.columns)]
        lines += [f"CONSTRAINT {check} CHECK ({condition})" for check, condition in checks.items()]
        return f"CREATE TABLE {name} (\n  " + ",\n  ".join(lines) + "\n) CHARACTER SET utf8mb4"

    def rows(self, first, count):
        """Most of them whole; of the others columns are left out."""
        rows = []
        for id in range(first, first + count):
            row = {"id": id} | {column.name: column.value(self.rng) for column in self.columns}
            if self.rng.random() < 0.2:
                row.pop(self.rng.choice(self.columns).name)
            rows.append(row)
        return rows

    def as_json(self, row):
        """As a client sends it."""
        kinds = {column.name: column.sql for column in self.columns} | {"id": "INT"}
        return {name: None if text is None else as_json(kinds[name], text) for name, text in row.items()}


def as_json(sql, text):
    if sql.startswith("DOUBLE"):
        return float(text)
    if sql.startswith("TIMESTAMP"):
        return text.replace(" ", "T") + "Z"
    is_number = "INT" in sql or sql in ("BOOLEAN", "YEAR")
    return int(text) if is_number and sql != "BIGINT UNSIGNED" else text
