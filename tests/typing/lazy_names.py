"""Checked by the type checkers and never run: names that are imported lazily keep their types.

Each `type: ignore` marks a line that has to be an error. Were the lazy names `Any`, it would not
be one, and mypy reports an ignore that is not needed.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import assert_type

import dialytics
import dialytics.vendors.digitalcx
import dialytics_clients.chatlayer.api.events
import dialytics_clients.chatlayer.models
import dialytics_clients.chatlayer.rows
from dialytics import AsyncDigitalCX, DigitalCX, Pager, errors
from dialytics.vendors.digitalcx import Interaction
from dialytics_clients.chatlayer.api.events import build_list_events
from dialytics_clients.chatlayer.models import Problem
from dialytics_clients.chatlayer.rows import TrackingEvent


def use_wrong_names() -> None:
    """No lazy package has a name that it does not list."""
    _ = dialytics.Nothing  # type: ignore[attr-defined]
    _ = dialytics.vendors.digitalcx.Nothing  # type: ignore[attr-defined]
    _ = dialytics_clients.chatlayer.Nothing  # type: ignore[attr-defined]
    _ = dialytics_clients.chatlayer.api.events.build_nothing  # type: ignore[attr-defined]
    _ = dialytics_clients.chatlayer.models.Nothing  # type: ignore[attr-defined]
    _ = dialytics_clients.chatlayer.rows.Nothing  # type: ignore[attr-defined]
    _ = errors.NoSuchError  # type: ignore[attr-defined]


def use_members(
    client: DigitalCX, twin: AsyncDigitalCX, event: TrackingEvent, problem: Problem
) -> None:
    """The classes behind the names are known too."""
    pager = client.interactions(culture="en", start="today")  # type: ignore[arg-type]
    assert_type(pager, Pager[Interaction])
    for row in pager:
        assert_type(row.log_id, int)
        assert_type(row.culture, str | None)
        _ = row.logid  # type: ignore[attr-defined]
    _ = client.interaction  # type: ignore[attr-defined]
    _ = twin.close  # type: ignore[attr-defined]
    _ = event.stamp  # type: ignore[attr-defined]
    _ = problem.cause  # type: ignore[attr-defined]
    build_list_events("bot", version=1, start_time="", end_time="")  # type: ignore[arg-type]
