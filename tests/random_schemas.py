"""Random schemas of one to four tables with all that holds a table: foreign keys, also to themselves, CHECKs, triggers,
generated columns, ids that the database gives, keys, partitions, and comments like SQL."""

from random_tables import KINDS, Column, Kind, Table, sql_name, whole

ODD_COMMENTS = [
    "'it''s, a `name`) ENGINE=x'",
    "'a line\n) and another\n  CONSTRAINT `x` CHECK (1),'",
    "'back\\\\slash\\n)'",
    "'größe ☕'",
]
NUMBERED = ("SMALLINT", "INT", "INT UNSIGNED", "BIGINT", "BIGINT UNSIGNED")
NUMBERS = ("TINYINT", "SMALLINT", "INT", "INT UNSIGNED")
# MariaDB takes no expression that depends on the session's time zone.
CHECKABLE = (*NUMBERS, "BIGINT", "DECIMAL(10,2)", "DATE", "CHAR(8)", "VARCHAR(60)", "VARCHAR(30)", "TEXT", "VARBINARY(20)", "BLOB")
ACTIONS = ["", "ON DELETE CASCADE", "ON DELETE SET NULL ON UPDATE CASCADE", "ON DELETE RESTRICT"]

# Ids that leave room for the next ones.
IDS = Kind("INT", whole(1, 10**6), is_key=True)


class HeldTable(Table):
    """A random table with more that holds it; its number is unique, and so are the names of its constraints."""

    def __init__(self, number, rng, earlier):
        super().__init__(number, rng, earlier)
        self.number, self.own, self.is_partitioned = number, None, False
        self.is_numbered = self.number_rows()
        if len(self.key) == 1 and rng.random() < 0.2:
            self.own = "its own"
            self.columns.append(Column(self.own, self.column(self.key[0]).kind, True))
        self.comments = {column.name: rng.choice(ODD_COMMENTS) for column in self.columns if rng.random() < 0.1}
        self.comment = rng.choice(["", *ODD_COMMENTS])
        self.checked_columns = [column.name for column in self.checkable() if rng.random() < 0.07]
        self.more = [*self.generated(), *self.checks(), *self.keys()]
        self.action = rng.choice(ACTIONS)

    def number_rows(self):
        first = self.column(self.key[0])
        if len(self.key) > 1 or first.kind.sql not in NUMBERED or self.rng.random() < 0.3:
            return False
        first.kind = IDS
        return True

    def checkable(self):
        """No CHECK is of an id that the database gives, or of a column that a foreign key may change."""
        others = [*self.key, self.own, self.parent and self.parent[0]]
        return [column for column in self.columns if column.kind.sql in CHECKABLE and column.name not in others]

    def generated(self):
        numbers = [column.name for column in self.checkable() if column.kind.sql in NUMBERS]
        if not numbers or self.is_numbered and self.rng.random() < 0.5:
            return
        of = sql_name(self.rng.choice(numbers))
        kept = self.rng.choice(["STORED", "VIRTUAL"])
        yield f"`made of` VARCHAR(80) GENERATED ALWAYS AS (CONCAT({of}, ' (\\n) `x`,')) {kept}"
        if self.rng.random() < 0.5:
            yield "KEY `of made` (`made of`)"

    def checks(self):
        for place, column in enumerate(self.checkable()):
            if self.rng.random() < 0.07:
                name = sql_name(column.name)
                yield f"CONSTRAINT `ck {self.number} {place}` CHECK ({name} IS NULL OR CONCAT({name}, '\\n), `') <> 'x')"

    def keys(self):
        texts = [column.name for column in self.columns if column.kind.sql in ("TEXT", "VARCHAR(60)", "BLOB")]
        for place, name in enumerate(texts):
            if self.rng.random() < 0.3:
                yield f"KEY `k {place}` ({sql_name(name)}(7))"

    def lines(self):
        lines = [self.with_comment(column) for column in self.columns]
        lines += super().lines()[len(self.columns) :]
        if self.own:
            own = f"CONSTRAINT `own {self.number}` FOREIGN KEY (`{self.own}`) REFERENCES"
            lines.append(f"{own} {sql_name(self.name)} ({sql_name(self.key[0])})")
        return lines + self.more

    def foreign_key(self):
        return f"{super().foreign_key()} {self.action}"

    def with_comment(self, column):
        name = sql_name(column.name)
        numbered = " AUTO_INCREMENT" if self.is_numbered and [column.name] == self.key else ""
        check = f" CHECK (LENGTH({name}) < 100000)" if column.name in self.checked_columns else ""
        comment = self.comments.get(column.name)
        sql = column.sql() + numbered
        return sql + (f" COMMENT {comment}" if comment and " COMMENT " not in sql else "") + check

    def sql(self):
        sql = super().sql().removesuffix(";\n")
        sql += f" COMMENT {self.comment}" if self.comment else ""
        if self.is_partitioned:
            sql += f" PARTITION BY KEY ({sql_name(self.key[-1])}) PARTITIONS 3"
        return sql + ";\n"

    def value(self, column):
        if column.name != self.own:
            return super().value(column)
        known = [row[self.key[0]] for row in self.rows.values()]
        return self.rng.choice(known) if known and self.rng.random() < 0.7 else (None, "", None)

    def is_held(self):
        is_checked = self.checked or self.checked_columns or any("CHECK" in line for line in self.more)
        return bool(self.parent or self.own or is_checked)


