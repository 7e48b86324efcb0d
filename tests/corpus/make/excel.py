"""What Excel saves, by its known rules: list separator, code page and formats of the country."""

from entry import answer, bad, by_rules
from logical import (
    CUSTOMERS,
    EMPLOYEES,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    TWO_LINES,
    changed,
    columns,
    without,
)
from text import Dialect, Form, cells, clock, dmy, mdy_short, twelve_hours, whole

EXCEL = by_rules("Excel")

SEMICOLON = Dialect(";")
COMMA = Dialect(",")
TAB = Dialect("\t")
GERMAN = Form(date=dmy("."), time=clock, decimal=",")
FRENCH = Form(date=dmy("/"), time=clock, decimal=",")
BRITISH = Form(date=dmy("/"), time=clock)
AMERICAN = Form(date=mdy_short, time=clock)


def files():
    return [*german(), *french(), *english(), *other_countries(), *mac(), *oddities()]


def german():
    how = "German, CSV (Trennzeichen-getrennt)"
    text = whole(CUSTOMERS + TWO_LINES, SEMICOLON, GERMAN)
    yield EXCEL.read(
        "excel-de-csv.csv", text.encode("cp1252"), "customers", CUSTOMERS + TWO_LINES,
        "semicolon quotes-minimal crlf windows-1252 decimal-comma dmy seconds-absent header"
        " line-breaks quotes-inside", how,
    )  # fmt: skip
    yield EXCEL.read(
        "excel-de-csv-utf8.csv", text.encode("utf-8-sig"), "customers", CUSTOMERS + TWO_LINES,
        "semicolon quotes-minimal crlf utf-8-bom decimal-comma dmy seconds-absent header"
        " line-breaks quotes-inside", "German, CSV UTF-8 (durch Trennzeichen getrennt)",
    )  # fmt: skip
    yield EXCEL.ask(
        "excel-de-msdos.csv", text.encode("cp850"), "customers", "encoding", [],
        "semicolon quotes-minimal crlf cp850 decimal-comma dmy header", "German, CSV (MS-DOS)",
        reason="Windows-1252 would make control characters and signs within words of the umlauts."
        " No option reads cp850: the way out is to save as CSV UTF-8.",
    )  # fmt: skip
    yield EXCEL.read(
        "excel-de-unicode-text.csv", whole(CUSTOMERS, TAB, GERMAN).encode("utf-16"), "customers",
        CUSTOMERS, "tab quotes-minimal crlf utf-16le-bom decimal-comma dmy seconds-absent header",
        "German, Unicode-Text, renamed",
    )  # fmt: skip
    yield EXCEL.read(
        "excel-de-products.csv", whole(PRODUCTS, SEMICOLON, GERMAN).encode("cp1252"), "products",
        PRODUCTS, "semicolon quotes-minimal crlf ascii decimal-comma dmy header leading-zeros"
        " null-empty booleans-01", how,
    )  # fmt: skip
    yield EXCEL.read(
        "excel-de-order-lines.csv", whole(ORDER_LINES, SEMICOLON, GERMAN).encode("cp1252"),
        "order_lines", ORDER_LINES, "semicolon quotes-none crlf ascii decimal-comma header", how,
    )  # fmt: skip
    seconds = Form(date=dmy("."), decimal=",")
    rows = changed(ORDERS, ordered_at=lambda value: value[:-2] + "17")
    yield EXCEL.read(
        "excel-de-orders-seconds.csv", whole(rows, SEMICOLON, seconds).encode("cp1252"), "orders",
        rows, "semicolon quotes-none crlf ascii decimal-comma dmy header", how,
    )  # fmt: skip
    words = Form(date=dmy("."), time=clock, decimal=",", true="WAHR", false="FALSCH")
    yield EXCEL.refuse(
        "excel-de-booleans.csv", whole(PRODUCTS, SEMICOLON, words).encode("cp1252"), "products",
        "booleans", "semicolon quotes-minimal crlf ascii decimal-comma dmy booleans-in-words header",
        "WAHR and FALSCH are no booleans by the rules of types, and each row has one.", how,
    )  # fmt: skip
    yield from german_employees(how)


