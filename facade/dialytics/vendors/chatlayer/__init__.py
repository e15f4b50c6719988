"""Chatlayer: its clients, the rows they return and the options they take."""

from ..._lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it as true; importing typing takes longer than us
if TYPE_CHECKING:
    from dialytics_clients.chatlayer.rows import (
        Edge,
        EventDefinition,
        FlowStep,
        FlowStepDetails,
        IntentInfo,
        Serie,
        Subscription,
        TrackingEvent,
    )

    from ._async.client import AsyncChatlayer
    from ._sync.client import Chatlayer
    from .options import (
        BotOptions,
        BucketOptions,
        ConversationOptions,
        IntentOptions,
        KnowledgeBaseOptions,
        MessageOptions,
        SeriesOptions,
        TeamOptions,
        VoiceOptions,
    )
    from .series import Series, SeriesPoint

__all__ = (
    "AsyncChatlayer",
    "BotOptions",
    "BucketOptions",
    "Chatlayer",
    "ConversationOptions",
    "Edge",
    "EventDefinition",
    "FlowStep",
    "FlowStepDetails",
    "IntentInfo",
    "IntentOptions",
    "KnowledgeBaseOptions",
    "MessageOptions",
    "Serie",
    "Series",
    "SeriesOptions",
    "SeriesPoint",
    "Subscription",
    "TeamOptions",
    "TrackingEvent",
    "VoiceOptions",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "AsyncChatlayer": "._async.client",
            "BotOptions": ".options",
            "BucketOptions": ".options",
            "Chatlayer": "._sync.client",
            "ConversationOptions": ".options",
            "Edge": "dialytics_clients.chatlayer.rows",
            "EventDefinition": "dialytics_clients.chatlayer.rows",
            "FlowStep": "dialytics_clients.chatlayer.rows",
            "FlowStepDetails": "dialytics_clients.chatlayer.rows",
            "IntentInfo": "dialytics_clients.chatlayer.rows",
            "IntentOptions": ".options",
            "KnowledgeBaseOptions": ".options",
            "MessageOptions": ".options",
            "Serie": "dialytics_clients.chatlayer.rows",
            "Series": ".series",
            "SeriesOptions": ".options",
            "SeriesPoint": ".series",
            "Subscription": "dialytics_clients.chatlayer.rows",
            "TeamOptions": ".options",
            "TrackingEvent": "dialytics_clients.chatlayer.rows",
            "VoiceOptions": ".options",
        },
    )
