"""What the main commands print, piped and on a terminal: tests/transcripts has both, as a person sees them.

The terminal is tmux's, 160 columns wide; `␛` is what begins a colour. What is another one each time has a name
in capitals. ROWGATE_TRANSCRIPTS=1 writes the files anew, and the pictures in docs/command, to be looked at before they
are kept.
"""

import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from conftest import PROGRAM, ROOT, environment_of, running
from terminal_picture import picture

TRANSCRIPTS = ROOT / "tests/transcripts"

# In this order: each finds what those before it have left.
STEPS = {
    "check": "check departments.csv hired_employees.csv",
    "load": "load --prefix incoming/{door}/ departments.csv hired_employees.csv",
    "loads": "loads",
    "keys-new": "keys new --tables jobs --expires 2099-01-01",
    "keys-list": "keys list",
    "schema-show": "schema show",
    "migrate-check": "migrate --check",
    "backup": "backup",
    "backup-list": "backup list",
    "restore-plan": "restore latest --table departments --plan",
    "status": "status",
    "backup-verify": "backup verify latest --live",
    "export": "export departments --out exported.csv",
    "restore": "restore latest --table departments",
    "missing-setting": "backup list",
    # It writes settings into the folder.
    "init": "init",
}

# Those of which the documents have pictures.
PICTURES = ("check", "load", "loads", "restore", "status")

# What a step lacks of the settings.
LACKS = {"missing-setting": ["AWS_REGION"]}

FILES = {
    "departments.csv": "id,department\n1,Sales\n2,Support\n",
    "hired_employees.csv": "id,name,datetime,department_id,job_id\n"
    "1,Ann,2021-07-27T18:02:08Z,1,\n2,,2021-07-27T18:02:08Z,2,\n3,Zoë,soon,2,\n",
}

# Longer ones first.
VARIABLE = [
    (r"\d{8}_\d{6}_[0-9a-f]{4}", "RESTORE-ID"),
    (r"\d{8}T\d{6}Z-[0-9a-f]{8}", "RUN"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"\b[0-9a-f]{32}\b", "LOAD-ID"),
    (r"(?<=TIME)(\S*\s+)[0-9a-f]{10}\b", r"\1LOAD-ID"),
    (r"\b[0-9a-f]{16}\b", "CHECKSUM"),
    (r"rowgate_[0-9A-Za-z]{40,}", "API-KEY"),
    (r"rg[0-9A-Za-z_]{30,}", "API-KEY"),
    (r"(?<=key )[0-9A-Za-z]{8}\b", "KEY-ID"),
    (r"^(\S*)[0-9A-Za-z]{8}(?=  jobs)", r"\1KEY-ID"),
    (r"\d+ (second|minute)s?", "AGE"),
    (r"\b[\d.]+ (bytes|B|KiB)\b", "SIZE"),
    (r"\d+\.\d+\.\d+-MariaDB\S*|\b[89]\.\d+\.\d+\S*$", "DATABASE"),
    (r"\((development build|[0-9a-f]{9}), schema", "(COMMIT, schema"),
]

# Their columns are as wide as an age or a size is long.
OF_ANY_WIDTH = {"backup-list", "status"}


@pytest.fixture(scope="module")
def stack():
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def printed(stack, tmp_path_factory):
    """What each step printed, by its name and whether it was on a terminal."""
    folders = {door: tmp_path_factory.mktemp(door) for door in ("piped", "terminal")}
    for folder in folders.values():
        for name, text in FILES.items():
            (folder / name).write_text(text)
    found = {}
    for name, words in STEPS.items():
        settings = {"DATA_BUCKET": stack["bucket"], "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
        settings = {**environment_of(stack), **settings}
        for variable in LACKS.get(name, []):
            settings.pop(variable, None)
        for door, run in (("piped", piped), ("terminal", on_a_terminal)):
            command = [str(PROGRAM), *words.format(door=door).split()]
            found[name, door] = run(command, folders[door], settings)
    return found


def piped(command, folder, settings):
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True)
    return f"{done.stdout}--- standard error\n{done.stderr}--- exit code {done.returncode}\n"


