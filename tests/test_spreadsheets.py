"""Workbooks through `rowgate check` and `rowgate load`, and bombs that are refused in bounded memory."""

import csv
import io
import json
import struct
import subprocess
import sys
import zipfile

import openpyxl
import polars
import pytest
from conftest import PROGRAM



TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    "</Types>"
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def relations(*targets):
    items = "".join(
        f'<Relationship Id="rId{at}" Type="{OFFICE}/{kind}" Target="{target}"/>' for at, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{RELATIONS}">{items}</Relationships>'


def cell(value):
    if isinstance(value, str):
        text = value.replace("&", "&amp;").replace("<", "&lt;")
        return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return "<c/>" if value is None else f"<c><v>{value}</v></c>"


def sheet(rows):
    lines = ("<row>" + "".join(map(cell, row)) + "</row>" for row in rows)
    return f'<worksheet xmlns="{MAIN}"><sheetData>' + "".join(lines) + "</sheetData></worksheet>"


def workbook(rows=(), **parts):
    """A workbook of one sheet; parts by their names without the folder, which replace those that there are."""
    names = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Sheet" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")),
        "xl/worksheets/sheet1.xml": sheet(rows),
    }
    names |= {f"xl/{name.replace('__', '/')}.xml": data for name, data in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in names.items():
            with book.open(name, "w", force_zip64=True) as part:
                for piece in [data] if isinstance(data, (str, bytes)) else data:
                    part.write(piece.encode() if isinstance(piece, str) else piece)
    return out.getvalue()


HEADER = ("id", "job")

# A process has the most memory of the one that begins it, so that a small one does.
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
print(process.stdout.read(), end="")
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.fixture
def check(tmp_path):
    """Checks a file of jobs; answers what was printed, and the most memory in MB."""

    def check(data, name="jobs.xlsx"):
        path = tmp_path / name
        path.write_bytes(data)
        done = subprocess.run([sys.executable, "-c", MEASURED, PROGRAM, "check", path], capture_output=True, text=True)
        *lines, peak = done.stdout.splitlines()
        return done.returncode, "\n".join(lines), int(peak) / 1024

    return check


def lying(data, part, size):
    """The same with another size in the directory and before the part."""
    data = bytearray(data)
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as book:
        info = book.getinfo(part)
    name = part.encode()
    directory = data.rindex(b"PK\x01\x02", 0, data.rindex(name))
    data[directory + 24 : directory + 28] = struct.pack("<I", size)
    return bytes(data)


BILLION = "<!DOCTYPE x [<!ENTITY a0 'lol'>" + "".join(f"<!ENTITY a{n + 1} '{f'&a{n};' * 10}'>" for n in range(9)) + "]>"

def many(start, piece, count, end):
    """A text in pieces."""
    yield start
    for _ in range(count // 1000):
        yield piece * 1000
    yield end


BOMBS = {
    "sharedStrings of 580 MB": lambda: workbook([HEADER], sharedStrings=many("<sst>", "<si><t>" + "x" * 986 + "</t></si>", 580_000, "</sst>")),
    "one text of 400 MB": lambda: workbook(worksheets__sheet1=many(sheet([HEADER, (1, "CUT")]).partition("CUT")[0], "x" * 1000, 400_000, "</t></is></c></row></sheetData></worksheet>")),
    "a sheet of 1.2 GB": lambda: workbook(worksheets__sheet1=many(sheet([HEADER]).partition("</sheetData>")[0], "<row>" + cell(1) + cell("x" * 1000) + "</row>", 1_100_000, "</sheetData></worksheet>")),
    "empty strings": lambda: workbook([HEADER], sharedStrings="<sst>" + "<si><t></t></si>" * 4_000_000 + "</sst>"),
    "a million styles": lambda: workbook([HEADER], styles="<styleSheet><cellXfs>" + "<xf numFmtId='1'/>" * 1_000_000 + "</cellXfs></styleSheet>"),
    "a billion laughs": lambda: workbook(worksheets__sheet1=BILLION + sheet([HEADER, (1, "LOL")]).replace("LOL", "&a9;")),
    "a directory that lies": lambda: lying(workbook([HEADER], sharedStrings=many("<sst>", "<si><t>" + "x" * 986 + "</t></si>", 580_000, "</sst>")), "xl/sharedStrings.xml", 10),
    "a directory of a million parts": lambda: many_parts(1_000_000),
}

# What the program has by itself, and the packed file.
BOUND = 100


def many_parts(count):
    out = io.BytesIO()
    out.write(b"PK\x03\x04" + bytes(26))
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    start = out.tell()
    for _ in range(count):
        out.write(entry)
    size = out.tell() - start
    out.write(b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, start))
    out.write(b"PK\x06\x07" + struct.pack("<IQI", 0, start + size, 1))
    out.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, size & 0xFFFFFFFF, start, 0))
    return out.getvalue()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_bounded_memory(check, name, record_property):
    data = BOMBS[name]()
    code, output, peak = check(data)
    print(f"{name}: {len(data) / 1e6:.1f} MB packed, peak {peak:.0f} MB, {output.splitlines()[-1][:160]}")
    record_property("peak_megabytes", round(peak))
    assert code == 1 and ("unreadable_file" in output or "wrong_type" in output or "missing" in output), output
    assert peak < BOUND + len(data) / 1e6, output


