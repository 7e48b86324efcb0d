"""Makes the spreadsheets of this folder, and what each of them must come to.

    python make.py [--libreoffice]

The outcomes were written from docs/types.md and from what the programs show of a cell, before a file was read.
"""

import datetime as dt
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import openpyxl
import pandas
import xlsxwriter
from openpyxl.styles import PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904

HERE = pathlib.Path(__file__).parent
FILES = HERE / "files"
COLUMNS = ["id", "name", "price", "amount", "weight", "born", "made", "opens", "active", "code"]

ROWS = [
    [1, "Zoë 🏙", 19.9, 5, 0.5, dt.date(2021, 7, 27), dt.datetime(2021, 7, 27, 16, 2, 8, 250000), dt.time(8, 30), True, "00042"],
    [2, "a \"quoted\", text", -0.05, -3, 1234.5678, dt.date(1999, 12, 31), dt.datetime(1999, 12, 31, 23, 59, 59), dt.time(0, 0), False, "x"],
    [3, "two\nlines", 1000000, 2147483647, -2.25, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29), dt.time(23, 59, 59), True, None],
    [4, "only a name", None, None, None, None, None, None, None, None],
]


def canonical(row):
    """As the database has it."""
    texts = []
    for name, value in zip(COLUMNS, row):
        if value is None:
            texts.append(None)
        elif name == "price":
            texts.append(f"{value:.2f}")
        elif name == "made":
            texts.append(value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03}")
        elif name == "active":
            texts.append(str(int(value)))
        elif name == "weight":
            texts.append(repr(value).removesuffix(".0"))
        else:
            texts.append(str(value))
    return texts


ENTRIES = {}


def entry(name, by, rows=None, *, columns=None, outcome="read", rejected=(), note="", **more):
    """What a file must come to; the rows are those of ROWS unless others are given."""
    found = {"by": by, "outcome": outcome}
    if outcome == "read":
        columns = columns or COLUMNS
        kept = [dict(zip(COLUMNS, canonical(row))) for row in (ROWS if rows is None else rows)]
        found["rows"] = [{column: row[column] for column in columns} for row in kept]
        found["rejected"] = [list(it) for it in rejected]
    if note:
        found["note"] = note
    ENTRIES[name] = found | more


def sheet_of(rows, header=COLUMNS, above=()):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [*above, header, *rows]:
        if row is not None:
            sheet.append(row)
    return book, sheet


def save(book, name, *args, **kwargs):
    book.save(FILES / name)
    entry(name, "openpyxl", *args, **kwargs)


