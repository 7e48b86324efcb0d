"""Documents, messages and public docs: links lead somewhere, and words are plain."""

import re
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

FENCE = re.compile(r"^```.*?^```|^    .*?$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`]*`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)

# Each phrase with the plain word for it.
PHRASES = {
    r"\bwhoever\b": "the client, the worker, the holder",
    r"\bsomebody\b": "the client, a user",
    r"\bnobody\b": "no one, or name who",
    r"\b(do|does|did) not do\b": "is invalid",
    r"\bread(s)? over\b": "is ignored",
    r"\bstand(s)? (in|on|at|beside|there|twice|for itself)\b": "is, appears",
    r"\bon (its|the|their) way\b": "in flight",
    r"\bis told of\b": "receives",
    r"\bby now\b(?!\()": "now, or leave it out",
    r"\bthose who\b": "name them",
    r"\bwas content\b": "succeeded",
    r"\blooks? after\b": "watches, owns",
}


def tracked(*patterns):
    """The project's files of these patterns."""
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines()]


def anchors(path):
    """The fragments of a document's headings, as GitHub makes them."""
    headings = HEADING.findall(FENCE.sub("", path.read_text()))
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "") for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


# The parts of bench/RESULTS.md have its links.
DOCUMENTS = [path for path in tracked("*.md") if path.parent != ROOT / "bench/results"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_of_a_document_leads_to_a_file_and_a_heading(document):
    broken = []
    for link in LINK.findall(CODE.sub("", FENCE.sub("", document.read_text()))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, fragment = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists() or fragment and fragment not in anchors(target):
            broken.append(link)
    assert not broken


def test_each_document_is_in_the_index():
    index = (ROOT / "docs/README.md").read_text()
    pages = {path.name for path in tracked("docs/*.md") if path.parent == ROOT / "docs"} - {"README.md"}
    assert {page for page in pages if f"| [{page}]({page}) |" not in index} == set()


# Names of functions, whose words are a sentence in tests.
NAME = re.compile(r"^\s*(?:pub )?(?:async )?(?:def|fn) (\w+)", re.MULTILINE)


def texts():
    """What a user or a reader sees: documents without code, and of sources comments, texts and names."""
    for path in DOCUMENTS:
        yield path, FENCE.sub("", path.read_text())
    for path in tracked("*.rs", "*.ts", "*.tsx", "*.mjs", "*.sh", "scripts/*", "*.py", "*.sql", "*.toml", "Makefile"):
        # What an earlier version has written stays as it was.
        if "fixtures" not in path.parts and path != Path(__file__):
            text = path.read_text()
            names = [name.replace("_", " ") for name in NAME.findall(text)]
            yield path, "\n".join([text, *names])


def test_no_file_has_a_path_of_the_machine_that_wrote_it():
    own = re.compile(r"(?<![\w./-])/(?:root|work|home|Users)/[\w.]")
    found = []
    for path in tracked("*.md", "*.json", "*.txt", "*.toml", "*.svg", "*.py", "*.rs", "*.mjs", "scripts/*", "bench/*"):
        lines = path.read_text(errors="replace").splitlines()
        found += [f"{path.relative_to(ROOT)}:{number}" for number, line in enumerate(lines, 1) if own.search(line)]
    assert not found


def test_words_are_plain():
    found = []
    for path, text in texts():
        # A sentence may go on in the next line of a comment.
        joined = re.sub(r"\n\s*(//[/!]?|#|--)? ?", " ", text)
        for phrase, plain in PHRASES.items():
            found += [
                f"{path.relative_to(ROOT)}: {joined[max(0, hit.start() - 40) : hit.end() + 30]!r}: {plain}"
                for hit in re.finditer(phrase, joined, re.IGNORECASE)
            ]
    assert not found, "\n".join(found)
