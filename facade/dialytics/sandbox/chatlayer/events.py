"""Chatlayer's tracking events: a pure function of (seed, bot, version, index)."""

from __future__ import annotations

import json
from typing import Any

from attrs import field, frozen

from ..clock import format_milliseconds
from ..draws import Draws, draw_uuid
from ..timeline import Timeline
from .arguments import CHANNELS

VERSIONS = ("DRAFT", "LIVE")
NAMES = ("order_placed", "handover", "intent_missed", "form_completed", "nps", "coupon", "login")
_TEXTS = ("blue, size 42", 'said "yes"', "Größe 42 🙂", "two\nlines", "plain")

TrackingEvent = dict[str, Any]


@frozen
class EventStream:
    """The events of one version of a bot, ascending in time.

    `attributes` is an object in LIVE and the same object as JSON text in DRAFT: the vendor's two
    editions differ in that, and a client has to read both.
    """

    seed: int
    bot_id: str
    version: str
    per_day: int
    timeline: Timeline = field(init=False)

    def __attrs_post_init__(self) -> None:
        timeline = Timeline(self.seed, f"events {self.version} {self.bot_id}", self.per_day)
        object.__setattr__(self, "timeline", timeline)

    def event(self, index: int) -> TrackingEvent:
        """Return event `index`."""
        key = self.timeline.key
        draws = Draws(self.seed, key, index)
        attributes = {"amount": f"{draws.below(20_000) / 100:.2f}", "note": draws.pick(_TEXTS)}
        as_text = self.version == "DRAFT"
        return {
            "id": draw_uuid(self.seed, key, index),
            "event": draws.pick(NAMES),
            "bot_id": self.bot_id,
            "version": self.version,
            "user_id": f"user-{draws.below(500):03}",
            "channel_id": f"channel-{draws.below(4)}",
            "channel_type": draws.pick(CHANNELS),
            "conversation_id": draw_uuid(self.seed, key, "conversation", index // 4),
            "attributes": json.dumps(attributes, ensure_ascii=False) if as_text else attributes,
            "timestamp": format_milliseconds(self.timeline.time_of(index)),
        }