def with_openpyxl():
    save(sheet_of(ROWS)[0], "plain.xlsx")
    save(sheet_of(ROWS, [name.upper() for name in COLUMNS])[0], "header-capitals.xlsx")
    save(sheet_of(ROWS, [f" {name.title()} " for name in COLUMNS])[0], "header-blanks.xlsx")
    order = list(reversed(range(len(COLUMNS))))
    save(sheet_of([[row[at] for at in order] for row in ROWS], [COLUMNS[at] for at in order])[0], "reversed.xlsx")
    some = ["id", "name", "price"]
    save(sheet_of([row[:3] for row in ROWS], some)[0], "few-columns.xlsx", columns=some)
    save(sheet_of(ROWS, above=[["Items of July"], ["", "made by hand"]])[0], "title.xlsx", layout={"skip_lines": "2"})
    save(sheet_of([*ROWS, [None] * 10], [*COLUMNS, "_line"])[0], "underscore-column.xlsx")
    save(sheet_of([[*row, "x"] for row in ROWS], [*COLUMNS, "colour"])[0], "unknown-column.xlsx", outcome="refused", code="unknown_column", answers=[{"ignore_extra": "true"}])
    save(sheet_of(ROWS, [*COLUMNS[:9], "name"])[0], "name-twice.xlsx", outcome="refused", code="duplicate_column")

    book, sheet = sheet_of(ROWS)
    sheet.insert_rows(3)
    sheet.insert_rows(6)
    save(book, "blank-rows.xlsx")
    book, sheet = sheet_of(ROWS)
    sheet.append([None, "Total", 1000019.85])
    save(book, "total.xlsx", rejected=[(6, "id", "missing")])
    book, sheet = sheet_of(ROWS)
    sheet.append(COLUMNS)
    save(book, "header-repeated.xlsx")

    texts = [[str(row[0]), *row[1:3], str(row[3]), *row[4:]] for row in ROWS[:3]]
    save(sheet_of(texts)[0], "integers-as-texts.xlsx", ROWS[:3])
    iso = [[*row[:5], row[5].isoformat(), row[6].isoformat(" ", "milliseconds"), row[7].isoformat(), *row[8:]] for row in ROWS[:3]]
    save(sheet_of(iso)[0], "dates-as-texts.xlsx", ROWS[:3])
    german = [[*row[:5], row[5].strftime("%d.%m.%Y"), *row[6:]] for row in ROWS[:2]]
    save(sheet_of(german)[0], "german-dates.xlsx", [], rejected=[(2, "born", None), (3, "born", None)])
    save(sheet_of([[1, "a", "19,90"]], COLUMNS[:3])[0], "comma-as-text.xlsx", [], columns=COLUMNS[:3], rejected=[(2, "price", None)])

    for error in ["#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"]:
        book, sheet = sheet_of(ROWS)
        sheet["C3"] = error
        sheet["C3"].data_type = "e"
        slug = "".join(letter for letter in error.lower() if letter.isalnum())
        save(book, f"error-{slug}.xlsx", [ROWS[0], *ROWS[2:]], rejected=[(3, "price", "wrong_type")])

    book, sheet = sheet_of(ROWS[:2])
    book.epoch = CALENDAR_MAC_1904
    save(book, "epoch-1904.xlsx", ROWS[:2])
    for serial in (0, 1, 59, 60):
        book, sheet = sheet_of(ROWS[:1])
        sheet["F2"] = serial
        sheet["F2"].number_format = "yyyy-mm-dd"
        save(book, f"serial-{serial}.xlsx", [], rejected=[(2, "born", None)], note="programs differ in the days before March 1900")
    book, sheet = sheet_of(ROWS[:1])
    sheet["F2"] = 61
    sheet["F2"].number_format = "dd/mm/yy"
    save(book, "serial-61.xlsx", [[*ROWS[0][:5], dt.date(1900, 3, 1), *ROWS[0][6:]]])
    book, sheet = sheet_of(ROWS[:1])
    sheet["F2"] = 44404
    sheet["F2"].number_format = "General"
    save(book, "serial-without-format.xlsx", [], rejected=[(2, "born", "wrong_type")])
    book, sheet = sheet_of(ROWS[:1])
    sheet["F2"] = dt.datetime(2021, 7, 27, 16, 2)
    save(book, "time-in-date.xlsx", [], rejected=[(2, "born", None)])
    book, sheet = sheet_of(ROWS[:1])
    sheet["B2"] = dt.date(2021, 7, 27)
    save(book, "date-in-text.xlsx", [], rejected=[(2, "name", "wrong_type")])

    book, sheet = sheet_of(ROWS[:1])
    sheet["J2"] = 42
    sheet["J2"].number_format = "00000"
    save(book, "zeros-by-format.xlsx", [], rejected=[(2, "code", "wrong_type")], note="it shows 00042 and holds 42")
    book, sheet = sheet_of(ROWS[:1])
    sheet["J2"] = 42
    save(book, "number-in-text.xlsx", [[*ROWS[0][:9], "42"]])
    book, sheet = sheet_of(ROWS[:1])
    sheet["J2"] = 4.5
    save(book, "decimals-in-text.xlsx", [], rejected=[(2, "code", "wrong_type")])
    for slug, number_format in [("euro", '#,##0.00 "€"'), ("percent", "0.00%"), ("thousands", "#,##0.00")]:
        book, sheet = sheet_of(ROWS[:2])
        sheet["C2"].number_format = sheet["C3"].number_format = number_format
        save(book, f"format-{slug}.xlsx", ROWS[:2])
    save(sheet_of([[1, "a", 0.1 + 0.2, None]], COLUMNS[:4])[0], "sum-of-floats.xlsx", [[1, "a", 0.3, None, *[None] * 6]], columns=COLUMNS[:4])
    save(sheet_of([[1, "a", 1.005]], COLUMNS[:3])[0], "too-precise.xlsx", [], columns=COLUMNS[:3], rejected=[(2, "price", "too_precise")])
    save(sheet_of([[12345678901234567, "a"]], COLUMNS[:2])[0], "seventeen-digits.xlsx", [], columns=COLUMNS[:2], rejected=[(2, "id", "wrong_type")])
    save(sheet_of([[1.5, "a"]], COLUMNS[:2])[0], "half-an-id.xlsx", [], columns=COLUMNS[:2], rejected=[(2, "id", None)])

    book, sheet = sheet_of(ROWS)
    sheet["C3"] = "=1+1"
    save(book, "formula-without-value.xlsx", outcome="refused", code="unreadable_file")
    book, sheet = sheet_of(ROWS, above=[["=1+1"]])
    save(book, "formula-in-title.xlsx", note="a formula above the header is no value of a row")
    book, sheet = sheet_of(ROWS, above=[["Items", "", ""]])
    sheet.merge_cells("A1:C1")
    save(book, "merged-title.xlsx", layout={"skip_lines": "1"})
    book, sheet = sheet_of(ROWS)
    sheet.merge_cells("C3:C4")
    save(book, "merged-cells.xlsx", outcome="refused", code="unreadable_file")

    book, sheet = sheet_of(ROWS)
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    save(book, "hidden-row-and-column.xlsx", note="what a filter hides is there all the same")
    book, sheet = sheet_of(ROWS)
    sheet.title = "Daten 日本"
    book.create_sheet("Notes", 0).append(["what", "ever"])
    book.create_sheet("Empty")
    save(book, "other-sheets.xlsx", layout={"sheet": "Daten 日本"})
    book, sheet = sheet_of(ROWS)
    other = book.create_sheet("Old")
    other.append(COLUMNS)
    other.append(ROWS[0])
    save(book, "two-of-them.xlsx", outcome="refused", code="unclear_layout", answers=[{"sheet": "Sheet"}])
    other.sheet_state = "hidden"
    save(book, "hidden-sheet.xlsx")
    save(openpyxl.Workbook(), "empty.xlsx", [])
    save(sheet_of([])[0], "header-only.xlsx", [])
    save(sheet_of(ROWS, [f"x{name}" for name in COLUMNS])[0], "no-header.xlsx", outcome="refused", code="unknown_column")
    book, sheet = sheet_of(ROWS[1:], ROWS[0])
    save(book, "rows-alone.xlsx", outcome="refused", code="unknown_column", answers=[{"header": "absent"}])

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("stream")
    for row in [COLUMNS, *ROWS]:
        sheet.append(row)
    save(book, "write-only.xlsx")
    book, sheet = sheet_of(ROWS)
    for cell in sheet[1]:
        cell.fill = PatternFill("solid", fgColor="FFFF00")
    sheet.freeze_panes, sheet.auto_filter.ref = "A2", "A1:J5"
    sheet["B2"].comment = openpyxl.comments.Comment("look", "me")
    sheet["B3"].hyperlink = "https://example.com"
    save(book, "decorated.xlsx", [ROWS[0], ROWS[1], *ROWS[2:]])
    book, sheet = sheet_of(ROWS)
    table = openpyxl.worksheet.table.Table(displayName="items", ref="A1:J5")
    sheet.add_table(table)
    save(book, "table.xlsx")


