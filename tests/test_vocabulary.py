"""A vendor's own words: what an error may repeat of what was sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias

import pytest

from dialytics import errors
from dialytics._vocabulary import knows
from tests.conftest import NOW, Answer, Asked, Scripted, Twin

Serve: TypeAlias = Callable[[Callable[[Asked], Answer]], Scripted]

MARK = "quasimodo"
DAY = {"culture": "en", "start": date(2026, 11, 10), "end": date(2026, 11, 11)}


@pytest.mark.parametrize(
    ("vendor", "name", "text", "known"),
    [
        ("digitalcx", "environment", "Production", True),
        ("digitalcx", "environment", "production", True),
        ("digitalcx", "sessionMode", "Internal", True),
        ("digitalcx", "environment", "Internal", False),
        ("digitalcx", "filterText", "Production", False),
        ("digitalcx", "environment", "Production or Staging", False),
        ("chatlayer", "version", "live", True),
        ("chatlayer", "group_by", "channel_type", True),
        ("inkeep", "field", "userProperties", True),
        ("inkeep", "operator", "notIn", True),
        ("inkeep", "content", MARK, False),
        ("inkeep", "content", "", False),
        ("inkeep", "no such field", "documentation", False),
        ("cognigy", "state", "sessionId", True),
        ("nobody", "type", "type", False),
    ],
)
def test_words_of_a_vendor(vendor: str, name: str, text: str, known: bool) -> None:  # noqa: FBT001 - a table
    """Known are names in its specification, and what the text on a name says of its values."""
    assert knows(vendor, name, text) is known


def refuse(serve: Serve, detail: str) -> Scripted:
    return serve(lambda _: Answer(detail.encode(), 400, {"content-type": "text/plain"}))


@pytest.mark.parametrize("environment", ["Stagin", "Staging"])
def test_documented_values_are_shown(twin: Twin, serve: Serve, environment: str) -> None:
    """The value that an error asks for is not hidden because another spelling of it was sent."""
    detail = f"environment is not one of Production, Staging; {MARK} is no text"
    scripted = refuse(serve, detail)
    settings = {"customer": "acme", "project": "shop", "auth": "t", "now": lambda: NOW}
    with (
        twin.open("DigitalCX", base_url=scripted.url, **settings) as client,
        pytest.raises(errors.BadRequest) as caught,
    ):
        twin.collect(client.interactions(**DAY, environment=environment, filter_text=MARK))
    assert caught.value.detail == detail.replace(MARK, "[redacted]")


def test_names_of_fields_are_shown(twin: Twin, serve: Serve) -> None:
    """Where the body names a field of the specification, the error may name it too."""
    scripted = refuse(serve, f"The query names a field 'searchQuery' that {MARK} has not")
    body: Any = {
        "select": [{"type": "field", "field": "searchQuery"}],
        "where": {"field": "searchQuery", "operator": "eq", "value": MARK},
    }
    with (
        twin.open("Inkeep", api_key="key", base_url=scripted.url) as client,
        pytest.raises(errors.BadRequest) as caught,
    ):
        twin.wait(client.query_events(body))
    told = "The query names a field 'searchQuery' that [redacted] has not"
    assert caught.value.detail == told
