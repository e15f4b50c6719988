"""What the Chatlayer Analytics API promises.

Sources: specs/chatlayer (the vendor's own document and our overlay) and
developers.sinch.com/docs/chatlayer-analytics.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, TypeAlias

from attrs import evolve

from ..._auth import Auth, FixedAuth, TokenProvider, basic, header, make_auth, require_clean
from ..._declarations import Operation, Vendor
from ..._paging import Cursors, PageToken
from ..._ranges import WindowRule
from ..._retry import Replay
from ..._settings import need
from ...errors import ArgumentError, ConfigurationError

Region: TypeAlias = Literal["eu", "us", "apac", "sa"]

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


def _list_kept(name: str, path: str) -> Operation:
    """Declare a listing of what a bot has been set up with."""
    return Operation(
        vendor=VENDOR,
        name=name,
        method="GET",
        path=path,
        replay=Replay.READ,
        paging=_PAGE_TOKEN,
        items=name,
        key="id",
        max_page_size=_MOST_ROWS,
        stability="append",
    )


def _report(name: str, path: str) -> Operation:
    """Declare a report on a range of time, in one response."""
    return Operation(
        vendor=VENDOR,
        name=name,
        method="GET",
        path=path,
        replay=Replay.READ,
        window=ANY_RANGE,
        window_query=_RANGE_QUERY,
    )


def _create(name: str, path: str) -> Operation:
    """Declare a creation: the vendor chooses the id, so that a repetition makes a second one."""
    return Operation(vendor=VENDOR, name=name, method="POST", path=path, replay=Replay.NEVER)


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
EVENT_DEFINITIONS = _list_kept("event_definitions", "/v1/bots/{bot_id}/events/definitions")
CREATE_EVENT_DEFINITION = _create("create_event_definition", "/v1/bots/{bot_id}/events/definitions")
SUBSCRIPTIONS = _list_kept("subscriptions", "/v1/bots/{bot_id}/subscriptions")
CREATE_SUBSCRIPTION = _create("create_subscription", "/v1/bots/{bot_id}/subscriptions")
DELETE_SUBSCRIPTION = Operation(
    vendor=VENDOR,
    name="delete_subscription",
    method="DELETE",
    path="/v1/bots/{bot_id}/subscriptions/{subscription_id}",
    # What is gone stays gone, though a repetition is told that there is none.
    replay=Replay.SETS,
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
INTENTS = Operation(
    vendor=VENDOR,
    name="intents",
    method="GET",
    path="/v1/bots/{bot_id}/intents",
    replay=Replay.READ,
    pagings=INTENT_PAGING,
    items="data",
    # A ranking is of the whole range: windows of it could not be put together again.
    window=ANY_RANGE,
    window_query=_RANGE_QUERY,
    stability="snapshot",
)
INTENT_INSIGHTS = _report("intent_insights", "/v1/bots/{bot_id}/intents/insights")

CONVERSATIONS = _report("conversations", "/v1/bots/{bot_id}/conversations")
CONVERSATION_INSIGHTS = _report("conversation_insights", "/v1/bots/{bot_id}/conversations/insights")
MESSAGES = _report("messages", "/v1/bots/{bot_id}/messages")
USERS = _report("users", "/v1/bots/{bot_id}/users")
USER_ACTIVITY = _report("user_activity", "/v1/bots/{bot_id}/users/activity")

FLOWS = _report("flows", "/v1/bots/{bot_id}/flows")
FLOW_STEP_DETAILS = _report("flow_step_details", "/v1/bots/{bot_id}/flows/{step_id}")
FLOW_STEP_EDGES = _report("flow_step_edges", "/v1/bots/{bot_id}/{version}/flows/{step_id}/edges")

TEAM_CONVERSATIONS = _report("team_conversations", "/v1/teams/{team_id}/conversations")
VOICE_MINUTES = _report("voice_minutes", "/v1/teams/{team_id}/voice_minutes")
KNOWLEDGE_BASE_USAGE = _report("knowledge_base_usage", "/v1beta1/teams/{team_id}/knowledge_base")

ECHO = Operation(vendor=VENDOR, name="echo", method="POST", path="/v1/echo", replay=Replay.READ)


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
    password = need(VENDOR, "TOKEN_SECRET", token_secret)
    require_clean("token_id", username)
    require_clean("token_secret", password)
    return FixedAuth(basic(username, password))


def choose_intents(direction: object) -> Operation:
    """Return the listing of intents as it pages in a direction."""
    paging = INTENT_PAGING.get(direction) if isinstance(direction, str) else None
    if paging is None:
        raise ArgumentError(
            f"direction must be one of {', '.join(INTENT_PAGING)}; got {direction!r}",
            vendor=VENDOR.name,
            operation=INTENTS.name,
        )
    return evolve(INTENTS, paging=paging)
