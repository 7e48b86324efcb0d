"""What is in the packages for each kind of processor, and that their programs answer alike; the Lambda's archives as well.

A kind that is not built is skipped. A program for another kind than this machine's runs under qemu, where that is there
(Debian's qemu-user-static): it checks all files of the corpora, and answers a request as the Lambda.
"""

import json
import os
import shutil
import struct
import subprocess
import tarfile
import time
import zipfile
from collections import defaultdict
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import zstandard
from events import gateway_event
from test_packages import PACKAGES, ROOT, package

VERSIONS = json.loads((ROOT / "package.json").read_text())["devDependencies"]
VERSION = json.loads((ROOT / "packaging/npm/package.json").read_text())["version"]

# By Rust's name of a kind: npm's name, the runtime's package, and the ELF header's number.
MACHINES = {"x86_64": ("x64", "linux-64", 62), "aarch64": ("arm64", "linux-arm64", 183)}
WHEEL_TAGS = ("manylinux2014", "manylinux_2_17", "musllinux_1_2")

# Kernels for arm64 may have pages of 64 KiB, and load nothing that is aligned to less.
PAGE = {"x86_64": 4 << 10, "aarch64": 64 << 10}

# How long the Lambda may take, with its start.
SECONDS = 30
SETTINGS = {
    "AWS_LAMBDA_FUNCTION_NAME": "rowgate", "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
    "DB_CLUSTER_ARN": "cluster", "DB_SECRET_ARN": "secret", "DB_NAME": "rowgate",
    "API_KEYS": '[{"id": "gateway:*", "tables": ["*"]}]',
}  # fmt: skip

LOAD, DYNAMIC, INTERPRETER, NEEDED = 1, 2, 3, 1

TESTS = ROOT / "tests"
TABLES = {
    table["name"]: schema
    for schema in (ROOT / "sql/schema.json", ROOT / "samples/shop/schema.json")
    for table in json.loads(schema.read_text())["tables"]
}


def require(machine):
    if not list(PACKAGES.glob(f"*{machine}.whl")):
        pytest.skip(f'the packages for {machine} are not built: make packages MACHINES="x86_64 aarch64"')


@pytest.fixture(params=MACHINES)
def machine(request):
    require(request.param)
    return request.param


@cache
def tarball(machine):
    """The content of the npm package, and the modes, by name."""
    with tarfile.open(package(f"rowgate-linux-{MACHINES[machine][0]}-{VERSION}.tgz")) as archive:
        return {it.name: (archive.extractfile(it).read(), it.mode) for it in archive if it.isfile()}


@cache
def wheel(machine):
    with zipfile.ZipFile(package(f"rowgate-{VERSION}-*{machine}.whl")) as archive:
        return {it.filename: (archive.read(it), it.external_attr >> 16) for it in archive.infolist()}


def program(machine):
    return tarball(machine)["package/bin/rowgate"]


# --- what is in them ---


def test_the_program_is_static_and_for_its_processor(machine):
    check_static(program(machine)[0], machine)


def check_static(elf, machine):
    assert elf[:6] == b"\x7fELF\x02\x01"
    assert struct.unpack_from("<H", elf, 18) == (MACHINES[machine][2],)
    segments = list(segments_of(elf))
    assert INTERPRETER not in [kind for kind, *_ in segments]
    # A static program that may lie anywhere has a dynamic section, which names no library.
    for kind, at, size, _ in segments:
        if kind == DYNAMIC:
            tags = [tag for tag, _ in struct.iter_unpack("<QQ", elf[at : at + size])]
            assert NEEDED not in tags
    assert all(alignment >= PAGE[machine] for kind, _, _, alignment in segments if kind == LOAD)


def segments_of(elf):
    """Kind, offset, size in the file, and alignment of each segment."""
    (start,), (size, count) = struct.unpack_from("<Q", elf, 32), struct.unpack_from("<HH", elf, 54)
    for place in range(start, start + size * count, size):
        kind, _, at, _, _, length, _, alignment = struct.unpack_from("<IIQQQQQQ", elf, place)
        yield kind, at, length, alignment


def test_npm_and_pip_install_the_same_program(machine):
    for elf, mode in (program(machine), wheel(machine)[f"rowgate-{VERSION}.data/scripts/rowgate"]):
        same = elf == program(machine)[0]
        assert same and mode & 0o777 == 0o755


def test_npm_installs_it_on_its_processor_alone_with_its_runtime(machine):
    said = json.loads(tarball(machine)["package/package.json"][0])
    name, runtime, _ = MACHINES[machine]
    assert (said["name"], said["version"]) == (f"@rowgate/linux-{name}", VERSION)
    assert (said["os"], said["cpu"]) == (["linux"], [name])
    assert said["dependencies"] == {f"@cloudflare/workerd-{runtime}": VERSIONS["workerd"]}


