"""Dates, numbers, booleans and NULLs as they are written."""

from entry import answer, bad, by_rules
from logical import (
    CUSTOMERS,
    EMPLOYEES,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    changed,
    columns,
    table,
    without,
)
from text import Dialect, Form, cells, dmy, mdy, twelve_hours, whole, ymd

RULES = by_rules("values")
LF = Dialect(",", end="\n")
SEMICOLON = Dialect(";", end="\n")
TIMES = without(ORDERS, "note")

PAYMENTS = table(
    "payments",
    ("1", "1001", "2021-09-01 08:00:12.000", "57.20", "card", "A-0001"),
    ("2", "1002", "2021-09-14 06:30:00.250", "24.00", "transfer", None),
    ("3", "1002", "2021-10-31 01:30:00.000", "-24.00", "transfer", "refund"),
)  # fmt: skip


def files():
    return [*dates(), *bad_dates(), *offsets(), *numbers(), *bad_numbers(), *booleans(), *nulls(),
            *texts()]  # fmt: skip


def dates():
    words = "quotes-none lf ascii decimal-point header columns-absent "
    for name, form, word in [
        ("iso", Form(), "iso"),
        ("iso-t", Form(between="T"), "iso"),
        ("iso-minutes", Form(time=lambda time: time[:5]), "iso seconds-absent"),
        ("iso-fractions", Form(time=lambda time: time + ".750"), "iso"),
        ("dmy-dots", Form(date=dmy(".")), "dmy"),
        ("dmy-slashes", Form(date=dmy("/")), "dmy"),
        ("dmy-dashes", Form(date=dmy("-")), "dmy"),
        ("mdy-slashes", Form(date=mdy), "mdy"),
        ("ymd-slashes", Form(date=ymd("/")), "ymd"),
        ("ymd-dots", Form(date=ymd(".")), "ymd"),
        ("dmy-short", Form(date=lambda day: dmy(".")(day).replace(".0", ".").lstrip("0")), "dmy"),
        ("dmy-am-pm", Form(date=dmy("/"), time=twelve_hours), "dmy am-pm seconds-absent"),
    ]:
        reason = "Digits beyond those of the column are cut off." if "fractions" in name else None
        yield RULES.read(
            f"dates-{name}.csv", whole(TIMES, LF, form).encode(), "orders", TIMES,
            "comma " + words + word, reason=reason,
        )  # fmt: skip
    first_days = changed(TIMES, ordered_at=lambda value: value[:8] + "07" + value[10:],
                         deliver_on=lambda day: day[:8] + "08")  # fmt: skip
    yield RULES.read(
        "dates-dots-first-days.csv", whole(first_days, SEMICOLON, Form(date=dmy("."))).encode(),
        "orders", first_days, "semicolon " + words + "dmy",
        reason="Between points the day is first in every country.",
    )  # fmt: skip
    swapped = changed(first_days, ordered_at=swap, deliver_on=swap)
    for name, form in [("slashes", dmy("/")), ("dashes", dmy("-"))]:
        yield RULES.ask(
            f"dates-{name}-first-days.csv", whole(first_days, LF, Form(date=form)).encode(), "orders",
            "date_order", [answer(first_days, date_order="dmy"), answer(swapped, date_order="mdy")],
            "comma " + words + "date-undecided",
        )  # fmt: skip
    last = {**ORDERS[0], "id": "1005", "deliver_on": "2021-09-13"}
    decided = [*first_days, *without([last], "note")]
    yield RULES.read(
        "dates-decided-by-one.csv", whole(decided, LF, Form(date=dmy("/"))).encode(), "orders",
        decided, "comma " + words + "dmy", reason="13/09/2021 is in the last row.",
    )  # fmt: skip


def swap(value):
    return value[:5] + value[8:10] + "-" + value[5:7] + value[10:]


