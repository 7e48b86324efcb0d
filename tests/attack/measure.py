"""One case: what met it, for how long, and the most memory that this took."""

import os
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# A command's peak is looked at so often, in seconds.
LOOK = 0.005


@dataclass
class Bound:
    """The most that a case may take."""

    megabytes: float
    seconds: float


@dataclass
class Met:
    """What a case came to; `wasm` is the memory of a Worker's program."""

    result: object = None
    seconds: float = 0
    megabytes: float = 0
    wasm: float = 0


@dataclass
class Done:
    """A command that has ended."""

    status: int
    output: str
    errors: str
    megabytes: float


class Attack:
    """Measures the cases of one test and puts them into the run's table."""

    def __init__(self, kind, record):
        """`record` is pytest's `record_property`."""
        self.kind, self.record = kind, record

    @contextmanager
    def case(self, name, bound, *processes):
        """Measures what is done inside; these processes live on, and their peaks count."""
        before = pids(processes)
        for pid in before:
            # Lets the kernel find its peak anew.
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        met, began = Met(), time.monotonic()
        try:
            yield met
        finally:
            met.seconds = time.monotonic() - began
            after = pids(processes)
            met.megabytes = max([met.megabytes, *map(peak_megabytes, after)])
            self.record("attack", [self.kind, name, str(met.result), met.seconds, met.megabytes,
                                   bound.megabytes, bound.seconds, met.wasm])
        assert before <= after, f"{before - after} of {processes} have ended"
        assert met.megabytes <= bound.megabytes, f"{met.megabytes:.0f} MB, {bound}"
        assert met.seconds <= bound.seconds, f"{met.seconds:.0f} s, {bound}"


def pids(names):
    """The processes of these names that this run has started."""
    return {pid for pid in descendants(os.getpid()) if name_of(pid) in names}


def descendants(pid):
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield int(child)
                yield from descendants(int(child))


def name_of(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()


def peak_megabytes(pid):
    """The most memory since `clear_refs`, as the kernel counts it; 0 of a process that has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0


def run(command, environment, seconds=600):
    """Runs a command to its end, and looks at its memory meanwhile; past these seconds it is killed."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                 stderr=errors)
        peak, end = 0, time.monotonic() + seconds
        while child.poll() is None:
            # Of a child's end the kernel would say its parent's peak, if that is higher.
            peak = max(peak, peak_megabytes(child.pid))
            if time.monotonic() > end:
                child.kill()
            time.sleep(LOOK)
        return Done(child.returncode, text(output), text(errors), peak)


def text(file):
    file.seek(0)
    return file.read().decode(errors="replace")
