"""DigitalCX: the forms that filters and credentials come in, and what is sent for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics import ClientCredentials, InteractionType, RangeOptions, errors
from dialytics.sandbox import Sandbox
from dialytics.vendors.digitalcx.options import InteractionOptions, find_flags
from tests.clients import NOW, reach

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

DAY = {"culture": "en", "start": date(2026, 11, 1), "end": date(2026, 11, 2)}
MEMBERS = list(InteractionType)
SPELLINGS: list[Callable[[InteractionType], Any]] = [
    lambda one: one,
    int,
    lambda one: one.name,
    lambda one: str(one.name).lower(),
    lambda one: str(one.name).replace("_", ""),
    lambda one: str(one.name).title().replace("_", "-"),
]
COLLECTIONS: list[Callable[[list[Any]], Any]] = [list, tuple, set, frozenset, iter, dict.fromkeys]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox of its own, whose clock a test may set."""
    with Sandbox(now=NOW, rows_per_day=30, page_rows=12) as running:
        yield running


# Interaction types


@pytest.mark.parametrize("spell", SPELLINGS)
@pytest.mark.parametrize("member", MEMBERS)
def test_one_type(member: InteractionType, spell: Callable[[InteractionType], Any]) -> None:
    """A flag, its number or its name in any spelling is the flag."""
    assert find_flags("f", spell(member)) == member.value


@given(
    st.lists(st.tuples(st.sampled_from(MEMBERS), st.sampled_from(SPELLINGS)), min_size=1),
    st.sampled_from(COLLECTIONS),
)
def test_several_types(
    chosen: list[tuple[InteractionType, Callable[[InteractionType], Any]]],
    collect: Callable[[list[Any]], Any],
) -> None:
    """Several in any collection, spelled as you like, are their sum, each counted once."""
    wanted = sum({one.value for one, _ in chosen})
    assert find_flags("f", collect([spell(one) for one, spell in chosen])) == wanted


@pytest.mark.parametrize(
    ("value", "bits"),
    [
        (None, None),
        (InteractionType.QA | InteractionType.EVENT, 3),
        (131, 131),
        ("131", 131),
        (1024, 1024),
        ([InteractionType.QA, 1, "dialog"], 11),
        ("All", None),
        ("all", None),
        (["QA", "ALL"], None),
    ],
)
def test_sums_and_new_bits(value: Any, bits: int | None) -> None:
    """Sums pass, and so does a bit newer than this library; None and All filter nothing."""
    assert find_flags("f", value) == bits


@pytest.mark.parametrize(
    "value", ["Hologram", ["All", "Hologram"], "QA,Dialog", "", "0", "AllTypes"]
)
def test_unknown_types_are_refused(value: Any) -> None:
    """A name that is none is refused with the known ones."""
    with pytest.raises(errors.ArgumentError, match="is no interaction type; known are") as caught:
        find_flags("interaction_types", value)
    assert all(str(one.name) in str(caught.value) for one in MEMBERS)
    assert (caught.value.vendor, caught.value.operation) == ("digitalcx", "interactions")


@pytest.mark.parametrize(
    "value", [0, -1, True, 1.5, b"QA", bytearray(b"QA"), [], {}, [None], [0], [True], [["QA"]]]
)
def test_other_values_are_refused(value: Any) -> None:
    """What is no type, or holds none, is refused and shown."""
    with pytest.raises(errors.ArgumentError, match="interaction_types must be an InteractionType"):
        find_flags("interaction_types", value)


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ({"environment": "production"}, "did you mean 'Production'?"),
        ({"environment": "STAGING"}, "did you mean 'Staging'?"),
        ({"session_mode": "public"}, "did you mean 'Public'?"),
    ],
)
def test_another_case_is_refused(twin: Twin, option: dict[str, Any], hint: str) -> None:
    """The vendor documents these words as case-sensitive: what it would refuse is not sent."""
    with (
        twin.open("DigitalCX", customer="acme", project="shop", auth="t") as client,
        pytest.raises(errors.ArgumentError) as caught,
    ):
        client.interactions(culture="en", start=date(2026, 11, 10), **option)
    assert hint in str(caught.value)


# What is sent

SENT: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"filter_text": "a&b ü"}, {"filterText": "a&b ü"}),
    ({"interaction_types": ["QA", "dialog"]}, {"interactionTypes": "10"}),
    (
        {"main_interaction_type": "GenerativeAI"},
        {"mainInteractionType": "512", "mainInteractionTypes": "512"},
    ),
    ({"active_session_only": True}, {"activeSessionOnly": "true"}),
    ({"active_session_only": False}, {"activeSessionOnly": "false"}),
    ({"include_user_info": True}, {"includeUserinfo": "true"}),
    ({"environment": "Staging"}, {"environment": "Staging"}),
    ({"session_mode": "New"}, {"sessionMode": "New"}),
    ({"accept": "csv"}, {}),
    ({"columns": ["culture"]}, {}),
    ({"clip": True, "tz": "UTC", "concurrency": 1, "max_retries": 0}, {}),
    (
        dict.fromkeys(
            (
                "filter_text",
                "interaction_types",
                "main_interaction_type",
                "active_session_only",
                "include_user_info",
                "environment",
                "session_mode",
            )
        ),
        {},
    ),
]


@pytest.mark.parametrize(("given", "sent"), SENT)
def test_each_filter_is_sent(
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    given: dict[str, Any],
    sent: dict[str, str],
) -> None:
    """Each filter goes to its parameter, and what is left out or None is not sent."""
    scripted = serve(lambda _: answer.csv("LogId"))
    with twin.open("DigitalCX", **reach(scripted.url)) as client:
        twin.collect(client.interactions(**DAY, **given))
    (asked,) = scripted.asked
    for name in ("culture", "startDate", "endDate", "paginateData"):
        assert name in asked.query
    rest = asked.query.keys() - {"culture", "startDate", "endDate", "paginateData"}
    assert {name: asked.query[name] for name in rest} == sent


