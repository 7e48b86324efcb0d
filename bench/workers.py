"""Any built Worker on Cloudflare's own runtime, by Miniflare."""

import json
import os
import signal
import subprocess
import tempfile
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNNER = ROOT / "bench/worker.mjs"

READY_MARK = "Ready on "
PATIENCE_SECONDS = 60
LOOK = 0.002


@contextmanager
def worker(main, variables):
    """Starts one, and gives its address and the process that runs it; `main` is its module, `variables` its settings."""
    with tempfile.TemporaryDirectory() as folder:
        config, log = Path(folder) / "wrangler.json", Path(folder) / "log"
        config.write_text(json.dumps(configuration(main)))
        lines = (f"{name}='{value}'\n" for name, value in variables.items())
        (config.parent / ".dev.vars").write_text("".join(lines))
        with log.open("w") as output:
            node = subprocess.Popen(["node", RUNNER, config, "0"], stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=subprocess.STDOUT, env=environment(folder))
        try:
            yield wait_for_address(node, log), node
        finally:
            node.send_signal(signal.SIGTERM)
            node.wait(PATIENCE_SECONDS)


def configuration(main):
    """wrangler.toml for another Worker, without rate limits and the page."""
    config = tomllib.loads((ROOT / "wrangler.toml").read_text())
    del config["build"], config["assets"]
    config["main"] = str(main)
    for binding in config["ratelimits"]:
        binding["simple"]["limit"] = 1_000_000
    return config


def environment(folder):
    return {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "TMPDIR": folder,
            "NO_COLOR": "1", "WRANGLER_SEND_METRICS": "false",
            "WRANGLER_REGISTRY_PATH": f"{folder}/registry"}


def wait_for_address(node, log):
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and node.poll() is None:
        _, mark, rest = log.read_text().partition(READY_MARK)
        if mark and "\n" in rest:
            return rest.split()[0].rstrip("/")
        time.sleep(LOOK)
    raise TimeoutError(log.read_text())
