"""The words that say what a file is like, by axis."""

AXES = {
    "delimiter": "comma semicolon tab pipe other-delimiter",
    "quotes": "quotes-none quotes-minimal quotes-all quotes-single backslash",
    "line ends": "lf crlf cr mixed-ends no-last-end",
    "encoding": "ascii utf-8 utf-8-bom utf-8-bom-twice utf-16le-bom utf-16be-bom utf-16le utf-16be"
    " utf-32 windows-1252 latin-1 iso-8859-15 iso-8859-2 windows-1250 windows-1251 windows-1253"
    " windows-1254 shift_jis gbk euc-kr mac-roman cp850 mixed-encodings",
    "numbers": "decimal-point decimal-comma decimal-undecided thousands exponents leading-zeros"
    " integers-as-decimals signs too-precise",
    "dates": "iso dmy mdy ymd date-undecided two-digit-years other-dates seconds-absent am-pm"
    " offsets no-offset mixed-offsets",
    "booleans": "booleans-01 booleans-true-false booleans-in-words",
    "NULL": "null-empty null-word null-backslash-n",
    "header": "header no-header header-order header-case header-blanks header-aliases"
    " header-translated header-unknown header-duplicate header-nameless columns-absent",
    "structure": "preamble sep-line totals repeated-header blank-lines trailing-delimiters"
    " line-breaks quotes-inside stray-quotes blanks-around wide narrow one-row no-row large",
    "content": "bad-values apostrophes formulas wrong-format gzip",
}
AXES = {axis: words.split() for axis, words in AXES.items()}
WORDS = {word for words in AXES.values() for word in words}

# What a report says of the layout, where it is not the default.
_LAYOUT = {
    "semicolon": ("delimiter", ";"),
    "tab": ("delimiter", "\t"),
    "pipe": ("delimiter", "|"),
    "utf-16le-bom": ("encoding", "utf-16le"),
    "utf-16le": ("encoding", "utf-16le"),
    "utf-16be-bom": ("encoding", "utf-16be"),
    "utf-16be": ("encoding", "utf-16be"),
    "windows-1252": ("encoding", "windows-1252"),
    # A Latin-1 text without control characters is the same text in Windows-1252.
    "latin-1": ("encoding", "windows-1252"),
    "iso-8859-15": ("encoding", "windows-1252"),
    "decimal-comma": ("decimal", ","),
    "dmy": ("date_order", "dmy"),
    "mdy": ("date_order", "mdy"),
    "no-header": ("header", "absent"),
}


def layout(words):
    return dict(_LAYOUT[word] for word in words if word in _LAYOUT)
