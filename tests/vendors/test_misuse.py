"""Arguments and settings of the wrong kind: our own errors, never a foreign one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from dialytics import Chatlayer, Cognigy, DigitalCX, Inkeep, errors

DAY: Any = {"start": date(2026, 10, 1), "end": date(2026, 10, 2)}


def digitalcx(**settings: Any) -> DigitalCX:
    return DigitalCX(customer="acme", project="shop", auth="token", **settings)


WRONG: dict[str, Callable[[], object]] = {
    "base_url is a number": lambda: digitalcx(base_url=5),
    "base_url is empty": lambda: digitalcx(base_url=""),
    "proxy is no URL": lambda: digitalcx(proxy="nope"),
    "proxy is a number": lambda: digitalcx(proxy=5),
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
