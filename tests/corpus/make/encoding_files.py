"""One table in many encodings, and texts of many languages."""

from entry import answer, bad, by_rules
from logical import CUSTOMERS, DEPARTMENTS, PRODUCTS, changed, columns
from text import Dialect, whole

RULES = by_rules("encodings")
SOME = columns(CUSTOMERS, "id email name city notes")
LF = Dialect(",", end="\n")


def named(names):
    rows = columns(CUSTOMERS[: len(names)], "id email name city")
    return [{**row, "name": name, "city": city}
            for row, (name, city) in zip(rows, names, strict=True)]  # fmt: skip


def files():
    return [*unicode(), *western(), *others(), *mixed()]


def unicode():
    text = whole(SOME, LF)
    common = "comma quotes-minimal lf header quotes-inside columns-absent "
    for name, content, word in [
        ("utf-8.csv", text.encode(), "utf-8"),
        ("utf-8-bom.csv", text.encode("utf-8-sig"), "utf-8-bom"),
        ("utf-8-bom-twice.csv", b"\xef\xbb\xbf" + text.encode("utf-8-sig"), "utf-8-bom-twice"),
        ("utf-16le-bom.csv", b"\xff\xfe" + text.encode("utf-16-le"), "utf-16le-bom"),
        ("utf-16be-bom.csv", b"\xfe\xff" + text.encode("utf-16-be"), "utf-16be-bom"),
        ("utf-16le.csv", text.encode("utf-16-le"), "utf-16le"),
        ("utf-16be.csv", text.encode("utf-16-be"), "utf-16be"),
    ]:
        yield RULES.read(f"encoding-{name}", content, "customers", SOME, common + word)
    yield RULES.refuse(
        "encoding-utf-32.csv", text.encode("utf-32"), "customers", "encoding", common + "utf-32",
        "No place decodes UTF-32.",
    )  # fmt: skip
    everywhere = named([
        ("山田太郎", "東京"), ("Ольга Смирнова", "Казань"), ("محمد علي", "القاهرة"),
        ("Ngọc Trần", "Huế"), ("Zoe\u0308 🧁", "Bern"), ("דוד לוי", "חיפה"),
    ])  # fmt: skip
    yield RULES.read(
        "encoding-utf-8-scripts.csv", whole(everywhere, LF).encode(), "customers", everywhere,
        "comma quotes-none lf utf-8 header columns-absent",
    )  # fmt: skip
    yield RULES.read(
        "encoding-utf-16le-scripts.csv", whole(everywhere, Dialect("\t")).encode("utf-16"),
        "customers", everywhere, "tab quotes-none crlf utf-16le-bom header columns-absent",
    )  # fmt: skip
    twice = named([("MÃ¼ller", "KÃ¶ln"), ("NÃºÃ±ez", "MÃ¡laga")])
    yield RULES.read(
        "encoding-utf-8-twice-encoded.csv", whole(twice, LF).encode(), "customers", twice,
        "comma quotes-none lf utf-8 header columns-absent",
        reason="It is valid UTF-8, so it is stored as it was sent.",
    )  # fmt: skip


def western():
    common = "semicolon quotes-minimal crlf header columns-absent "
    semicolon = Dialect(";")
    languages = [
        ("danish", [("Søren Kjær", "Ærøskøbing"), ("Åse Østergård", "Nørresundby")]),
        ("swedish", [("Åsa Öberg", "Malmö"), ("Göran Sjöström", "Gävle")]),
        ("spanish", [("Íñigo Peña", "A Coruña"), ("Begoña Ibáñez", "Cádiz")]),
        ("portuguese", [("João Gonçalves", "São Paulo"), ("Conceição Guimarães", "Viseu")]),
        ("italian", [("Nicolò Dalpè", "Forlì"), ("Libertà Però", "Città di Castello")]),
    ]
    for language, people in languages:
        rows = named(people)
        yield RULES.read(
            f"encoding-windows-1252-{language}.csv", whole(rows, semicolon).encode("cp1252"),
            "customers", rows, common + "windows-1252",
        )  # fmt: skip
    yield RULES.read(
        "encoding-latin-1.csv", whole(SOME, semicolon).encode("latin-1"), "customers", SOME,
        common + "latin-1",
    )  # fmt: skip
    yield RULES.read(
        "encoding-iso-8859-15-plain.csv", whole(SOME, semicolon).encode("iso8859-15"), "customers",
        SOME, common + "iso-8859-15", reason="Its bytes are those of Windows-1252.",
    )  # fmt: skip
    marks = columns(PRODUCTS[:2], "id sku title price description")
    marks[0]["description"] = "From 19 € – “oiled” … it’s sharp"
    yield RULES.read(
        "encoding-windows-1252-marks.csv", whole(marks, semicolon).encode("cp1252"), "products",
        marks, "semicolon quotes-none crlf windows-1252 decimal-point header columns-absent",
        reason="The bytes 0x80 to 0x9F are where signs may be, not within words.",
    )  # fmt: skip
    euro = changed(marks, description=lambda _: "Für 19 € je Stück")
    yield RULES.ask(
        "encoding-iso-8859-15-euro.csv", whole(euro, semicolon).encode("iso8859-15"), "products",
        "encoding", [answer(euro, encoding="iso-8859-15"),
                     answer(changed(euro, description=lambda text: text.replace("€", "¤")),
                            encoding="windows-1252")],
        "semicolon quotes-none crlf iso-8859-15 decimal-point header columns-absent",
        reason="0xA4 is € in ISO-8859-15 and ¤ in Windows-1252; ¤ is hardly ever meant.",
    )  # fmt: skip
    yield RULES.ask(
        "encoding-mac-roman.csv", whole(SOME, semicolon).encode("mac-roman"), "customers",
        "encoding", [answer(SOME, encoding="macintosh")], common + "mac-roman",
    )  # fmt: skip
    yield RULES.ask(
        "encoding-cp850.csv", whole(SOME, semicolon).encode("cp850"), "customers", "encoding", [],
        common + "cp850", reason="No option reads cp850: the way out is to save as UTF-8.",
    )  # fmt: skip


