"""What the Chatlayer Analytics API promises.

Sources: specs/chatlayer (the vendor's own document and our overlay) and
developers.sinch.com/docs/chatlayer-analytics.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, TypeAlias

from ..._auth import Auth, FixedAuth, TokenProvider, basic, header, make_auth
from ..._declarations import Operation, Vendor
from ..._pages import Cursors, PageToken
from ..._retry import Replay
from ..._settings import need
from ..._windows import Window, WindowRule
from ...errors import ArgumentError, ConfigurationError, WindowError

Region: TypeAlias = Literal["eu", "us", "apac", "sa"]
Version: TypeAlias = Literal["LIVE", "DRAFT"] | str
Bucket: TypeAlias = Literal["1h", "1d", "1w"] | str
GroupBy: TypeAlias = Literal["channel_type", "language"] | str
Direction: TypeAlias = Literal["forward", "backward"]

REGIONS = {
    "eu": "https://analytics.api.chatlayer.ai",
    "us": "https://analytics.api.prod.us-east4.gcp.chatlayer.ai",
    "apac": "https://analytics.api.prod.asia-south1.gcp.chatlayer.ai",
    # Named in the vendor's later edition only.
    "sa": "https://analytics.api.prod.sa-east1.gcp.chatlayer.ai",
}

VENDOR = Vendor(name="chatlayer")

# The vendor's servers take any range; what is sent is in milliseconds (observed).
ANY_RANGE = WindowRule(resolution=timedelta(milliseconds=1))
_RANGE_QUERY = ("start_time", "end_time")
_PAGE_TOKEN = PageToken(parameter="page_token", field="next_page_token", size_parameter="page_size")
_MOST_ROWS = 100

EVENTS = Operation(
    vendor=VENDOR,
    name="events",
    method="GET",
    path="/v1/bots/{bot_id}/events/stream",
    replay=Replay.READ,
    paging=_PAGE_TOKEN,
    items="events",
    key="id",
    time="timestamp",
    # No limit is documented; days keep page-token chains short and checkpoints useful.
    window=WindowRule(
        resolution=timedelta(milliseconds=1),
        preferred_span=timedelta(days=1),
        settle=timedelta(minutes=1),
    ),
    window_query=_RANGE_QUERY,
    max_page_size=_MOST_ROWS,
    stability="append",
)
EVENT_DEFINITIONS = Operation(
    vendor=VENDOR,
    name="event_definitions",
    method="GET",
    path="/v1/bots/{bot_id}/events/definitions",
    replay=Replay.READ,
    paging=_PAGE_TOKEN,
    items="event_definitions",
    key="id",
    max_page_size=_MOST_ROWS,
    stability="append",
)
SUBSCRIPTIONS = Operation(
    vendor=VENDOR,
    name="subscriptions",
    method="GET",
    path="/v1/bots/{bot_id}/subscriptions",
    replay=Replay.READ,
    paging=_PAGE_TOKEN,
    items="subscriptions",
    key="id",
    max_page_size=_MOST_ROWS,
    stability="append",
)
INTENTS = Operation(
    vendor=VENDOR,
    name="intents",
    method="GET",
    path="/v1/bots/{bot_id}/intents",
    replay=Replay.READ,
    items="data",
    # A ranking is of the whole range: windows of it could not be put together again.
    window=ANY_RANGE,
    window_query=_RANGE_QUERY,
    stability="snapshot",
)
INTENT_PAGING = {
    "forward": Cursors(
        parameter="after",
        size_parameter="first",
        info="pagination",
        cursor_field="end_cursor",
        more_field="has_more",
    ),
    "backward": Cursors(
        parameter="before",
        size_parameter="last",
        info="pagination",
        cursor_field="start_cursor",
        more_field="has_more",
        # Without a size or cursor, nothing would tell the first request from a forward one.
        default_size=_MOST_ROWS,
    ),
}
CONVERSATIONS = Operation(
    vendor=VENDOR,
    name="conversations",
    method="GET",
    path="/v1/bots/{bot_id}/conversations",
    replay=Replay.READ,
    window=ANY_RANGE,
    window_query=_RANGE_QUERY,
)
ECHO = Operation(vendor=VENDOR, name="echo", method="POST", path="/v1/echo", replay=Replay.READ)

_BUCKETS = {
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "1w": timedelta(weeks=1),
}


def find_region(region: str) -> str:
    """Return a region's base URL."""
    if region not in REGIONS:
        raise ConfigurationError(
            f"region must be one of {', '.join(REGIONS)}; got {region!r}", vendor=VENDOR.name
        )
    return REGIONS[region]


def find_auth(
    token_id: str | None, token_secret: str | None, auth: str | TokenProvider | Auth | None
) -> Auth:
    """Return HTTP Basic for a token's two parts, or what ``auth=`` brings."""
    if auth is not None:
        if token_id is not None or token_secret is not None:
            raise ConfigurationError(
                "pass token_id and token_secret, or auth, not both", vendor=VENDOR.name
            )
        return make_auth(auth, lambda value: header("Authorization", value))
    username = need(VENDOR, "TOKEN_ID", token_id)
    if ":" in username:
        raise ConfigurationError("token_id must not hold a colon", vendor=VENDOR.name)
    return FixedAuth(basic(username, need(VENDOR, "TOKEN_SECRET", token_secret)))


def join_values(name: str, values: str | Sequence[str] | None) -> str | None:
    """Return one or several values in the comma-separated form that the vendor takes."""
    if values is None or isinstance(values, str):
        return values
    listed = tuple(values) if isinstance(values, Sequence) else ()
    if not listed or not all(isinstance(value, str) and "," not in value for value in listed):
        raise ArgumentError(
            f"{name} must be a text, or a list of texts without commas", vendor=VENDOR.name
        )
    return ",".join(values)


def check_bucket(bucket: str | None, window: Window) -> None:
    """Refuse a range that is not longer than its bucket, as the vendor does."""
    span = _BUCKETS.get(bucket or "")
    if span is not None and window.span <= span:
        raise WindowError(
            f"the range must be longer than its bucket of {bucket}; take a longer range or a "
            "smaller bucket",
            vendor=VENDOR.name,
        )