def german_employees(how):
    local = ["27.07.2021 18:02", "07.11.2021 04:45", "01.03.2021 00:59", "13.03.2021 09:00"]
    names = ["Lia Okoro", "Max Öztürk", "Ida d'Arc", "Ben Ott"]
    stored = ["2021-07-27T16:02:00Z", "2021-11-07T03:45:00Z", "2021-02-28T23:59:00Z",
              "2021-03-13T08:00:00Z"]  # fmt: skip
    shown = [{**row, "name": name, "datetime": value}
             for row, name, value in zip(EMPLOYEES, names, local, strict=True)]  # fmt: skip
    rows = [{**row, "datetime": value} for row, value in zip(shown, stored, strict=True)]
    yield EXCEL.ask(
        "excel-de-employees.csv", whole(shown, SEMICOLON).encode("cp1252"), "employees",
        "time_zone", [answer(rows, time_zone="Europe/Berlin")],
        "semicolon quotes-none crlf windows-1252 dmy seconds-absent no-offset header", how,
    )  # fmt: skip


def french():
    how = "French, CSV (séparateur: point-virgule)"
    yield EXCEL.read(
        "excel-fr-csv.csv", whole(CUSTOMERS, SEMICOLON, FRENCH).encode("cp1252"), "customers",
        CUSTOMERS, "semicolon quotes-minimal crlf windows-1252 decimal-comma dmy seconds-absent"
        " header", how,
    )  # fmt: skip
    yield EXCEL.read(
        "excel-fr-csv-utf8.csv", whole(CUSTOMERS, SEMICOLON, FRENCH).encode("utf-8-sig"),
        "customers", CUSTOMERS, "semicolon quotes-minimal crlf utf-8-bom decimal-comma dmy"
        " seconds-absent header", "French, CSV UTF-8",
    )  # fmt: skip
    rows = changed(ORDERS[:2], ordered_at=lambda _: "2021-09-01 10:00:00",
                   deliver_on=lambda _: "2021-09-05")  # fmt: skip
    other = changed(rows, ordered_at=lambda _: "2021-01-09 10:00:00",
                    deliver_on=lambda _: "2021-05-09")  # fmt: skip
    yield EXCEL.ask(
        "excel-fr-first-days.csv", whole(rows, SEMICOLON, FRENCH).encode("cp1252"), "orders",
        "date_order", [answer(rows, date_order="dmy"), answer(other, date_order="mdy")],
        "semicolon quotes-none crlf ascii decimal-comma date-undecided header", how,
        reason="Each day is 12 or less. The semicolon and the decimal comma are signs, no proof.",
    )  # fmt: skip
    lines = cells(PRODUCTS, FRENCH)
    lines[5][4] = "1\u00a0129,00"
    yield EXCEL.read(
        "excel-fr-thousands.csv", SEMICOLON.lines(lines).encode("cp1252"), "products",
        PRODUCTS[:4], "semicolon quotes-minimal crlf windows-1252 decimal-comma thousands dmy header",
        how, rejected=(bad(6, "wrong_type", "price"),),
        reason="A decimal is digits with the dialect's separator: a mark of thousands is named.",
    )  # fmt: skip


