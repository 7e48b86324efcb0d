"""The documents' commands, in their order, print what the documents show."""

import json
import os
import re
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import PROGRAM, ROOT

# A command, and the output that follows it.
EXAMPLE = re.compile(r"```sh\n(.*?)```\n```(json|text)\n(.*?)```", re.DOTALL)

# In what is shown: anything.
ELLIPSIS = "…"

# How many lines `rowgate dev --env` prints.
EXPORTS = 6

# Each document with commands, and the options of the stack that it needs.
DOCUMENTS = {
    "README.md": [],
    "docs/http.md": [],
    "docs/tutorial.md": ["--schema", "shop.sql"],
}


def examples(document):
    return EXAMPLE.findall((ROOT / document).read_text())


@contextmanager
def stack_in_a_shell(folder, *options):
    """The commands by which a shell knows a fresh stack, as `rowgate dev --env` prints them."""
    command = [PROGRAM, "dev", "--env", *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = [process.stdout.readline() for _ in range(EXPORTS)]
            assert all(line.startswith("export ") for line in lines), process.stderr.read()
            yield "".join(lines)
        finally:
            process.send_signal(signal.SIGINT)


@pytest.fixture(scope="module", params=DOCUMENTS)
def document(request):
    """A document's name with what its commands printed, one after the other, against a fresh stack."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "samples").symlink_to(ROOT / "samples")
        Path(folder, "target/debug").mkdir(parents=True)
        Path(folder, "target/debug/rowgate").symlink_to(PROGRAM)
        # The tables that the document shows.
        for sql in re.findall(r"```sql\n(.*?)```", (ROOT / request.param).read_text(), re.DOTALL):
            Path(folder, "shop.sql").write_text(sql)
        with stack_in_a_shell(folder, *DOCUMENTS[request.param]) as exports:
            yield request.param, [printed(exports + command, folder) for command, _, _ in examples(request.param)]


def printed(commands, folder):
    """What a shell prints."""
    environment = {"PATH": f"{folder}/target/debug:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    return subprocess.run(["bash", "-c", commands], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_has_its_output(name):
    assert len(examples(name)) == (ROOT / name).read_text().count("```sh") >= 1


def test_the_commands_print_what_is_shown(document):
    name, outputs = document
    for (command, form, shown), ran in zip(examples(name), outputs, strict=True):
        if form == "json":
            shown = json.loads(shown)
            assert without_rest(json.loads(ran.stdout), shown) == shown, (name, command, ran.stderr)
        else:
            assert matches(ran.stdout, shown), (name, command, ran.stdout, ran.stderr)


def without_rest(found, shown):
    """What was printed, with an ellipsis where one is shown."""
    if isinstance(shown, dict) and isinstance(found, dict):
        return {name: without_rest(value, shown.get(name)) for name, value in found.items()}
    if isinstance(shown, list) and shown[-1:] == [ELLIPSIS] and len(found) >= len(shown):
        return [*found[: len(shown) - 1], ELLIPSIS]
    return found


def matches(found, shown):
    """Whether a text is the one that is shown, in which an ellipsis is any text."""
    return re.fullmatch(".*".join(map(re.escape, shown.split(ELLIPSIS))), found, re.DOTALL)
