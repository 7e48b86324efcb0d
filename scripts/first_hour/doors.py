"""Rows by every door: files, API Gateway, the Worker."""

import http.client
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from .texts import answer
from .world import send

# What each row of this script is called, by which its rows are known.
NAME = "first hour"

REPORT_SECONDS = 180
LARGE_SECONDS = 3_600

# How long Cloudflare lets a Worker go on after its client is gone, and a little more.
HANG_UP_SECONDS = 45
HANG_UPS = 20

# Fewer than the Worker's limit of 50 in 10 seconds by key.
AT_ONCE = 12

# Between two requests to one door, whose limits are not asked about there.
BETWEEN_SECONDS = 0.5

# More than API Gateway takes.
LONG_BODY = 11 << 20


def rows(first, count=1):
    return [{"id": id, "job_name": f"{NAME} {id}"} for id in range(first, first + count)]


def document(first, count=1):
    """A body of POST /insert_data."""
    return json.dumps({"jobs": rows(first, count)}).encode()


# --- files ---


class Bucket:
    """The stack's bucket, and the reports in it."""

    def __init__(self, hour):
        self.aws = hour.aws
        self.name = hour.names["Bucket"]

    def put(self, key, path):
        done = self.aws.run("s3", "cp", "--only-show-errors", str(path), f"s3://{self.name}/{key}")
        if done.returncode:
            raise RuntimeError(done.stderr.strip())

    def objects(self, prefix):
        """Key and ETag of each."""
        reply = self.aws("s3api", "list-objects-v2", "--bucket", self.name, "--prefix", prefix)
        if not reply.is_good:
            raise RuntimeError(reply.words())
        return {(item["Key"], item["ETag"], item["LastModified"]) for item in reply.data.get("Contents", [])}

    def read(self, key):
        with tempfile.NamedTemporaryFile() as file:
            self.aws("s3api", "get-object", "--bucket", self.name, "--key", key, file.name)
            return Path(file.name).read_bytes()

    def load(self, key, body, seconds=REPORT_SECONDS):
        """Puts a file of rows; answers its report."""
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            for part in body:
                file.write(part)
            file.flush()
            before = self.objects(f"reports/{key}.")
            self.put(key, file.name)
            return self.report(key, before, seconds)

    def report(self, key, before, seconds):
        """The next report on a key."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            new = self.objects(f"reports/{key}.") - before
            if new:
                return json.loads(self.read(new.pop()[0]))
            time.sleep(1)
        raise RuntimeError(f"no report on a file after {seconds} s")


def csv(first, count, *others):
    lines = [f"{id},{NAME} {id}\n" for id in range(first, first + count)]
    return [b"id,job_name\n", "".join(lines).encode(), *others]


def files(hour):
    bucket = Bucket(hour)
    first = hour.ids(10)
    body = csv(first, 3)
    statuses = [bucket.load(f"incoming/jobs/first-hour-{first}.csv", body)["status"] for _ in range(2)]
    holds = statuses[0] == "complete" and statuses[1] in ("complete", "duplicate")
    answer(hour, "file_twice", ", then ".join(statuses), holds)

    report = bucket.load(f"incoming/jobs/bad-{first}.csv", csv(first + 3, 1, b"seven,no number\n"))
    given_back = bool(report.get("rejects")) and len(bucket.read(report["rejects"])) > 0
    seen = f"{report['status']}, {'given back' if given_back else 'nothing given back'}"
    answer(hour, "file_bad_rows", seen, report["status"] == "partial" and given_back)

    key = f"incoming/gr\u00f6\u00dfe & co/jobs/um laut \u00e4 + b = (1) {first}.csv"
    status = bucket.load(key, csv(first + 4, 1))["status"]
    answer(hour, "file_odd_key", status, status == "complete")


def large_file(hour):
    """So many megabytes; the ids are those of the largest numbers, behind all others."""
    first = 1_000_000_000 + hour.ids(1) % 100_000_000
    row_bytes = len(csv(first, 1)[1])
    count = hour.options.large * 1_000_000 // row_bytes
    step = 100_000
    body = (b"".join(csv(first + at, min(step, count - at))[1:]) for at in range(0, count, step))
    key = f"incoming/jobs/first-hour-large-{first}.csv"
    report = Bucket(hour).load(key, (part for part in [b"id,job_name\n", *body]), LARGE_SECONDS)
    seen = f"{report['status']}: {hour.options.large} MB, {count} rows, {json.dumps(durations(report))}"
    answer(hour, "file_large", seen, report["status"] == "complete")


def durations(report):
    return {name: value for name, value in report.items() if name.endswith("_ms")}


# --- requests ---


def once(hour, name, post):
    """A row, the same again, and two requests with one Idempotency-Key."""
    first = hour.ids(10)
    key = {"idempotency_key": f"first-hour-{first}"}
    seen = []
    for body, headers in [(document(first), {})] * 2 + [(document(first + 1), key)] * 2:
        seen.append(post(body, **headers))
        time.sleep(BETWEEN_SECONDS)
    replayed = {name.lower(): value for name, value in seen[3].headers.items()}.get("idempotent-replayed")
    holds = [it.status for it in seen] == [200, 409, 200, 200] and replayed == "true"
    words = ", ".join(it.words() for it in seen)
    answer(hour, name, f"{words}; replayed: {replayed or 'no'}", holds)


def gateway_post(hour):
    """A function that posts a body to API Gateway, with the stack's key unless another is given."""
    reply = hour.aws("apigateway", "get-api-key", "--api-key", hour.names["ApiKeyDefault"], "--include-value")
    if not reply.is_good:
        raise RuntimeError(reply.words())
    hour.record.hide(reply.data["value"], "ApiKey")
    return poster(hour.names["InsertUrl"], reply.data["value"])