def bad_dates():
    words = "comma quotes-none lf ascii decimal-point header columns-absent "
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

    def named(day):
        return f"{day[8:]}-{months[int(day[5:7]) - 1]}-{day[:4]}"

    for name, form, word, reason in [
        ("two-digit-years", Form(date=lambda day: dmy(".")(day)[:6] + day[2:4]), "two-digit-years",
         "No option says which century a year of two digits is in."),
        ("named-months", Form(date=named), "other-dates", "No option reads names of months."),
        ("serials", Form(others={"ordered_at": lambda _: "44440.4166", "deliver_on": lambda _: "44454"}),
         "other-dates", "Excel's numbers of days are no dates by the rules."),
        ("unix", Form(others={"ordered_at": lambda _: "1630490400"}), "iso other-dates",
         "Seconds since 1970 are no dates by the rules."),
    ]:  # fmt: skip
        yield RULES.refuse(
            f"dates-{name}.csv", whole(TIMES, LF, form).encode(), "orders", "dates", words + word,
            reason,
        )  # fmt: skip
    lines = cells(TIMES, Form(date=dmy("/")))
    lines[3][3] = "09/22/2021 07:05:00"
    yield RULES.refuse(
        "dates-two-orders.csv", LF.lines(lines).encode(), "orders", "dates",
        words + "date-undecided", "13/09/2021 has its day first, 09/22/2021 its month.",
    )  # fmt: skip
    lines = cells(TIMES)
    lines[1][4], lines[2][3], lines[3][3] = "2021-02-29", "2021-09-31 10:00:00", "2021-09-22 24:30:00"
    yield RULES.read(
        "dates-not-real.csv", LF.lines(lines).encode(), "orders", TIMES[3:],
        words + "iso bad-values",
        rejected=(bad(2, column="deliver_on"), bad(3, column="ordered_at"), bad(4, column="ordered_at")),
    )  # fmt: skip
    lines = cells(TIMES, Form(date=dmy(".")))
    lines[2][4] = "31.09.2021"
    yield RULES.read(
        "dates-not-real-dmy.csv", SEMICOLON.lines(lines).encode(), "orders",
        [TIMES[0], *TIMES[2:]], words.replace("comma", "semicolon") + "dmy bad-values",
        rejected=(bad(3, column="deliver_on"),),
    )  # fmt: skip
    lines = cells(TIMES, Form(others={"ordered_at": lambda value: value[:10]}))
    yield RULES.refuse(
        "dates-without-time.csv", LF.lines(lines).encode(), "orders", "dates",
        words + "iso other-dates", "A DATETIME has a time; no option adds one.",
    )  # fmt: skip


def offsets():
    words = "comma quotes-none lf ascii decimal-point header "
    berlin = {
        "paid_at": dict(
            zip(
                (row["paid_at"] for row in PAYMENTS),
                (
                    "2021-09-01T10:00:12+02:00",
                    "2021-09-14T08:30:00.250+02:00",
                    "2021-10-31T02:30:00+01:00",
                ),
                strict=True,
            )
        ).get
    }
    yield RULES.read(
        "offsets-timestamp.csv", whole(PAYMENTS, LF, Form(others=berlin)).encode(), "payments",
        PAYMENTS, words + "iso offsets signs",
    )  # fmt: skip
    utc = Form(others={"paid_at": lambda value: value.replace(" ", "T") + "Z"})
    yield RULES.read(
        "offsets-timestamp-z.csv", whole(PAYMENTS, SEMICOLON, utc).encode(), "payments", PAYMENTS,
        words.replace("comma", "semicolon") + "iso offsets signs",
    )  # fmt: skip
    shown = changed(PAYMENTS[:2], paid_at=lambda value: hours_later(value, 2))
    yield RULES.ask(
        "no-offset-timestamp.csv", whole(shown, LF).encode(), "payments", "time_zone",
        [answer(PAYMENTS[:2], time_zone="Europe/Berlin"), answer(PAYMENTS[:2], time_zone="+02:00")],
        words + "iso no-offset", reason="A TIMESTAMP needs an offset or time_zone.",
    )  # fmt: skip
    yield RULES.ask(
        "no-offset-employees.csv",
        whole(changed(EMPLOYEES, datetime=lambda value: value[:-1].replace("T", " ")), LF).encode(),
        "employees", "time_zone", [answer(EMPLOYEES, time_zone="UTC")],
        "comma quotes-none lf ascii header iso no-offset",
    )  # fmt: skip
    with_offset = Form(between="T", time=lambda time: time + "+02:00")
    rows = changed(TIMES, ordered_at=lambda value: hours_later(value, -2))
    yield RULES.read(
        "offsets-datetime.csv", whole(TIMES, LF, with_offset).encode(), "orders", rows,
        words + "columns-absent iso offsets", reason="A DATETIME with an offset is converted to UTC.",
    )  # fmt: skip
    lines = cells(TIMES)
    lines[2][3] = "2021-09-13T16:45:00+02:00"
    yield RULES.read(
        "mixed-offsets.csv", LF.lines(lines).encode(), "orders", [TIMES[0], *TIMES[2:]],
        words + "columns-absent iso mixed-offsets", rejected=(bad(3, "mixed_offsets", "ordered_at"),),
        reason="The first value has no offset, and it decides.",
    )  # fmt: skip
    lines = cells(rows, Form(between="T", time=lambda time: time + "Z"))
    lines[3][3] = "2021-09-22 07:05:00"
    yield RULES.read(
        "mixed-offsets-first-has-one.csv", LF.lines(lines).encode(), "orders", [*rows[:2], rows[3]],
        words + "columns-absent iso mixed-offsets", rejected=(bad(4, "mixed_offsets", "ordered_at"),),
        reason="The first value has an offset, and it decides.",
    )  # fmt: skip