def english():
    how = "British, CSV (Comma delimited)"
    yield EXCEL.read(
        "excel-uk-csv.csv", whole(CUSTOMERS, COMMA, BRITISH).encode("cp1252"), "customers",
        CUSTOMERS, "comma quotes-minimal crlf windows-1252 decimal-point dmy seconds-absent header",
        how,
    )  # fmt: skip
    yield EXCEL.read(
        "excel-uk-orders.csv", whole(ORDERS, COMMA, BRITISH).encode("cp1252"), "orders", ORDERS,
        "comma quotes-minimal crlf ascii decimal-point dmy seconds-absent header", how,
    )  # fmt: skip
    how = "American, CSV (Comma delimited)"
    yield EXCEL.read(
        "excel-us-csv.csv", whole(CUSTOMERS, COMMA, AMERICAN).encode("cp1252"), "customers",
        CUSTOMERS, "comma quotes-minimal crlf windows-1252 decimal-point mdy seconds-absent header",
        how,
    )  # fmt: skip
    yield EXCEL.read(
        "excel-us-csv-utf8.csv", whole(CUSTOMERS + TWO_LINES, COMMA, AMERICAN).encode("utf-8-sig"),
        "customers", CUSTOMERS + TWO_LINES, "comma quotes-minimal crlf utf-8-bom decimal-point mdy"
        " seconds-absent header line-breaks", "American, CSV UTF-8 (Comma delimited)",
    )  # fmt: skip
    half_day = Form(date=mdy_short, time=twelve_hours)
    yield EXCEL.read(
        "excel-us-am-pm.csv", whole(CUSTOMERS, COMMA, half_day).encode("cp1252"), "customers",
        CUSTOMERS, "comma quotes-minimal crlf windows-1252 decimal-point mdy am-pm seconds-absent"
        " header", how,
        reason="12:00 AM is midnight, 12:00 PM is noon.",
    )  # fmt: skip
    words = Form(date=mdy_short, true="TRUE", false="FALSE")
    yield EXCEL.read(
        "excel-us-booleans.csv", whole(PRODUCTS, COMMA, words).encode("cp1252"), "products",
        PRODUCTS, "comma quotes-minimal crlf ascii decimal-point mdy booleans-true-false header", how,
    )  # fmt: skip
    yield EXCEL.read(
        "excel-us-unicode-text.csv", whole(PRODUCTS, TAB, words).encode("utf-16"), "products",
        PRODUCTS, "tab quotes-minimal crlf utf-16le-bom decimal-point mdy booleans-true-false header",
        "American, Unicode Text, renamed",
    )  # fmt: skip
    early = changed(ORDERS[:1], ordered_at=lambda _: "2021-09-01 10:00:00",
                    deliver_on=lambda _: "2021-09-04")  # fmt: skip
    other = changed(early, ordered_at=lambda _: "2021-01-09 10:00:00",
                    deliver_on=lambda _: "2021-04-09")  # fmt: skip
    yield EXCEL.ask(
        "excel-us-first-days.csv", whole(early, COMMA, AMERICAN).encode("cp1252"), "orders",
        "date_order", [answer(early, date_order="mdy"), answer(other, date_order="dmy")],
        "comma quotes-none crlf ascii decimal-point date-undecided one-row header", how,
    )  # fmt: skip
    yield american_employees(how)


def american_employees(how):
    local = ["7/27/2021 11:02 AM", "11/6/2021 10:45 PM", "2/28/2021 5:59 PM", "3/13/2021 2:00 AM"]
    shown = [{**row, "datetime": value} for row, value in zip(EMPLOYEES, local, strict=True)]
    rows = changed(EMPLOYEES, datetime=lambda value: value[:-3] + "00Z")
    return EXCEL.ask(
        "excel-us-employees.csv", whole(shown, COMMA).encode("utf-8-sig"), "employees", "time_zone",
        [answer(rows, time_zone="America/Chicago")],
        "comma quotes-none crlf utf-8-bom mdy am-pm no-offset header", how,
    )  # fmt: skip


