"""Files as offices produce them, at every entry point: the same rows stored, the same issues named.

The inputs are in tests/cases, one folder a case, or are in CASES, which says what becomes of each.
A case has one answer at all entry points, but where `without` says why one has no part in it.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from events import gateway_event
from files import COLUMNS, content, stored_jobs

pytestmark = pytest.mark.usefixtures("empty_tables")

FOLDER = Path(__file__).resolve().parent / "cases"
NOON = "2021-07-27T16:02:08Z"
ANY = ...

ENTRY_POINTS = ("worker", "gateway", "s3", "direct", "check")


@dataclass(frozen=True)
class Issue:
    """What is wrong with a row, by its line, or with the file; `ANY` is left open."""

    line: object
    column: object
    code: object
    says: str = ""

    def fits(self, found, whole):
        if whole and found["index"] is not None:
            return False
        of = {"line": self.line, "column": self.column, "code": self.code}
        agrees = all(want is ANY or found.get(name) == want for name, want in of.items())
        return agrees and self.says in found["message"]


@dataclass(frozen=True)
class Case:
    """A file, the rows in the database after it, and what is wrong with it."""

    name: str
    rows: list = field(default_factory=list)
    issues: list = field(default_factory=list)
    # The code with which all of it is refused, or `ANY`.
    refused: object = None
    # What the message of a refused file says.
    says: str = ""
    # The column that a refused file names.
    column: object = None
    # A file of the folder, or a file's name and its content.
    file: str = ""
    body: bytes = None
    # What the option `header` says; nothing by default.
    header: str = ""
    # Entry points that have no part in it, and why.
    without: dict = field(default_factory=dict)

    def __str__(self):
        return f"{self.name}-{self.file_name.partition('.')[0]}" if self.file else self.name

    @property
    def file_name(self):
        return self.file or next((FOLDER / self.name).iterdir()).name

    @property
    def table(self):
        return self.file_name.partition(".")[0]

    @property
    def content(self):
        if self.body is not None:
            return self.body
        return (FOLDER / self.name / self.file_name).read_bytes()

    @property
    def expected(self):
        if self.refused is None:
            return self.issues
        return [Issue(ANY, self.column, self.refused, self.says)]

    @property
    def status(self):
        if not self.expected:
            return "complete" if self.rows else "empty"
        return "partial" if self.rows else "rejected"


def person(id, name, department=None, job=None):
    return (id, name, NOON, department, job)


def lines(numbers, code, says=""):
    return [Issue(line, None, code, says) for line in numbers]


BODY_IS_NOT_UNPACKED = {
    "worker": "a body is not unpacked, and has no name",
    "gateway": "a body is not unpacked, and has no name",
}
BODY_HAS_NO_NAME = {
    "worker": "a body has no name that could be wrong",
    "gateway": "a body has no name that could be wrong",
}

CASES = [
    Case("01-stray-quote-swallows-rows", file="employees.csv",
         rows=[person(3, "Ida Voss", 7, 44)], issues=lines([2, 3], "malformed_quote")),
    Case("01-stray-quote-swallows-rows", file="jobs.csv",
         rows=[(4, "Rigger")], issues=lines([2, 3, 4], "malformed_quote")),
    Case("02-text-after-closing-quote",
         rows=[person(3, "Plain Jane", 1, 1)], issues=lines([1, 2], "malformed_quote")),
    Case("04-space-before-quote", rows=[(1, "Pastry cook"), (2, "Baker, night"), (3, "Waiter")]),
    Case("05-strange-header-order", refused=ANY),
    Case("06-sep-line-then-header",
         rows=[person(1, "Lia Okoro", 7, 42), person(2, "Max Orth", 8, 43)]),
    Case("08-cr-only-lines", rows=[(1, "Clerk"), (3, "Baker")],
         issues=[Issue(3, "id", "wrong_type")]),
    Case("09-semicolon-excel", rows=[(1, "Einkauf"), (2, "Lager, Versand")]),
    Case("10-sep-semicolon", rows=[(1, "Einkauf")]),
    Case("11-windows-1252",
         rows=[person(1, "Zoë Müller", 1, 1), person(2, "Ben Ott", 1, 1),
               person(3, "Al “Ace” Fry", 1, 1)]),
    Case("12-utf16le-tab-unicode-text", rows=[(1, "Legal")]),
    Case("13-trailing-comma-columns", rows=[(1, "Legal"), (2, "Fleet")]),
    Case("14-comma-only-rows", rows=[(1, "Legal"), (2, "Fleet")]),
    Case("15-null-markers", refused="unclear_layout", says="null_values=NULL"),
    Case("16-pandas-floats", issues=[Issue(2, "department_id", "wrong_type", "write 5"),
                                     Issue(3, "job_id", "wrong_type", "write 5")]),
    # The mark behind Max has a meaning between scripts, so it is the name's.
    Case("17-nbsp-and-zero-width", rows=[person(1, "Lia", 5, 1), person(2, "Max\u200e", 5, 1)],
         issues=[Issue(4, "name", "missing")]),
    Case("18-bom-in-the-middle", rows=[person(1, "Lia", 5, 1), person(2, "Max", 5, 1)]),
    Case("19-second-header-other-order", rows=[person(1, "Lia", 5, 42)],
         issues=lines([3, 4], "changed_header")),
    Case("20-utf8-bom-twice", rows=[(1, "Clerk")]),
    Case("20-utf8-bom-twice-no-header", rows=[(1, "Clerk"), (2, "Cook")]),
    Case("24-whitespace-line", rows=[(1, "Clerk"), (2, "Cook")]),
    Case("25-quoted-empty-line", rows=[(1, "Clerk"), (2, "Cook")]),
    Case("28-tab-separated-csv", rows=[(1, "Clerk")]),
    Case("30-json-array-named-ndjson", refused="wrong_format", says="a JSON array"),
    Case("32-gz-check", rows=[(1, "a")], issues=[Issue(3, "id", "wrong_type")],
         without=BODY_IS_NOT_UNPACKED),
    Case("34-trailing-comma-data-only", refused="wrong_field_count", says="empty"),
    Case("35-nbsp-in-header", rows=[(1, "Clerk")]),
    Case("36-spaces-in-header", rows=[person(1, "Lia", 5, 42)]),
    Case("37-extra-column", refused="unknown_column", column=ANY, says="email"),
    Case("38-pandas-index-column", refused=ANY, column=ANY),
    Case("43-quote-never-closed", file="jobs.csv",
         body=b'id,job\n1,Clerk\n2,"Cook\n3,Baker\n4,Waiter\n', rows=[(1, "Clerk")],
         issues=lines([3, 4, 5], "unclosed_quote")),
    Case("ndjson-document", file="jobs.ndjson", body=b'{\n  "id": 1,\n  "job": "a"\n}\n',
         refused="wrong_format", says="several lines"),
    Case("ndjson-array-in-one-line", file="jobs.ndjson", body=b'[{"id":1,"job":"a"}]\n',
         refused="wrong_format", says="a JSON array"),
    Case("ndjson-in-utf-16", file="jobs.ndjson",
         body='{"id":1,"job":"a"}\n'.encode("utf-16-le"), rows=[(1, "a")]),
    Case("ndjson-with-bad-lines", file="jobs.ndjson",
         body=b'{"id":1,"job":"a"},\n{"id":2,"job":"b"}\n[\n{"id":"3","job":"c"}\n',
         rows=[(2, "b")],
         issues=[Issue(1, None, "invalid_json"), Issue(3, None, "invalid_json"),
                 Issue(4, "id", "wrong_type")]),
    Case("workbook-named-ndjson", file="jobs.ndjson", body=b"PK\x03\x04\x14\x00\x06\x00\n\n",
         refused="wrong_format", says="Excel"),
    Case("workbook-named-csv", file="jobs.csv", body=b"PK\x03\x04\x14\x00\x06\x00\n\n",
         refused="wrong_format", says="Excel"),
    Case("suffix-in-upper-case", file="JOBS.CSV", body=b"1,Clerk\n", rows=[(1, "Clerk")],
         without=BODY_HAS_NO_NAME),
    Case("named-gz-and-is-not", file="jobs.csv.gz", body=b"1,Clerk\n", refused="unreadable_gzip",
         without=BODY_HAS_NO_NAME),
    Case("no-format-by-name", file="jobs.xml", body=b"<jobs/>", refused="unsupported_format",
         without=BODY_HAS_NO_NAME),
    Case("no-rows", file="jobs.csv", body=b"\n\n"),
    Case("absent-with-a-bad-first-row", file="jobs.csv", header="absent",
         body=b"No. 1,Clerk\n2,Cook\n", rows=[(2, "Cook")], issues=[Issue(1, "id", "wrong_type")]),
    Case("absent-with-a-header", file="jobs.csv", header="absent",
         body=b"id,job\n1,Clerk\n", rows=[(1, "Clerk")], issues=[Issue(1, "id", "wrong_type")]),
    Case("absent-with-a-quote-in-the-first-row", file="jobs.csv", header="absent",
         body=b'a "b,Clerk\n2,Cook\n', rows=[(2, "Cook")], issues=lines([1], "malformed_quote")),
    Case("absent-with-a-first-row-too-narrow", file="employees.csv", header="absent",
         body=f"1,Lia\n2,Max,{NOON},,\n".encode(), rows=[person(2, "Max")],
         issues=lines([1], "wrong_field_count")),
    Case("present-in-another-order", file="jobs.csv", header="present",
         body=b"Job,ID\nClerk,1\n", rows=[(1, "Clerk")]),
    Case("present-and-is-not", file="jobs.csv", header="present", body=b"1,Clerk\n2,Cook\n",
         refused="no_header", says="header=absent"),
]


@pytest.fixture(scope="module")
def seen():
    """What entry points have said of a case so far."""
    return {}


@pytest.fixture
def load(request, post, files, command, tmp_path):
    """Loads a case at an entry point; answers its status and what is wrong."""
    doors = {
        "worker": lambda case: by_worker(post, case),
        "gateway": lambda case: by_gateway(files, case),
        "s3": lambda case: by_bucket(files, case),
        "direct": lambda case: by_command(command, tmp_path, case, "load", "--direct"),
        "check": lambda case: by_command(command, tmp_path, case, "check"),
    }
    return lambda entry_point, case: doors[entry_point](case)


def pairs():
    return [
        pytest.param(case, entry_point, id=f"{case}-{entry_point}")
        for case in CASES
        for entry_point in ENTRY_POINTS
        if entry_point not in case.without
    ]


@pytest.mark.parametrize(("case", "entry_point"), pairs())
def test_a_case_has_one_answer(case, entry_point, load, db, seen):
    status, issues = load(entry_point, case)
    whole = case.refused is not None
    assert len(issues) == len(case.expected), issues
    for expected, found in zip(case.expected, issues, strict=True):
        assert expected.fits(found, whole), found
    assert status == status_at(entry_point, case)
    stored = [] if entry_point == "check" else case.rows
    table = next(table for table in COLUMNS if table == case.table.lower())
    assert [tuple(row.values()) for row in content(db, table)] == stored
    assert issues == seen.setdefault(str(case), issues), "another entry point says otherwise"


def status_at(entry_point, case):
    """A request without a row is complete: it has asked for nothing else."""
    if entry_point in ("worker", "gateway"):
        return {"complete": 200, "empty": 200, "partial": 207, "rejected": 422}[case.status]
    return case.status


@pytest.mark.parametrize("case", [case for case in CASES if not case.without], ids=str)
def test_a_request_that_does_not_skip_is_stored_whole_or_not_at_all(case, post, db):
    status, _ = by_worker(post, case, on_error="reject")
    assert status == (422 if case.expected else 200)
    stored = [] if case.expected else case.rows
    assert [tuple(row.values()) for row in content(db, case.table)] == stored


def media_type(case):
    return "application/x-ndjson" if case.file_name.endswith("ndjson") else "text/csv"


def header_of(case):
    """The option as a query has it."""
    return {"header": case.header} if case.header else {}


def by_worker(post, case, on_error="skip"):
    path = f"/tables/{case.table}/rows"
    options = {"on_error": on_error} | header_of(case)
    answer = post(path, case.content, content_type=media_type(case), **options)
    return answer.status_code, answer.json().get("errors", [])


def by_gateway(files, case):
    """As with `binaryMediaTypes`, by which API Gateway hands bytes on as base64."""
    headers = {"content-type": media_type(case)}
    path = f"/tables/{case.table}/rows"
    query = [("on_error", "skip"), *header_of(case).items()]
    answer = files.invoke(gateway_event("POST", path, query, headers, case.content, base64=True))
    return answer["statusCode"], json.loads(answer["body"]).get("errors", [])


def by_bucket(files, case):
    folder = f"incoming/{case.header}" if case.header else "incoming"
    report = files.load(f"{folder}/{case.file_name}", case.content)
    return report["status"], report["errors"]


def by_command(command, folder, case, *arguments):
    path = folder / case.file_name
    path.write_bytes(case.content)
    header = ["--header", case.header] if case.header else []
    done = command(*arguments, *header, "--format", "json", str(path))
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["status"] in ("complete", "empty") else 1), done.stderr
    return report["status"], report["errors"]


@pytest.mark.parametrize("entry_point", ["s3", "direct", "check"])
def test_a_long_file_whose_quote_is_never_closed(entry_point, load, db, tmp_path):
    """Its 60,000 lines are all given back from the quote on, which is on line 3."""
    text = [b"1,Clerk\n", b"2,Cook\n", b'3,"Waiter\n']
    text += [b"%d,A person who does something\n" % id for id in range(4, 60_001)]
    case = Case("43-long", file="jobs.csv", body=b"".join(text))
    status, issues = load(entry_point, case)
    assert status == "partial"
    assert [(issue["line"], issue["code"]) for issue in issues[:2]] == [
        (3, "unclosed_quote"), (4, "unclosed_quote"),
    ]
    if entry_point != "check":
        assert stored_jobs(db) == {1: "Clerk", 2: "Cook"}
    if entry_point == "direct":
        given_back = (tmp_path / "jobs.csv.rejects.csv").read_bytes().splitlines(keepends=True)
        # Each behind its line, its codes and its words.
        pairs = zip(given_back[1:], text[2:], strict=True)
        assert all(found.endswith(line) for found, line in pairs)