def hours_later(value, hours):
    return f"{value[:11]}{int(value[11:13]) + hours:02}{value[13:]}"


WEIGHTS = columns(PRODUCTS, "id sku title price weight_kg")


def numbers():
    words = "quotes-minimal lf ascii header columns-absent "
    yield RULES.read(
        "numbers-comma.csv", whole(WEIGHTS, SEMICOLON, Form(decimal=",")).encode(), "products",
        WEIGHTS, "semicolon decimal-comma " + words,
    )  # fmt: skip
    yield RULES.read(
        "numbers-comma-in-comma.csv", whole(WEIGHTS, LF, Form(decimal=",")).encode(), "products",
        WEIGHTS, "comma decimal-comma " + words,
    )  # fmt: skip
    yield RULES.read(
        "numbers-comma-in-tab.csv", whole(WEIGHTS, Dialect("\t"), Form(decimal=",")).encode("utf-16"),
        "products", WEIGHTS,
        "tab decimal-comma quotes-none crlf utf-16le-bom header columns-absent",
    )  # fmt: skip
    yield RULES.read(
        "numbers-point-in-semicolon.csv", whole(WEIGHTS, SEMICOLON).encode(), "products", WEIGHTS,
        "semicolon decimal-point " + words, reason="19.90 has no groups of three digits.",
    )  # fmt: skip
    heavy = [{"id": "1", "weight_kg": "1.125"}, {"id": "2", "weight_kg": "14.500"}]
    words = "quotes-minimal lf ascii header columns-absent narrow "
    yield RULES.read(
        "numbers-three-decimals.csv", whole(heavy, LF).encode(), "products", heavy,
        "comma decimal-point " + words,
        reason="The whole layout is the default, in which the point is the decimal mark.",
    )  # fmt: skip
    yield RULES.ask(
        "numbers-three-decimals-quoted.csv", whole(heavy, LF, Form(decimal=",")).encode(), "products",
        "decimal", [answer(heavy, decimal=",")],
        "comma decimal-undecided thousands " + words,
        reason='"1,125" may be 1.125 with a comma, or 1125 with a mark of thousands.',
    )  # fmt: skip
    dated = [{**row, "available_from": "2021-03-27"} for row in heavy]
    yield RULES.ask(
        "numbers-three-decimals-german.csv", whole(dated, SEMICOLON, Form(date=dmy("."))).encode(),
        "products", "decimal", [answer(dated, decimal=".")],
        "semicolon decimal-undecided dmy quotes-none lf ascii header columns-absent",
        reason="1.125 beside 27.03.2021 and semicolons may be 1125, as Germans write it.",
    )  # fmt: skip
    whole_numbers = columns(changed(ORDER_LINES, unit_price=lambda _: "25.00"),
                            "order_id line_no product_id unit_price")  # fmt: skip
    yield RULES.read(
        "numbers-no-decimals.csv",
        whole(whole_numbers, SEMICOLON, Form(others={"unit_price": lambda _: "25"})).encode(),
        "order_lines", whole_numbers, "semicolon quotes-none lf ascii header columns-absent",
        reason="No value has a mark, so any mark gives the same rows.",
    )  # fmt: skip
    yield from large_numbers()


