"""What LibreOffice Calc saves as CSV, run without a window, with the formats of many countries."""

import subprocess
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook

from entry import answer, bad, by_program
from logical import (
    BOOLEANS,
    CUSTOMERS,
    DATE_TIMES,
    DATES,
    DECIMALS,
    EMPLOYEES,
    INTEGERS,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    TWO_LINES,
    changed,
    columns,
    without,
)

# The formats that follow the country: 14 and 22 of a workbook's own.
SHORT_DATE, SHORT_DATE_TIME = "mm-dd-yy", "m/d/yy h:mm"

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>{locale}</value></prop></item>
</oor:items>
"""


@dataclass(frozen=True)
class Sheet:
    """A table as an office keeps it, with the formats of its cells."""

    rows: list
    date: str = SHORT_DATE
    date_time: str = SHORT_DATE_TIME
    number: str = "0.00"
    booleans: bool = False

    def save(self, path):
        book = Workbook()
        sheet = book.active
        sheet.append(list(self.rows[0]))
        for line, row in enumerate(self.rows, 2):
            for place, (name, value) in enumerate(row.items(), 1):
                self._write(sheet.cell(line, place), name, value)
        book.save(path)

    def _write(self, cell, name, value):
        if value is None:
            return
        if name in DATES:
            cell.value, cell.number_format = datetime.fromisoformat(value), self.date
        elif name in DATE_TIMES:
            cell.value, cell.number_format = datetime.fromisoformat(value), self.date_time
        elif name in DECIMALS:
            three = name == "weight_kg"
            cell.value = float(value)
            cell.number_format = self.number + "0" if three else self.number
        elif name in BOOLEANS and self.booleans:
            cell.value = value == "1"
        elif name in INTEGERS | BOOLEANS:
            cell.value = int(value)
        else:
            cell.value = value


# The filter's numbers of encodings.
UTF_8, WINDOWS_1252, LATIN_1, WINDOWS_1250, WINDOWS_1251, UTF_16 = 76, 1, 12, 33, 34, 65535


def options(delimiter, encoding=UTF_8, quoted=False, shown=True):
    """The filter's: delimiter, quote, encoding, first line, formats, language; whether all texts are
    quoted, numbers are numbers, and cells are as shown."""
    flags = [str(flag).lower() for flag in (quoted, True, shown)]
    return ",".join([str(ord(delimiter)), "34", str(encoding), "1", "", "0", *flags])


@dataclass(frozen=True)
class Export:
    """One file: the country, the filter's options, the sheet, and what becomes of the file."""

    name: str
    locale: str
    options: str
    sheet: Sheet
    table: str
    axes: str
    # ask or refuse, with its kind; read otherwise
    outcome: str = "read"
    kind: str = None
    more: tuple = ()

    def file(self, source, content):
        how = f"soffice --convert-to 'csv:Text - txt - csv (StarCalc):{self.options}', {self.locale}"
        name, more = f"libreoffice-{self.name}.csv", dict(self.more)
        if self.outcome == "read":
            rows = more.pop("rows", self.sheet.rows)
            return source.read(name, content, self.table, rows, self.axes, how, **more)
        if self.outcome == "ask":
            return source.ask(name, content, self.table, self.kind, axes=self.axes, how=how, **more)
        return source.refuse(name, content, self.table, self.kind, self.axes, how=how, **more)


def russian():
    people = [("Ольга Смирнова", "Казань"), ("Иван Петров", "Тверь")]
    return named(people)


def named(people):
    rows = columns(CUSTOMERS[: len(people)], "id email name city birthday credit_limit registered_at")
    return [{**row, "name": name, "city": city}
            for row, (name, city) in zip(rows, people, strict=True)]  # fmt: skip


# What the files are like.
SEMICOLON = "semicolon quotes-minimal lf header "
COMMA = "comma quotes-minimal lf header "
SHORT = " seconds-absent"
GERMAN = "decimal-comma dmy"

