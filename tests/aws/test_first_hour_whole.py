"""scripts/first-hour from its start to its end, against an AWS that is not ours and a local stack."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from conftest import LEDGER, ROOT, TABLES
from deployment import WITH_KEY_IDS, clients, deploy, template  # noqa: F401
from ministack import ministack
from test_first_hour import answers, check_anonymous, names_of, outcomes, with_aws

# A large file is one of 1 MB here.
SETTINGS = {"BULK_BYTES": "500000", "BULK_RANGE_BYTES": "200000"}

# Makes and takes away nothing: the stack is there.
MAKE = '#!/bin/sh\necho "$*" >> "$CALLED"\n'


@pytest.fixture(scope="module")
def deployed(stack, template, tmp_path_factory):  # noqa: F811
    variables = {
        "DATA_API_ENDPOINT": stack["data_api"],
        "DATA_API_KEY_ID": stack["aws_access_key_id"],
    }
    folder = tmp_path_factory.mktemp("ministack")
    settings = {"start": ("-c", WITH_KEY_IDS), "SFN_WAIT_SCALE": "0.05"}
    with ministack(folder, stack, **settings) as cloud:
        outputs = deploy(cloud, template, variables | SETTINGS, "rowgate-first")
        yield SimpleNamespace(cloud=cloud, outputs=outputs, **clients(cloud))


@pytest.fixture
def settings(stack, deployed, tmp_path):
    """The environment: where the services are, the Worker, and stand-ins for two commands."""
    (tmp_path / "make").write_text(MAKE)
    (tmp_path / "make").chmod(0o755)
    url = deployed.cloud.url
    # https://API.execute-api.REGION.amazonaws.com/v1/insert_data, as this server has it.
    api, path = deployed.outputs["InsertUrl"].removeprefix("https://").split(".", 1)
    path = path.partition(".amazonaws.com")[2]
    local = names_of(stack)
    for name in ("REGION", "CLUSTER_ARN", "DATABASE_NAME", "ADMIN_SECRET_ARN", "BUCKET"):
        del local[name]
    return local | {
        "PATH": f"{with_aws(tmp_path)}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "CALLED": str(tmp_path / "called"),
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_S3": url,
        "INSERT_URL": f"{url}/_aws/execute-api/{api}{path}",
    }


def test_every_step_is_run(deployed, settings, stack, db, tmp_path):
    db.empty(*TABLES, *LEDGER)
    record = tmp_path / "seen.json"
    options = ["--stage", "first", "--deploy", "--large", "1", "--slow", "--idle", "1,2", "--paused-after", "1"]
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/first-hour", "--record", record, "--yes", "--destroy", *options],
        env=settings,
        capture_output=True,
        text=True,
    )
    seen = json.loads(record.read_text())
    assert set(outcomes(seen).values()) == {"done"}, done.stdout
    check_answers(seen)
    check_anonymous(seen, done, stack)
    assert not any(value in record.read_text() for value in deployed.outputs.values() if len(value) > 8)
    made, taken_away = (tmp_path / "called").read_text().splitlines()
    assert made.startswith("deploy STAGE=first CDK=-c database=create")
    assert taken_away == "destroy STAGE=first"


def check_answers(seen):
    found = answers(seen)
    for name in (
        "engine_offered", "duplicate_key_text", "request_4_mib", "file_twice", "file_bad_rows", "file_odd_key",
        "file_large", "gateway_rows", "gateway_wrong_key", "gateway_throttled", "worker_rows", "hang_ups",
        "idle_connections", "statement_timeout", "backup_and_restore", "restore_undo", "alarms",
    ):  # fmt: skip
        assert found[name] == "confirmed", (name, seen["answers"][name])
    # What this server does not know.
    assert (found["parameters_modifiable"], found["redrive"]) == ("seen", "refuted")
    by_hand = {name for name, answer in found.items() if answer == "not_tried"}
    assert {"clock_skew", "eventbridge_key", "glue_files", "wrangler_dry_run"} <= by_hand
    # Checks of `rowgate doctor`, or texts of a cluster that is paused.
    assert by_hand <= {
        "clock_skew", "eventbridge_key", "glue_files", "wrangler_dry_run", "resuming_text", "session_state",
        "underscore_in_grants",
    }  # fmt: skip