def on_a_terminal(command, folder, settings):
    """What tmux shows of a command, with its colours."""
    # A server of its own: one that is ending takes no session.
    tmux = ["tmux", "-S", str(folder / f"tmux-{time.monotonic_ns()}"), "-f", "/dev/null"]
    code = folder / "code"
    code.unlink(missing_ok=True)
    words = [f"{name}={value}" for name, value in ({"TERM": "xterm-256color"} | settings).items()]
    line = f"env -i {shlex.join(words)} {shlex.join(command)}; echo $? > code.new; mv code.new code; sleep 60"
    subprocess.run([*tmux, "new-session", "-d", "-x", "160", "-y", "60", line], cwd=folder, check=True)
    try:
        wait_for(code)
        shown = subprocess.run([*tmux, "capture-pane", "-p", "-e", "-J"], capture_output=True, text=True, check=True)
    finally:
        subprocess.run([*tmux, "kill-server"], check=True)
    # tmux ends a colour in several ways, and at the beginning of the next line.
    text = re.sub(r"(\x1b\[(0|39|49)m)+", lambda ends: "␛[0m" if "[0m" in ends[0] else "␛[39m", shown.stdout)
    text = re.sub(r"\n(␛\[(0|39)m)", r"\1\n", text.replace("\x1b[0;", "␛[0m␛[").replace("\x1b", "␛"))
    text = "\n".join(line.rstrip() for line in text.rstrip().splitlines())
    return f"{text}\n--- exit code {code.read_text().strip()}\n"


def wait_for(path, seconds=60):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"no {path} after {seconds} s"
        time.sleep(0.05)
    # What was written last is on the screen then.
    time.sleep(0.2)


def named(name, text):
    """A transcript with names for what is another one each time."""
    for pattern, instead in VARIABLE:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return re.sub(r"  +", "  ", text) if name in OF_ANY_WIDTH else text


@pytest.mark.parametrize("door", ["piped", "terminal"])
@pytest.mark.parametrize("name", STEPS)
def test_a_command_prints_what_its_transcript_has(printed, name, door):
    path = TRANSCRIPTS / f"{name}.{door}.txt"
    found = named(name, printed[name, door])
    if os.environ.get("ROWGATE_TRANSCRIPTS"):
        path.write_text(found)
        if name in PICTURES and door == "terminal":
            shown, _ = printed[name, door].split("--- exit code")
            words = STEPS[name].replace(" --prefix incoming/{door}/", "")
            (ROOT / f"docs/command/{name}.svg").write_text(picture(f"rowgate {words}", shown.rstrip()))
    assert found == path.read_text()


def test_no_colour_is_piped_nor_where_it_is_not_wanted(printed, tmp_path):
    assert not [name for (name, door), text in printed.items() if door == "piped" and "\x1b" in text]
    (tmp_path / "departments.csv").write_text(FILES["departments.csv"])
    check = [str(PROGRAM), "check", "departments.csv"]
    path = {"PATH": os.environ["PATH"]}
    assert "␛" in on_a_terminal(check, tmp_path, path)
    for settings, options in (({"NO_COLOR": "1"}, []), ({"TERM": "dumb"}, []), ({}, ["--color", "never"])):
        assert "␛" not in on_a_terminal([*check, *options], tmp_path, path | settings)
    coloured = piped([*check, "--color", "always"], tmp_path, path | {"NO_COLOR": "1"})
    assert "\x1b[32mcomplete" in coloured


def test_every_transcript_is_of_a_step():
    assert {path.name for path in Path(TRANSCRIPTS).iterdir()} == {
        f"{name}.{door}.txt" for name in STEPS for door in ("piped", "terminal")
    }


def test_tmux_is_there():
    assert shutil.which("tmux"), "scripts/setup tests installs it"