# Name, country, options, sheet, table, words.
CASES = [
    ("de-customers", "de-DE", options(";"), Sheet(CUSTOMERS + TWO_LINES), "customers",
     SEMICOLON + "utf-8 line-breaks quotes-inside " + GERMAN + SHORT),
    ("de-lines", "de-DE", options(";"), Sheet(ORDER_LINES), "order_lines", SEMICOLON + "ascii decimal-comma"),
    ("de-windows-1252", "de-DE", options(";", WINDOWS_1252), Sheet(CUSTOMERS), "customers",
     SEMICOLON + "windows-1252 " + GERMAN + SHORT),
    ("de-tab-utf-16", "de-DE", options("\t", UTF_16), Sheet(ORDERS), "orders",
     "tab quotes-minimal lf utf-16le-bom header " + GERMAN + SHORT),
    ("de-iso", "de-DE", options(";"), Sheet(ORDERS, "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"), "orders",
     SEMICOLON + "ascii decimal-comma iso"),
    ("de-pipe", "de-DE", options("|"), Sheet(PRODUCTS), "products",
     "pipe quotes-minimal lf ascii header " + GERMAN),
    ("us-customers", "en-US", options(","), Sheet(CUSTOMERS + TWO_LINES), "customers",
     COMMA + "utf-8 line-breaks quotes-inside decimal-point mdy" + SHORT),
    ("us-booleans", "en-US", options(","), Sheet(PRODUCTS, booleans=True), "products",
     COMMA + "ascii decimal-point mdy booleans-true-false"),
    ("us-employees", "en-US", options(","), Sheet(EMPLOYEES), "employees",
     COMMA + "ascii iso offsets"),
    ("us-not-as-shown", "en-US", options(",", shown=False), Sheet(ORDERS), "orders",
     COMMA + "ascii decimal-point mdy"),
    ("uk-customers", "en-GB", options(",", WINDOWS_1252), Sheet(CUSTOMERS), "customers",
     COMMA + "windows-1252 decimal-point dmy" + SHORT),
    ("uk-quoted", "en-GB", options(",", quoted=True), Sheet(PRODUCTS), "products",
     "comma quotes-all lf ascii header decimal-point dmy"),
    ("fr-quoted", "fr-FR", options(";", quoted=True), Sheet(PRODUCTS), "products",
     "semicolon quotes-all lf ascii header " + GERMAN),
    ("fr-customers", "fr-FR", options(";", WINDOWS_1252), Sheet(CUSTOMERS), "customers",
     SEMICOLON + "windows-1252 " + GERMAN + SHORT),
    ("es-orders", "es-ES", options(";"), Sheet(ORDERS), "orders", SEMICOLON + "ascii " + GERMAN + SHORT),
    ("it-latin-1", "it-IT", options(";", LATIN_1), Sheet(CUSTOMERS), "customers",
     SEMICOLON + "latin-1 " + GERMAN + SHORT),
    ("pl-products", "pl-PL", options(";"), Sheet(PRODUCTS), "products",
     SEMICOLON + "ascii decimal-comma iso"),
    ("ja-orders", "ja-JP", options(","), Sheet(ORDERS), "orders",
     COMMA + "ascii decimal-point ymd" + SHORT),
    ("tr-products", "tr-TR", options(";"), Sheet(PRODUCTS), "products", SEMICOLON + "ascii " + GERMAN),
    ("cs-orders", "cs-CZ", options(";"), Sheet(ORDERS), "orders", SEMICOLON + "ascii " + GERMAN + SHORT),
    ("br-customers", "pt-BR", options(";"), Sheet(CUSTOMERS), "customers",
     SEMICOLON + "utf-8 " + GERMAN + SHORT),
    ("se-customers", "sv-SE", options(";", WINDOWS_1252), Sheet(CUSTOMERS), "customers",
     SEMICOLON + "windows-1252 decimal-comma iso" + SHORT),
    ("hu-orders", "hu-HU", options(";"), Sheet(ORDERS), "orders",
     SEMICOLON + "ascii decimal-comma ymd" + SHORT),
    ("nl-customers", "nl-NL", options(";"), Sheet(CUSTOMERS), "customers",
     SEMICOLON + "utf-8 " + GERMAN + SHORT),
    ("fi-orders", "fi-FI", options(";"), Sheet(ORDERS), "orders", SEMICOLON + "ascii " + GERMAN + SHORT),
    ("ch-products", "de-CH", options(";"), Sheet(PRODUCTS), "products",
     SEMICOLON + "ascii decimal-point dmy"),
    ("ru-customers", "ru-RU", options(";"), Sheet(russian()), "customers",
     SEMICOLON + "utf-8 columns-absent " + GERMAN + SHORT),
]  # fmt: skip


def files():
    shown = subprocess.run(["soffice", "--version"], check=True, capture_output=True, text=True)
    source = by_program("LibreOffice", shown.stdout.split()[1])
    batches = {}
    for one in exports():
        batches.setdefault((one.locale, one.options), []).append(one)
    for (locale, option), batch in batches.items():
        contents = export(locale, option, [one.sheet for one in batch])
        for one, content in zip(batch, contents, strict=True):
            yield one.file(source, content)


