"""What the DigitalCX Analytics API promises.

Sources: specs/digitalcx/vendor.yaml, written from knowledgecenter.cm.com/kc/the-analytics-api.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import Any, Protocol

from attrs import frozen

from ..._auth import Auth, ClientCredentials, OAuth, TokenProvider, bearer, make_auth
from ..._declarations import ErrorRule, Operation, Vendor
from ..._pages import HeaderToken
from ..._retry import Replay
from ..._settings import check_url, find, need
from ..._windows import WindowRule
from ...errors import ArgumentError, UnknownProject

TOKEN_URL = "https://login.microsoftonline.com/digitalcx.onmicrosoft.com/oauth2/token"  # noqa: S105  # a URL
TOKEN_RESOURCE = "https://digitalcx.onmicrosoft.com/external-api"  # noqa: S105  # a name

VENDOR = Vendor(
    name="digitalcx",
    base_url="https://analytics.digitalcx.com",
    # A bad token is answered with 403 (observed), which also means a lack of rights.
    refused_statuses=frozenset({401, 403}),
    error_rules=(ErrorRule(400, r"does not exist", UnknownProject),),
    # Full days are slow: a public client waits this long.
    read_timeout=300.0,
)

INTERACTIONS = Operation(
    vendor=VENDOR,
    name="interactions",
    method="GET",
    path="/{customerKey}/projects/{projectKey}/interactions",
    replay=Replay.READ,
    accept="text/csv",
    success=frozenset({200, 204}),
    paging=HeaderToken(
        parameter="continuationToken",
        header="continuationToken",
        fixed={"paginateData": "true"},
        end_status=204,
    ),
    key="log_id",
    time="timestamp_start",
    window=WindowRule(
        resolution=timedelta(seconds=1),
        max_span=timedelta(days=1),
        horizon=timedelta(days=90),
        earliest=datetime(2024, 12, 15, tzinfo=UTC),
        # How soon an interaction shows up is not documented; a session's last ones take a while.
        settle=timedelta(minutes=5),
    ),
    window_query=("startDate", "endDate"),
    stability="snapshot",
)


class InteractionType(IntFlag):
    """What an interaction is made of; filters match any of the bits they hold.

    The values are those of the page The Analytics API (knowledgecenter.cm.com).
    """

    EVENT = 1
    QA = 2
    FAQ_CLICK = 4
    DIALOG = 8
    LINK_CLICK = 16
    FEEDBACK = 32
    FAQ_SEARCH = 64
    TRANSACTIONAL_DIALOG = 128
    DATA_RETRIEVAL = 256
    GENERATIVE_AI = 512


_BY_NAME = {str(member.name).replace("_", "").lower(): member for member in InteractionType}


class _Typed(Protocol):
    """A row that has a main type."""

    main_interaction_type: str | None


@frozen
class MainTypeFilter:
    """Tells whether a row is one that the filter on its main type should let through.

    The vendor's page and its curl line spell the filter differently. If the one that the server
    knows is neither, it returns all rows; then this shows it.
    """

    wanted: int

    def __call__(self, row: _Typed) -> bool:
        """Tell so; a type that is not known here cannot be judged, and passes."""
        name = (row.main_interaction_type or "").replace("_", "").lower()
        kind = _BY_NAME.get(name)
        return kind is None or bool(kind & self.wanted)


def find_flags(name: str, value: int | None) -> int | None:
    """Return a filter's bits, refusing a number that holds none or a negative one."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArgumentError(
            f"{name} must be an InteractionType, or a sum of its values; got {value!r}",
            vendor=VENDOR.name,
        )
    return int(value)


def find_auth(
    auth: str | TokenProvider | ClientCredentials | Auth | None, options: Mapping[str, Any]
) -> Auth:
    """Return the scheme for ``auth=``, or for what the environment holds."""
    if auth is None:
        auth = find(VENDOR, "TOKEN", None) or ClientCredentials(
            need(VENDOR, "CLIENT_ID", None), need(VENDOR, "CLIENT_SECRET", None)
        )
    if not isinstance(auth, ClientCredentials):
        return make_auth(auth, bearer)
    url = check_url(auth.token_url or TOKEN_URL, "token_url", VENDOR, options)
    form = {
        "grant_type": "client_credentials",
        "client_id": auth.client_id,
        "client_secret": auth.client_secret,
        "resource": auth.resource or TOKEN_RESOURCE,
    }
    return OAuth(url, form)


def find_cultures(culture: str | Sequence[str]) -> tuple[str, ...]:
    """Return the cultures to be read, each once."""
    # Not any iterable: a set's order differs between processes, and checkpoints hold it.
    cultures: tuple[str, ...] = ()
    if isinstance(culture, Sequence):
        cultures = (culture,) if isinstance(culture, str) else tuple(culture)
    if not cultures or not all(isinstance(one, str) and one for one in cultures):
        raise ArgumentError(
            "culture must be a text such as 'en', or a list of them", vendor=VENDOR.name
        )
    return tuple(dict.fromkeys(cultures))
