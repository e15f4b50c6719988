"""Constructors of the four clients: settings, credentials, URLs, and what they never show."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dialytics import ClientCredentials, PasswordGrant, errors
from dialytics._auth import FixedAuth, ProvidedAuth, basic, bearer, header
from dialytics._oauth import OAuth

if TYPE_CHECKING:
    from tests.conftest import Twin

SECRET = "s3cr3t-v4lue"
WORKING: dict[str, dict[str, Any]] = {
    "Cognigy": {"api_key": SECRET},
    "DigitalCX": {"customer": "acme", "project": "shop", "auth": SECRET},
    "Chatlayer": {"token_id": "id", "token_secret": SECRET},
    "Inkeep": {"api_key": SECRET},
}
IN_THE_ENVIRONMENT = {
    "Cognigy": {"API_KEY": SECRET},
    "DigitalCX": {"CUSTOMER": "acme", "PROJECT": "shop", "TOKEN": SECRET},
    "Chatlayer": {"TOKEN_ID": "id", "TOKEN_SECRET": SECRET},
    "Inkeep": {"API_KEY": SECRET},
}
ALTERNATIVES = [
    ("Cognigy", {"cxone_token": SECRET}),
    ("Cognigy", {"oauth": PasswordGrant("me", SECRET, "client", SECRET)}),
    ("Cognigy", {"auth": f"Bearer {SECRET}"}),
    ("DigitalCX", {"customer": "a", "project": "p", "auth": ClientCredentials("id", SECRET)}),
    ("DigitalCX", {"customer": "a", "project": "p", "auth": lambda: SECRET}),
    ("Chatlayer", {"auth": f"Basic {SECRET}"}),
    ("Inkeep", {"web_key": SECRET}),
    ("Inkeep", {"auth": SECRET}),
]
ROOTS = {
    "Cognigy": "https://api-trial.cognigy.ai",
    "DigitalCX": "https://analytics.digitalcx.com",
    "Chatlayer": "https://analytics.api.chatlayer.ai",
    "Inkeep": "https://api.analytics.inkeep.com",
}


def set_all(monkeypatch: pytest.MonkeyPatch, name: str, values: dict[str, str]) -> None:
    """Put settings into the environment."""
    for setting, value in values.items():
        monkeypatch.setenv(f"DIALYTICS_{name.upper()}_{setting}", value)


@pytest.mark.parametrize("name", WORKING)
def test_vendors_url_is_the_default(twin: Twin, name: str) -> None:
    """A client without a base URL asks the vendor, and its repr says whom it asks."""
    with twin.open(name, **WORKING[name]) as client:
        assert repr(client) == f"<{type(client).__name__} {ROOTS[name]}>"


@pytest.mark.parametrize("name", WORKING)
def test_settings_from_the_environment(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Credentials and the base URL come from the environment where no argument gives them."""
    set_all(monkeypatch, name, {**IN_THE_ENVIRONMENT[name], "BASE_URL": "https://there.example/"})
    with twin.open(name) as client:
        assert "https://there.example>" in repr(client)
    with twin.open(name, base_url="https://here.example") as client:
        assert "https://here.example>" in repr(client)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        (name, setting)
        for name, settings in IN_THE_ENVIRONMENT.items()
        for setting in settings
        if setting != "TOKEN"
    ],
)
def test_missing_settings_are_named(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, name: str, setting: str
) -> None:
    """A setting that is nowhere is a ConfigurationError that names its environment variable."""
    settings = IN_THE_ENVIRONMENT[name]
    set_all(monkeypatch, name, {**settings, setting: ""})
    with pytest.raises(
        errors.ConfigurationError, match=f"DIALYTICS_{name.upper()}_{setting}\\b"
    ) as caught:
        twin.find(name)()
    assert caught.value.vendor == name.lower()