class RandomSchema:
    """One to four tables, of which some refer to others."""

    def __init__(self, number, rng):
        self.rng, self.tables = rng, []
        for place in range(rng.randint(1, 4)):
            self.tables.append(HeldTable(f"{number}_{place}", rng, self.tables))
        self.triggers = [f"tr {table.number}" for table in self.tables if rng.random() < 0.07]
        parents = [table.parent[1] for table in self.tables if table.parent]
        for table in self.tables:
            is_free = not (table.parent or table.own or table.unique or table in parents)
            table.is_partitioned = is_free and rng.random() < 0.2

    def sql(self):
        return "".join(table.sql() for table in self.tables)

    def is_held(self):
        return bool(self.triggers) or any(table.is_held() for table in self.tables)

    def fill(self, post, db):
        """Rows by HTTP, then what no request writes: an id 0, and triggers."""
        for table in self.tables:
            rows = table.fresh_rows(self.rng.choice([0, 1, 20, 60]))
            table.take(rows)
            if rows:
                post(table, rows)
            self.set_zero(table, db)
        for name in self.triggers:
            (table,) = [table for table in self.tables if name == f"tr {table.number}"]
            key = sql_name(table.columns[0].name)
            db.rows(f"CREATE TRIGGER `{name}` BEFORE UPDATE ON {sql_name(table.name)} FOR EACH ROW SET NEW.{key} = NEW.{key}")

    def set_zero(self, table, db):
        """Its row is no longer the model's: no request may name it."""
        referred = table.own or any(other.parent and other.parent[1] is table for other in self.tables)
        if table.is_numbered and table.rows and not referred:
            (id,) = table.rows.pop(next(iter(table.rows)))[table.key[0]][2:]
            name = sql_name(table.key[0])
            db.rows(f"UPDATE {sql_name(table.name)} SET {name} = 0 WHERE {name} = {id}")

    def disturb(self, post, db):
        """Rows that are new and changed by HTTP; unique values swapped, rows and tables that go by SQL."""
        for table in self.tables:
            kinds = self.rng.sample(["new", "change", "swap", "none"], 2)
            if "new" in kinds:
                post(table, table.fresh_rows(5))
            if "change" in kinds and table.rows:
                known = self.rng.sample(list(table.rows.values()), min(5, len(table.rows)))
                post(table, [row | table.changed(row, table.key) for row in known], on_duplicate="update")
            if "swap" in kinds and table.unique and len(table.rows) > 1 and not table.own:
                self.swap_unique_values(table, post, db)
        for table in self.tables:
            self.take_away(table, db)

    def swap_unique_values(self, table, post, db):
        one, other = self.rng.sample(list(table.rows.values()), 2)
        of = lambda row: {name: row[name] for name in table.unique}
        for row in (one, other):
            where = " AND ".join(f"{sql_name(name)} = %s" for name in table.key)
            db.rows(f"DELETE FROM {sql_name(table.name).replace('%', '%%')} WHERE {where}", *(row[name][2] for name in table.key))
        post(table, [one | of(other), other | of(one)])

    def take_away(self, table, db):
        name = sql_name(table.name)
        match self.rng.choice(["all", "some", "some", "none", "table"]):
            case "all":
                db.rows(f"DELETE FROM {name}")
            case "some":
                db.rows(f"DELETE FROM {name} ORDER BY {sql_name(table.key[0])} LIMIT {self.rng.randint(1, 20)}")
            # Made anew it has no partitions and no triggers, and MariaDB shows the CHECK of a column behind the columns.
            case "table" if not (self.triggers or table.checked_columns or table.is_partitioned):
                db.rows(f"DROP TABLE {name}")


assert {kind.sql for kind in KINDS} > {*NUMBERS}