def other_countries():
    places = [
        ("pl", "Polish", "windows-1250", dmy("."), "cp1250",
         [("Paweł Wiśniewski", "Łódź"), ("Żaneta Dąbrowska", "Kraków"), ("Jan Nowak", "Poznań")]),
        ("cz", "Czech", "windows-1250", dmy("."), "cp1250",
         [("Tomáš Dvořák", "Plzeň"), ("Jiří Černý", "Břeclav"), ("Eva Říhová", "Děčín")]),
        ("ru", "Russian", "windows-1251", dmy("."), "cp1251",
         [("Иван Петров", "Москва"), ("Ольга Смирнова", "Казань"), ("Юлия Ёлкина", "Тверь")]),
        ("gr", "Greek", "windows-1253", dmy("/"), "cp1253",
         [("Γιώργος Παπαδόπουλος", "Αθήνα"), ("Ελένη Νικολάου", "Πάτρα")]),
        ("tr", "Turkish", "windows-1254", dmy("."), "cp1254",
         [("Ayşe Yılmaz", "İzmir"), ("Çağla Doğan", "Eskişehir"), ("Işıl Şahin", "Muğla")]),
    ]  # fmt: skip
    for short, language, name, date, codec, people in places:
        rows = foreign_customers(people)
        form = Form(date=date, time=clock, decimal=",")
        yield EXCEL.ask(
            f"excel-{short}-csv.csv", whole(rows, SEMICOLON, form).encode(codec), "customers",
            "encoding", [answer(rows, encoding=name)],
            f"semicolon quotes-none crlf {name} decimal-comma dmy seconds-absent header",
            f"{language}, CSV", reason="Bytes beyond ASCII that are not UTF-8 and whose letters in"
            " Windows-1252 are not those of a word.",
        )  # fmt: skip
        yield EXCEL.read(
            f"excel-{short}-csv-utf8.csv", whole(rows, SEMICOLON, form).encode("utf-8-sig"),
            "customers", rows,
            "semicolon quotes-none crlf utf-8-bom decimal-comma dmy seconds-absent header",
            f"{language}, CSV UTF-8",
        )  # fmt: skip
    rows = foreign_customers([("山田太郎", "東京"), ("佐藤花子", "大阪"), ("鈴木一郎", "横浜")])
    form = Form(date=lambda value: value.replace("-", "/"), time=clock)
    yield EXCEL.ask(
        "excel-ja-csv.csv", whole(rows, COMMA, form).encode("cp932"), "customers", "encoding",
        [answer(rows, encoding="shift_jis")],
        "comma quotes-none crlf shift_jis decimal-point ymd seconds-absent header", "Japanese, CSV",
    )  # fmt: skip


def foreign_customers(people):
    rows = columns(CUSTOMERS[: len(people)], "id email name city birthday newsletter credit_limit"
                   " registered_at")  # fmt: skip
    return [{**row, "name": name, "city": city}
            for row, (name, city) in zip(rows, people, strict=True)]  # fmt: skip


def mac():
    rows = without(CUSTOMERS, "notes")
    text = whole(rows, Dialect(";", end="\r"), GERMAN)
    yield EXCEL.ask(
        "excel-mac-de.csv", text.encode("mac-roman"), "customers", "encoding",
        [answer(rows, encoding="macintosh")],
        "semicolon quotes-none cr mac-roman decimal-comma dmy header columns-absent",
        "German, CSV (Macintosh)",
        reason="Windows-1252 would make signs and Š, š, Ÿ within words of the letters.",
    )  # fmt: skip
    yield EXCEL.read(
        "excel-mac-us.csv", whole(PRODUCTS, Dialect(",", end="\r"), AMERICAN).encode("ascii"),
        "products", PRODUCTS, "comma quotes-minimal cr ascii decimal-point mdy header",
        "American, CSV (Macintosh)",
    )  # fmt: skip
    yield EXCEL.read(
        "excel-mac-bad-line.csv", b"id;job_name\r1;Clerk\rtwo;Cook\r3;Baker\r", "jobs",
        [{"id": "1", "job_name": "Clerk"}, {"id": "3", "job_name": "Baker"}],
        "semicolon quotes-none cr ascii header bad-values", "German, CSV (Macintosh)",
        rejected=(bad(3, "wrong_type", "id"),),
    )  # fmt: skip