@pytest.mark.parametrize("missing", ["CLIENT_ID", "CLIENT_SECRET"])
def test_missing_credentials_of_digitalcx(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Without a token DigitalCX needs client credentials, both of them."""
    settings = {"CUSTOMER": "a", "PROJECT": "p", "CLIENT_ID": "i", "CLIENT_SECRET": SECRET}
    set_all(monkeypatch, "DigitalCX", settings)
    with twin.open("DigitalCX") as client:
        assert ROOTS["DigitalCX"] in repr(client)
    monkeypatch.delenv(f"DIALYTICS_DIGITALCX_{missing}")
    with pytest.raises(errors.ConfigurationError, match=f"DIALYTICS_DIGITALCX_{missing}") as caught:
        twin.find("DigitalCX")()
    for way in ("auth=", "token", "callable", "ClientCredentials", "DIALYTICS_DIGITALCX_TOKEN"):
        assert way in str(caught.value)
    assert "client_id=" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("Cognigy", {"api_key": SECRET, "cxone_token": SECRET}),
        ("Cognigy", {"api_key": SECRET, "auth": SECRET}),
        ("Cognigy", {"oauth": PasswordGrant("a", SECRET, "c", SECRET), "auth": SECRET}),
        ("Chatlayer", {"token_id": "i", "token_secret": SECRET, "auth": SECRET}),
        ("Chatlayer", {"token_secret": SECRET, "auth": SECRET}),
        ("Inkeep", {"api_key": SECRET, "web_key": SECRET}),
        ("Inkeep", {"web_key": SECRET, "auth": SECRET}),
    ],
)
def test_one_credential_only(twin: Twin, name: str, settings: dict[str, Any]) -> None:
    """More than one credential is refused, since only one could be meant."""
    with pytest.raises(errors.ConfigurationError) as caught:
        twin.find(name)(**settings)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *((name, {**settings, "auth": object()}) for name, settings in WORKING.items()),
        ("Chatlayer", {"token_id": "i:d", "token_secret": SECRET}),
        ("Cognigy", {"api_key": f"{SECRET}\n"}),
        ("Inkeep", {"api_key": f"{SECRET} Ü"}),
        ("Inkeep", {"api_key": ""}),
    ],
)
def test_credentials_that_cannot_be_sent(twin: Twin, name: str, settings: dict[str, Any]) -> None:
    """A credential of a wrong kind or with characters no header holds is refused, and not shown."""
    if "auth" in settings and name != "DigitalCX":
        settings = {"auth": settings["auth"]}
    with pytest.raises((errors.ConfigurationError, errors.ArgumentError)) as caught:
        twin.find(name)(**settings)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("name", "settings"), [*WORKING.items(), *ALTERNATIVES])
def test_clients_show_no_secret(twin: Twin, name: str, settings: dict[str, Any]) -> None:
    """Neither repr, str nor the attributes of a client print a credential, at any depth."""
    with twin.open(name, **settings) as client:
        # What sends is made with the first call.
        seen: list[object] = [client, client._transport]
        for one in seen:
            assert SECRET not in f"{one!r}{one}"
            module = str(type(one).__module__)
            if module.startswith("dialytics"):
                assert SECRET not in repr(attributes(one))
                seen += [value for value in attributes(one).values() if value not in (one, None)]
        assert len(seen) > 5


def test_first_calls_at_once_share_one_transport(twin: Twin, switches: None) -> None:
    """Threads that call a new client at the same time share its token, budget and limits."""
    several = 6
    for _ in range(20):
        barrier = Barrier(several)
        with (
            twin.open("Inkeep", **WORKING["Inkeep"]) as client,
            ThreadPoolExecutor(several) as pool,
        ):

            def begin(client: Any = client, barrier: Barrier = barrier) -> object:
                barrier.wait()
                return client._transport

            begun = [pool.submit(begin) for _ in range(several)]
            assert len({id(one.result()) for one in begun}) == 1


@pytest.fixture
def switches() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def attributes(thing: object) -> dict[str, Any]:
    """Return an object's attributes, slots included, aside from what is itself the secret."""
    names = {
        name
        for kind in type(thing).__mro__
        for name in getattr(kind, "__slots__", ())
        if not name.startswith("__")
    }
    found = {name: getattr(thing, name) for name in names if hasattr(thing, name)}
    found |= getattr(thing, "__dict__", {})
    # What is sent has to be somewhere; it is behind an object that does not show it.
    hidden = {"headers", "secrets", "form", "password", "client_secret"}
    return {name: value for name, value in found.items() if name not in hidden}


def granted() -> OAuth:
    """Return an OAuth object that has tokens."""
    auth = OAuth("https://tokens.example", {"client_secret": SECRET})
    tokens = {"access_token": SECRET, "refresh_token": SECRET, "expires_in": 60}
    auth.accept(json.dumps(tokens).encode(), 0.0)
    return auth


@pytest.mark.parametrize(
    "auth",
    [
        FixedAuth(bearer(SECRET)),
        FixedAuth(basic("id", SECRET)),
        FixedAuth(header("X-API-Key", SECRET)),
        ProvidedAuth(lambda: SECRET, bearer, bearer(SECRET)),
        granted(),
        OAuth("https://tokens.example", {"client_secret": SECRET}).due(0.0),
        bearer(SECRET),
        ClientCredentials("id", SECRET),
        PasswordGrant("me", SECRET, "client", SECRET),
    ],
)
def test_auth_objects_show_no_secret(auth: object) -> None:
    """No auth object prints what it holds."""
    assert SECRET not in f"{auth!r}{auth}{[auth]}"


@pytest.mark.parametrize("name", WORKING)
@pytest.mark.parametrize(
    "url",
    [
        "http://there.example",
        "http://10.0.0.1",
        "http://localhost.example",
        "ftp://there.example",
        "there.example",
        "https://",
        "",
        "https://there.example?key=1",
        "https://there.example#top",
        "https://me:word@there.example",
        "https://[::1",
        "https://there.example:port",
    ],
)
def test_urls_that_are_refused(twin: Twin, name: str, url: str) -> None:
    """A base URL that would expose credentials, or is none, is refused before any request."""
    with pytest.raises(errors.ConfigurationError, match="base_url") as caught:
        twin.find(name)(**WORKING[name], base_url=url)
    assert caught.value.vendor == name.lower()


@pytest.mark.parametrize("name", WORKING)
@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:1", "[::1]:1", "127.8.8.8"])
def test_loopback_may_be_plain(twin: Twin, name: str, host: str) -> None:
    """Plain http goes to loopback as it is, and elsewhere with allow_insecure."""
    with twin.open(name, **WORKING[name], base_url=f"http://{host}") as client:
        assert host in repr(client)
    elsewhere = {"base_url": "http://there.example", "allow_insecure": True}
    with twin.open(name, **WORKING[name], **elsewhere) as client:
        assert "http://there.example" in repr(client)


def test_token_url_must_be_safe(twin: Twin) -> None:
    """Client credentials are not sent over plain http either."""
    auth = ClientCredentials("id", SECRET, token_url="http://tokens.example")
    with pytest.raises(errors.ConfigurationError, match="token_url"):
        twin.find("DigitalCX")(customer="a", project="p", auth=auth)


@pytest.mark.parametrize("name", WORKING)
def test_http_client_of_the_wrong_kind(twin: Twin, name: str) -> None:
    """A synchronous client takes no asynchronous httpx client, nor the other way round."""
    wrong = httpx.Client() if twin.is_async else httpx.AsyncClient()
    wanted = "AsyncClient" if twin.is_async else "httpx.Client"
    for one in (wrong, object(), httpx.Client):
        with pytest.raises(errors.ConfigurationError, match=wanted):
            twin.find(name)(**WORKING[name], http_client=one)


@pytest.mark.parametrize("name", WORKING)
@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": 0},
        {"timeout": "5"},
        {"timeout": float("inf")},
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"now": 5},
    ],
)
def test_wrong_options(twin: Twin, name: str, wrong: dict[str, Any]) -> None:
    """An option of a wrong kind or size is refused at the constructor, naming it."""
    with pytest.raises((errors.ArgumentError, errors.ConfigurationError), match=next(iter(wrong))):
        twin.find(name)(**WORKING[name], **wrong)


@pytest.mark.parametrize("name", ["customer", "project"])
@pytest.mark.parametrize("value", [" ", ".", ".."])
def test_keys_of_digitalcx_must_be_texts(twin: Twin, name: str, value: str) -> None:
    """A key that would change the path is refused, naming it."""
    with pytest.raises(errors.ArgumentError, match=name):
        twin.find("DigitalCX")(**{**WORKING["DigitalCX"], name: value})


def test_credentials_objects_compare_and_pickle() -> None:
    """The two public credential classes are plain values."""
    for one in (ClientCredentials("id", SECRET), PasswordGrant("me", SECRET, "client", SECRET)):
        assert pickle.loads(pickle.dumps(one)) == one
