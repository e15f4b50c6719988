"""Arguments and settings of the wrong kind: our own errors, never a foreign one."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dialytics import Chatlayer, Cognigy, DigitalCX, Inkeep, errors

if TYPE_CHECKING:
    from tests.conftest import Twin

HALF = "\ud800"
MARK = "quasimodo"
LOGINS: dict[str, dict[str, Any]] = {
    "Chatlayer": {"token_id": "id", "token_secret": "secret"},
    "Cognigy": {"api_key": "key"},
    "DigitalCX": {"customer": "acme", "project": "shop", "auth": "token"},
    "Inkeep": {"api_key": "key"},
}
DAY: Any = {"start": date(2026, 10, 1), "end": date(2026, 10, 2)}


def digitalcx(**settings: Any) -> DigitalCX:
    return DigitalCX(customer="acme", project="shop", auth="token", **settings)


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


WRONG: dict[str, Callable[[], object]] = {
    "base_url is a number": lambda: digitalcx(base_url=5),
    "base_url is empty": lambda: digitalcx(base_url=""),
    "proxy is no URL": lambda: digitalcx(proxy="nope"),
    "proxy is a number": lambda: digitalcx(proxy=5),
    "verify is switched off": lambda: digitalcx(verify=False),
    "verify is a number": lambda: digitalcx(verify=5),
    "verify is None": lambda: digitalcx(verify=None),
    "verify is 1": lambda: digitalcx(verify=1),
    "verify is a context that verifies nothing": lambda: digitalcx(verify=unverified()),
    "allow_insecure is text": lambda: digitalcx(allow_insecure="no"),
    "clip is text": lambda: digitalcx().interactions(culture="en", clip="no", **DAY),  # type: ignore[arg-type]
    "ordered is text": lambda: digitalcx().interactions(culture="en", ordered="no", **DAY),  # type: ignore[arg-type]
    "verify is no context": lambda: digitalcx(verify="/nowhere.pem"),
    "timeout is text": lambda: digitalcx(timeout="soon"),
    "api_key is a number": lambda: Inkeep(api_key=5),  # type: ignore[arg-type]
    "api_key is bytes": lambda: Cognigy(api_key=b"k"),  # type: ignore[arg-type]
    "token_id is a number": lambda: Chatlayer(token_id=5, token_secret="s"),  # type: ignore[arg-type]
    "oauth is text": lambda: Cognigy(oauth="x"),  # type: ignore[arg-type]
    "culture is a number": lambda: digitalcx().interactions(culture=5, **DAY),  # type: ignore[arg-type]
    "culture is None": lambda: digitalcx().interactions(culture=None, **DAY),  # type: ignore[arg-type]
    "culture is a set": lambda: digitalcx().interactions(culture={"en", "de"}, **DAY),  # type: ignore[arg-type]
    "resume is a mapping": lambda: digitalcx().interactions(culture="en", resume={}, **DAY),  # type: ignore[arg-type]
    "resume is bytes": lambda: digitalcx().interactions(culture="en", resume=b"{}", **DAY),  # type: ignore[arg-type]
    "max_items is nothing": lambda: digitalcx().interactions(culture="en", max_items=0, **DAY),
}


@pytest.mark.parametrize("misuse", WRONG.values(), ids=WRONG)
def test_misuse_is_refused(misuse: Callable[[], object]) -> None:
    """Wrong settings and arguments raise our own errors, before anything is sent."""
    with pytest.raises(errors.DialyticsError):
        misuse()


def test_refused_connections_say_where_and_why() -> None:
    """A connection that fails names the host and what the system said."""
    with (
        Inkeep(api_key="key", base_url="http://127.0.0.1:9", max_retries=0) as inkeep,
        pytest.raises(errors.ConnectionFailed, match=r"127\.0\.0\.1:9.*refused"),
    ):
        inkeep.conversation("c")


def test_own_clients_keep_their_timeout() -> None:
    """An http_client's timeout counts unless the constructor is given one."""
    with httpx.Client(timeout=httpx.Timeout(1.5)) as own:
        kept = digitalcx(http_client=own)._transport._exchanges.timeout
        given = digitalcx(http_client=own, timeout=7)._transport._exchanges.timeout
    assert isinstance(kept, httpx.Timeout)
    assert isinstance(given, httpx.Timeout)
    assert (kept.read, given.read) == (1.5, 7)