def with_xlsxwriter():
    def write(name, options, *args, formats=("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss.000", "hh:mm:ss"), rows=ROWS, **kwargs):
        book = xlsxwriter.Workbook(str(FILES / name), options)
        sheet = book.add_worksheet("Items")
        date, moment, time = (book.add_format({"num_format": text}) for text in formats)
        sheet.write_row(0, 0, COLUMNS)
        for at, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                kind = {dt.date: date, dt.datetime: moment, dt.time: time}.get(type(value))
                if value is None:
                    continue
                if kind:
                    sheet.write_datetime(at, column, value, kind)
                elif isinstance(value, bool):
                    sheet.write_boolean(at, column, value)
                elif isinstance(value, str):
                    sheet.write_string(at, column, value)
                else:
                    sheet.write(at, column, value)
        book.close()
        entry(name, "XlsxWriter", *args, layout={"sheet": "Items"}, **kwargs)

    write("xw-plain.xlsx", {})
    write("xw-constant-memory.xlsx", {"constant_memory": True})
    write("xw-1904.xlsx", {"date_1904": True})
    write("xw-german-format.xlsx", {}, formats=("dd.mm.yyyy", "dd.mm.yyyy hh:mm:ss,000", "hh:mm"))
    write("xw-american-format.xlsx", {}, formats=("m/d/yy", "[$-409]m/d/yy h:mm AM/PM;@", "[h]:mm:ss"))
    write("xw-in-memory-zip64.xlsx", {"use_zip64": True})
    many = [[number, f"row {number}", *ROWS[0][2:]] for number in range(1, 301)]
    write("xw-many.xlsx", {}, many, rows=many)


