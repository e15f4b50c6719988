"""Settings: arguments before the environment, and addresses that expose no secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from dialytics._declarations import Vendor
from dialytics._settings import (
    check_now,
    check_url,
    find,
    find_root,
    need,
    require_text,
    utc_now,
    variable,
)
from dialytics.errors import ArgumentError, ConfigurationError

VENDOR: Final = Vendor(name="acme", base_url="https://api.acme.example")
HOMELESS: Final = Vendor(name="acme")


def test_variables_are_named_after_vendor_and_setting() -> None:
    """The environment variable of a setting follows one pattern."""
    assert variable(VENDOR, "API_KEY") == "DIALYTICS_ACME_API_KEY"


@pytest.mark.parametrize(
    ("argument", "environment", "found"),
    [
        (None, None, None),
        (None, "", None),
        (None, "env", "env"),
        ("arg", None, "arg"),
        ("arg", "env", "arg"),
        ("", "env", ""),
    ],
)
def test_arguments_come_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
    argument: str | None,
    environment: str | None,
    found: str | None,
) -> None:
    """An argument that was given counts, also an empty one; then a variable that is not empty."""
    monkeypatch.delenv("DIALYTICS_ACME_API_KEY", raising=False)
    if environment is not None:
        monkeypatch.setenv("DIALYTICS_ACME_API_KEY", environment)
    assert find(VENDOR, "API_KEY", argument) == found


@pytest.mark.parametrize("argument", [None, ""])
def test_missing_settings_name_argument_and_variable(
    monkeypatch: pytest.MonkeyPatch, argument: str | None
) -> None:
    """What is needed and missing or empty raises, naming both places where it could come from."""
    monkeypatch.delenv("DIALYTICS_ACME_API_KEY", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        need(VENDOR, "API_KEY", argument)
    assert "pass api_key=" in str(caught.value)
    assert "DIALYTICS_ACME_API_KEY" in str(caught.value)
    assert caught.value.vendor == "acme"
    assert need(VENDOR, "API_KEY", "arg") == "arg"


def test_roots_come_from_argument_environment_or_vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The base URL is the argument, else the variable, else the vendor's; none of them raises."""
    monkeypatch.delenv("DIALYTICS_ACME_BASE_URL", raising=False)
    assert find_root(VENDOR, None, options={"allow_insecure": False}) == "https://api.acme.example"
    with pytest.raises(ConfigurationError, match="set DIALYTICS_ACME_BASE_URL"):
        find_root(HOMELESS, None, options={"allow_insecure": False})
    monkeypatch.setenv("DIALYTICS_ACME_BASE_URL", "https://env.example/")
    assert find_root(HOMELESS, None, options={"allow_insecure": False}) == "https://env.example"
    assert (
        find_root(VENDOR, "https://arg.example", options={"allow_insecure": False})
        == "https://arg.example"
    )
    monkeypatch.setenv("DIALYTICS_ACME_BASE_URL", "http://env.example/")
    with pytest.raises(ConfigurationError, match="plain http"):
        find_root(VENDOR, None, options={"allow_insecure": False})


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://a.example", "https://a.example"),
        ("https://a.example/", "https://a.example"),
        ("https://a.example:8443/x/y//", "https://a.example:8443/x/y"),
        ("HTTPS://a.example", "HTTPS://a.example"),
        ("https://[2001:db8::1]:1", "https://[2001:db8::1]:1"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.9.9.9:1", "http://127.9.9.9:1"),
        ("http://[::1]:5", "http://[::1]:5"),
    ],
)
def test_safe_addresses_lose_their_last_slash(url: str, root: str) -> None:
    """Encrypted addresses, and plain ones that stay on this machine, are taken."""
    assert check_url(url, "base_url", VENDOR, options={"allow_insecure": False}) == root


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "http://10.0.0.1",
        "http://localhost.a.example",
        "http://127.0.0.1.a.example",
        "http://[2001:db8::1]",
        "http://0.0.0.0",
    ],
)
def test_plain_http_needs_a_word(url: str) -> None:
    """Unencrypted addresses of other machines are refused, unless the caller insists."""
    with pytest.raises(ConfigurationError, match=r"base_url is plain http.*allow_insecure=True"):
        check_url(url, "base_url", VENDOR, options={"allow_insecure": False})
    assert check_url(url, "base_url", VENDOR, options={"allow_insecure": True}) == url


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "absolute"),
        ("a.example", "absolute"),
        ("//a.example", "absolute"),
        ("ftp://a.example", "absolute"),
        ("https://", "absolute"),
        ("https:///x", "absolute"),
        ("https://a.example:99999", "absolute"),
        ("https://a.example:port", "absolute"),
        ("https://[::1", "absolute"),
        ("https://a b.example", "absolute"),
        (" https://a.example", "absolute"),
        ("https://a.example\n", "absolute"),
        ("https://a.ex\tample", "absolute"),
        ("https://a.example?key=quasimodo", "no query"),
        ("https://a.example/?", "no query"),
        ("https://a.example#quasimodo", "no query"),
        ("https://a.example/#", "no query"),
        ("https://quasimodo@a.example", "no query"),
        ("https://user:quasimodo@a.example", "no query"),
        ("https://:@a.example", "no query"),
    ],
)
@pytest.mark.parametrize("insecure", [True, False])
def test_other_addresses_are_refused_unshown(url: str, words: str, *, insecure: bool) -> None:
    """What is no plain address is refused; it is not shown, since it may hold a secret."""
    with pytest.raises(ConfigurationError, match=f"token_url must .*{words}") as caught:
        check_url(url, "token_url", VENDOR, options={"allow_insecure": insecure})
    assert "quasimodo" not in f"{caught.value!r} {vars(caught.value)}"
    assert caught.value.vendor == "acme"


@pytest.mark.parametrize("value", ["", " ", "\n", ".", "..", None, 7])
def test_path_texts_are_texts(value: Any) -> None:
    """What would leave a hole in a path or change it is refused at the call."""
    with pytest.raises(ArgumentError, match=r"customer must (be a text|not be empty)"):
        require_text("customer", value)


@pytest.mark.parametrize("value", ["acme", "a/b", "...", "é"])
def test_other_path_texts_pass(value: str) -> None:
    """Any other text passes unchanged; quoting it is the builder's."""
    assert require_text("customer", value) == value


def test_clocks_are_callables() -> None:
    """A time instead of a clock is refused: a client outlives it."""
    assert check_now(utc_now) is utc_now
    assert utc_now().tzinfo is UTC
    moment: Any = datetime(2026, 11, 20, tzinfo=UTC)
    with pytest.raises(ConfigurationError, match="now must be a callable"):
        check_now(moment)