def test_a_bomb_of_parquet_is_refused_in_bounded_memory(check):
    out = io.BytesIO()
    polars.DataFrame({"id": [1], "job": ["x" * 300_000_000]}).write_parquet(out)
    code, output, peak = check(out.getvalue(), "jobs.parquet")
    print(f"a page of 300 MB: {out.tell() / 1e6:.1f} MB packed, peak {peak:.0f} MB")
    assert code == 1 and "unpacks to more than 64 MiB" in output, output
    assert peak < BOUND


def test_a_workbook_is_measured_by_what_it_is(check):
    rows = [HEADER, *((number, f"job {number}") for number in range(1, 20_001))]
    code, output, peak = check(workbook(rows))
    assert (code, "20000 rows" in output) == (0, True), output
    assert peak < BOUND


@pytest.mark.usefixtures("empty_tables")
def test_a_workbook_is_loaded_and_its_bad_rows_come_back_as_one(command, db, tmp_path):
    path = tmp_path / "jobs.xlsx"
    path.write_bytes(workbook([("Job", "ID"), ("Clerk", 1), (None, 2), ("a \"b\", c", 3), ("Cook", "x"), ("Smith", 2.5)]))
    done = command("load", "--direct", "--format", "json", str(path))
    report = json.loads(done.stdout)
    assert (report["status"], report["format"], report["layout"]) == ("partial", "xlsx", {"sheet": "Sheet"})
    lines = [(error["line"], error["column"], error["code"]) for error in report["errors"]]
    assert lines == [(3, "job_name", "missing"), (5, "id", "wrong_type"), (6, "id", "wrong_type")]
    rejects = tmp_path / "jobs.xlsx.rejects.xlsx"
    assert rejects.stat().st_mode & 0o777 == 0o600
    book = openpyxl.load_workbook(rejects)
    rows = list(book["Sheet"].iter_rows(values_only=True))
    assert rows[0] == ("_line", "_column", "_code", "_message", "Job", "ID")
    assert [row[:3] for row in rows[1:]] == [(3, "job_name", "missing"), (5, "id", "wrong_type"), (6, "id", "wrong_type")]
    assert [row[4:] for row in rows[1:]] == [(None, 2), ("Cook", "x"), ("Smith", 2.5)]
    assert wrong_cells(book["Sheet"]) == ["E2", "F3", "F4"]
    for cell, value in [("E2", "Baker"), ("F3", 4), ("F4", 5)]:
        book["Sheet"][cell] = value
    book.save(rejects)
    assert command("load", "--direct", str(rejects)).returncode == 0
    assert db.rows("SELECT id FROM jobs ORDER BY id") == [{"id": number} for number in range(1, 6)]


def wrong_cells(sheet):
    """The cells in red."""
    return [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFFC7CE"]


@pytest.mark.usefixtures("empty_tables")
def test_a_workbook_goes_by_the_bucket(command, stack, db, tmp_path):
    path = tmp_path / "jobs.xlsx"
    path.write_bytes(workbook([HEADER, ("x", "none"), *((number, f"job {number}") for number in range(1, 5_001))]))
    settings = {"AWS_ENDPOINT_URL_S3": stack["s3"], "DATA_BUCKET": stack["bucket"]}
    done = command("load", "--format", "json", str(path), **settings)
    report = json.loads(done.stdout)
    assert (report["status"], db.count("jobs")) == ("partial", 5_000)
    assert report["rejects"].endswith(".xlsx")
    [_, rejected] = openpyxl.load_workbook(f"{path}.rejects.xlsx").active.iter_rows(values_only=True)
    assert (rejected[:3], rejected[4:]) == ((2, "id", "wrong_type"), ("x", "none"))


EMPLOYEES = ("id", "name", "datetime", "department_id", "job_id")
AT = "2021-07-27T18:02:08Z"


@pytest.mark.usefixtures("empty_tables")
def test_no_row_above_a_second_header_is_passed_over(command, db, tmp_path):
    path = tmp_path / "employees.xlsx"
    path.write_bytes(workbook([EMPLOYEES[:3], (1, "Ann", AT), EMPLOYEES, (2, "Zoë", AT, None, None)]))
    done = command("load", "--direct", str(path))
    assert done.returncode == 1 and db.count("employees") == 0
    words = "rows 1 and 3 both name columns; give header=present for the first one, or skip_lines=2 for the second"
    assert words in done.stdout
    for option, ids, code in [(("--header", "present"), [1], 1), (("--skip-lines", "2"), [2], 0)]:
        db.rows("DELETE FROM employees")
        done = command("load", "--direct", *option, str(path))
        assert [row["id"] for row in db.rows("SELECT id FROM employees")] == ids, done.stdout
        assert done.returncode == code, done.stdout


@pytest.mark.usefixtures("empty_tables")
def test_another_table_below_ends_the_file(command, db, tmp_path):
    path = tmp_path / "employees.xlsx"
    people = [(number, f"Person {number}", AT) for number in range(1, 31)]
    path.write_bytes(workbook([EMPLOYEES[:3], *people, ("name", "id", "datetime"), ("Zoë", 99, AT)]))
    done = command("load", "--direct", str(path))
    assert done.returncode == 1
    assert "row 32 of sheet Sheet is a header of other columns" in done.stdout
    assert db.rows("SELECT MAX(id) AS id, COUNT(*) AS count FROM employees") == [{"id": 30, "count": 30}]
