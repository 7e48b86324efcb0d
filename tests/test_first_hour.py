"""scripts/first-hour: the anonymous record, and the steps that need no stack on AWS.

tests/aws/test_first_hour.py runs all of them.
"""

import json
import os
import re
import subprocess
import sys

import pytest
from conftest import PROGRAM, ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from first_hour.anonymous import anonymous  # noqa: E402
from first_hour.questions import QUESTIONS  # noqa: E402
from first_hour.record import FORMAT, Record  # noqa: E402
from first_hour.steps import ENGINE_VERSION, FAMILY, PARAMETERS, STEPS  # noqa: E402
from first_hour.world import OUTPUTS, variable  # noqa: E402

SCRIPT = ROOT / "scripts/first-hour"
DOCUMENT = ROOT / "docs/first-hour.md"

# --- texts ---

SECRETS = [
    ("arn:aws:rds:eu-west-1:111122223333:cluster:hr-prod", "<arn>"),
    ("arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:writer-AbCdEf", "<arn>"),
    ("hr-prod.cluster-cabc123def45.eu-west-1.rds.amazonaws.com", "<host>"),
    ("abc123.execute-api.us-gov-west-1.amazonaws.com", "<host>"),
    ("rds-data.cn-north-1.amazonaws.com.cn", "<host>"),
    ("rds-data.us-east-1.api.aws", "<host>"),
    ("rowgate-dev.jane-doe.workers.dev", "<host>"),
    ("ip-10-0-12-7.ec2.internal", "<host>"),
    ("ip-10-0-12-7", "<host>"),
    ("db.example.com:3306", "<host>"),
    ("https://sqs.eu-west-1.amazonaws.com/111122223333/failed", "<url>"),
    ("jdbc:mysql://db.example.com:3306/hr?user=admin&password=x", None),
    ("s3://jane-private/incoming/", "<url>"),
    ("10.0.12.7", "<ip>"),
    ("10.0.12.7:3306", "<ip>"),
    ("2001:db8:85a3::8a2e:370:7334", "<ip>"),
    ("fe80::1", "<ip>"),
    ("111122223333", "<account>"),
    ("1111-2222-3333", "<account>"),
    ("8f14e45f-ceea-467a-9575-1d2c3b4a5f60", "<id>"),
    ("4442587FB7D0A2F9", "<id>"),
    ("AKIAIOSFODNN7EXAMPLE", "<key id>"),
    ("ASIAIOSFODNN7EXAMPLE", "<key id>"),
    ("AROAIOSFODNN7EXAMPLE:session", None),
    ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "<id>"),
    ("wJalrXUtnFEMIqKbMDENGzbPxRfiCYEXAMPLEKEY", "<id>"),
    ("FwoGZXIvYXdzEBYaDHh4eHh4eHh4eHh4eCJq==", "<id>"),
    ("qwertyuiopasdfghjklzxcvbnmqwerty", "<id>"),
    ("db-ABCDEFGHIJKLMNOPQRSTUVWXYZ", "<id>"),
    ("SecretAccessKey=wJalrXUtnFEMIqKbMDENGzbPxRfiCYEXAMPLEKEY", "SecretAccessKey=<id>"),
    ("db-WQJ7X2B4K5M6N7P8Q9R0S1T2U3", "<id>"),
    ("jane.doe+aws@example.co.uk", "<email>"),
    ("ap-southeast-2", "<region>"),
    ("us-gov-east-1a", "<region>"),
    ("'rowgate_admin'@'10.0.0.1'", "<user>"),
    ("`rowgate_admin`@`%`", "<user>"),
]

FRAMES = ["{}", "it is {}.", "({})", "'{}': refused", "a={};b", "User {}, twice: {}", '{{"x": "{}"}}']


@pytest.mark.parametrize("secret, placeholder", SECRETS)
@pytest.mark.parametrize("frame", FRAMES)
def test_what_tells_an_account_is_replaced(secret, placeholder, frame):
    told = anonymous(frame.format(secret, secret))
    for word in re.split(r"[^\w-]+", secret):
        if (len(word) > 7 or re.search(r"\d{4}", word)) and word not in (placeholder or ""):
            assert word not in told, told
    if placeholder and frame == "{}":
        assert told == placeholder


