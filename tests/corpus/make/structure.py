"""Headers, lines and quotes as they come."""

from entry import answer, bad, by_rules
from logical import (
    CUSTOMERS,
    DEPARTMENTS,
    EMPLOYEES,
    JOBS,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    TWO_LINES,
    columns,
    without,
)
from text import Dialect, Form, cells, dmy, whole

RULES = by_rules("structure")
LF = Dialect(",", end="\n")
CRLF = Dialect(",")
SEMICOLON = Dialect(";", end="\n")
TAB = Dialect("\t", end="\n")
PIPE = Dialect("|", end="\n")
SIMPLE = "comma quotes-none lf ascii "
PEOPLE = columns(CUSTOMERS, "id email name city postcode")


def files():
    return [*headers(), *bad_headers(), *no_header(), *around(), *blanks(), *delimiters(), *quotes(),
            *other_quotes(), *sizes()]  # fmt: skip


def headers():
    utf8 = "comma quotes-none lf utf-8 columns-absent header "
    for name, header, words in [
        ("order", None, "header-order"),
        ("case", "ID,EMAIL,Name,CITY,PostCode", "header-case"),
        ("blanks", "id, email ,  name,city  ,postcode ", "header-blanks"),
        ("aliases", "id,E-Mail,Full Name,city,PLZ", "header-aliases"),
        ("quoted", '"id","email","name","city","postcode"', "quotes-minimal"),
        ("nbsp", "id,email,name\u00a0,\u00a0city,postcode", "header-blanks"),
    ]:
        rows = PEOPLE
        if header is None:
            rows = columns(PEOPLE, "postcode city name id email")
            header = ",".join(rows[0])
        text = header + "\n" + whole(rows, LF, header=False)
        yield RULES.read(f"header-{name}.csv", text.encode(), "customers", rows, utf8 + words)
    hired = ["ID", "Name", "Date Time", "Department ID", "Job-ID"]
    yield RULES.read(
        "header-blanks-employees.csv", whole(EMPLOYEES, LF, header=hired).encode(), "employees",
        EMPLOYEES, SIMPLE + "header header-blanks header-case iso offsets",
    )  # fmt: skip
    yield RULES.read(
        "header-no-id.csv", whole(without(PRODUCTS, "id"), LF).encode(), "products",
        without(PRODUCTS, "id"), "comma quotes-minimal lf ascii decimal-point iso header"
        " columns-absent", reason="The database counts the ids.",
    )  # fmt: skip
    yield RULES.read(
        "header-defaults-absent.csv", whole(columns(ORDERS, "id customer_id"), SEMICOLON).encode(),
        "orders", columns(ORDERS, "id customer_id"),
        "semicolon quotes-none lf ascii header columns-absent narrow",
        reason="Columns with a DEFAULT, or that may be NULL, may be absent.",
    )  # fmt: skip
    yield RULES.read(
        "header-lines.csv", whole(columns(ORDER_LINES, "line_no quantity order_id unit_price product_id"),
        TAB).encode(), "order_lines", columns(ORDER_LINES, "line_no quantity order_id unit_price product_id"),
        "tab quotes-none lf ascii decimal-point header header-order columns-absent",
    )  # fmt: skip


