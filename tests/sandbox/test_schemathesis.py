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
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from dialytics.sandbox import Sandbox

SPECS = Path(__file__).resolve().parents[2] / "specs"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
VENDORS = ("chatlayer", "cognigy", "digitalcx", "inkeep")
ROOTS = {"cognigy": "/new"}
CREDENTIALS = {
    "chatlayer": {"Authorization": "Basic aWQ6c2VjcmV0"},
    "cognigy": {"X-API-Key": "key"},
    "digitalcx": {"Authorization": "Bearer token"},
    "inkeep": {"Authorization": "Bearer key"},
}
# With these, requests get past what the sandbox judges and the specs do not say.
TAMED = {
    "bot_id": "bot",
    "bucket": "1d",
    "culture": "en",
    "customerKey": "acme",
    "endDate": "2026-11-01T02:00:00Z",
    "end_time": "2026-10-08T00:00:00.000Z",
    "projectKey": "shop",
    "startDate": "2026-11-01T00:00:00Z",
    "start_time": "2026-10-01T00:00:00.000Z",
    "stat": "num_messages",
    "step_id": "welcome",
    "team_id": "team",
    "type": "sources",
    "version": "LIVE",
}
# With random values these would only ever be refused.
DROPPED = (
    "after",
    "before",
    "continuationToken",
    "environment",
    "first",
    "group_by",
    "last",
    "page_size",
    "page_token",
    "path",
    "sessionMode",
)
# What a request without sense cannot reach: things that would have to be there, or bodies of which
# nearly all are refused.
HARD = {
    "DELETE /conversations/{id}",
    "DELETE /feedback/{id}",
    "DELETE /v1/bots/{bot_id}/subscriptions/{subscription_id}",
    "GET /conversations/external/{externalId}",
    "GET /conversations/{id}",
    "GET /feedback/{id}",
    "POST /conversations",
    "POST /events",
    "POST /feedback",
    "POST /query/property-keys",
    "POST /query/property-values",
    "POST /v1/bots/{bot_id}/subscriptions",
}
SWITCHED_OFF = ("positive_data_acceptance", "negative_data_rejection", "ignored_auth")

load_all_checks()
EXCLUDED = CHECKS.get_by_names(SWITCHED_OFF)


def load_effective(vendor: str) -> Any:
    return json.loads((files("dialytics_clients") / vendor / "openapi.json").read_text("utf-8"))


def load_vendor(vendor: str) -> Any:
    return yaml.safe_load((SPECS / vendor / "vendor.yaml").read_text("utf-8"))


def operations(vendor: str, document: Any) -> list[Any]:
    found: Any = schemathesis.openapi.from_dict(document).get_all_operations()
    made = [one.ok() for one in found]
    return [pytest.param(vendor, one, id=f"{vendor} {one.label}") for one in made]


EFFECTIVE = [one for vendor in VENDORS for one in operations(vendor, load_effective(vendor))]
# Operations that only read: what is logged is shown as it was sent, sense or not.
STRICT = [
    one
    for vendor in ("digitalcx", "inkeep")
    for one in operations(vendor, load_vendor(vendor))
    if one.values[1].label.startswith(("GET ", "POST /query/"))
]


def tame(case: Any) -> None:
    for values in (case.query, case.path_parameters):
        for name in list(values or ()):
            if name in DROPPED:
                del values[name]
            values.update({name: TAMED[name]} if name in TAMED else {})


def attack(box: Sandbox, vendor: str, operation: Any, mode: GenerationMode) -> set[int]:
    """Send some requests, check each answer against the operation, and return the statuses."""
    root = box.url(vendor)  # type: ignore[arg-type]  # a vendor's name
    url = root + ROOTS.get(vendor, "")
    statuses: list[int] = []

    @settings(
        max_examples=8,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if len(statuses) % 2:
            tame(case)
        answer = case.call(base_url=url, headers=CREDENTIALS[vendor])
        statuses.append(answer.status_code)
        case.validate_response(answer, excluded_checks=EXCLUDED)

    send()
    return set(statuses)


def own_faults(box: Sandbox) -> list[str]:
    """Return what the sandbox found wrong with its own answers."""
    words = ("response body of status", "is not declared for status", ": status ")
    return [text for text in box.violations if any(word in text for word in words)]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=[mode.value for mode in GenerationMode])
@pytest.mark.parametrize(("vendor", "operation"), EFFECTIVE)
def test_effective_specs(box: Sandbox, vendor: str, operation: Any, mode: GenerationMode) -> None:
    """Whatever is asked, the answer is one that the effective spec describes, and no crash."""
    before = len(own_faults(box))
    statuses = attack(box, vendor, operation, mode)
    assert own_faults(box)[before:] == []
    assert max(statuses) < 500
    if mode is GenerationMode.POSITIVE and operation.label not in HARD:
        assert min(statuses) < 300


@pytest.fixture(scope="module")
def fresh() -> Iterator[Sandbox]:
    """A sandbox that holds what it starts with."""
    with Sandbox(now=NOW) as running:
        yield running


@pytest.mark.parametrize(("vendor", "operation"), STRICT)
def test_strict_specs(fresh: Sandbox, vendor: str, operation: Any) -> None:
    """What is read also keeps to the strict documents: required fields, enums and statuses."""
    attack(fresh, vendor, operation, GenerationMode.POSITIVE)
    assert own_faults(fresh) == []