@pytest.mark.parametrize("name", LOGINS)
def test_settings_are_checked_first(twin: Twin, name: str) -> None:
    """A misspelt setting or a wrong switch is named before anything is told to be missing."""
    client, login = twin.find(name), LOGINS[name]
    right = next(iter(login))
    wrong = {
        "base_urll": "did you mean base_url",
        f"{right}x": f"did you mean {right}",
        "colour": f"it takes .*{right}",
    }
    for misspelt, words in wrong.items():
        with pytest.raises(errors.ArgumentError, match=words) as caught:
            client(**{misspelt: "x"})
        assert caught.value.vendor == name.lower()
    for setting in ({"allow_insecure": "no"}, {"verify": False}, {"verify": 5}, {"verify": None}):
        with pytest.raises(errors.ConfigurationError, match=rf"{next(iter(setting))} must be True"):
            client(base_url="http://there.example", **setting)


@pytest.mark.parametrize("name", LOGINS)
@pytest.mark.parametrize(
    "setting", [{"timeout": 0}, {"max_retries": -1}, {"now": 5}, {"proxy": 5}, {"auth": object()}]
)
def test_wrong_settings_name_the_vendor(twin: Twin, name: str, setting: dict[str, Any]) -> None:
    """Whatever a constructor refuses, the error says whose client it was."""
    login = {name: one for name, one in LOGINS[name].items() if name in {"customer", "project"}}
    given = {**login, **setting} if "auth" in setting else {**LOGINS[name], **setting}
    with pytest.raises(errors.DialyticsError) as caught:
        twin.find(name)(**given)
    assert (caught.value.vendor, caught.value.operation) == (name.lower(), None)


def test_a_proxys_password_is_not_kept(twin: Twin) -> None:
    """An error about a proxy holds nothing of its address, however deep one looks."""
    with pytest.raises(errors.ConfigurationError, match="check proxy=") as caught:
        twin.find("Inkeep")(api_key="key", proxy=f"nope://user:{MARK}@proxy.example")
    assert caught.value.__context__ is None
    assert MARK not in f"{caught.value!r} {vars(caught.value)}"