def oddities():
    how = "German, CSV (Trennzeichen-getrennt)"
    text = "sep=;\r\n" + whole(CUSTOMERS, SEMICOLON, GERMAN)
    yield EXCEL.read(
        "excel-de-sep-line.csv", text.encode("cp1252"), "customers", CUSTOMERS,
        "semicolon sep-line quotes-minimal crlf windows-1252 decimal-comma dmy header",
        "made by a program for Excel, with the line sep=;",
    )  # fmt: skip
    lines = cells(PRODUCTS, GERMAN)
    empty = [""] * len(lines[0])
    yield EXCEL.read(
        "excel-de-empty-rows.csv",
        SEMICOLON.lines([*lines[:3], empty, *lines[3:], empty, empty]).encode("cp1252"), "products",
        PRODUCTS, "semicolon quotes-minimal crlf ascii decimal-comma dmy header blank-lines",
        how + "; rows that were emptied",
    )  # fmt: skip
    yield EXCEL.read(
        "excel-de-empty-columns.csv",
        SEMICOLON.lines([[*line, "", "", ""] for line in lines]).encode("cp1252"), "products",
        PRODUCTS, "semicolon quotes-minimal crlf ascii decimal-comma dmy header header-nameless"
        " trailing-delimiters", how + "; columns that were emptied",
    )  # fmt: skip
    shown = changed(CUSTOMERS[:2], phone=lambda _: "4,92216E+11")
    lines = cells(shown, GERMAN)
    yield EXCEL.read(
        "excel-de-exponents.csv", SEMICOLON.lines(lines).encode("cp1252"), "customers", shown,
        "semicolon quotes-minimal crlf windows-1252 decimal-comma dmy header exponents",
        how + "; telephone numbers that Excel took for numbers",
        reason="A text is stored as it was sent: what the number was is lost in the file itself.",
    )  # fmt: skip
    lines = cells(PRODUCTS, AMERICAN)
    lines[2][4] = "1E+05"
    lines[4][6] = "1E+05"
    yield EXCEL.read(
        "excel-us-exponents.csv", COMMA.lines(lines).encode("ascii"), "products",
        [PRODUCTS[0], PRODUCTS[2], PRODUCTS[4]],
        "comma quotes-minimal crlf ascii decimal-point exponents mdy header bad-values",
        "American, CSV (Comma delimited)",
        rejected=(bad(3, "wrong_type", "price"), bad(5, "wrong_type", "stock")),
        reason="A cell of a number is digits with the dialect's separator.",
    )  # fmt: skip
    lines = cells(ORDERS, BRITISH)
    lines[2][4] = "########"
    yield EXCEL.read(
        "excel-uk-narrow-column.csv", COMMA.lines(lines).encode("ascii"), "orders",
        [ORDERS[0], *ORDERS[2:]], "comma quotes-minimal crlf ascii dmy header bad-values",
        "British, CSV (Comma delimited); a column too narrow for its dates",
        rejected=(bad(3, column="deliver_on"),),
    )  # fmt: skip
    yield from not_available()


def not_available():
    lines = cells(PRODUCTS, AMERICAN)
    lines[1][5] = lines[3][5] = "#N/A"
    given = [{**PRODUCTS[0], "weight_kg": None}, PRODUCTS[1], {**PRODUCTS[2], "weight_kg": None},
             *PRODUCTS[3:]]  # fmt: skip
    yield EXCEL.read(
        "excel-us-not-available.csv", COMMA.lines(lines).encode("ascii"), "products",
        [PRODUCTS[1], *PRODUCTS[3:]],
        "comma quotes-minimal crlf ascii decimal-point mdy header null-word",
        "American, CSV (Comma delimited); VLOOKUP without a match",
        rejected=(bad(2, "wrong_type", "weight_kg"), bad(4, "wrong_type", "weight_kg")),
        answers=(answer(given, null_values="#N/A"),),
        reason="NULL markers are never assumed; only numbers have this one, so nothing wrong is"
        " stored and the rows are named.",
    )  # fmt: skip
