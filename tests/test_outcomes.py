"""The corpus of text files at four entry points: the command's check, the Worker, the Lambda and the page have one outcome.
The corpus of workbooks at two, the check and the page.

Files are read without options, into tables without the rules that only a database knows (foreign keys, and unique keys
besides the primary one). Differences are printed, and each has its reason in EXCEPTIONS.
"""

import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import fastavro
import pytest
import requests
from conftest import PROGRAM, ROOT, client, database, running
from files import Files

CORPUS = ROOT / "tests" / "corpus"
WORKBOOKS = ROOT / "tests" / "sheets"
SCHEMAS = [ROOT / "sql" / "schema.json", ROOT / "samples" / "shop" / "schema.json"]
# What a report lists at most.
LISTED = 100

# By file and entry point: why it has another outcome there than by `rowgate check`.
EXCEPTIONS = {
    ("gzip-cut.csv.gz", "page"): "the browser unpacks, and says itself that the file is damaged",
    ("gzip-cut.csv.gz", "worker"): "a body is named, and no file",
    ("gzip-named.csv", "worker"): "that a body is packed says Content-Encoding, and not its start",
    ("sheets-us.tsv", "page"): "what no name tells is read as CSV",
    ("sheets-us.tsv", "worker"): "a body has a media type, and no name",
} | {
    ("encoding-late-windows-1252-semicolon.csv", where): "where nothing is stored, the rows above the fault are not counted"
    for where in ("page", "worker", "lambda")
} | {
    (name, where): "the rows lack a column: check does not know whether they are new, and counts them as missing_if_new"
    for name in ("delimiter-two.csv", "numbers-three-decimals.csv")
    for where in ("worker", "lambda")
}
# Where nothing but the messages differ, and only in such words.
LARGE_TABLES = "names of time zones and of most encodings are for the command and the Lambda, which have room for their tables"
NAMES = [
    (r", or say its encoding; give encoding=[a-z0-9_-]+", ""),
    (r"another zone such as time_zone=Europe/Berlin or time_zone", "another offset such as time_zone"),
    (r"UTC, an offset such as \+02:00, or a name such as Europe/Berlin", "UTC or an offset such as +02:00"),
]


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    tables = [table for path in SCHEMAS for table in json.loads(path.read_text())["tables"]]
    for table in tables:
        table.pop("foreign_keys", None)
        table.pop("unique_keys", None)
        for column in table["columns"]:
            if column.get("comment", "").startswith("references="):
                del column["comment"]
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    path.write_text(json.dumps({"rowgate_schema": 1, "tables": tables}))
    return path


@pytest.fixture(scope="module")
def stack(schema):
    with running("--schema", str(schema)) as started:
        yield started


@pytest.fixture(scope="module")
def corpus():
    found = {}
    for folder in (CORPUS, CORPUS / "later"):
        for name, entry in json.loads((folder / "expected.json").read_text()).items():
            found[folder / "files" / name] = entry["table"]
    return found


@pytest.fixture(scope="module")
def checked(corpus, schema):
    return by_check(corpus, schema)


def by_check(corpus, schema):
    by_table = defaultdict(list)
    for path, table in corpus.items():
        by_table[table].append(str(path))
    found = {}
    for table, paths in by_table.items():
        arguments = ["check", "--format", "json", "--schema", str(schema), "--table", table]
        done = subprocess.run([PROGRAM, *arguments, *paths], capture_output=True, text=True, check=False)
        reports = [json.loads(line) for line in done.stdout.splitlines()]
        assert [report["file"] for report in reports] == paths, done.stderr
        found |= {Path(report["file"]): outcome(report) for report in reports}
    return found


def outcome(report):
    """Rows, good rows and issues of a report, in the order of their lines."""
    counts = list(report.get("tables", {}).values())
    rows, good = (sum(it[name] for it in counts) for name in ("received", "stored"))
    return rows, good, issues(report.get("errors", []))


def issues(errors):
    found = [(it.get("line"), it["column"], it["code"], it["message"]) for it in errors]
    return sorted(found, key=lambda it: (it[0] or 0, it[1] or "", it[2]))[:LISTED]