def test_every_option_is_tried() -> None:
    """The options that DigitalCX adds are those that the cases above send."""
    tried = {name for given, _ in SENT for name in given}
    shared = RangeOptions.__annotations__.keys()
    assert InteractionOptions.__annotations__.keys() - shared <= tried


def test_unknown_options_name_the_nearest(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A misspelt filter is refused with the right one, and nothing is sent."""
    scripted = serve(lambda _: answer.csv("LogId"))
    with (
        twin.open("DigitalCX", **reach(scripted.url)) as client,
        pytest.raises(errors.ArgumentError, match="did you mean include_user_info"),
    ):
        client.interactions(**DAY, include_userinfo=True)
    assert scripted.asked == []


def test_filters_of_the_sandbox(twin: Twin, box: Sandbox) -> None:
    """A filter by names gives the rows whose types it names, and the others are left out."""
    with twin.open("DigitalCX", **reach(box.url("digitalcx"))) as client:
        every = twin.collect(client.interactions(**DAY))
        for names in (["QA"], ["Feedback", "link_click"], ["generativeai"]):
            wanted = find_flags("f", names)
            some = twin.collect(client.interactions(**DAY, interaction_types=names))
            assert some == [row for row in every if row.all_types & wanted]
            assert 0 < len(some) < len(every)


# Credentials


def paths(box: Sandbox) -> list[str]:
    """Return the operations that were asked for, in order."""
    return [request.operation or "" for request in box.requests]


def credentials(box: Sandbox, **changes: str) -> ClientCredentials:
    """Return client credentials that the sandbox takes."""
    fields = {"client_id": "id", "client_secret": "secret", **changes}
    return ClientCredentials(**fields, token_url=f"{box.url('digitalcx')}/oauth2/token")


def test_expired_token_is_renewed_once(twin: Twin, box: Sandbox) -> None:
    """A token that expired without our knowing costs one refused request and one new token."""
    settings = reach(box.url("digitalcx"), auth=credentials(box), now=box.now)
    with twin.open("DigitalCX", **settings) as client:
        assert len(twin.collect(client.interactions(**DAY))) == 30
        assert paths(box) == ["token", *["getInteractions"] * 3]
        box.clear_requests()
        box.set_now(NOW + timedelta(days=2))
        assert len(twin.collect(client.interactions(**DAY))) == 30
    assert paths(box) == ["getInteractions", "token", *["getInteractions"] * 3]
    assert [request.status for request in box.requests] == [403, 200, 200, 200, 200]


@pytest.mark.parametrize(
    ("lifetime", "tokens"), [("86399", 1), (86399, 1), ("0.000001", 3), (None, 1)]
)
def test_lifetimes(
    twin: Twin, serve: Serve, answer: type[Answer], lifetime: object, tokens: int
) -> None:
    """The lifetime counts as text too: one that is over costs a token before each request."""
    given: list[str] = []

    def script(asked: Asked) -> Answer:
        if asked.method == "POST":
            given.append(f"t{len(given) + 1}")
            return answer.json({"access_token": given[-1], "expires_in": lifetime})
        assert asked.headers["authorization"] == f"Bearer {given[-1]}"
        more = int(asked.query.get("continuationToken", "0")) + 1
        return answer.csv("LogId", str(more), token=str(more) if more < 3 else None)

    scripted = serve(script)
    auth = ClientCredentials("id", "secret", token_url=f"{scripted.url}/token")
    with twin.open("DigitalCX", **reach(scripted.url, auth=auth)) as client:
        assert len(twin.collect(client.interactions(**DAY))) == 3
    assert len(given) == tokens
    assert len(scripted.asked) == 3 + tokens


@pytest.mark.parametrize("refusal", [401, 403])
@pytest.mark.parametrize("kind", ["credentials", "callable", "text"])
def test_refusals_renew_once(
    twin: Twin, serve: Serve, answer: type[Answer], kind: str, refusal: int
) -> None:
    """Credentials and callables give one new token for a 401 or 403; a plain token gives none."""
    given: list[str] = []

    def provide() -> str:
        given.append(f"t{len(given) + 1}")
        return given[-1]

    def script(asked: Asked) -> Answer:
        if asked.method == "POST":
            return answer.json({"access_token": provide(), "expires_in": "86399"})
        return answer(b"refused", refusal, {"content-type": "text/plain"})

    scripted = serve(script)
    auth: dict[str, Any] = {
        "credentials": ClientCredentials("id", "secret", token_url=f"{scripted.url}/token"),
        "callable": provide,
        "text": "token",
    }
    with (
        twin.open("DigitalCX", **reach(scripted.url, auth=auth[kind])) as client,
        pytest.raises(errors.status_class(refusal), match="refused"),
    ):
        twin.collect(client.interactions(**DAY))
    tries = 1 if kind == "text" else 2
    assert len(given) == (0 if kind == "text" else 2)
    assert [asked.method for asked in scripted.asked].count("GET") == tries


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"client_id": "invalid"}, "AADSTS700016"), ({"client_secret": "invalid"}, "AADSTS7000215")],
)
def test_wrong_credentials(twin: Twin, box: Sandbox, changes: dict[str, str], code: str) -> None:
    """Credentials that the token endpoint refuses are Unauthorized with its words, at one try."""
    settings = reach(box.url("digitalcx"), auth=credentials(box, **changes))
    with (
        twin.open("DigitalCX", **settings) as client,
        pytest.raises(errors.Unauthorized, match=code),
    ):
        twin.collect(client.interactions(**DAY))
    assert paths(box) == ["token"]
