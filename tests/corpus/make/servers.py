"""Private database servers in a temporary folder, ended by their process ids."""

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def folder(owner=None):
    with tempfile.TemporaryDirectory() as path:
        path = Path(path)
        if owner:
            shutil.chown(path, owner)
        yield path


def wait_for(ready, seconds=60):
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError("the server does not answer")
        time.sleep(0.2)


def run(*command, **options):
    done = subprocess.run(command, check=True, capture_output=True, **options)
    return done.stdout


def succeeds(*command, **options):
    return subprocess.run(command, capture_output=True, **options).returncode == 0


@contextmanager
def process(*command, **options):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, **quiet, **options)
    try:
        yield
    finally:
        server.terminate()
        server.wait(60)


def is_root():
    return os.getuid() == 0
