"""Chatlayer: its clients and the rows it returns."""

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from dialytics_clients.chatlayer.rows import EventDefinition, IntentInfo, Subscription, TrackingEvent

    from ._async import AsyncChatlayer
    from ._sync import Chatlayer
    from .series import Series
    from .series import SeriesPoint

__all__ = (
    "AsyncChatlayer",
    "Chatlayer",
    "EventDefinition",
    "IntentInfo",
    "Series",
    "SeriesPoint",
    "Subscription",
    "TrackingEvent",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "AsyncChatlayer": "._async",
            "Chatlayer": "._sync",
            "EventDefinition": "dialytics_clients.chatlayer.rows",
            "IntentInfo": "dialytics_clients.chatlayer.rows",
            "Series": ".series",
            "SeriesPoint": ".series",
            "Subscription": "dialytics_clients.chatlayer.rows",
            "TrackingEvent": "dialytics_clients.chatlayer.rows",
        },
    )