def bad_headers():
    words = "comma quotes-none lf utf-8 columns-absent header "
    text = whole(PEOPLE, LF, header=["id", "email", "name", "town", "postcode"]).encode()
    yield RULES.ask(
        "header-unknown.csv", text, "customers", "unknown_columns",
        [answer(without(PEOPLE, "city"), ignore_extra="true"),
         answer(PEOPLE, header={"town": "city"})], words + "header-unknown",
    )  # fmt: skip
    text = whole([{**row, "shoe_size": "42"} for row in PEOPLE], LF).encode()
    yield RULES.ask(
        "header-extra.csv", text, "customers", "unknown_columns",
        [answer(PEOPLE, ignore_extra="true")], words + "header-unknown",
    )  # fmt: skip
    german = ["Kundennummer", "E-Mail-Adresse", "Kunde", "Ort", "Postleitzahl"]
    mapping = dict(zip(german, PEOPLE[0], strict=True))
    yield RULES.ask(
        "header-translated.csv", whole(PEOPLE, LF, header=german).encode(), "customers", "header",
        [answer(PEOPLE, header=mapping)], words + "header-translated",
        reason="No name of the first line is known and no cell of it is a value.",
    )  # fmt: skip
    yield RULES.ask(
        "header-partly-translated.csv",
        whole(ORDERS, SEMICOLON, header=["id", "Kunde", "Status", "bestellt", "Lieferung", "Versand",
                                         "Geschenk", "note"]).encode(),
        "orders", "unknown_columns",
        [answer(ORDERS, header={"Kunde": "customer_id", "bestellt": "ordered_at",
                                "Lieferung": "deliver_on", "Versand": "shipping", "Geschenk": "gift"})],
        "semicolon quotes-none lf ascii iso header header-translated header-unknown",
    )  # fmt: skip
    twice = "id,email,name,name\n" + "".join(
        f"{row['id']},{row['email']},{row['name']},{row['name']}\n" for row in PEOPLE
    )
    yield RULES.refuse(
        "header-duplicate.csv", twice.encode(), "customers", "duplicate_column",
        words + "header-duplicate", "Two cells of the header are one column.",
    )  # fmt: skip
    both = "id,email,name,zip,postcode\n1,a@example.com,Ann,01067,01067\n"
    yield RULES.refuse(
        "header-alias-and-name.csv", both.encode(), "customers", "duplicate_column",
        words + "header-duplicate header-aliases one-row",
        "zip is another name of postcode, so one column is there twice.",
    )  # fmt: skip
    yield RULES.refuse(
        "header-nameless-values.csv", b",id,job_name\n0,1,Clerk\n1,2,Cook\n", "jobs",
        "unnamed_column", SIMPLE + "header header-nameless",
        "Only a column without a name and without values is ignored.",
    )  # fmt: skip
    yield RULES.ask(
        "header-other-table.csv", whole(ORDER_LINES, SEMICOLON).encode(), "products", "header", [],
        "semicolon quotes-none lf ascii decimal-point header header-unknown",
        reason="None of the names is a column of products: the file is another table's, and no"
        " option makes it right.",
    )  # fmt: skip


def no_header():
    for name, table, rows, dialect, words in [
        ("comma", "employees", EMPLOYEES, LF, "comma quotes-none lf ascii iso offsets"),
        (
            "semicolon",
            "products",
            PRODUCTS,
            SEMICOLON,
            "semicolon quotes-minimal lf ascii decimal-point iso",
        ),
        ("tab", "order_lines", ORDER_LINES, TAB, "tab quotes-none lf ascii decimal-point"),
        ("pipe", "orders", ORDERS, PIPE, "pipe quotes-none lf ascii decimal-point iso"),
    ]:
        yield RULES.read(
            f"no-header-{name}.csv", whole(rows, dialect, header=False).encode(), table, rows,
            words + " no-header",
        )  # fmt: skip
    form = Form(date=dmy("."), decimal=",")
    yield RULES.read(
        "no-header-german.csv", whole(CUSTOMERS, Dialect(";"), form, header=False).encode("cp1252"),
        "customers", CUSTOMERS, "semicolon quotes-minimal crlf windows-1252 decimal-comma dmy no-header",
    )  # fmt: skip
    yield RULES.read(
        "no-header-comma-in-name.csv", b"1;Legal, Fleet\n2;Parts, Tools\n", "departments",
        [{"id": "1", "department_name": "Legal, Fleet"}, {"id": "2", "department_name": "Parts, Tools"}],
        "semicolon quotes-none lf ascii no-header",
        reason="With commas no first cell is an integer.",
    )  # fmt: skip
    yield RULES.read(
        "no-header-bad-first-row.csv",
        b"one,Lia Okoro,2021-07-27T16:02:08Z,1,2\n2,Max Orth,2021-11-07T03:45:00Z,2,\n", "employees",
        EMPLOYEES[1:2], SIMPLE + "iso offsets no-header bad-values",
        rejected=(bad(1, "wrong_type", "id"),),
        reason="A cell of the first line is an integer, so it is data.",
    )  # fmt: skip
    yield RULES.ask(
        "no-header-no-value.csv", b"No. 1,Clerk\n2,Cook\n3,Baker\n", "jobs", "header",
        [answer([{"id": "2", "job_name": "Cook"}, {"id": "3", "job_name": "Baker"}],
                [bad(1, "wrong_type", "id")], header="absent")],
        SIMPLE + "no-header bad-values",
        reason="No cell of the first line parses: it may be a header in other words.",
    )  # fmt: skip
    yield RULES.refuse(
        "no-header-too-narrow.csv", b"1,anna@example.com,Anna\n2,jose@example.com,Jose\n",
        "customers", "header", SIMPLE + "no-header columns-absent",
        "Rows without a header are read by position, so they need all 12 columns.",
    )  # fmt: skip