def others():
    common = "comma quotes-none lf header columns-absent "
    for name, label, codec, people in [
        ("windows-1251", "windows-1251", "cp1251", [("Ольга Смирнова", "Казань"), ("Иван Петров", "Тверь")]),
        ("shift_jis", "shift_jis", "shift_jis", [("山田太郎", "東京"), ("佐藤花子", "大阪")]),
        ("gbk", "gbk", "gbk", [("王小明", "北京"), ("李丽", "上海")]),
        ("euc-kr", "euc-kr", "euc-kr", [("김민수", "서울"), ("이영희", "부산")]),
        ("iso-8859-2", "iso-8859-2", "iso8859-2", [("Łukasz Żak", "Wrocław"), ("Zofia Bąk", "Gdańsk")]),
    ]:  # fmt: skip
        rows = named(people)
        yield RULES.ask(
            f"encoding-{name}.csv", whole(rows, LF).encode(codec), "customers", "encoding",
            [answer(rows, encoding=label)], common + name,
        )  # fmt: skip


def mixed():
    lines = whole(SOME, LF).split("\n")
    content = "\n".join(lines[:3]).encode() + b"\n" + "\n".join(lines[3:]).encode("latin-1")
    yield RULES.read(
        "encoding-mixed.csv", content, "customers", [row for row in SOME if row["id"] in "124"],
        "comma quotes-minimal lf mixed-encodings header columns-absent",
        rejected=(bad(4, "invalid_utf8"), bad(6, "invalid_utf8"), bad(7, "invalid_utf8")),
        reason="Some lines have letters in valid UTF-8, so the file is UTF-8, and lines that are"
        " not are named, as before.",
    )  # fmt: skip
    many = [{"id": str(index), "department_name": f"Department {index}"} for index in range(1, 3501)]
    bad_rows = {3301: "Küche", 3400: "Büro"}
    rows = [row for row in many if int(row["id"]) not in bad_rows]
    text = "".join(f"{row['id']},{bad_rows.get(int(row['id']), row['department_name'])}\n"
                   for row in many)  # fmt: skip
    yield RULES.read(
        "encoding-late-windows-1252.csv", text.encode("cp1252"), "departments", rows,
        "comma quotes-none lf mixed-encodings no-header large",
        rejected=(bad(3301, "invalid_utf8"), bad(3400, "invalid_utf8")),
        reason="The first 64 KiB are ASCII and the layout is the default: the lines are named.",
    )  # fmt: skip
    late = text.replace(",", ";").encode("cp1252")
    yield RULES.refuse(
        "encoding-late-windows-1252-semicolon.csv", late, "departments", "contradiction",
        "semicolon quotes-none lf mixed-encodings no-header large",
        "A layout other than the default is checked over the whole file before its first row is"
        " stored; line 3301 is not in the encoding that the first 64 KiB showed.",
    )  # fmt: skip
    kitchens = [{**row, "department_name": f"Küche {row['id']}"} for row in many[:60]]
    yield RULES.read(
        "encoding-windows-1252-no-header.csv",
        whole(kitchens, LF, header=False).encode("cp1252"), "departments", kitchens,
        "comma quotes-none lf windows-1252 no-header",
    )  # fmt: skip
    yield RULES.read(
        "encoding-utf-16le-no-header.csv",
        whole(DEPARTMENTS, Dialect("\t"), header=False).encode("utf-16"), "departments",
        DEPARTMENTS, "tab quotes-none crlf utf-16le-bom no-header",
    )  # fmt: skip
