"""What the Inkeep Analytics API promises.

Sources: specs/inkeep/vendor.yaml, written from docs.inkeep.com/analytics-api and the vendor's SDK.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from ..._auth import Auth, FixedAuth, TokenProvider, bearer, make_auth
from ..._declarations import Operation, Vendor
from ..._pages import LimitOffset
from ..._retry import Replay
from ..._settings import find, variable
from ...errors import ConfigurationError

VENDOR = Vendor(
    name="inkeep",
    base_url="https://api.analytics.inkeep.com",
    # "2 MB": the larger reading, since only what is surely refused is refused here.
    max_body=2 * 1024 * 1024,
)

CONVERSATIONS = Operation(
    vendor=VENDOR,
    name="conversations",
    method="GET",
    path="/conversations",
    replay=Replay.READ,
    paging=LimitOffset(limit_parameter="limit", offset_parameter="offset", default_limit=100),
    items="conversations",
    items_required=True,
    total="total",
    key="id",
    max_page_size=100,
    stability="shifting",
)
CONVERSATION = Operation(
    vendor=VENDOR,
    name="conversation",
    method="GET",
    path="/conversations/{id}",
    replay=Replay.READ,
)
LOG_CONVERSATION = Operation(
    vendor=VENDOR,
    name="log_conversation",
    method="POST",
    path="/conversations",
    replay=Replay.NEVER,
)


def choose_log(conversation: Mapping[str, object]) -> Operation:
    """Return the declaration for a log: with an id of the client's own, twice makes one."""
    if conversation.get("id") or conversation.get("externalId"):
        return evolve(LOG_CONVERSATION, replay=Replay.KEYED)
    return LOG_CONVERSATION


def find_auth(
    api_key: str | None, web_key: str | None, auth: str | TokenProvider | Auth | None
) -> Auth:
    """Return the one key that was given, or one from the environment."""
    given = {"api_key": api_key, "web_key": web_key, "auth": auth}
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise ConfigurationError(f"pass one of {' and '.join(names)}", vendor=VENDOR.name)
    if auth is not None:
        return make_auth(auth, bearer)
    key = api_key if web_key is None else web_key
    if key is None:
        key = find(VENDOR, "API_KEY", None) or find(VENDOR, "WEB_KEY", None)
    if key is None:
        raise ConfigurationError(
            "a key is missing: pass api_key= or web_key=, or set the environment variable "
            f"{variable(VENDOR, 'API_KEY')} or {variable(VENDOR, 'WEB_KEY')}",
            vendor=VENDOR.name,
        )
    return FixedAuth(bearer(key))