def with_pandas():
    frame = pandas.DataFrame(ROWS[:3], columns=COLUMNS)
    for engine in ("openpyxl", "xlsxwriter"):
        name = f"pandas-{engine}.xlsx"
        frame.to_excel(FILES / name, index=False, engine=engine)
        entry(name, f"pandas, {engine}", ROWS[:3], layout={"sheet": "Sheet1"})
    frame = pandas.DataFrame(ROWS, columns=COLUMNS)
    frame["born"] = pandas.to_datetime(frame["born"])
    frame.to_excel(FILES / "pandas-gaps.xlsx", index=False)
    entry("pandas-gaps.xlsx", "pandas", layout={"sheet": "Sheet1"}, note="integers with gaps are floats, dates are moments at midnight")
    frame.to_excel(FILES / "pandas-title.xlsx", index=False, startrow=3, sheet_name="Juli")
    entry("pandas-title.xlsx", "pandas", layout={"sheet": "Juli"})
    frame.to_excel(FILES / "pandas-index.xlsx")
    entry("pandas-index.xlsx", "pandas", [], rejected=[(row, None, None) for row in range(2, 6)], note="the index has no name", layout={"sheet": "Sheet1"})
    with pandas.ExcelWriter(FILES / "pandas-two-sheets.xlsx") as writer:
        pandas.DataFrame({"what": ["x"]}).to_excel(writer, sheet_name="about", index=False)
        frame.to_excel(writer, sheet_name="items", index=False)
    entry("pandas-two-sheets.xlsx", "pandas", layout={"sheet": "items"})


LOCALES = {"de": ("1031", ";", ",", "%d.%m.%Y"), "us": ("1033", ",", ".", "%m/%d/%Y"), "fr": ("1036", ";", ",", "%d/%m/%Y"), "pl": ("1045", ";", ",", "%d.%m.%Y"), "jp": ("1041", ",", ".", "%Y/%m/%d"), "se": ("1053", ";", ",", "%Y-%m-%d")}


