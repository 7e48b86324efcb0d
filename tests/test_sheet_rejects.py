"""Rejected rows of workbooks: what comes back in a workbook is read as the rows were."""

import datetime
import json
import random

import openpyxl
import pytest
from test_spreadsheets import wrong_cells

COLUMNS = ["id", "name", "datetime", "department_id", "job_id"]
MARKS = ["_line", "_column", "_code", "_message"]
DAY, TIME = "dd.mm.yyyy", "yyyy-mm-dd hh:mm:ss"
# A value, and the format that it is shown in.
VALUES = [
    (None, None), (True, None), ("", None), (" ", None), ("  x ", None), ("Zoë 🎉", None), ("=1+1", None), ("'x", None),
    ("a\nb", None), ("a\r\nb", None), ("_x0041_", None), ("a\tb", None), ("\\N", None), ("NULL", None), ("00123", None),
    ("7", None), ("7,5", None), ("x" * 300, None), ("x" * 32_767, None), ("#N/A", None), ("#DIV/0!", None),
    (7, None), (7, "00000"), (2.5, None), (2.5, "0.00 €"), (0.1 + 0.2, None), (1e20, None), (-3, None), (2**31, None), (50_000, DAY),
    (datetime.date(2021, 7, 27), DAY), (datetime.datetime(2021, 7, 27, 18, 2, 8), TIME),
    (datetime.datetime(2021, 7, 27, 18, 2, 8, 123000), "[$-407]d. mmmm yyyy hh:mm"), (datetime.timedelta(hours=30), "[h]:mm:ss"),
    (datetime.time(18, 2), "hh:mm"), (40, TIME), ("27.07.2021", None), ("2021-07-27T18:02:08Z", None),
]


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize("options", [(), ("--sheet", "Péople & more"), ("--skip-lines", "2"), ("--header", "absent")])
def test_random_rows_come_back_as_they_were(command, tmp_path, options):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    made, path = random.Random(seed), tmp_path / "employees.xlsx"
    book, is_1904 = openpyxl.Workbook(), made.random() < 0.5
    if is_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    sheet.title = "Péople & more"
    row = 3 if "--skip-lines" in options else 1
    for column, name in enumerate(COLUMNS, 1):
        sheet.cell(row, column, name)
    for row in range(row + 1, row + 200):
        good = (row, "Ann", "2021-07-27T18:02:08Z", 1, 1)
        for column, value in enumerate(good, 1):
            # A key that comes twice is wrong as long as the other row is there.
            odd = column > 1 and made.random() < 0.3
            value, shown = made.choice(VALUES) if odd else (value, None)
            cell = sheet.cell(row, column)
            if isinstance(value, str):
                # No text is a formula, and these two are errors.
                cell._value, cell.data_type = value, "e" if value in ("#N/A", "#DIV/0!") else "s"
            else:
                cell.value = value
            if shown:
                cell.number_format = shown
    if "absent" in options:
        sheet.delete_rows(1)
    book.save(path)
    before = report_of(command, path, options)
    again = report_of(command, tmp_path / "employees.xlsx.rejects.xlsx", options)
    print(again["errors"][:3])
    counts, counts_again = before["tables"]["employees"], again["tables"]["employees"]
    assert counts_again["stored"] == 0 and counts_again["rejected"] == counts["rejected"] > 50
    [first] = tmp_path.glob("employees.xlsx.rejects.xlsx")
    [second] = tmp_path.glob("*.rejects.xlsx.rejects.xlsx")
    rows, rows_again = rows_of(first), rows_of(second)
    # A row that is rejected again has the marks once.
    assert rows[0] == rows_again[0] == (*MARKS, *COLUMNS)
    assert len(rows) == counts["rejected"] + 1
    for row, row_again in zip(rows, rows_again, strict=True):
        assert row[1:] == row_again[1:]


def rows_of(path):
    """The rows with the line, the codes and the columns in front, without those above the header."""
    rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    return [row for row in rows if any(value is not None for value in row)]


def report_of(command, path, options):
    done = command("load", "--direct", "--format", "json", *options, str(path))
    assert done.returncode == 1, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.usefixtures("empty_tables")
def test_the_cells_of_a_key_that_comes_twice_are_marked(command, tmp_path):
    path, book = tmp_path / "jobs.xlsx", openpyxl.Workbook()
    for row in [("id", None, "job"), (1, None, "a"), (1, None, "b"), (2, None, None), (3, "x", "c")]:
        book.active.append(row)
    book.save(path)
    report = report_of(command, path, ())
    print(report["errors"])
    sheet = openpyxl.load_workbook(f"{path}.rejects.xlsx").active
    assert [error["code"] for error in report["errors"]] == ["duplicate_in_batch", "missing", "unnamed_column"], report["errors"]
    assert wrong_cells(sheet) == ["E2", "G3", "F4"]


@pytest.mark.usefixtures("empty_tables")
@pytest.mark.parametrize("header", ["detect", "present", "absent"])
def test_marked_formulas_are_not_stored_with_their_apostrophes(command, tmp_path, header):
    path, book = tmp_path / "jobs.xlsx", openpyxl.Workbook()
    marks = [*MARKS[:3], "_message_marked"]
    for row in [(*marks, "id", "job"), (2, "id", "missing", "a value is required", 1, "'=1+1")]:
        book.active.append(row)
    book.save(path)
    report = report_of(command, path, ("--header", header))
    assert (report["status"], report["tables"]["jobs"]["stored"]) == ("rejected", 0)
    assert "save it as CSV" in report["errors"][0]["message"]
