"""Chatlayer: its clients and the rows it returns."""

from ..._lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it as true; importing typing takes longer than us
if TYPE_CHECKING:
    from dialytics_clients.chatlayer.rows import (
        EventDefinition,
        IntentInfo,
        Subscription,
        TrackingEvent,
    )

    from ._async.client import AsyncChatlayer
    from ._sync.client import Chatlayer
    from .series import Series, SeriesPoint

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
            "AsyncChatlayer": "._async.client",
            "Chatlayer": "._sync.client",
            "EventDefinition": "dialytics_clients.chatlayer.rows",
            "IntentInfo": "dialytics_clients.chatlayer.rows",
            "Series": ".series",
            "SeriesPoint": ".series",
            "Subscription": "dialytics_clients.chatlayer.rows",
            "TrackingEvent": "dialytics_clients.chatlayer.rows",
        },
    )