def around():
    table = whole(PEOPLE, LF)
    words = "comma quotes-none lf utf-8 columns-absent header "
    for name, above, count in [
        ("title", "Customers of the shop\n", 1),
        ("title-and-blank", "Customers of the shop\n\n", 2),
        ("title-with-commas", "Customers,,,,\nas of 2022-01-15,,,,\n", 2),
        ("facts", "Report: customers\nUser: jm\nDate: 2022-01-15\n\n", 4),
    ]:
        yield RULES.ask(
            f"preamble-{name}.csv", (above + table).encode(), "customers", "skip_lines",
            [answer(PEOPLE, skip_lines=str(count))], words + "preamble",
            reason="The first line is no header, and no data of the right width and types.",
        )  # fmt: skip
    for name, mark, dialect, word in [
        ("comma", ",", CRLF, "comma"),
        ("tab", "\t", Dialect("\t"), "tab"),
    ]:
        yield RULES.read(
            f"sep-line-{name}.csv", f"sep={mark}\r\n{whole(PEOPLE, dialect)}".encode("utf-8-sig"),
            "customers", PEOPLE, f"{word} quotes-none crlf utf-8-bom columns-absent header sep-line",
        )  # fmt: skip
    lines = whole(ORDER_LINES, SEMICOLON, Form(decimal=","))
    yield RULES.read(
        "totals-line.csv", (lines + "Total;;;18;239,10;\n").encode(), "order_lines", ORDER_LINES,
        "semicolon quotes-none lf ascii decimal-comma header totals",
        rejected=(bad(len(ORDER_LINES) + 2),),
    )  # fmt: skip
    yield RULES.read(
        "totals-line-narrow.csv", (lines + "6 rows\n").encode(), "order_lines", ORDER_LINES,
        "semicolon quotes-none lf ascii decimal-comma header totals",
        rejected=(bad(len(ORDER_LINES) + 2, "wrong_field_count"),),
    )  # fmt: skip
    yield from repeated()


def repeated():
    first, second = EMPLOYEES[:2], EMPLOYEES[2:]
    yield RULES.read(
        "repeated-header.csv", (whole(first, LF) + whole(second, LF)).encode(), "employees",
        EMPLOYEES, SIMPLE + "iso offsets header repeated-header",
    )  # fmt: skip
    content = whole(first, LF).encode("utf-8-sig") + whole(second, LF).encode("utf-8-sig")
    yield RULES.read(
        "repeated-header-with-bom.csv", content, "employees", EMPLOYEES,
        "comma quotes-none lf utf-8-bom iso offsets header repeated-header",
    )  # fmt: skip
    other = columns(second, "id name datetime job_id department_id")
    yield RULES.read(
        "repeated-header-other-order.csv", (whole(first, LF) + whole(other, LF)).encode(),
        "employees", first, SIMPLE + "iso offsets header repeated-header header-order",
        rejected=(bad(4, "changed_header"), bad(5, "changed_header"), bad(6, "changed_header")),
        reason="The file ends at another header; what follows is counted and given back.",
    )  # fmt: skip