def test_messages_of_aws_keep_their_words():
    for message, told in [
        (
            "AccessDeniedException: User: arn:aws:iam::111122223333:user/jane is not authorized to perform: "
            "rds-data:ExecuteStatement on resource: arn:aws:rds:eu-west-1:111122223333:cluster:hr because no "
            "identity-based policy allows the rds-data:ExecuteStatement action",
            "AccessDeniedException: User: <arn> is not authorized to perform: "
            "rds-data:ExecuteStatement on resource: <arn> because no "
            "identity-based policy allows the rds-data:ExecuteStatement action",
        ),
        (
            "Duplicate entry 'Ann O\\'Hara' for key 'jobs.PRIMARY'; Error code: 1062; SQLState: 23000",
            "Duplicate entry '<value>' for key 'jobs.PRIMARY'; Error code: 1062; SQLState: 23000",
        ),
        (
            "Duplicate entry 'O'Hara' for key 'jobs.PRIMARY'; Error code: 1062; SQLState: 23000",
            "Duplicate entry '<value>' for key 'jobs.PRIMARY'; Error code: 1062; SQLState: 23000",
        ),
        (
            "Incorrect integer value: 'Jane' for column 'id' at row 1",
            "Incorrect integer value: '<value>' for column 'id' at row 1",
        ),
        (
            "GRANT ALL PRIVILEGES ON `hr\\_prod`.* TO `rowgate_admin`@`%`",
            "GRANT ALL PRIVILEGES ON <database>.* TO <user>",
        ),
        ("user root@localhost in database rowgate", "user <user> in database rowgate"),
        (
            "The Aurora DB instance db-WQJ7X2B4K5M6N7P8Q9R0S1T2U3 is resuming after being auto-paused. Please "
            "wait a few seconds and try again.",
            "The Aurora DB instance <id> is resuming after being auto-paused. Please "
            "wait a few seconds and try again.",
        ),
    ]:
        assert anonymous(message) == told


@pytest.mark.parametrize(
    "text",
    [
        "8.0.mysql_aurora.3.10.4",
        "10.11.19-MariaDB-0+deb12u1",
        "MySQL 8.0.42, Aurora 3.10.4",
        "java.sql.SQLIntegrityConstraintViolationException: Column 'job' cannot be null",
        "com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure",
        "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO",
        "utf8mb4_0900_ai_ci, REPEATABLE-READ, 4194304 bytes, 2021-07-27T16:02:08Z, 12:30:00",
        "refused with DatabaseErrorException (HTTP 400); Error code: 1064; SQLState: 42000",
        "Database returned more than the allowed response size limit",
        "You have an error in your SQL syntax; check the manual near 'SELEC 1' at line 1",
        "503 urn:rowgate:problem:no_answer after 25 s",
        "time_zone: UTC",
        ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
    ],
)
def test_what_tells_nothing_stays(text):
    assert anonymous(text) == text


def test_known_values_are_replaced_by_their_names():
    known = {"jane-bucket": "Bucket", "jane-bucket-logs": "Logs", "hunter2": "WorkerKey"}
    told = anonymous("jane-bucket-logs, jane-bucket and xhunter2x", known.items())
    assert told == "<Logs>, <Bucket> and x<WorkerKey>x"


# --- the record ---


def test_an_answer_is_as_its_worst(tmp_path):
    record = Record(tmp_path / "seen.json")
    for holds in (None, True, False):
        assert record.whole()["answers"]["json_table"]["answer"] == {
            None: "not_tried", True: "seen", False: "confirmed",
        }[holds]  # fmt: skip
        record.answer("json_table", f"text {holds}", holds)
    assert record.whole()["answers"]["json_table"]["answer"] == "refuted"
    with pytest.raises(KeyError):
        record.answer("no_such_question", "text")


def test_the_record_is_its_owner_s_and_anonymous(tmp_path):
    record = Record(tmp_path / "seen.json")
    record.hide("hunter2hunter2", "WorkerKey")
    record.answer("syntax_error_text", "hunter2hunter2 at 10.0.0.7")
    record.versions["aws"] = "arn:aws:rds:eu-west-1:111122223333:cluster:hr"
    record.step("texts", "failed", 1.0, "no route to jane.example.com")
    record.write()
    assert (tmp_path / "seen.json").stat().st_mode & 0o777 == 0o600
    text = (tmp_path / "seen.json").read_text()
    assert not any(it in text for it in ("hunter2", "10.0.0.7", "111122223333", "jane"))
    read = json.loads(text)
    assert read["format"] == FORMAT
    assert read["answers"]["syntax_error_text"]["seen"] == ["<WorkerKey> at <ip>"]
    assert list(read["answers"]) == [question.name for question in QUESTIONS]


def test_a_secret_is_known_before_a_text_is_cut(tmp_path):
    record = Record(tmp_path / "seen.json")
    record.hide("hunter2-hunter2", "WorkerKey")
    record.answer("syntax_error_text", "x " * 498 + "hunter2-hunter2")
    assert "hunter2" not in json.dumps(record.whole())


# --- the document ---


