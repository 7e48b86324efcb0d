"""The tables as Avro, and where their files are."""


def record(name, *fields):
    return {"type": "record", "name": name, "fields": list(fields)}


def field(name, type):
    return {"name": name, "type": type}


def nullable(name, type):
    return {"name": name, "type": ["null", type], "default": None}


SCHEMAS = {
    "departments": record(
        "departments", field("id", "int"), field("department_name", "string")
    ),
    "jobs": record("jobs", field("id", "int"), field("job_name", "string")),
    "employees": record(
        "employees",
        field("id", "int"),
        field("name", "string"),
        field("datetime", "string"),
        nullable("department_id", "int"),
        nullable("job_id", "int"),
    ),
}


def key(table):
    return f"dumps/{table}.avro"
