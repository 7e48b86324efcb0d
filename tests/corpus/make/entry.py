"""A file of the corpus, what made it, and what rowgate must make of it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class File:
    """One file and its line in expected.json."""

    name: str
    content: bytes
    table: str
    # {"by": program, "version": …, "how": command or options}, or {"by": "rules", "of": …, "how": …}.
    made: dict
    axes: tuple
    outcome: str
    # Rows as canonical texts, None for NULL; a column that a row lacks is not in it.
    rows: list = None
    # Rows that are named and not stored: {"line": …, "code": …, "column": …}; the code may be open.
    rejected: tuple = ()
    # What is asked, or why the file is refused: a word that the table in README.md explains.
    kind: str = None
    # [{"options": {…}, "rows": […], "rejected": […]}]: what options make of the file.
    answers: tuple = ()
    # What a report says of the layout, where it is not the default.
    layout: dict = field(default_factory=dict)
    reason: str = None


@dataclass(frozen=True)
class Source:
    """What is common to some files: who made them, and how each was made."""

    made: dict

    def read(self, name, content, table, rows, axes, how=None, **more):
        return self._file(name, content, table, axes, how, outcome="read", rows=rows, **more)

    def ask(self, name, content, table, kind, answers, axes, how=None, **more):
        return self._file(
            name, content, table, axes, how, outcome="ask", kind=kind, answers=tuple(answers), **more
        )

    def refuse(self, name, content, table, kind, axes, reason, how=None, **more):
        return self._file(
            name, content, table, axes, how, outcome="refused", kind=kind, reason=reason, **more
        )

    def _file(self, name, content, table, axes, how, **more):
        made = self.made if how is None else {**self.made, "how": how}
        return File(name, content, table, made, tuple(axes.split()), **more)


def by_rules(of):
    """Files of a program that does not run here, by its known rules, or damaged on purpose."""
    return Source({"by": "rules", "of": of})


def by_program(program, version):
    return Source({"by": program, "version": version})


def answer(rows, rejected=(), **options):
    return {"options": options, "rows": rows, **({"rejected": list(rejected)} if rejected else {})}


def bad(line, code=None, column=None):
    """A row that is named by its line; code and column are left out where they are open."""
    named = {"line": line, "code": code, "column": column}
    return {name: value for name, value in named.items() if value is not None}
