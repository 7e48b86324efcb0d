"""Makes the corpus: files, rows and expected.json, beside this folder.

    python tests/corpus/make rules              what is made by rules; needs Python alone
    python tests/corpus/make pandas libreoffice what these programs write
    python tests/corpus/make all                everything
    python tests/corpus/make later              the later fifty, into later/, with figures of their own
    python tests/corpus/make --check            fails when what is made by rules differs

Files of programs differ with their versions, which expected.json names. So they are made once,
and again only on purpose. `requirements.txt` has the Python packages; LibreOffice, MariaDB,
PostgreSQL and SQLite must be installed.
"""

import hashlib
import importlib
import json
import sys
from collections import Counter
from pathlib import Path

import axes

CORPUS = Path(__file__).resolve().parent.parent
LATER = CORPUS / "later"
README = CORPUS / "README.md"
COUNTS_BEGIN, COUNTS_END = "<!-- counts: written by make -->", "<!-- end of counts -->"

RULES = ["excel", "offices", "encoding_files", "structure", "values", "wrong_files"]
PROGRAMS = {
    "libreoffice": "libreoffice",
    "pandas": "pandas_files",
    "polars": "polars_files",
    "duckdb": "duckdb_files",
    "python": "python_csv",
    "mariadb": "mariadb",
    "postgresql": "postgresql",
    "sqlite": "sqlite",
}


def main(arguments):
    if arguments == ["--check"]:
        return check()
    if arguments == ["later"]:
        return write("later_files", list(importlib.import_module("later_files").files()), LATER)
    if not arguments or not set(arguments) <= {"rules", "all", *PROGRAMS}:
        sys.exit(__doc__)
    for maker in chosen(arguments):
        write(maker, list(importlib.import_module(maker).files()))


def chosen(arguments):
    every = "all" in arguments
    rules = RULES if every or "rules" in arguments else []
    return [*rules, *(maker for name, maker in PROGRAMS.items() if every or name in arguments)]


def write(maker, files, corpus=CORPUS):
    folder, row_folder, path = corpus / "files", corpus / "rows", corpus / "expected.json"
    folder.mkdir(exist_ok=True, parents=True)
    row_folder.mkdir(exist_ok=True)
    table = json.loads(path.read_text()) if path.exists() else {}
    before = {name for name, entry in table.items() if entry["maker"] == maker}
    table = {name: entry for name, entry in table.items() if name not in before}
    for file in files:
        if file.name in table:
            sys.exit(f"{file.name}: two files have this name")
        (folder / file.name).write_bytes(file.content)
        for rows in row_lists(file):
            (row_folder / f"{row_file(file.table, rows)}.json").write_text(rows_text(rows))
        table[file.name] = {"maker": maker, **expected(file)}
    for name in before - set(table):
        (folder / name).unlink()
    path.write_text(as_json(dict(sorted(table.items()))))
    for unused in {path.stem for path in row_folder.iterdir()} - set(used_rows(table)):
        (row_folder / f"{unused}.json").unlink()
    if corpus == CORPUS:
        count_in_readme(table)
    print(f"{maker}: {len(files)} files")


def count_in_readme(table):
    """Writes the counts anew, between their two marks."""
    before, rest = README.read_text().split(COUNTS_BEGIN)
    after = rest.split(COUNTS_END)[1]
    README.write_text(f"{before}{COUNTS_BEGIN}\n{counts(table)}{COUNTS_END}{after}")


def counts(table):
    outcomes = Counter(entry["outcome"] for entry in table.values())
    makers = Counter(made_by(entry) for entry in table.values())
    words = Counter(word for entry in table.values() for word in entry["axes"])
    lines = [f"{len(table)} files.", "", "| outcome | files |", "|---|---|"]
    lines += [f"| `{outcome}` | {count} |" for outcome, count in outcomes.most_common()]
    lines += ["", "| made by | files |", "|---|---|"]
    lines += [f"| {maker} | {count} |" for maker, count in sorted(makers.items())]
    lines += ["", "| axis | files with each word |", "|---|---|"]
    for axis, known in axes.AXES.items():
        lines.append(
            f"| {axis} | {', '.join(f'`{word}` {words[word]}' for word in known if words[word])} |"
        )
    return "\n".join(lines) + "\n"


def made_by(entry):
    made = entry["made"]
    return f"rules: {made['of']}" if made["by"] == "rules" else f"{made['by']} {made['version']}"


def used_rows(table):
    for entry in table.values():
        yield from (part["rows"] for part in [entry, *entry.get("answers", [])] if "rows" in part)


def expected(file):
    """The file's entry; members that say nothing are left out."""
    unknown = set(file.axes) - axes.WORDS
    if unknown:
        sys.exit(f"{file.name}: no such words in axes.py: {sorted(unknown)}")
    layout = axes.layout(file.axes) if file.outcome == "read" else None
    entry = {
        "table": file.table,
        "made": file.made,
        "axes": list(file.axes),
        "outcome": file.outcome,
        "kind": file.kind,
        "layout": {**layout, **file.layout} if layout is not None else None,
        "rows": None if file.rows is None else row_file(file.table, file.rows),
        "rejected": list(file.rejected),
        "answers": [{**answer, "rows": row_file(file.table, answer["rows"])} for answer in file.answers],
        "reason": file.reason,
    }
    return {name: value for name, value in entry.items() if value not in (None, [], {})}


def row_lists(file):
    """All lists of rows that an entry names."""
    own = [] if file.rows is None else [file.rows]
    return [*own, *(answer["rows"] for answer in file.answers)]


def row_file(table, rows):
    """By their content, so that files with the same rows name the same list."""
    return f"{table}-{hashlib.sha256(rows_text(rows).encode()).hexdigest()[:8]}"


def rows_text(rows):
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{lines}\n]\n" if rows else "[]\n"


def as_json(table):
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def check():
    table = json.loads((CORPUS / "expected.json").read_text())
    for maker in RULES:
        files = list(importlib.import_module(maker).files())
        names = {name for name, entry in table.items() if entry["maker"] == maker}
        if names != {file.name for file in files}:
            sys.exit(f"{maker} makes other files than are listed")
        for file in files:
            # How zlib packs is not the same everywhere.
            if "gzip" in file.axes:
                continue
            if (CORPUS / "files" / file.name).read_bytes() != file.content:
                sys.exit(f"{file.name} is not what {maker} makes")
            if table[file.name] != {"maker": maker, **expected(file)}:
                sys.exit(f"{file.name}: expected.json has another outcome than {maker} says")


if __name__ == "__main__":
    main(sys.argv[1:])
