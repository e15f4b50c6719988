"""The sandbox under schemathesis: requests made from the specs, answers held against them.

Three of schemathesis's checks stay off, since they hold for no faithful sandbox:

- positive acceptance: the effective specs have neither enums nor formats (a tolerant reader needs
  that), so most of what they allow is refused by the vendor, and by the sandbox;
- rejection of negative data: unknown query parameters are ignored, and counted as violations;
- ignored credentials: any well-formed credential is taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from dialytics.sandbox import Sandbox

SPECS = Path(__file__).resolve().parents[2] / "specs"
VENDORS = ("chatlayer", "cognigy", "digitalcx", "inkeep")
ROOTS = {"cognigy": "/new"}
CREDENTIALS = {
    "chatlayer": {"Authorization": "Basic aWQ6c2VjcmV0"},
    "cognigy": {"X-API-Key": "key"},
    "digitalcx": {"Authorization": "Bearer token"},
    "inkeep": {"Authorization": "Bearer key"},
}
# With these, requests get past what the sandbox judges and the specs do not say. None: left out.
TAMED = {
    "after": None,
    "before": None,
    "bot_id": "bot",
    "bucket": "1d",
    "continuationToken": None,
    "customerKey": "acme",
    "endDate": "2026-11-01T02:00:00Z",
    "end_time": "2026-10-08T00:00:00.000Z",
    "first": 5,
    "group_by": None,
    "last": None,
    "page_size": 5,
    "page_token": None,
    "path": None,
    "projectKey": "shop",
    "startDate": "2026-11-01T00:00:00Z",
    "start_time": "2026-10-01T00:00:00.000Z",
    "stat": "average_session_length",
    "step_id": "welcome",
    "team_id": "team",
    "type": "sources",
    "version": "LIVE",
}
SWITCHED_OFF = ("positive_data_acceptance", "negative_data_rejection", "ignored_auth")

load_all_checks()
EXCLUDED = CHECKS.get_by_names(SWITCHED_OFF)


def load_effective(vendor: str) -> Any:
    return json.loads((files("dialytics_clients") / vendor / "openapi.json").read_text("utf-8"))


def load_vendor(vendor: str) -> Any:
    return yaml.safe_load((SPECS / vendor / "vendor.yaml").read_text("utf-8"))


def operations(vendor: str, document: Any) -> list[Any]:
    found = schemathesis.openapi.from_dict(document).get_all_operations()
    made = [one.ok() for one in found]
    return [pytest.param(vendor, one, id=f"{vendor} {one.label}") for one in made]


EFFECTIVE = [one for vendor in VENDORS for one in operations(vendor, load_effective(vendor))]
STRICT = [one for vendor in ("digitalcx", "inkeep") for one in operations(vendor, load_vendor(vendor))]


def tame(case: Any) -> None:
    for values in (case.query, case.path_parameters):
        for name in [name for name in values or () if name in TAMED]:
            values[name] = TAMED[name]
            if TAMED[name] is None:
                del values[name]


def attack(box: Sandbox, vendor: str, operation: Any, mode: GenerationMode, count: int) -> set[int]:
    """Send some requests, check each answer against the operation, and return the statuses."""
    url = box.url(vendor) + ROOTS.get(vendor, "")
    statuses = set()

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), tamed=st.booleans())
    def send(case: Any, *, tamed: bool) -> None:
        if tamed:
            tame(case)
        answer = case.call(base_url=url, headers=CREDENTIALS[vendor])
        statuses.add(answer.status_code)
        case.validate_response(answer, excluded_checks=EXCLUDED)

    send()
    return statuses


@pytest.fixture(scope="module")
def attacked() -> Iterator[Sandbox]:
    """A sandbox for the module; it must not have found fault with an answer of its own."""
    from datetime import UTC, datetime

    with Sandbox(seed=1, now=datetime(2026, 11, 20, 12, tzinfo=UTC)) as running:
        yield running