def blanks():
    lines = whole(PRODUCTS, LF).split("\n")
    words = "comma quotes-minimal lf ascii decimal-point iso header blank-lines"
    spaced = "\n\n" + "\n\n".join(lines) + "\n\n"
    yield RULES.read("blank-lines.csv", spaced.encode(), "products", PRODUCTS, words)
    blank = [*lines[:2], "   ", *lines[2:4], "\t", *lines[4:]]
    yield RULES.read("blank-lines-of-blanks.csv", "\n".join(blank).encode(), "products", PRODUCTS, words)
    commas = [*lines[:2], "," * 9, *lines[2:4], ",".join([" ", " ", *[""] * 7, " "]), *lines[4:]]
    yield RULES.read(
        "blank-lines-of-commas.csv", "\n".join(commas).encode(), "products", PRODUCTS, words
    )
    quoted = [*lines[:2], '""', *lines[2:]]
    yield RULES.read("blank-line-quoted.csv", "\n".join(quoted).encode(), "products", PRODUCTS, words)
    padded = "id ; job_name\n 1 ; Clerk \n2;  Cook, night\n 3\u00a0;Baker\u00a0\n"
    yield RULES.read(
        "blanks-around-cells.csv", padded.encode(), "jobs", JOBS,
        "semicolon quotes-none lf utf-8 header blanks-around header-blanks",
    )  # fmt: skip
    padded = 'id, job_name\n1, "Clerk" \n2, "Cook, night"\n3,Baker\n'
    yield RULES.read(
        "blanks-around-quotes.csv", padded.encode(), "jobs", JOBS,
        "comma quotes-minimal lf ascii header blanks-around header-blanks",
    )  # fmt: skip
    yield RULES.read(
        "mixed-line-ends.csv", b"id,job_name\r\n1,Clerk\n2,\"Cook, night\"\r\n3,Baker\n", "jobs",
        JOBS, "comma quotes-minimal mixed-ends ascii header",
    )  # fmt: skip
    yield RULES.read(
        "bare-cr-in-a-cell.csv", b"id,job_name\n1,Clerk\rof the night\n2,Cook\n", "jobs",
        [{"id": "1", "job_name": "Clerk\rof the night"}, {"id": "2", "job_name": "Cook"}],
        "comma quotes-none lf ascii header line-breaks",
        reason="A bare CR in a file of LF lines belongs to its cell.",
    )  # fmt: skip