def with_libreoffice():
    """CSV as a locale has it, opened by LibreOffice with that locale and saved as .xlsx; and by way of .ods."""
    columns = ["id", "name", "price", "amount", "born"]
    rows = [[row[COLUMNS.index(name)] for name in columns] for row in ROWS[:2]]
    for locale, (number, delimiter, decimal, date) in LOCALES.items():
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / f"lo-{locale}.csv"
            def text(value):
                if isinstance(value, float):
                    return str(value).replace(".", decimal)
                if isinstance(value, dt.date):
                    return value.strftime(date)
                return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else str(value)
            lines = [delimiter.join(columns), *(delimiter.join(map(text, row)) for row in rows)]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            read = f"CSV:{ord(delimiter)},34,76,1,,{number},false,true,false"
            convert(path, folder, "xlsx", read)
            (FILES / f"lo-{locale}.xlsx").write_bytes((pathlib.Path(folder) / f"lo-{locale}.xlsx").read_bytes())
            convert(path, folder, "ods", read)
            convert(pathlib.Path(folder) / f"lo-{locale}.ods", folder, "xlsx")
            (FILES / f"lo-{locale}-ods.xlsx").write_bytes((pathlib.Path(folder) / f"lo-{locale}.xlsx").read_bytes())
        for name in (f"lo-{locale}.xlsx", f"lo-{locale}-ods.xlsx"):
            entry(name, f"LibreOffice, locale {number}", ROWS[:2], columns=columns, layout={"sheet": f"lo-{locale}"})
    with tempfile.TemporaryDirectory() as folder:
        book, sheet = sheet_of(ROWS[:2])
        sheet["C2"], sheet["D3"] = "=19.9*1", "=-1-2"
        book.save(pathlib.Path(folder) / "lo-formulas.xlsx")
        (pathlib.Path(folder) / "out").mkdir()
        convert(pathlib.Path(folder) / "lo-formulas.xlsx", f"{folder}/out", "xlsx")
        (FILES / "lo-formulas.xlsx").write_bytes((pathlib.Path(folder) / "out/lo-formulas.xlsx").read_bytes())
        entry("lo-formulas.xlsx", "LibreOffice", ROWS[:2], note="LibreOffice has calculated the formulas")


def convert(path, folder, kind, read=None):
    command = ["soffice", f"-env:UserInstallation=file://{tempfile.gettempdir()}/lo-profile", "--headless", "--convert-to", kind, "--outdir", str(folder)]
    if read:
        command.append(f"--infilter={read}")
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=180)


def broken():
    """Files that are refused, whatever they hold."""
    plain = (FILES / "plain.xlsx").read_bytes()

    def refused(name, data, note):
        (FILES / name).write_bytes(data)
        entry(name, "by hand", outcome="refused", code="unreadable_file", note=note)

    refused("truncated.xlsx", plain[:-200], "the directory is not there")
    refused("no-zip.xlsx", b"id,name\n1,a\n", "CSV by another name")
    refused("other-zip.xlsx", zipped({"a.txt": b"x"}), "a zip archive")
    refused("macros.xlsx", zipped({**unzipped(plain), "xl/vbaProject.bin": b"x"}), "macros")
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    refused("old.xlsx", ole, "a workbook of before 2007")
    refused("encrypted.xlsx", ole + "EncryptedPackage".encode("utf-16-le") + bytes(100), "encrypted")
    refused("not-utf8.xlsx", zipped({**unzipped(plain), "xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row r='1'>"}), "a sheet that breaks off")


def unzipped(data):
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return {name: book.read(name) for name in book.namelist()}


def zipped(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return out.getvalue()


def main():
    with_openpyxl()
    with_xlsxwriter()
    with_pandas()
    broken()
    if "--libreoffice" in sys.argv:
        with_libreoffice()
    text = json.dumps(ENTRIES, indent=1, ensure_ascii=False, sort_keys=True)
    (HERE / "expected.json").write_text(text + "\n")
    print(len(ENTRIES), "files")


main()