def large_numbers():
    words = "comma quotes-none lf ascii header columns-absent "
    rows = with_names(
        "id email name credit_limit",
        ("18446744073709551615", "a@example.com", "Largest", "99999999.99"),
        ("9007199254740993", "b@example.com", "Beyond a double", "-99999999.99"),
        ("7", "c@example.com", "Leading zeros", "12.30"),
    )
    lines = cells(rows)
    lines[3][0], lines[3][3] = "007", "0012.3000"
    yield RULES.read(
        "numbers-large.csv", LF.lines(lines).encode(), "customers", rows,
        words + "decimal-point leading-zeros signs", reason="Further decimals that are 0 are none.",
    )  # fmt: skip
    lines = cells(rows)
    lines[1][0], lines[2][3], lines[3][3] = "18446744073709551616", "1234567890.00", "12.345"
    yield RULES.read(
        "numbers-out-of-range.csv", LF.lines(lines).encode(), "customers", [],
        words + "decimal-point too-precise bad-values",
        rejected=(bad(2, "out_of_range", "id"), bad(3, column="credit_limit"),
                  bad(4, "too_precise", "credit_limit")),
    )  # fmt: skip


def bad_numbers():
    words = "quotes-minimal lf ascii header columns-absent bad-values "
    rows = columns(PRODUCTS, "id sku title price stock")
    german = cells(rows, Form(decimal=","))
    german[5][3] = "1.129,00"
    yield RULES.read(
        "thousands-german.csv", SEMICOLON.lines(german).encode(), "products", rows[:4],
        "semicolon decimal-comma thousands " + words, rejected=(bad(6, "wrong_type", "price"),),
        reason="A decimal is digits with the dialect's separator: a mark of thousands is named.",
    )  # fmt: skip
    american = cells(rows)
    american[5][3], american[1][4] = "1,129.00", "1,025"
    yield RULES.read(
        "thousands-american.csv", LF.lines(american).encode(), "products", rows[1:4],
        "comma decimal-point thousands " + words,
        rejected=(bad(2, "wrong_type", "stock"), bad(6, "wrong_type", "price")),
    )  # fmt: skip
    swiss = cells(rows)
    swiss[5][3] = "1'129.00"
    yield RULES.read(
        "thousands-swiss.csv", SEMICOLON.lines(swiss).encode(), "products", rows[:4],
        "semicolon decimal-point thousands " + words, rejected=(bad(6, "wrong_type", "price"),),
    )  # fmt: skip
    signs = cells(rows, Form(decimal=","))
    signs[1][3], signs[2][3], signs[3][4], signs[5][4] = "19,90 €", "12,50 EUR", "7 Stk", "(2)"
    yield RULES.read(
        "numbers-with-units.csv", SEMICOLON.lines(signs).encode(), "products", rows[3:4],
        "semicolon decimal-comma signs " + words.replace("ascii", "utf-8"),
        rejected=(bad(2, "wrong_type", "price"), bad(3, "wrong_type", "price"),
                  bad(4, "wrong_type", "stock"), bad(6, "wrong_type", "stock")),
    )  # fmt: skip
    both = cells(rows, Form(decimal=","))
    both[2][3] = "12.50"
    yield RULES.refuse(
        "numbers-two-marks.csv", SEMICOLON.lines(both).encode(), "products", "numbers",
        "semicolon decimal-undecided " + words, "19,90 has a comma as its decimal mark, 12.50 a point.",
    )  # fmt: skip
    decimal = cells(rows)
    decimal[1][4], decimal[3][4] = "25.0", "7.0"
    stored = [rows[1], *rows[3:]]
    yield RULES.read(
        "integers-as-decimals.csv", LF.lines(decimal).encode(), "products", stored,
        "comma decimal-point integers-as-decimals " + words,
        rejected=(bad(2, "wrong_type", "stock"), bad(4, "wrong_type", "stock")),
        answers=(answer(rows, integers="lenient"),),
        reason="A cell 5.0 names itself, with the option that takes it.",
    )  # fmt: skip


