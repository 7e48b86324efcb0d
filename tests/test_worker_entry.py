"""The Worker's entry is `worker.js`, by which it has its tables: without it no table is served, the example's neither."""

import sys

import requests
from conftest import ROOT

sys.path.append(str(ROOT / "bench"))

from cold_start import SETTINGS  # noqa: E402  (found by the line above)
from workers import worker  # noqa: E402


def health(entry, **more):
    with worker(ROOT / "edge/build" / entry, SETTINGS | more) as (address, _):
        return requests.get(f"{address}/health", timeout=10).status_code


def test_with_its_entry_it_serves():
    assert health("worker.js") == 200


def test_without_it_nothing_is_served():
    assert health("index.js") == 500
    assert health("index.js", SCHEMA='{"rowgate_schema":1,"tables":[]}') == 500


def test_tables_of_a_variable_come_before_those_that_were_built_in():
    assert health("worker.js", SCHEMA='{"rowgate_schema":1,"tables":[]}') == 200
    # Those of the build are not served in place of what cannot be read.
    assert health("worker.js", SCHEMA='{"rowgate_schema":1,"tables":[{}]}') == 500
