"""A function that does what its event says; the host puts a #! line before it."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

BASE = os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/"


def post(path, value):
    body = json.dumps(value).encode()
    with urllib.request.urlopen(BASE + path, body) as answer:
        assert answer.status == 202, answer.status


def handle(event, headers, count):
    do = event.get("do", "echo")
    if do == "echo":
        return event
    if do == "about":
        return {
            "pid": os.getpid(),
            "count": count,
            "folder": os.getcwd(),
            "variables": dict(os.environ),
            "headers": {name.lower(): value for name, value in headers.items()},
        }
    if do == "print":
        for line in event["lines"]:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
            sys.stderr.write(line.upper() + "\n")
        return None
    if do == "sleep":
        time.sleep(event["seconds"])
        return "slept"
    if do == "large":
        return "x" * event["bytes"]
    if do == "crash":
        os._exit(event["status"])
    if do == "leave":
        return subprocess.Popen(["sleep", "60"]).pid
    if do == "fail":
        raise ValueError("on demand")
    if do == "fail-at-first":
        # One byte for each attempt.
        with open(event["file"], "ab") as file:
            file.write(b"x")
        if os.path.getsize(event["file"]) <= event["times"]:
            raise ValueError("not yet")
        return "at last"
    raise KeyError(do)


def main():
    start = os.environ.get("START")
    if start == "error":
        post("init/error", {"errorType": "Init.Error", "errorMessage": "no settings"})
        sys.exit(1)
    if start == "exit":
        sys.exit(3)
    count = 0
    while True:
        with urllib.request.urlopen(BASE + "invocation/next") as answer:
            headers = dict(answer.headers)
            event = json.load(answer)
        count += 1
        path = "invocation/" + answer.headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            result = handle(event, headers, count)
        except Exception as error:
            value = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []}
            post(path + "/error", value)
            continue
        try:
            post(path + "/response", result)
        except urllib.error.HTTPError as error:
            assert error.code == 413, error.code
        if event.get("then") == "exit":
            sys.exit(0)


main()
