"""What the DigitalCX Analytics API promises.

Sources: specs/digitalcx/vendor.yaml, written from knowledgecenter.cm.com/kc/the-analytics-api.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ..._auth import Auth, ClientCredentials, OAuth, TokenProvider, bearer, make_auth
from ..._declarations import ErrorRule, Operation, Vendor
from ..._pages import HeaderToken
from ..._retry import Replay
from ..._settings import check_url, find, variable
from ..._windows import WindowRule
from ...errors import ConfigurationError, UnknownProject

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
    fills=("includeUserinfo", ("additional_session_info", "variables")),
)


def find_auth(
    auth: str | TokenProvider | ClientCredentials | Auth | None, options: Mapping[str, Any]
) -> Auth:
    """Return the scheme for ``auth=``, or for what the environment holds."""
    if auth is None:
        auth = find(VENDOR, "TOKEN", None) or _find_login()
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


def _find_login() -> ClientCredentials:
    client, secret = (find(VENDOR, name, None) for name in ("CLIENT_ID", "CLIENT_SECRET"))
    if client is None or secret is None:
        token, *login = (variable(VENDOR, n) for n in ("TOKEN", "CLIENT_ID", "CLIENT_SECRET"))
        raise ConfigurationError(
            "credentials are missing: pass auth= (a token, a callable that returns one, or "
            f"ClientCredentials), or set the environment variable {token}, or both of "
            f"{' and '.join(login)}",
            vendor=VENDOR.name,
        )
    return ClientCredentials(client, secret)
