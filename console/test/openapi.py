"""Runs schemathesis against a gateway of this machine, by its own description, with a key.

python openapi.py ROWGATE [OPTIONS OF rowgate dev]
"""

import json
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What a description cannot say: a row that fits the types may still be refused by the table's keys and CHECKs, or
# by a limit (positive_data_acceptance), and members whose name begins with _ or is an alias are taken
# (negative_data_rejection). HEAD and OPTIONS are served besides what is described (unsupported_method).
LEFT_OUT = "positive_data_acceptance,negative_data_rejection,unsupported_method"


def main() -> int:
    rowgate, *options = sys.argv[1:]
    stack = subprocess.Popen(
        [rowgate, "dev", "--json", *options],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        about = json.loads(stack.stdout.readline())
        return run(about["edge"], about["api_key"])
    finally:
        stack.send_signal(signal.SIGTERM)
        stack.wait()


def run(edge: str, key: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.har"
        command = [
            Path(sys.executable).with_name("schemathesis"), "run", f"{edge}/openapi.json",
            "--header", f"x-api-key:{key}", "--checks", "all", "--exclude-checks", LEFT_OUT,
            "--phases", "examples,coverage,fuzzing", "--max-examples", "30", "--seed", "1",
            "--suppress-health-check", "all", "--request-timeout", "30", "--no-color",
            "--report", "har", "--report-har-path", report,
        ]
        status = subprocess.run(command, cwd=folder).returncode
        entries = json.loads(report.read_text())["log"]["entries"]
    print_reached(edge, key, entries)
    return status


def print_reached(edge: str, key: str, entries: list) -> None:
    """Says which operations have got past the key: a description that is only tried without one proves little."""
    request = urllib.request.Request(f"{edge}/openapi.json", headers={"x-api-key": key})
    paths = json.load(urllib.request.urlopen(request))["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods if path != "/openapi.json"}
    reached = set()
    for entry in entries:
        path = entry["request"]["url"].removeprefix(edge).split("?")[0]
        found = "/loads/{load_id}" if path.startswith("/loads/") else path
        if entry["response"]["status"] != 401:
            reached.add((entry["request"]["method"], found))
    missed = sorted(described - reached)
    print(f"{len(described & reached)} of {len(described)} operations got past 401, in {len(entries)} requests {missed or ''}")


if __name__ == "__main__":
    sys.exit(main())
