"""Files that are no CSV, whatever their names say; and packed ones."""

import gzip
import io
import json
import zipfile

from entry import by_rules
from logical import JOBS, PRODUCTS
from text import Dialect, Form, dmy, whole

RULES = by_rules("formats")


def files():
    return [*wrong(), *packed()]


def wrong():
    for name, content, what in [
        ("xlsx", workbook(), "an Excel workbook; save it as CSV UTF-8"),
        ("xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504,
         "an old Excel workbook; save it as CSV UTF-8"),
        ("html", html(), "a page in HTML, as some systems give to Excel"),
        ("xml", b'<?xml version="1.0"?>\n<jobs><job id="1">Clerk</job></jobs>\n', "XML"),
        ("json", json.dumps(JOBS, indent=1).encode(), "JSON"),
        ("json-line", json.dumps(JOBS).encode(), "JSON"),
        ("ndjson", b"".join(json.dumps(row).encode() + b"\n" for row in JOBS), "NDJSON"),
        ("sql", b"INSERT INTO `jobs` VALUES (1,'Clerk'),(2,'Cook, night'),(3,'Baker');\n", "SQL"),
        ("pdf", b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n",
         "a PDF"),
        ("parquet", b"PAR1" + bytes(range(64)) + b"PAR1", "a Parquet file"),
        ("avro", b"Obj\x01\x04\x14avro.codec\x08null" + b"\0" * 40, "an Avro file"),
        ("sqlite", b"SQLite format 3\0" + b"\0" * 84, "a SQLite database"),
        ("zeros", b"\0" * 256, "zeros, as a broken copy leaves them"),
        ("lock", b"\x0fJane Miller    " + b" " * 30, "the lock file that an office program leaves"),
    ]:  # fmt: skip
        yield RULES.refuse(
            f"wrong-{name}.csv", content, "jobs", "wrong_format", "wrong-format",
            f"The file is {what}.", f"{name}, named .csv",
        )  # fmt: skip


def workbook():
    """The least of a workbook; what is in it does not matter."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>')
    return content.getvalue()


def html():
    rows = "".join(f"<tr><td>{row['id']}</td><td>{row['job_name']}</td></tr>\n" for row in JOBS)
    header = "<tr><th>id</th><th>job_name</th></tr>\n"
    return f"<html><body><table>\n{header}{rows}</table></body></html>\n".encode()


def packed():
    text = whole(PRODUCTS, Dialect(";"), Form(date=dmy("."), decimal=",")).encode()
    words = "semicolon quotes-minimal crlf ascii decimal-comma dmy header gzip"
    packed = pack(text)
    yield RULES.read(
        "gzip.csv.gz", packed, "products", PRODUCTS, words, "gzip, named .csv.gz",
    )  # fmt: skip
    yield RULES.read(
        "gzip-named.csv", packed, "products", PRODUCTS, words, "gzip, named .csv",
        reason="gzip is known by its first bytes, whatever the name.",
    )  # fmt: skip
    members = pack(text[:100]) + pack(text[100:])
    yield RULES.read("gzip-members.csv.gz", members, "products", PRODUCTS, words, "gzip, two members")
    yield RULES.refuse(
        "gzip-cut.csv.gz", packed[:-20], "products", "unreadable_gzip", words,
        "The packed file ends before its end.", "gzip, cut",
    )  # fmt: skip


def pack(content):
    packed = bytearray(gzip.compress(content, 9, mtime=0))
    # The byte of the system differs between versions of Python.
    packed[9] = 255
    return bytes(packed)
