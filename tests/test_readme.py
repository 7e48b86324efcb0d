"""README's requests of "Send rows", in its order, print what README shows."""

import json
import os
import re
import subprocess

import pytest
from conftest import ROOT, running

# A command, and the answer that follows it.
EXAMPLE = re.compile(r"```sh\n(curl .*?)```\n```json\n(.*?)```", re.DOTALL)

# Stands in a list for what is left out.
ELLIPSIS = "…"


def examples():
    _, _, rest = (ROOT / "README.md").read_text().partition("\n## Send rows\n")
    section, _, _ = rest.partition("\n## ")
    return [(command, json.loads(answer)) for command, answer in EXAMPLE.findall(section)]


@pytest.fixture(scope="module")
def printed():
    """What the commands print, one after the other, against a fresh stack."""
    with running("--bare") as stack:
        settings = {
            "PATH": os.environ["PATH"],
            "EDGE": stack["edge"],
            "KEY": stack["api_key"],
        }
        yield [
            subprocess.run(
                ["sh", "-c", command], cwd=ROOT, env=settings, capture_output=True, text=True
            ).stdout
            for command, _ in examples()
        ]


def test_every_request_of_the_section_has_its_answer():
    _, _, rest = (ROOT / "README.md").read_text().partition("\n## Send rows\n")
    section, _, _ = rest.partition("\n## ")
    assert len(examples()) == section.count("```sh") >= 2


@pytest.mark.parametrize("number", range(len(examples())))
def test_a_request_prints_what_is_shown(printed, number):
    _, shown = examples()[number]
    assert without_rest(json.loads(printed[number]), shown) == shown


def without_rest(found, shown):
    """What was printed, with an ellipsis where one is shown."""
    if isinstance(shown, dict) and isinstance(found, dict):
        return {name: without_rest(value, shown.get(name)) for name, value in found.items()}
    if isinstance(shown, list) and shown[-1:] == [ELLIPSIS] and len(found) >= len(shown):
        return [*found[: len(shown) - 1], ELLIPSIS]
    return found