def booleans():
    words = "quotes-minimal lf ascii decimal-point header columns-absent "
    rows = columns(PRODUCTS, "id sku title active price")
    for name, true, false in [
        ("lower", "true", "false"),
        ("title", "True", "False"),
        ("upper", "TRUE", "FALSE"),
    ]:
        yield RULES.read(
            f"booleans-{name}.csv", whole(rows, SEMICOLON, Form(true=true, false=false)).encode(),
            "products", rows, "semicolon booleans-true-false " + words,
        )  # fmt: skip
    for name, true, false in [
        ("yes-no", "yes", "no"),
        ("ja-nein", "ja", "nein"),
        ("oui-non", "oui", "non"),
        ("t-f", "t", "f"),
        ("j-n", "J", "N"),
    ]:
        yield RULES.refuse(
            f"booleans-{name}.csv", whole(rows, LF, Form(true=true, false=false)).encode(), "products",
            "booleans", "comma booleans-in-words " + words,
            f"{true} and {false} are no booleans by the rules of types, and each row has one.",
        )  # fmt: skip
    lines = cells(rows)
    lines[2][3], lines[3][3] = "2", "maybe"
    yield RULES.read(
        "booleans-two.csv", LF.lines(lines).encode(), "products",
        [rows[0], {**rows[1], "active": "2"}, *rows[3:]],
        "comma booleans-01 bad-values " + words, rejected=(bad(4, "wrong_type", "active"),),
        reason="A BOOLEAN is a TINYINT, and 2 one of its integers.",
    )  # fmt: skip


def nulls():
    words = "quotes-minimal lf utf-8 decimal-point iso header columns-absent "
    rows = columns(CUSTOMERS, "id email name city birthday credit_limit")
    yield RULES.read(
        "null-backslash-n.csv", whole(rows, LF, Form(null="\\N")).encode(), "customers", rows,
        "comma null-backslash-n " + words,
    )  # fmt: skip
    for name, word in [("null", "NULL"), ("none", "None"), ("na", "NA")]:
        mixed = [{**rows[0], "city": None}, *rows[1:]]
        yield RULES.ask(
            f"null-word-{name}.csv", whole(mixed, LF, Form(null=word)).encode(), "customers",
            "null_values", [answer(mixed, null_values=word)],
            "comma null-word " + words,
            reason="The word is in a column of texts as well as in columns of numbers or dates."
            " As a text it would be stored in silence.",
        )  # fmt: skip
    typed = [row for row in rows if row["city"]]
    good = [row for row in typed if row["birthday"] and row["credit_limit"]]
    yield RULES.read(
        "null-word-typed-only.csv", whole(typed, LF, Form(null="NULL")).encode(), "customers", good,
        "comma null-word bad-values " + words,
        rejected=tuple(bad(line + 2) for line, row in enumerate(typed) if row not in good),
        answers=(answer(typed, null_values="NULL"),),
        reason="NULL markers are never assumed. Only numbers and dates have it, so nothing wrong is"
        " stored and the rows are named.",
    )  # fmt: skip
    namibia = columns([{**row, "country": "NA"} for row in CUSTOMERS], "id email name country birthday")
    yield RULES.read(
        "null-namibia.csv", whole(namibia, LF).encode(), "customers", namibia,
        "comma null-empty " + words.replace("decimal-point ", ""),
        reason="NA is the country Namibia: only texts have it.",
    )  # fmt: skip
    surname = [{**rows[0], "name": "Null"}, {**rows[1], "name": "Ann Null"}]
    yield RULES.read(
        "null-surname.csv", whole(surname, SEMICOLON).encode(), "customers", surname,
        "semicolon null-empty " + words, reason="It is a name; no number or date is NULL in words.",
    )  # fmt: skip
    quoted = (
        'id,email,name,city\n1,a@example.com,Ann,"\\N"\n2,b@example.com,Bob,""\n3,c@example.com,Cy,\\N\n'
    )
    stored = with_names(
        "id email name city",
        ("1", "a@example.com", "Ann", "\\N"),
        ("2", "b@example.com", "Bob", None),
        ("3", "c@example.com", "Cy", None),
    )
    yield RULES.read(
        "null-quoted.csv", quoted.encode(), "customers", stored,
        "comma quotes-minimal lf ascii null-backslash-n null-empty header columns-absent",
        reason="NULL markers are unquoted; an empty cell is NULL, quoted or not.",
    )  # fmt: skip
    missing = "id,email,name,country\n1,a@example.com,Ann,\n2,,Bob,DE\n3,c@example.com,Cy,AT\n"
    yield RULES.read(
        "null-where-none-may-be.csv", missing.encode(), "customers",
        with_names("id email name country", ("3", "c@example.com", "Cy", "AT")),
        "comma quotes-none lf ascii null-empty header columns-absent bad-values",
        rejected=(bad(2, "missing", "country"), bad(3, "missing", "email")),
        reason="An empty cell is NULL, also where the column has a DEFAULT.",
    )  # fmt: skip