def test_pip_installs_it_on_its_processor_alone(machine):
    tags = {f"{system}_{machine}" for system in WHEEL_TAGS}
    path = package(f"rowgate-{VERSION}-*{machine}.whl")
    assert set(path.stem.split("-")[-1].split(".")) == tags
    lines = wheel(machine)[f"rowgate-{VERSION}.dist-info/WHEEL"][0].decode().splitlines()
    assert {line for line in lines if line.startswith("Tag: ")} == {f"Tag: py3-none-{tag}" for tag in tags}


# --- that they run ---


@pytest.fixture
def pair(tmp_path):
    """The words that start the program of either kind, this machine's first."""
    machines = sorted(MACHINES, key=lambda machine: machine != os.uname().machine)
    return [start_of(machine, tmp_path / machine) for machine in machines]


def start_of(machine, path):
    require(machine)
    path.write_bytes(program(machine)[0])
    path.chmod(0o755)
    return [*starter_of(machine), path]


def starter_of(machine):
    """The words before a program of a kind."""
    if machine == os.uname().machine:
        return []
    qemu = shutil.which(f"qemu-{machine}-static")
    if not qemu:
        pytest.skip(f"qemu-{machine}-static is not there to run it: apt install qemu-user-static")
    return [qemu]


def same_answer(pair, *words):
    """What both print, byte for byte, with the same exit code."""
    native, other = (
        subprocess.run([*start, *words], cwd=ROOT, env={"TZ": "UTC"}, capture_output=True) for start in pair
    )
    assert (other.stdout, other.stderr, other.returncode) == (native.stdout, native.stderr, native.returncode)
    assert native.returncode in (0, 1), native.stderr
    return native.stdout.decode()


def test_they_are_of_one_commit(pair):
    assert same_answer(pair, "--version").startswith(f"rowgate {VERSION} (")


def corpora():
    """The files of all formats, by table and schema."""
    found = defaultdict(list)
    for folder in (TESTS / "corpus", TESTS / "corpus/later"):
        for name, entry in json.loads((folder / "expected.json").read_text()).items():
            found[entry["table"], TABLES[entry["table"]]].append(folder / "files" / name)
    for folder in (TESTS / "sheets", TESTS / "parquet"):
        found["items", folder / "tables.json"] = sorted((folder / "files").iterdir())
    for path in sorted(TESTS.glob("fixtures/backups/**/*.avro")):
        found[path.parent.name, TABLES[path.parent.name]].append(path)
    return found


@pytest.mark.parametrize("manner", ["--json", "--explain"])
def test_they_check_all_files_alike(pair, manner):
    suffixes = set()
    for (table, schema), paths in corpora().items():
        shown = same_answer(pair, "check", manner, "--schema", schema, "--table", table, *paths)
        assert len(shown.splitlines()) >= len(paths)
        suffixes |= {path.suffix for path in paths}
    assert {".csv", ".tsv", ".gz", ".xlsx", ".parquet", ".avro"} <= suffixes


def test_they_unpack_alike(pair, tmp_path):
    path = tmp_path / "jobs.csv.zst"
    path.write_bytes(zstandard.compress((ROOT / "samples/jobs.csv").read_bytes()))
    assert "183 rows, 183 good" in same_answer(pair, "check", path)


# --- the Lambda ---


class Runtime(BaseHTTPRequestHandler):
    """Lambda's API for its runtimes: hands out an event, and takes the answer."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("lambda-runtime-aws-request-id", "1")
        self.send_header("lambda-runtime-deadline-ms", str(int(time.time() + SECONDS) * 1000))
        self.end_headers()
        self.wfile.write(json.dumps(self.server.event).encode())

    def do_POST(self):
        self.server.answer = self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_):
        pass


def invoke(words, event):
    """How a program that is started as Lambda starts it answers an event."""
    with HTTPServer(("127.0.0.1", 0), Runtime) as server:
        server.timeout, server.event, server.answer = SECONDS, event, None
        settings = SETTINGS | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
        process = subprocess.Popen(words, env=settings)
        try:
            server.handle_request()
            server.handle_request()
        finally:
            process.kill()
            process.wait()
    assert server.answer, "it asks for no event, or answers none"
    path, answer = server.answer
    assert path == "/2018-06-01/runtime/invocation/1/response", answer
    return answer


def routes(*words):
    answer = invoke(words, gateway_event("GET", "/openapi.json", headers={"x-api-key": "a key"}))
    assert answer["statusCode"] == 200, answer
    assert "/tables/departments/rows" in json.loads(answer["body"])["paths"]
    return answer["body"]


def test_they_are_the_lambda(pair):
    native, other = (routes(*start, "lambda") for start in pair)
    assert other == native


@pytest.mark.parametrize("machine", MACHINES)
def test_the_lambda_alone_is_static_and_answers(machine):
    name = {"aarch64": "arm64"}.get(machine, machine)
    bootstrap = ROOT / f"target/lambda/{name}/bootstrap"
    if not bootstrap.is_file():
        pytest.skip(f"the Lambda for {name} is not built: scripts/build-lambda {name}")
    check_static(bootstrap.read_bytes(), machine)
    routes(*starter_of(machine), bootstrap)