def delimiters():
    rows = columns(PRODUCTS, "id sku title price")
    form = Form()
    header = list(rows[0])
    ended = "\n".join(SEMICOLON.line(line) + ";" for line in cells(rows, form)) + "\n"
    yield RULES.read(
        "trailing-delimiters.csv", ended.encode(), "products", rows,
        "semicolon quotes-minimal lf ascii decimal-point header trailing-delimiters header-nameless"
        " columns-absent",
    )  # fmt: skip
    only_rows = (
        LF.line(header) + "\n" + "".join(LF.line(line) + ",\n" for line in cells(rows, form, False))
    )
    yield RULES.refuse(
        "trailing-delimiters-of-rows.csv", only_rows.encode(), "products", "wrong_field_count",
        "comma quotes-minimal lf ascii decimal-point header trailing-delimiters columns-absent",
        "Each row has a cell more than the header.",
    )  # fmt: skip
    ragged = "id,job_name\n1,Clerk\n2\n3,Baker,x\n4,Waiter\n"
    yield RULES.read(
        "ragged.csv", ragged.encode(), "jobs",
        [{"id": "1", "job_name": "Clerk"}, {"id": "4", "job_name": "Waiter"}], SIMPLE + "header bad-values",
        rejected=(bad(3, "wrong_field_count"), bad(4, "wrong_field_count")),
    )  # fmt: skip
    narrow = columns(rows, "id sku price")
    yield RULES.read(
        "delimiter-two.csv", whole(narrow, Dialect("||", end="\n")).encode(), "products", narrow,
        "pipe quotes-none lf ascii decimal-point header header-nameless columns-absent",
        reason="Between each two columns is one without name and values.",
    )  # fmt: skip
    for name, mark in [("caret", "^"), ("colon", ":")]:
        text = whole(narrow, Dialect(mark, end="\n", quotes="none"))
        yield RULES.refuse(
            f"delimiter-{name}.csv", text.encode(), "products", "delimiter",
            "other-delimiter quotes-none lf ascii decimal-point header columns-absent",
            "Cells are separated by comma, semicolon, tab or |, and by one of them.",
        )  # fmt: skip
    fixed = "".join(
        f"{line[0]:<4}{line[1]:<10}{line[2]:<24}{line[3]:>8}\n" for line in cells(rows, form)
    )
    yield RULES.refuse(
        "fixed-width.csv", fixed.encode(), "products", "delimiter",
        "other-delimiter quotes-none lf ascii decimal-point header columns-absent",
        "Nothing separates the cells but blanks.",
    )  # fmt: skip
    marked = "| id | department_name |\n|----|-----------------|\n| 1 | Legal |\n| 2 | Fleet |\n"
    yield RULES.read(
        "markdown-table.csv", marked.encode(), "departments", DEPARTMENTS[:2],
        "pipe quotes-none lf ascii header header-nameless trailing-delimiters blanks-around",
        rejected=(bad(2, "wrong_type", "id"),),
        reason="The line of dashes is a row by the rules, and named.",
    )  # fmt: skip


def quotes():
    words = "comma quotes-minimal lf ascii header "
    everything = Dialect(",", end="\n", quotes="all")
    yield RULES.read(
        "quotes-all.csv", whole(PRODUCTS, everything).encode(), "products", PRODUCTS,
        "comma quotes-all lf ascii decimal-point iso null-empty header",
        reason="An empty cell is NULL, quoted or not.",
    )  # fmt: skip
    yield RULES.read(
        "quotes-all-semicolon-no-header.csv",
        whole(ORDER_LINES, Dialect(";", quotes="all"), Form(decimal=","), header=False).encode(),
        "order_lines", ORDER_LINES, "semicolon quotes-all crlf ascii decimal-comma no-header",
    )  # fmt: skip
    yield RULES.read(
        "line-breaks.csv", whole(CUSTOMERS + TWO_LINES, LF).encode(), "customers",
        CUSTOMERS + TWO_LINES, "comma quotes-minimal lf utf-8 decimal-point iso header line-breaks",
    )  # fmt: skip
    yield RULES.read(
        "stray-quotes.csv",
        b'id,job_name\n1,Clerk\n2,6" pipe fitter\n3,"Tom "Tiger" Quill"\n4,Waiter\n5,"Mo" Farlow\n6,Cook\n',
        "jobs", [{"id": "1", "job_name": "Clerk"}, {"id": "4", "job_name": "Waiter"},
                 {"id": "6", "job_name": "Cook"}],
        words + "stray-quotes bad-values",
        rejected=(bad(3, "malformed_quote"), bad(4, "malformed_quote"), bad(6, "malformed_quote")),
    )  # fmt: skip
    yield RULES.read(
        "forgotten-quote.csv",
        b'id,job_name\n1,"Clerk\n2,"Cook"\n3,Baker\n', "jobs", [{"id": "3", "job_name": "Baker"}],
        words + "stray-quotes bad-values",
        rejected=(bad(2, "malformed_quote"), bad(3, "malformed_quote")),
        reason="The lines from the opening quote to the line with the fault are given back.",
    )  # fmt: skip
    yield RULES.read(
        "forgotten-last-quote.csv", b'id;job_name\n1;Clerk\n2;"Cook\n3;Baker\n4;Waiter\n', "jobs",
        [{"id": "1", "job_name": "Clerk"}],
        "semicolon quotes-minimal lf ascii header stray-quotes bad-values",
        rejected=(bad(3, "unclosed_quote"), bad(4, "unclosed_quote"), bad(5, "unclosed_quote")),
        reason="A quote that is open at the end ends the file there; the rest is given back.",
    )  # fmt: skip