def compare(entry_point, checked, found):
    """Prints where the outcomes differ, and fails where no reason is known, or a reason is not needed."""
    reasons = {name: why for (name, where), why in EXCEPTIONS.items() if where == entry_point}
    others = {}
    for path, mine in found.items():
        theirs = checked[path]
        if is_refused(mine) and is_refused(theirs):
            # A file that is refused as a whole has no line at every entry point.
            mine, theirs = (it[2][0][2:] for it in (mine, theirs))
        if mine != theirs:
            why = LARGE_TABLES if mine == without_names(theirs) else reasons.get(path.name)
            others[path.name] = why
            print(f"{path.name} at {entry_point}: {why}\n  {mine}\n  check: {theirs}")
    print(f"{entry_point}: {len(found)} files, {len(others)} with another outcome than by rowgate check")
    assert {name for name, why in others.items() if why != LARGE_TABLES} == reasons.keys()


def without_names(it):
    if isinstance(it, str):
        for pattern, other in NAMES:
            it = re.sub(pattern, other, it)
        return it
    return type(it)(map(without_names, it)) if isinstance(it, (list, tuple)) else it


def is_refused(it):
    rows, _, errors = it
    return rows == 0 and len(errors) == 1


def test_the_page_has_the_outcomes_of_check(corpus, checked, schema):
    compare("page", checked, by_page(corpus, schema))


def test_the_page_has_the_outcomes_of_check_for_workbooks():
    schema = WORKBOOKS / "tables.json"
    table = json.loads(schema.read_text())["tables"][0]["name"]
    corpus = {WORKBOOKS / "files" / name: table for name in json.loads((WORKBOOKS / "expected.json").read_text())}
    checked, found = by_check(corpus, schema), by_page(corpus, schema)
    assert len(corpus) >= 60 and sum(not is_refused(it) for it in found.values()) >= 45
    for path, mine in found.items():
        theirs = checked[path]
        if is_refused(mine) and is_refused(theirs):
            mine, theirs = (it[2][0][2:] for it in (mine, theirs))
        assert mine == theirs, path.name


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_the_page_has_the_outcomes_of_check_for_avro(codec, tmp_path):
    fields = [{"name": "id", "type": "int"}, {"name": "job", "type": ["null", "string"]}]
    rows = [{"id": 1, "job": "a"}, {"id": 2, "job": None}, {"id": 1, "job": "c"}, {"id": 4, "job": "d"}]
    path = tmp_path / "jobs.avro"
    with path.open("wb") as file:
        fastavro.writer(file, {"type": "record", "name": "jobs", "fields": fields}, rows, codec=codec)
    (counted, good, found), (*theirs, expected) = (by(({path: "jobs"}), SCHEMAS[0])[path] for by in (by_page, by_check))
    assert (counted, good) == (4, 2) == tuple(theirs)
    # By the command a row of Avro has no line.
    assert [it[0] for it in found] == [2, 3]
    assert sorted(it[1:3] for it in found) == sorted(it[1:3] for it in expected) == [("id", "duplicate_in_batch"), ("job_name", "missing")]


def by_page(corpus, schema):
    asked = {"schema": str(schema), "files": [{"path": str(path), "table": table} for path, table in corpus.items()]}
    done = subprocess.run(
        ["node", str(ROOT / "console" / "test" / "outcomes.mjs")],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )
    answers = zip(corpus, json.loads(done.stdout), strict=True)
    return {path: (it["rows"], it["ready"], issues(it["errors"])) for path, it in answers}


def test_the_worker_has_the_outcomes_of_check(corpus, checked, stack):
    found = {}
    for path, table in corpus.items():
        media_type = "text/tab-separated-values" if ".tsv" in path.name else "text/csv"
        headers = {"x-api-key": stack["api_key"], "content-type": media_type}
        if path.suffix == ".gz":
            headers["content-encoding"] = "gzip"
        url = f"{stack['edge']}/tables/{table}/rows?dry_run=true&on_error=skip"
        answer = requests.post(url, path.read_bytes(), headers=headers, timeout=60)
        assert answer.status_code in (200, 207, 400, 415, 422), answer.text
        report = answer.json()
        if "type" in report and not report.get("errors"):
            code = report["type"].rsplit(":", 1)[-1]
            report["errors"] = [{"line": None, "column": None, "code": code, "message": report["detail"]}]
        found[path] = outcome(report)
    compare("worker", checked, found)


def test_the_lambda_has_the_outcomes_of_check(corpus, checked, stack):
    found = {}
    files = Files(stack, client(stack, "s3"), client(stack, "lambda"))
    with database(stack) as db:
        for path, table in corpus.items():
            report = files.load(f"incoming/{table}/{path.name}", path.read_bytes())
            found[path] = outcome(report)
            db.empty(table)
    compare("lambda", checked, found)