def with_names(names, *rows):
    return [dict(zip(names.split(), row, strict=True)) for row in rows]


def texts():
    words = "quotes-minimal lf ascii header columns-absent "
    rows = with_names(
        "id email name phone",
        ("1", "a@example.com", "Ann", "'0049221555"),
        ("2", "b@example.com", "'Bob", "0221/555-01"),
    )
    yield RULES.read(
        "texts-apostrophes.csv", whole(rows, LF).encode(), "customers", rows,
        "comma apostrophes leading-zeros " + words, reason="A text is stored as it was sent.",
    )  # fmt: skip
    rows = with_names(
        "id email name phone",
        ("1", "a@example.com", '=HYPERLINK("http://example.com";"Ann")', "+49 221"),
        ("2", "b@example.com", "@SUM(A1:A3)", "-0221"),
        ("3", "c@example.com", '="00042"', "=1+1"),
    )
    yield RULES.read(
        "texts-formulas.csv", whole(rows, SEMICOLON).encode(), "customers", rows,
        "semicolon formulas quotes-inside " + words, reason="A text is stored as it was sent.",
    )  # fmt: skip
    bare = (
        'id,sku,title,price\n1,="00042",Hand saw,19.90\n2,00107,Watering can,12.50\n'
        '="3",10020,Knife,34.95\n'
    )
    yield RULES.read(
        "texts-formulas-bare.csv", bare.encode(), "products",
        [{"id": "2", "sku": "00107", "title": "Watering can", "price": "12.50"}],
        "comma formulas stray-quotes bad-values decimal-point " + words,
        rejected=(bad(2, "malformed_quote"), bad(4, "malformed_quote")),
    )  # fmt: skip
    wrong = cells(columns(PRODUCTS, "id sku title category price"))
    wrong[1][3], wrong[2][3], wrong[4][1] = "Tools", "2", "B-00010001"
    yield RULES.read(
        "texts-enum-and-length.csv", LF.lines(wrong).encode(), "products",
        [columns(PRODUCTS, "id sku title category price")[index] for index in (2, 4)],
        "comma decimal-point bad-values " + words,
        rejected=(bad(2, column="category"), bad(3, column="category"), bad(5, "too_long", "sku")),
        reason="A member of an ENUM is its exact name, never its number.",
    )  # fmt: skip
