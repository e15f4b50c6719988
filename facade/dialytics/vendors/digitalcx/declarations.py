"""What the DigitalCX Analytics API promises.

Sources: specs/digitalcx/vendor.yaml, written from knowledgecenter.cm.com/kc/the-analytics-api.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..._declarations import ErrorRule, Operation, Vendor
from ..._paging import HeaderToken
from ..._ranges import WindowRule
from ..._retry import Replay
from ...errors import UnknownProject

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