def other_quotes():
    single = Dialect(",", end="\n", quote="'", quotes="all")
    rows = columns(PRODUCTS, "id sku title price")
    yield RULES.ask(
        "quotes-single.csv", whole(rows, single).encode(), "products", "quote",
        [answer(rows, quote="'")],
        "comma quotes-single lf ascii decimal-point header columns-absent",
    )  # fmt: skip
    escaped = (
        '"id","sku","title","price"\n"1","00042","Saw, 20\\" blade","19.90"\n"2","00107","Can","12.50"\n'
    )
    stored = [{"id": "1", "sku": "00042", "title": 'Saw, 20" blade', "price": "19.90"},
              {"id": "2", "sku": "00107", "title": "Can", "price": "12.50"}]  # fmt: skip
    yield RULES.ask(
        "quotes-backslash.csv", escaped.encode(), "products", "escape",
        [answer(stored, escape="backslash")],
        "comma quotes-all backslash lf ascii decimal-point header quotes-inside columns-absent",
        reason="Without escapes the line is damaged, with them it is right: the sender knows.",
    )  # fmt: skip
    paths = '"id","job_name"\n"1","Keeper of C:\\archive"\n"2","Keeper of D:\\"\n'
    yield RULES.read(
        "backslash-paths.csv", paths.encode(), "jobs",
        [{"id": "1", "job_name": "Keeper of C:\\archive"}, {"id": "2", "job_name": "Keeper of D:\\"}],
        "comma quotes-all lf ascii header",
        reason="With backslashes as escapes the last quote would stay open.",
    )  # fmt: skip


def sizes():
    long_text = "A sentence of the history of the garden. " * 1200
    wide = [{**CUSTOMERS[0], "notes": long_text.strip()}, *CUSTOMERS[1:]]
    yield RULES.read(
        "wide-cell.csv", whole(wide, Dialect(";", end="\n")).encode(), "customers", wide,
        "semicolon quotes-minimal lf utf-8 decimal-point iso header wide large",
    )  # fmt: skip
    many = [{"order_id": str(2000 + index // 4), "line_no": str(1 + index % 4),
             "product_id": str(1 + index % 97), "quantity": str(1 + index % 9),
             "unit_price": f"{(index * 37) % 5000 / 100:.2f}", "discount_percent": None}
            for index in range(3000)]  # fmt: skip
    yield RULES.read(
        "many-lines.csv", whole(many, Dialect(";"), Form(decimal=",")).encode(), "order_lines", many,
        "semicolon quotes-none crlf ascii decimal-comma null-empty header large",
    )  # fmt: skip
    yield RULES.read(
        "one-row.csv", whole(PRODUCTS[:1], Dialect(";"), Form(date=dmy("."), decimal=",")).encode(),
        "products", PRODUCTS[:1], "semicolon quotes-none crlf ascii decimal-comma dmy header one-row",
    )  # fmt: skip
    yield RULES.read(
        "one-row-no-header.csv", b"7\tNight porter", "jobs", [{"id": "7", "job_name": "Night porter"}],
        "tab quotes-none lf no-last-end ascii no-header one-row",
    )  # fmt: skip
    yield RULES.read(
        "no-row.csv", whole(PRODUCTS, Dialect(";")).split("\r\n")[0].encode() + b"\r\n", "products",
        [], "semicolon quotes-none crlf ascii header no-row",
    )  # fmt: skip
    yield RULES.read("empty.csv", b"", "jobs", [], "ascii no-row")
    yield RULES.read("empty-bom.csv", b"\xef\xbb\xbf\r\n", "jobs", [], "utf-8-bom crlf no-row")
