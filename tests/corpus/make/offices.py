"""Google Sheets, Access and SAP, by their known rules."""

from entry import answer, bad, by_rules
from logical import CUSTOMERS, ORDER_LINES, ORDERS, PRODUCTS, TWO_LINES, changed, columns, without
from text import Dialect, Form, cells, dmy, mdy_short, whole

SHEETS = by_rules("Google Sheets")
ACCESS = by_rules("Access")
SAP = by_rules("SAP")

# Google Sheets ends no last line.
COMMA = Dialect(",", last_end=False)
TAB = Dialect("\t", last_end=False, quotes="none")


def files():
    return [*sheets(), *access(), *sap()]


def sheets():
    how = "Download, comma-separated values; locale United States"
    american = Form(date=mdy_short, true="TRUE", false="FALSE")
    yield SHEETS.read(
        "sheets-us.csv", whole(CUSTOMERS + TWO_LINES, COMMA, american).encode(), "customers",
        CUSTOMERS + TWO_LINES, "comma quotes-minimal crlf no-last-end utf-8 decimal-point mdy"
        " booleans-true-false header line-breaks quotes-inside", how,
    )  # fmt: skip
    yield SHEETS.read(
        "sheets-us.tsv", whole(PRODUCTS, TAB, american).encode(), "products", PRODUCTS,
        "tab quotes-none crlf no-last-end ascii decimal-point mdy booleans-true-false header",
        "Download, tab-separated values; locale United States",
    )  # fmt: skip
    german = Form(date=dmy("."), decimal=",", true="TRUE", false="FALSE")
    yield SHEETS.read(
        "sheets-de.csv", whole(PRODUCTS, COMMA, german).encode(), "products", PRODUCTS,
        "comma quotes-minimal crlf no-last-end ascii decimal-comma dmy booleans-true-false header",
        "Download, comma-separated values; locale Germany",
        reason="0,450 and 19,90 cannot have marks of thousands, so the comma is the decimal mark.",
    )  # fmt: skip
    yield SHEETS.read(
        "sheets-uk-orders.csv", whole(ORDERS, COMMA, Form(date=dmy("/"))).encode(), "orders", ORDERS,
        "comma quotes-minimal crlf no-last-end ascii decimal-point dmy header",
        "Download, comma-separated values; locale United Kingdom",
    )  # fmt: skip
    yield SHEETS.read(
        "sheets-iso-orders.csv", whole(ORDERS, COMMA).encode(), "orders", ORDERS,
        "comma quotes-minimal crlf no-last-end ascii decimal-point iso header",
        "Download, comma-separated values; dates formatted as yyyy-mm-dd",
    )  # fmt: skip
    lines = cells(PRODUCTS, Form(date=mdy_short))
    for line in lines[1:]:
        line[4] = "$" + line[4]
    yield SHEETS.refuse(
        "sheets-us-currency.csv", COMMA.lines(lines).encode(), "products", "numbers",
        "comma quotes-minimal crlf no-last-end ascii decimal-point signs mdy header",
        "A decimal is digits with the dialect's separator; each row has a sign of a currency.",
        how + "; prices formatted as currency",
    )  # fmt: skip


def access():
    how = "Export, Text, with field names; German"
    rows = without(ORDERS, "deliver_on")
    form = Form(date=dmy("."), decimal=",", true="-1", false="0")
    stored = changed(rows, gift=lambda value: "-1" if value == "1" else "0")
    yield ACCESS.read(
        "access-de-orders.csv", access_text(rows, form, ";", "status note").encode("cp1252"),
        "orders", stored, "semicolon quotes-minimal crlf ascii decimal-comma dmy header"
        " columns-absent", how,
        reason="Yes is -1, an integer of TINYINT, and stored as it was sent.",
    )  # fmt: skip
    midnight = Form(decimal=",", others={"available_from": lambda day: dmy(".")(day) + " 00:00:00"})
    yield ACCESS.refuse(
        "access-de-products.csv",
        access_text(PRODUCTS, midnight, ";", "sku title category description").encode("cp1252"),
        "products", "dates", "semicolon quotes-minimal crlf ascii decimal-comma other-dates header",
        "A DATE is a date; the rules name no date with a time for it.", how,
    )  # fmt: skip
    yield ACCESS.read(
        "access-us-lines.csv", access_text(ORDER_LINES, Form(), ",", "").encode("cp1252"),
        "order_lines", ORDER_LINES, "comma quotes-none crlf ascii decimal-point header",
        "Export, Text, with field names; American",
    )  # fmt: skip


def access_text(rows, form, delimiter, texts):
    """Texts and names are quoted, all else is not; an empty text is nothing."""
    quoted = lambda cell: '"' + cell.replace('"', '""') + '"' if cell else ""  # noqa: E731
    lines = [delimiter.join(quoted(name) for name in rows[0])]
    for row in rows:
        written = [(name, form.cell(name, value)) for name, value in row.items()]
        lines.append(delimiter.join(
            quoted(cell) if name in texts.split() else cell for name, cell in written))  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def sap():
    german = Form(date=dmy("."), decimal=",")
    rows = without(PRODUCTS, "description")
    yield SAP.read(
        "sap-pipe.csv", whole(rows, Dialect("|", quotes="none"), german).encode(), "products",
        rows, "pipe quotes-none crlf ascii decimal-comma dmy header columns-absent",
        "file written by a report, fields between |",
    )  # fmt: skip
    yield SAP.refuse(
        "sap-compact-dates.csv",
        whole(rows, Dialect(";", quotes="none"), Form(date=lambda day: day.replace("-", ""), decimal=","))
        .replace("Bread knife; serrated", "Bread knife").encode(), "products", "dates",
        "semicolon quotes-none crlf ascii decimal-comma other-dates header columns-absent",
        "20210115 is no form of a date that the rules name.", "file written by a report, dates as"
        " the system keeps them",
    )  # fmt: skip
    amounts = columns(PRODUCTS, "id sku title price stock")
    lines = cells(amounts, german)
    lines[5][4] = "2-"
    yield SAP.read(
        "sap-trailing-minus.csv", Dialect("\t", quotes="none").lines(lines).encode("utf-16"),
        "products", amounts[:4], "tab quotes-none crlf utf-16le-bom decimal-comma signs header"
        " columns-absent bad-values", "list saved as unconverted text, without its rules",
        rejected=(bad(6, "wrong_type", "stock"),),
    )  # fmt: skip
    yield sap_list(amounts, german)


def sap_list(amounts, form):
    """A list with a title and rules of dashes, as it is on the screen."""
    lines = cells(amounts, form)
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))]
    shown = ["|" + "|".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + "|"
             for line in lines]  # fmt: skip
    rule = "-" * len(shown[0])
    text = ["15.01.2022          Dynamic List Display", "", rule, shown[0], rule, *shown[1:], rule]
    return SAP.ask(
        "sap-list.csv", ("\r\n".join(text) + "\r\n").encode(), "products", "skip_lines",
        [answer(amounts, [bad(5), bad(11)], skip_lines="3")],
        "pipe quotes-none crlf ascii decimal-comma preamble header header-nameless blanks-around"
        " columns-absent", "list saved as unconverted text",
        reason="The first line is no header and has another width. Lines of dashes are rows by the"
        " rules, and named.",
    )  # fmt: skip
