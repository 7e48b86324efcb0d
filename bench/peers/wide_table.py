"""The wide table of bench/wide: 30 columns of all types."""

# Each column with its type in SQL and in the Avro of a script.
COLUMNS = {
    "id": ("INT NOT NULL PRIMARY KEY", "int"),
    "tiny": ("TINYINT NOT NULL", "int"),
    "small": ("SMALLINT UNSIGNED NULL", "int"),
    "medium": ("MEDIUMINT NOT NULL", "int"),
    "big": ("BIGINT NOT NULL", "long"),
    "huge": ("BIGINT UNSIGNED NOT NULL", "string"),
    "is_on": ("BOOLEAN NOT NULL", "int"),
    "price": ("DECIMAL(12,2) NOT NULL", "string"),
    "exact": ("DECIMAL(30,10) NULL", "string"),
    "ratio": ("DOUBLE NOT NULL", "double"),
    "rough": ("FLOAT NOT NULL", "double"),
    "day": ("DATE NOT NULL", "string"),
    "at": ("DATETIME(6) NOT NULL", "string"),
    "moment": ("TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)", "string"),
    "clock": ("TIME NULL", "string"),
    "season": ("YEAR NOT NULL", "int"),
    "flags": ("BIT(8) NOT NULL", "int"),
    "kind": ("ENUM('small','large','other') NOT NULL", "string"),
    "colours": ("SET('red','green','blue') NOT NULL", "string"),
    "digest": ("BINARY(16) NOT NULL", "bytes"),
    "bits": ("VARBINARY(40) NULL", "bytes"),
    "picture": ("BLOB NULL", "bytes"),
    "document": ("JSON NULL", "string"),
    "code": ("CHAR(8) NOT NULL", "string"),
    "name": ("VARCHAR(120) NOT NULL", "string"),
    "west": ("VARCHAR(40) CHARACTER SET latin1 NOT NULL", "string"),
    "note": ("TEXT NULL", "string"),
    "story": ("MEDIUMTEXT NULL", "string"),
    "hired": ("VARCHAR(40) NOT NULL COMMENT 'format=date-time'", "string"),
    "uuid": ("CHAR(36) CHARACTER SET ascii NOT NULL", "string"),
}

CREATE = "CREATE TABLE wide ({})".format(", ".join(f"`{name}` {sql}" for name, (sql, _) in COLUMNS.items()))


def is_nullable(name):
    return "NOT NULL" not in COLUMNS[name][0]


def avro_schema():
    def field(name, avro):
        return {"name": name, "type": ["null", avro] if is_nullable(name) else avro}

    fields = [field(name, avro) for name, (_, avro) in COLUMNS.items()]
    return {"type": "record", "name": "wide", "fields": fields}


def selected(name):
    """A column as a script reads it: what Python has no exact type of as a text."""
    if name in ("flags", "rough"):
        # A FLOAT by itself comes with six digits.
        return f"`{name}` + {'0e0' if name == 'rough' else '0'} AS `{name}`"
    return f"CAST(`{name}` AS CHAR) AS `{name}`" if COLUMNS[name][1] == "string" else f"`{name}`"
