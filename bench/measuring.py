"""A command run to its end and looked at from outside, and how figures are put down."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from delay import delayed
from loading import cpu_seconds, database, environment_of, peak_megabytes, put_faults

# A child's peak is looked at so often, in seconds; the last look is before its end.
LOOK = 0.005

# What all tools share, by the names of the processes.
SERVERS = {"database": ("mariadbd", "mysqld"), "services": ("rowgate",)}


@dataclass
class Run:
    """What one command came to."""

    seconds: float
    peak_megabytes: float
    cpu_seconds: float
    # Of the Data API and S3, and of the database server, meanwhile.
    services_seconds: float = 0
    database_seconds: float = 0
    file_bytes: int = 0


class Tools:
    """Commands on a stack: rowgate's, its peers', and the database's own client."""

    def __init__(self, stack):
        self.stack = stack
        self.database_url = stack["database_url"]

    def latency(self, milliseconds):
        """From here on each call of the Data API, and each question to the database by its own
        protocol, takes so much longer."""
        faults = [f"any:latency={milliseconds}"] if milliseconds else []
        put_faults(self.stack, *faults)
        ways = ExitStack()
        url = urlsplit(self.stack["database_url"])
        port, user = url.port, url.netloc.rpartition("@")[0]
        if milliseconds:
            port = ways.enter_context(delayed(url.hostname, port, milliseconds / 1000))
        self.database_url = urlunsplit(url._replace(netloc=f"{user}@{url.hostname}:{port}"))
        return ways

    def measure(self, command, statuses=(0,)):
        return measure(command, self.environment(), statuses)

    def environment(self):
        stack = self.stack
        return environment_of(stack) | {
            "AWS_DEFAULT_REGION": stack["region"],
            "DATABASE_URL": self.database_url,
            # Where the database's own client and mydumper look for it.
            "MYSQL_PWD": urlsplit(self.database_url).password or "",
        }

    def allow_load_data(self):
        with database(self.stack) as db:
            db.rows("SET GLOBAL local_infile = 1")

    def run_load_data(self, texts):
        """The database's own client with a tab-separated file for each table, by its name."""
        # As the fastest way there is: the client has nothing to do but read.
        statements = "; ".join(
            f"LOAD DATA LOCAL INFILE '{text}' INTO TABLE `{table}` CHARACTER SET utf8mb4"
            for table, text in texts.items()
        )
        program = shutil.which("mariadb") or shutil.which("mysql")
        assert program, "the database's own client, mariadb or mysql, is missing"
        return self.measure([program, "--no-defaults", *self.database_options(),
                             "--local-infile=1", f"--execute={statements}"])

    def database_options(self):
        url = urlsplit(self.database_url)
        return ["--host", url.hostname, "--port", str(url.port), "--user", "root",
                "--database", url.path.lstrip("/")]


def measure(command, environment, statuses=(0,)):
    """Runs a command to its end, which must be a good one."""
    before = server_seconds()
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                 stderr=subprocess.STDOUT)
        peak = 0
        while True:
            # Of a child's end the kernel would say its parent's peak, if that is higher.
            peak = max(peak, peak_of(child.pid))
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(LOOK)
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        assert child.returncode in statuses, f"{command}: {output.read()}"
    after = server_seconds()
    return Run(seconds, peak, usage.ru_utime + usage.ru_stime,
               after["services"] - before["services"], after["database"] - before["database"])


def server_seconds():
    """The processor time so far of the Data API with S3, and of the database server."""
    seconds = dict.fromkeys(SERVERS, 0.0)
    for process in descendants(os.getpid()):
        for server, names in SERVERS.items():
            if name_of(process) in names:
                seconds[server] += cpu_seconds(process)
    return seconds


def name_of(process):
    return (process / "comm").read_text().strip()


def descendants(pid):
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield Path(f"/proc/{child}")
            yield from descendants(child)


def peak_of(pid):
    try:
        return peak_megabytes(Path(f"/proc/{pid}"))
    except (LookupError, OSError):
        # It has no memory any more.
        return 0


def turned(names, number):
    """The names, another one first each time."""
    names = list(names)
    at = number % max(len(names), 1)
    return names[at:] + names[:at]


def median(runs):
    """Of each figure by itself."""
    fields = type(runs[0]).__dataclass_fields__
    return type(runs[0])(
        **{name: statistics.median(getattr(run, name) for run in runs) for name in fields}
    )


def print_markdown(head, lines):
    """A table; the first column is words, the others are figures."""
    print(f"| {' | '.join(head)} |")
    print(f"|---|{'---:|' * (len(head) - 1)}")
    for cells in lines:
        print(f"| {' | '.join(cells)} |")
    print(flush=True)


def write_json(path, figures):
    if path:
        path.write_text(json.dumps(figures, indent=2) + "\n")


def aim(what, found, limit, unit="times", *, least=False):
    """Says whether a figure is at most, or at least, what is aimed at, and answers that."""
    is_met = found >= limit if least else found <= limit
    verdict, bound = "pass" if is_met else "FAIL", "at least" if least else "at most"
    print(f"- {verdict}: {what}: {found:.2f} {unit}, of {bound} {limit:g} aimed at")
    return is_met