def worker_post(hour):
    return poster(hour.names["WorkerUrl"].rstrip("/") + "/insert_data", hour.names["WorkerKey"])


def poster(url, key):
    def post(body, x_api_key=key, **headers):
        return send(url, body, x_api_key=x_api_key, content_type="application/json", **headers)

    return post


def gateway(hour):
    post = gateway_post(hour)
    once(hour, "gateway_rows", post)
    wrong = post(document(hour.ids(1)), x_api_key="w" * 40)
    answer(hour, "gateway_wrong_key", wrong.words(), wrong.status == 401)
    long = post(b" " * LONG_BODY)
    answer(hour, "gateway_body", long.words(), long.status == 413)
    firsts = [hour.ids(1) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda first: post(document(first)), firsts))
    counted = count(it.words() for it in answers)
    answer(hour, "gateway_throttled", counted, {it.status for it in answers} <= {200, 429, 503})


def count(words):
    words = list(words)
    return ", ".join(f"{words.count(word)} times {word}" for word in sorted(set(words)))


def worker(hour):
    health = send(hour.names["WorkerUrl"].rstrip("/") + "/health")
    answer(hour, "worker_upload", f"GET /health: {health.words()}", health.status == 200)
    post = worker_post(hour)
    once(hour, "worker_rows", post)
    began = time.monotonic()
    many = post(document(hour.ids(10_000), 10_000))
    seconds = time.monotonic() - began
    answer(hour, "worker_10000_rows", f"{many.words()} after {seconds:.1f} s", many.status == 200)
    hang_ups(hour)


def hang_ups(hour):
    """Clients that are gone after 50 ms; then no transaction is open, and no request half stored."""
    firsts = [hour.ids(20) for _ in range(HANG_UPS)]
    for first in firsts:
        hang_up(hour, document(first, 20))
    left, seconds = wait_for_transactions(hour)
    stored = [int(hour.database.value(counted(first, 20))) for first in firsts]
    seen = f"{left} open after {seconds:.0f} s; of {HANG_UPS} requests {stored.count(20)} are stored, " \
           f"{stored.count(0)} are not, {HANG_UPS - stored.count(20) - stored.count(0)} are in part"
    answer(hour, "hang_ups", seen, str(left) == "0" and set(stored) <= {0, 20})


def counted(first, number):
    return f"SELECT COUNT(*) FROM jobs WHERE id BETWEEN {first} AND {first + number - 1}"


def hang_up(hour, body):
    url = urlsplit(hour.names["WorkerUrl"])
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.netloc, timeout=30)
    headers = {"x-api-key": hour.names["WorkerKey"], "content-type": "application/json"}
    connection.request("POST", "/insert_data", body, headers)
    time.sleep(0.05)
    connection.close()


def wait_for_transactions(hour):
    """How many are open after a while, or why that cannot be seen, and the seconds that it took."""
    sql = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> CONNECTION_ID()"
    began = time.monotonic()
    while True:
        reply = hour.database.sql(sql, secret="RootSecretArn")
        seconds = time.monotonic() - began
        if not reply.is_good:
            return reply.words(), seconds
        left = int(reply.data["records"][0][0]["longValue"])
        if left == 0 or seconds > HANG_UP_SECONDS:
            return left, seconds
        time.sleep(1)


# --- slow ---


def idle(hour):
    """Requests with longer and longer pauses between them, at each door that there is."""
    posts = posts_of(hour)
    seen = []
    for seconds in (0, *hour.options.idle):
        time.sleep(seconds)
        for door, post in posts.items():
            seen.append((door, seconds, post(document(hour.ids(1)))))
    words = ", ".join(f"{door} after {seconds} s: {it.words()}" for door, seconds, it in seen)
    answer(hour, "idle_connections", words, all(it.status == 200 for _, _, it in seen))


def posts_of(hour):
    posts = {"Worker": worker_post} if hour.has("WorkerUrl", "WorkerKey") else {}
    if hour.has("InsertUrl", "ApiKeyDefault"):
        posts["API Gateway"] = gateway_post
    if not posts:
        raise RuntimeError("there is no door for requests")
    return {door: make(hour) for door, make in posts.items()}


def locked_row(hour):
    """A request whose row another transaction holds."""
    post = gateway_post(hour)
    first = hour.ids(1)
    transaction = hour.database.begin()
    values = f"({first}, '{NAME} {first}')"
    hour.database.sql(f"INSERT INTO jobs (id, job_name) VALUES {values}", transaction=transaction)
    began = time.monotonic()
    waited = post(document(first))
    seconds = time.monotonic() - began
    hour.database.end(transaction)
    seen = f"{waited.words()} after {seconds:.0f} s"
    answer(hour, "gateway_timeout", seen, waited.status in (503, 504) and seconds < 30)


def wake_up(hour):
    """The first call and the first requests after the cluster had time to pause."""
    time.sleep(hour.options.paused_after)
    began = time.monotonic()
    reply = hour.database.sql("SELECT 1", wait=False)
    if reply.is_good:
        answer(hour, "wake_up", "it was not paused: the first call was answered")
        return
    for door, post in posts_of(hour).items():
        first = post(document(hour.ids(1)))
        answer(hour, "wake_up", f"{door}: {first.words()} after {time.monotonic() - began:.0f} s",
               first.status in (200, 503))  # fmt: skip
    hour.database.value("SELECT 1")
    answer(hour, "wake_up", f"awake after {time.monotonic() - began:.0f} s")
