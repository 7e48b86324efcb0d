"""`bench/NAME --help` says what a benchmark shows and what can be varied, and builds nothing."""

import os
import subprocess

import pytest
from conftest import ROOT

NAMES = [path.name for path in sorted((ROOT / "bench").iterdir()) if os.access(path, os.X_OK) and path.is_file()]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("has_packages", [True, False])
def test_help_builds_nothing(tmp_path, name, has_packages):
    builders = tmp_path / "builders"
    builders.mkdir()
    for builder in ("cargo", "npm", "pip", "docker", "curl"):
        (builders / builder).write_text("#!/bin/sh\nexit 99\n")
        (builders / builder).chmod(0o755)
    environment = {**os.environ, "PATH": f"{builders}:{os.environ['PATH']}"}
    if not has_packages:
        environment["ROWGATE_CACHE"] = str(tmp_path / "empty")
    done = subprocess.run(
        [ROOT / "bench" / name, "--help"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"bench/{name} " in done.stdout
    assert not (tmp_path / "empty").exists()
