"""Settings of clients that ask a server of a test's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from dialytics.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.conftest import Raw, Scripted

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


def reach(server: Sandbox | Scripted | Raw | str, **settings: Any) -> dict[str, Any]:
    """Return the settings of a DigitalCX client of a server, by its URL also."""
    found: dict[str, Any] = {"customer": "acme", "project": "shop", "auth": "s3cret"}
    if isinstance(server, Sandbox):
        found |= {"base_url": server.url("digitalcx"), "now": server.now}
    else:
        url = server if isinstance(server, str) else server.url
        found |= {"base_url": url, "now": lambda: NOW}
    return {**found, **settings}
