"""A vendor's own words: what an error may repeat of what was sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias

import pytest

from dialytics import errors
from dialytics._vocabulary import is_setting, knows, knows_query
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


@pytest.mark.parametrize(
    ("name", "text", "known"),
    [
        ("field", "userMessageCnt", True),
        ("field", "userProperties.plan", True),
        ("operator", "equals", True),
        ("field", f"{MARK} of Paris", False),
        ("field", "userProperties.anna@x.org", False),
        ("value", MARK, False),
        ("value", "userProperties", True),
    ],
)
def test_words_of_a_query(name: str, text: str, known: bool) -> None:  # noqa: FBT001 - a table
    """A query's fields and operators are no one's words, wrong ones included; its values are."""
    assert knows_query("inkeep", name, text) is known


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


@pytest.mark.parametrize(
    ("name", "text", "setting"),
    [
        ("culture", "nl-NL", True),
        ("projectKey", "customer-service", True),
        ("bot_id", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", True),
        ("channel_type", "facebook", True),
        ("culture", f"{MARK} of Paris", False),
        ("bot_id", "anna@example.org", False),
        ("bot_id", "x" * 65, False),
        ("filterText", MARK, False),
        ("externalId", MARK, False),
        ("id", MARK, False),
    ],
)
def test_settings(name: str, text: str, setting: bool) -> None:  # noqa: FBT001 - a table
    """Settings are what a request asks for, in one word; ids of people's things are none."""
    assert is_setting(name, text) is setting


def test_settings_are_shown(twin: Twin, serve: Serve) -> None:
    """The account and the culture that an error names are no one's words; other texts are."""
    detail = f"Culture nl-NL of customer acme-worldwide is not there; {MARK}"
    scripted = refuse(serve, detail)
    settings = {"customer": "acme-worldwide", "project": "customer-service", "auth": "t"}
    within = {**DAY, "culture": "nl-NL", "filter_text": MARK}
    with (
        twin.open("DigitalCX", base_url=scripted.url, now=lambda: NOW, **settings) as client,
        pytest.raises(errors.BadRequest) as caught,
    ):
        twin.collect(client.interactions(**within))
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


def test_misspelt_fields_are_shown_of_queries_alone(twin: Twin, serve: Serve) -> None:
    """An error shows the field that a query should not have named, and no word that was logged."""
    scripted = refuse(serve, f"no field {MARK}")
    logged: Any = {"type": "openai", "messages": [], "properties": {"field": MARK}}
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        with pytest.raises(errors.BadRequest) as asked:
            twin.wait(client.query_events({"select": [{"type": "field", "field": MARK}]}))
        with pytest.raises(errors.BadRequest) as told:
            twin.wait(client.log_conversation(logged))
    assert (asked.value.detail, told.value.detail) == (f"no field {MARK}", "no field [redacted]")