def test_the_document_has_the_tables_of_the_script():
    printed = subprocess.run([SCRIPT, "--tables"], capture_output=True, text=True, check=True).stdout
    document = DOCUMENT.read_text()
    for table in printed.strip().split("\n\n"):
        assert table in document


def test_names_are_given_once_and_stay_names():
    names = [question.name for question in QUESTIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", name) for name in names)
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_each_question_has_a_way_to_its_answer():
    code = "".join(path.read_text() for path in (ROOT / "scripts/first_hour").glob("[!q]*.py"))
    for question in QUESTIONS:
        by_step = f'"{question.name}"' in code
        assert bool(question.by_hand) != (by_step or bool(question.checks)), question.name


def test_what_the_stack_asks_for_is_what_is_asked_about():
    source = "".join(path.read_text() for path in (ROOT / "infra/lib").glob("*.ts"))
    version = ENGINE_VERSION.rpartition("aurora.")[2]
    assert version in source.replace("_", ".")
    assert FAMILY == f"aurora-mysql{ENGINE_VERSION[:3]}"
    body = re.search(r"const PARAMETERS[^=]*= \{(.*?)\n\};", source, re.DOTALL)[1]
    assert set(re.findall(r"^  (\w+):", body, re.MULTILINE)) == PARAMETERS
    told = set(re.findall(r"^      (\w+): ", re.search(r"this\.tell\(\{(.*?)\}\)", source, re.DOTALL)[1], re.MULTILINE))
    assert set(OUTPUTS) - {"ApiKeyDefault"} <= told


# --- the run ---


@pytest.fixture
def aws_bin(tmp_path):
    """A folder with a stand-in for AWS's command."""
    return with_aws(tmp_path)


def with_aws(folder):
    path = folder / "aws"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/aws_command.py "$@"\n')
    path.chmod(0o755)
    return folder


def names_of(stack):
    """What a stack would have told, and where its services are."""
    names = {
        "Region": stack["region"],
        "ClusterArn": stack["cluster_arn"],
        "DatabaseName": "rowgate",
        "AdminSecretArn": stack["secret_arn"],
        "Bucket": stack["bucket"],
        "WorkerUrl": stack["edge"],
        "WorkerKey": stack["api_key"],
    }
    return {variable(name): value for name, value in names.items()} | {
        "AWS_REGION": stack["region"],
        "AWS_DEFAULT_REGION": stack["region"],
        "AWS_ACCESS_KEY_ID": stack["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": stack["aws_secret_access_key"],
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_RDS_DATA": stack["data_api"],
        "AWS_ENDPOINT_URL_S3": stack["s3"],
        "DATA_API_ENDPOINT": stack["data_api"],
        "ROWGATE": str(PROGRAM),
    }


@pytest.fixture
def first_hour(stack, aws_bin, tmp_path):
    """Runs the script; answers how it ended and its record, if there is one."""

    def first_hour(*options, said="", **changed):
        record = tmp_path / "seen-on-aws.json"
        path = {"PATH": f"{aws_bin}:{os.environ['PATH']}", "HOME": str(tmp_path)}
        done = subprocess.run(
            # By this very Python: another one's start may put folders before the stand-in's.
            [sys.executable, SCRIPT, "--record", record, *options],
            env=path | names_of(stack) | changed,
            input=said,
            capture_output=True,
            text=True,
        )
        return done, json.loads(record.read_text()) if record.exists() else None

    return first_hour


def outcomes(record):
    return {step["name"]: step["outcome"] for step in record["steps"]}


def answers(record):
    return {name: it["answer"] for name, it in record["answers"].items()}


def test_it_goes_through_a_local_stack(first_hour, stack, db, fault, empty_tables):
    """Whose cluster is paused at first."""
    fault("execute:resuming:times=2")
    options = ("--only", "versions,texts,doctor,files,gateway,worker,idle,alarms", "--slow", "--idle", "1,2")
    done, record = first_hour(*options)
    assert done.returncode == 1, done.stdout
    expected = dict.fromkeys(("versions", "texts", "doctor", "files", "worker", "idle"), "done")
    # There is no API Gateway, and no service that knows of alarms.
    expected |= {"gateway": "not_tried", "alarms": "failed"}
    assert outcomes(record) == expected, done.stdout
    found = answers(record)
    for name in (
        "duplicate_key_text", "syntax_error_text", "transaction_not_found", "file_twice",
        "file_bad_rows", "file_odd_key", "worker_rows", "worker_10000_rows", "hang_ups", "idle_connections",
        "show_create_table", "response_limit_text", "request_4_mib", "tinyint_1",
    ):  # fmt: skip
        assert found[name] == "confirmed", (name, record["answers"][name])
    for name in ("batch_part_commits", "transaction_status_text", "connection_cap", "cast_z"):
        assert found[name] == "seen", (name, record["answers"][name])
    for name in ("glue_files", "gateway_rows", "wake_up", "backup_and_restore"):
        assert found[name] == "not_tried", name
    resuming = record["answers"]["resuming_text"]
    assert (resuming["answer"], len(resuming["seen"])) == ("confirmed", 1)
    assert resuming["seen"][0].startswith("DatabaseResumingException: The Aurora DB instance is resuming")
    assert record["answers"]["file_twice"]["seen"] == ["complete, then duplicate"]
    assert db.rows("SHOW TABLES LIKE 'first%'") == []
    check_anonymous(record, done, stack)


def check_anonymous(record, done, stack):
    text = json.dumps(record, ensure_ascii=False) + done.stdout + done.stderr
    secrets = [
        "aws_secret_access_key", "aws_access_key_id", "api_key", "cluster_arn", "secret_arn", "bucket", "region",
    ]  # fmt: skip
    for secret in [*(stack[name] for name in secrets), "127.0.0.1", "first hour 1", "localhost"]:
        assert secret not in text, secret


def test_the_doctor_s_checks_and_raw_answers_are_noted(first_hour, tmp_path):
    """Also those of a doctor that has more to say than words."""
    checks = [
        {"name": "error_syntax", "why": "…", "outcome": "pass", "tried": True, "found": "MySQL error 1064",
         "values": {"number": "1064"}, "answers": [{"to": "SELEC", "status": 400, "type": "DatabaseErrorException",
         "text": "at 10.0.0.7; Error code: 1064; SQLState: 42000", "milliseconds": 31}]},
        {"name": "row_over_64_kib", "why": "…", "outcome": "note", "found": "not refused"},
        {"name": "partial_revokes", "why": "…", "outcome": "note", "tried": False, "found": "not tried: MariaDB"},
        {"name": "json_table", "why": "…", "outcome": "fail", "found": "other values came back than were sent"},
        {"name": "a_later_check", "why": "…", "outcome": "pass", "found": "anything"},
    ]  # fmt: skip
    program = tmp_path / "rowgate"
    report = {"passed": 2, "failed": 1, "noted": 2, "checks": checks}
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(report)}\nEND\nexit 1\n")
    program.chmod(0o755)
    done, record = first_hour("--only", "doctor", ROWGATE=str(program))
    assert outcomes(record) == {"doctor": "failed"}
    assert record["steps"][0]["note"] == "RuntimeError: these checks have failed: json_table"
    assert record["answers"]["syntax_error_text"]["answer"] == "confirmed"
    assert record["answers"]["syntax_error_text"]["seen"] == [
        "error_syntax: MySQL error 1064",
        "error_syntax: DatabaseErrorException (400): at <ip>; Error code: 1064; SQLState: 42000",
    ]
    found = answers(record)
    assert (found["row_64k"], found["json_table"]) == ("refuted", "refuted")
    assert found["underscore_in_grants"] == "not_tried"


def test_rows_of_others_are_left_alone(first_hour, db, empty_tables):
    db.rows("INSERT INTO jobs VALUES (1, 'Clerk')")
    done, record = first_hour("--only", "files,worker,backup")
    assert set(outcomes(record).values()) == {"not_tried"}, done.stdout
    assert "has 1 rows that are not of this script" in record["steps"][0]["note"]
    assert db.count("jobs") == 1


def test_it_asks_before_what_costs_money(first_hour, empty_tables):
    for said in ("", "n\n"):
        done, record = first_hour("--only", "large_file", "--large", "1", said=said)
        assert outcomes(record) == {"large_file": "not_tried"}, done.stdout
        assert "about 0.10 for 300 MB dollars" in done.stdout


def test_a_step_that_fails_ends_nothing(first_hour, fault, empty_tables):
    fault("any:access-denied")
    done, record = first_hour("--only", "texts,doctor,alarms")
    assert outcomes(record) == dict.fromkeys(("texts", "doctor", "alarms"), "failed")
    assert "rowgate-local" not in json.dumps(record)


def test_what_cannot_be_run_is_said(first_hour, tmp_path):
    done, record = first_hour("--stage", "production")
    assert (done.returncode, record) == (2, None)
    assert "take another stage" in done.stderr
    done, record = first_hour("--only", "text")
    assert (done.returncode, record) == (2, None)
    assert "there is no step text" in done.stderr


@pytest.mark.parametrize("says", ["echo aws-cli/1.45.11 Python/3.11", "exit 1"])
def test_an_older_command_is_refused(first_hour, aws_bin, says):
    (aws_bin / "aws").write_text(f"#!/bin/sh\n{says}\n")
    done, record = first_hour()
    assert (done.returncode, record) == (2, None)
    assert "version 2 of AWS's command is needed" in done.stderr
