"""Each package, installed into an empty environment, runs without a checkout. The seconds to the first row are printed,
step by step; half a minute is meant, whatever has to be fetched for that.

MariaDB or MySQL and Node.js are there before, and nothing else of a user: HOME, caches and folders are empty.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "target/packages"

# From the beginning of the installation to the first row. 30 are meant; a registry and a machine may be slow.
MOST_SECONDS = float(os.environ.get("ROWGATE_FIRST_ROW_SECONDS", "90"))

# What npm calls this machine's kind of processor.
MACHINE = {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]

# Where node, npm, python3 and the database's programs are.
PATHS = {str(Path(shutil.which(program)).parent) for program in ("node", "npm", "python3")}
PATH = ":".join([*PATHS, "/usr/bin", "/bin", "/usr/sbin"])

# How registries are reached, which is not the environment's content.
REGISTRIES = ("npm_config_registry", "npm_config_userconfig", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "SSL_CERT_FILE",
              "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")  # fmt: skip


class Place:
    """An empty home, and a program in it."""

    def __init__(self, folder):
        self.home = folder / "home"
        self.work = folder / "work"
        for made in (self.home, self.work, folder / "tmp"):
            made.mkdir(parents=True)
        kept = {name: os.environ[name] for name in REGISTRIES if name in os.environ}
        # npm reads the address of its registry from the user's own file.
        npmrc = Path.home() / ".npmrc"
        if npmrc.is_file():
            kept.setdefault("npm_config_userconfig", str(npmrc))
        self.environment = kept | {
            "HOME": str(self.home),
            "PATH": PATH,
            "TMPDIR": str(folder / "tmp"),
            "LC_ALL": "C.UTF-8",
            "npm_config_cache": str(self.home / ".npm"),
        }
        self.command = None
        self.begun = time.monotonic()
        # Seconds since then, and what had come about.
        self.steps = []

    def done(self, step):
        self.steps.append((time.monotonic() - self.begun, step))

    def run(self, *words, **options):
        done = subprocess.run(
            [*map(str, words)], cwd=self.work, env=self.environment, capture_output=True, text=True, **options
        )
        assert done.returncode in (0, 1), (words, done.returncode, done.stdout, done.stderr)
        return done

    def rowgate(self, *words):
        return self.run(*self.command, *words)

    @contextmanager
    def dev(self, *options):
        """What `rowgate dev --json` says; what it says of its steps goes to `steps`."""
        process = subprocess.Popen(
            [*map(str, self.command), "dev", "--json", *options],
            cwd=self.work, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip
        reader = Thread(target=lambda: [self.done(line.strip()) for line in process.stderr])
        reader.start()
        try:
            yield json.loads(process.stdout.readline())
        finally:
            # As Ctrl-C does: npx and the program behind it each get the signal.
            os.killpg(process.pid, signal.SIGINT)
            process.wait(30)
            reader.join()


def package(pattern):
    found = sorted(PACKAGES.glob(pattern))
    assert len(found) == 1, f"{pattern} in {PACKAGES}: {found}; make packages builds it"
    return found[0]


def with_npm(place):
    """`npx rowgate`, of the two packages as npm would fetch them."""
    tarballs = [package(f"rowgate-linux-{MACHINE}-*.tgz"), package("rowgate-[0-9]*.tgz")]
    place.run("npm", "install", "--silent", "--no-audit", "--no-fund", *tarballs)
    return ["npx", "--no-install", "rowgate"]


def with_pip(place):
    place.run(sys.executable, "-m", "venv", place.home / "venv")
    place.begun = time.monotonic()
    wheel = package(f"rowgate-*{os.uname().machine}.whl")
    place.run(place.home / "venv/bin/pip", "install", "--quiet", "--no-index", wheel)
    return [place.home / "venv/bin/rowgate"]


def with_cargo(place):
    """`cargo install` compiles for minutes, so what it has compiled before is not compiled again."""
    cargo = Path(shutil.which("cargo"))
    toolchain = {
        "PATH": f"{cargo.parent}:{PATH}",
        "CARGO_HOME": os.environ.get("CARGO_HOME", str(Path.home() / ".cargo")),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
        "CARGO_TARGET_DIR": str(ROOT / "target"),
    }
    into = ["--root", place.home / "cargo"]
    subprocess.run(
        ["cargo", "install", "--quiet", "--locked", "--path", "cli", *map(str, into)],
        cwd=ROOT, env=place.environment | toolchain, check=True,
    )  # fmt: skip
    place.begun = time.monotonic()
    return [place.home / "cargo/bin/rowgate"]


WAYS = {"npm": with_npm, "pip": with_pip, "cargo": with_cargo}


@pytest.fixture(scope="module", params=WAYS)
def place(request, tmp_path_factory):
    """A place where rowgate is installed by one of the ways, and its first row is posted."""
    made = Place(tmp_path_factory.mktemp(request.param))
    made.command = WAYS[request.param](made)
    made.done("installed")
    with made.dev() as stack:
        rows = '[{"id": 1, "department": "Sales"}]'
        headers = {"x-api-key": stack["api_key"], "content-type": "application/json"}
        made.answer = requests.post(f"{stack['edge']}/tables/departments/rows", rows, headers=headers, timeout=10)
        made.first_row = time.monotonic() - made.begun
        made.done("the first row is stored")
        made.page = requests.get(f"{stack['edge']}/", timeout=10)
        made.way = request.param
    return made


def test_the_first_row_is_posted_soon(place, capsys):
    assert place.answer.status_code == 200, place.answer.text
    assert place.answer.json()["tables"]["departments"]["stored"] == 1
    with capsys.disabled():
        print(f"\n{place.way}:")
        for seconds, step in sorted(place.steps):
            print(f"{seconds:6.1f} s  {step}")
    assert place.first_row <= MOST_SECONDS


def test_the_page_travels_with_the_program(place):
    assert place.page.status_code == 200 and "text/html" in place.page.headers["content-type"]


def test_it_says_what_it_is(place):
    version = json.loads((ROOT / "packaging/npm/package.json").read_text())["version"]
    assert place.rowgate("--version").stdout.startswith(f"rowgate {version} (")
    assert place.rowgate("completions", "bash").stdout.startswith("_rowgate()")
    assert ".TH rowgate" in place.rowgate("man").stdout


def test_a_file_is_checked(place):
    shutil.copy(ROOT / "samples/jobs.csv", place.work)
    report = json.loads(place.rowgate("check", "--json", "jobs.csv").stdout)
    assert (report["status"], report["tables"]["jobs"]["received"]) == ("complete", 183)


def test_the_demo_runs(place):
    """Its file goes through S3 and the Lambda, which is the program itself."""
    shown = place.rowgate("demo").stdout
    assert "employees: 1999 rows: 1966 stored, 0 kept, 33 rejected (partial)" in shown
    assert "employees: restored: 1966 rows" in shown


def test_nothing_is_left_running_or_lying_about(place):
    assert list(Path(place.environment["TMPDIR"]).iterdir()) == []
    home = {entry.name for entry in place.home.iterdir()}
    assert home <= {".npm", ".cache", "venv", "cargo", ".config", ".wrangler"}, home