CALLS: dict[str, tuple[str, Any, dict[str, Any], str]] = {
    # client.method: positional argument, options, words
    "chatlayer.events vesion": (
        "events",
        "bot",
        {**DAY, "vesion": "DRAFT"},
        "did you mean version",
    ),
    "chatlayer.echo mesage": ("echo", "hi", {"mesage": "x"}, "did you mean message"),
    "chatlayer.users colour": ("users", "bot", {**DAY, "colour": 1}, "it takes .*bot_id.*start"),
    "chatlayer.events max_items": ("events", "bot", {**DAY, "max_items": 0}, "max_items"),
    "chatlayer.events page_size": ("events", "bot", {**DAY, "page_size": 101}, "page_size"),
    "chatlayer.events concurrency": ("events", "bot", {**DAY, "concurrency": 0}, "concurrency"),
    "chatlayer.events timeout": ("events", "bot", {**DAY, "timeout": "x"}, "timeout"),
    "chatlayer.echo number": ("echo", 5, {}, "message must be a text; got"),
    "chatlayer.echo timeout": ("echo", "hi", {"timeout": 0}, "timeout"),
    "chatlayer.echo max_retries": ("echo", "hi", {"max_retries": -1}, "max_retries"),
    "chatlayer.users bot_id": ("users", " ", DAY, "bot_id must not be empty"),
    "chatlayer.users half": ("users", HALF, DAY, "bot_id is not valid Unicode"),
    "chatlayer.users language": ("users", "b", {**DAY, "language": 5}, "got int"),
    "chatlayer.users languages": ("users", "b", {**DAY, "language": [5]}, "got a list of int"),
    "chatlayer.users half language": ("users", "b", {**DAY, "language": HALF}, "not valid Unicode"),
    "chatlayer.echo half": ("echo", MARK + HALF, {}, r"not valid Unicode.*\(at message\)"),
    "digitalcx.interactions cultur": (
        "interactions",
        "",
        {**DAY, "culture": "en", "cultur": "x"},
        "did you mean culture",
    ),
    "digitalcx.interactions half": (
        "interactions",
        "",
        {**DAY, "culture": "en", "filter_text": MARK + HALF},
        "filterText is not",
    ),
    "inkeep.log_conversation none": (
        "log_conversation",
        "",
        {"conversation": None},
        "got NoneType",
    ),
    "inkeep.query_events none": ("query_events", "", {"query": None}, "got NoneType"),
    "inkeep.query_events switch": (
        "query_events",
        "",
        {"query": {}, "allow_truncated": "no"},
        "allow_truncated must be True",
    ),
    "inkeep.top_search_queries switch": (
        "top_search_queries",
        "",
        {"allow_truncated": 1},
        "allow_truncated must be True",
    ),
    "inkeep.query_events misspelt": (
        "query_events",
        "",
        {"query": {}, "allow_truncate": True},
        "did you mean allow_truncated",
    ),
    "inkeep.property_values limit": (
        "property_values",
        "properties",
        {"key": "theme", "limit": 0},
        "limit must be",
    ),
    "inkeep.export_events none": ("export_events", "", {"query": None}, "got NoneType"),
    "inkeep.conversation dots": ("conversation", "..", {}, "conversation_id must not"),
    "inkeep.weekly_search_users naive": (
        "weekly_search_users",
        "",
        {"after": datetime(2026, 11, 1)},  # noqa: DTZ001  # that is the point
        "after .* make it aware",
    ),
    "inkeep.weekly_search_users number": (
        "weekly_search_users",
        "",
        {"after": 5},
        "after must be a date",
    ),
    "cognigy.update_record misspelt": (
        "update_record",
        "",
        {"projectid": "p"},
        "did you mean project_id",
    ),
    "cognigy.update_record bytes": (
        "update_record",
        "",
        {"properties": {"custom1": b"x"}},
        r"bytes is no .*properties\.custom1",
    ),
    "cognigy.update_records option": (
        "update_records",
        "",
        {"records": [], "recods": 1},
        "did you mean records",
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_wrong_arguments_name_vendor_and_operation(twin: Twin, case: str) -> None:
    """Whatever a call refuses, the error says where and what, and holds nothing that was given."""
    method, argument, options, words = CALLS[case]
    vendor = case.partition(".")[0]
    (name,) = (one for one in LOGINS if one.lower() == vendor)
    with twin.open(name, **LOGINS[name], base_url="http://127.0.0.1:9") as client:
        call = getattr(client, method)
        given = (argument,) if argument else ()
        with pytest.raises(errors.ArgumentError, match=words) as caught:
            twin.wait(call(*given, **options))
    error = caught.value
    assert (error.vendor, error.operation) == (vendor, method)
    assert MARK not in f"{error!r} {vars(error)}"
    assert error.__context__ is None


@pytest.mark.parametrize("part", ["token_id", "token_secret"])
@pytest.mark.parametrize("wrong", [" {}", "{}\n", "{}\t", "{}\x00", "{}\ud800", "{}\u00a0"])
def test_tokens_are_clean(twin: Twin, part: str, wrong: str) -> None:
    """A part of Chatlayer's token that was not copied as it is, is refused and not shown."""
    login = {**LOGINS["Chatlayer"], part: wrong.format(MARK)}
    with pytest.raises(errors.ArgumentError, match=f"{part} cannot be used.*copied") as caught:
        twin.find("Chatlayer")(**login)
    assert caught.value.vendor == "chatlayer"
    assert MARK not in f"{caught.value!r} {vars(caught.value)}"


def test_a_callers_own_methods_are_no_operations(twin: Twin) -> None:
    """A subclass's own methods raise what they raise; its options are checked as the client's."""

    def pull(self: object) -> None:
        raise errors.ArgumentError("mine")

    own = type("Own", (twin.find("Inkeep"),), {"pull": pull})
    with pytest.raises(errors.ArgumentError, match=r"Own\(\) has no option time_out"):
        own(api_key="key", time_out=1)
    with twin.enter(own(api_key="key", max_retries=0)) as client:
        with pytest.raises(errors.ArgumentError) as caught:
            client.pull()
        assert (caught.value.vendor, caught.value.operation) == (None, None)
