"""Loads a file before a Data API that answers at once, and before one that takes its time."""

import argparse
from pathlib import Path

from loading import LAMBDA, load

LATENCIES_MS = (0, 20)


def main():
    options = arguments()
    print("latency     rows/s  seconds  database under way  CPU s  peak MB", flush=True)
    for latency in LATENCIES_MS:
        fault = ["--fault", f"any:latency={latency}"] if latency else []
        for _ in range(options.times):
            loaded = load(options.megabytes, *fault, program=options.program)
            print(
                f"{latency:4} ms  {loaded.rows_per_second:9,.0f}  {loaded.seconds:7.1f}"
                f"  {loaded.database_share:18.1%}  {loaded.cpu_seconds:5.1f}"
                f"  {loaded.peak_megabytes:7.1f}",
                flush=True,
            )


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=100, help="size of the file [100]")
    parser.add_argument("--times", type=int, default=1, help="loads for each latency [1]")
    parser.add_argument("--program", type=Path, default=LAMBDA, help="another bootstrap")
    return parser.parse_args()


if __name__ == "__main__":
    main()
