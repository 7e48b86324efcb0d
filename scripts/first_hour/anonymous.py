"""Texts without what tells an account, a person or a secret."""

import re

# In this order: a longer form first, then what may be a part of it.
RULES = [
    (r"arn:aws[a-z-]*:[^\s\"'<>,;)\]]+", "<arn>"),
    (r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>)\]]+", "<url>"),
    (r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+", "<email>"),
    # 'user'@'host', `user`@`host` and user root@localhost.
    (r"(['\"`])[^'\"`]*\1@(['\"`])[^'\"`]*\2", "<user>"),
    (r"\buser:? ['\"]?[^\s'\"@<]+['\"]?(?:@[^\s,;]+)?", "user <user>"),
    # A value that MySQL puts into its message.
    (r"(?i)\b(entry|value:?|values?:) '(?:[^'\\]|\\.|'(?! for | at |;|\.|$))*'", r"\1 '<value>'"),
    (r"(?i)\b(on|to|from) `[^`]+`\.(\*|`[^`]+`)", r"\1 <database>.\2"),
    (r"\b[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b", "<id>"),
    (r"\b(?:A3T|AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA|APKA|ABIA|ACCA)[A-Z0-9]{8,}", "<key id>"),
    (r"(?<![\w.-])(?:[A-Za-z0-9_-]+\.)+(?:com|net|org|dev|io|cn|aws|app|cloud|internal|local|localdomain)"
     r"(?:\.cn)?(?::\d+)?(?![\w-]|\.\w)", "<host>"),
    (r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![\w.]*\d)", "<ip>"),
    # With `::` or five parts: a time of day has three.
    (r"(?<![\w:.])(?=[0-9A-Fa-f:]*(?:::|(?:[0-9A-Fa-f]+:){4}))(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}"
     r"(?![\w:])", "<ip>"),
    (r"(?<![\w.-])ip-\d+-\d+-\d+-\d+\b", "<host>"),
    (r"(?<!\d)\d{12}(?!\d)", "<account>"),
    (r"(?<!\d)\d{4}-\d{4}-\d{4}(?!\d)", "<account>"),
    (r"\b(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov|-isob?)?-"
     r"(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d[a-z]?\b", "<region>"),
]  # fmt: skip
COMPILED = [(re.compile(pattern), replacement) for pattern, replacement in RULES]

# A word that may be a secret or an id, but for those that are known to be none.
TOKEN = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
NAMES = re.compile(r"utf8mb[34]_\w+|latin1_\w+|\d+-MariaDB[\w+-]*")
LONGEST_WORD = 20

# The most characters of a text in the record.
LONGEST = 1_000


def anonymous(text, known=()):
    """The text with placeholders.

    `known` are values and their names, such as a bucket's: they are replaced wherever they are.
    """
    for value, name in sorted(known, key=lambda pair: -len(pair[0])):
        text = text.replace(value, f"<{name}>")
    for pattern, replacement in COMPILED:
        text = pattern.sub(replacement, text)
    return TOKEN.sub(lambda found: found[0] if is_word(found[0]) else "<id>", text)


def is_word(token):
    """Whether it is made of words, as StatementTimeoutException and NO_ZERO_IN_DATE are."""
    if NAMES.fullmatch(token):
        return True
    if re.search(r"[0-9+=]", token):
        return False
    return all(is_written(part) for part in re.split(r"[/_-]", token))


def is_written(part):
    """Words begin with a capital or are in one case; a random text changes case every few letters."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", part)
    return all(len(word) <= LONGEST_WORD for word in words) and len(part) >= 5 * (len(words) - 1)


def anonymous_tree(value, known=()):
    """The same of every text in lists and objects; names of members stay.

    Texts are cut behind that: a part of a secret is not known for one.
    """
    if isinstance(value, str):
        return anonymous(value, known)[:LONGEST]
    if isinstance(value, list):
        return [anonymous_tree(item, known) for item in value]
    if isinstance(value, dict):
        return {name: anonymous_tree(item, known) for name, item in value.items()}
    return value