def exports():
    return [*read(), *german_thousands(), *asked(), *refused()]


def read():
    for case in CASES:
        yield Export(*case)
    first_days = changed(ORDERS, ordered_at=lambda value: value[:8] + "07" + value[10:],
                         deliver_on=lambda day: day[:8] + "08")  # fmt: skip
    yield Export("de-first-days", "de-DE", options(";"), Sheet(first_days), "orders",
                 SEMICOLON + "ascii " + GERMAN + SHORT)  # fmt: skip


def german_thousands():
    thousands = Sheet(without(CUSTOMERS, "notes"), number="#,##0.00")
    rows = [row for row in thousands.rows if row["id"] not in "16"]
    yield Export(
        "de-thousands", "de-DE", options(";"), thousands, "customers",
        "semicolon quotes-none lf utf-8 header decimal-comma thousands dmy columns-absent",
        more=(("rows", rows), ("rejected", (bad(2, "wrong_type", "credit_limit"),
                                            bad(7, "wrong_type", "credit_limit")))),
    )  # fmt: skip


def asked():
    words = "semicolon quotes-none lf header decimal-comma columns-absent "
    for name, locale, option, rows, label, axes in [
        ("ru-windows-1251", "ru-RU", options(";", WINDOWS_1251), russian(), "windows-1251",
         "windows-1251 dmy"),
        ("pl-windows-1250", "pl-PL", options(";", WINDOWS_1250),
         named([("Paweł Wiśniewski", "Łódź"), ("Żaneta Dąbrowska", "Kraków")]), "windows-1250",
         "windows-1250 iso"),
    ]:  # fmt: skip
        answers = [answer(rows, encoding=label)]
        yield Export(name, locale, option, Sheet(rows), "customers", words + axes, "ask", "encoding",
                     (("answers", answers),))  # fmt: skip
    rows = changed(ORDERS[:2], ordered_at=lambda _: "2021-09-01 10:00:00",
                   deliver_on=lambda _: "2021-09-05")  # fmt: skip
    other = changed(rows, ordered_at=lambda _: "2021-01-09 10:00:00",
                    deliver_on=lambda _: "2021-05-09")  # fmt: skip
    for name, locale, mark, right, wrong in [
        ("us-first-days", "en-US", ",", "mdy", "dmy"),
        ("es-first-days", "es-ES", ";", "dmy", "mdy"),
    ]:
        answers = [answer(rows, date_order=right), answer(other, date_order=wrong)]
        word = "comma decimal-point" if mark == "," else "semicolon decimal-comma"
        yield Export(name, locale, options(mark), Sheet(rows), "orders",
                     word + " quotes-none lf ascii header date-undecided", "ask", "date_order",
                     (("answers", answers),))  # fmt: skip


def refused():
    truth = Sheet(PRODUCTS, booleans=True)
    for name, locale, option, words in [
        ("de-booleans", "de-DE", options(";"), "WAHR and FALSCH"),
        ("fr-booleans", "fr-FR", options(";"), "VRAI and FAUX"),
    ]:
        yield Export(
            name, locale, option, truth, "products",
            "semicolon quotes-minimal lf ascii header decimal-comma dmy booleans-in-words", "refused",
            "booleans", (("reason", f"{words} are no booleans by the rules of types, and each row has"
                          " one."),),
        )  # fmt: skip
    short_years = Sheet(ORDERS, "dd.mm.yy", "dd.mm.yy hh:mm")
    yield Export(
        "de-short-years", "de-DE", options(";"), short_years, "orders",
        "semicolon quotes-none lf ascii header decimal-comma two-digit-years", "refused", "dates",
        (("reason", "No option says which century a year of two digits is in."),),
    )  # fmt: skip
    named_months = Sheet(PRODUCTS, "d. mmm yyyy")
    yield Export(
        "de-named-months", "de-DE", options(";"), named_months, "products",
        "semicolon quotes-minimal lf utf-8 header decimal-comma other-dates", "refused", "dates",
        (("reason", "No option reads names of months."),),
    )  # fmt: skip


def export(locale, option, sheets):
    """The sheets as CSV, with these options of the filter, in the given country."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        profile = folder / "profile" / "user"
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(PROFILE.format(locale=locale))
        for index, sheet in enumerate(sheets):
            sheet.save(folder / f"{index}.xlsx")
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless",
             "--convert-to", f"csv:Text - txt - csv (StarCalc):{option}", "--outdir", folder,
             *(folder / f"{index}.xlsx" for index in range(len(sheets)))],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        return [(folder / f"{index}.csv").read_bytes() for index in range(len(sheets))]
