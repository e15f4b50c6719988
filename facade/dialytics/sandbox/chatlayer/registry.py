"""What Chatlayer keeps: event definitions and webhook subscriptions of each bot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ..clock import format_instant
from ..draws import draw_uuid
from ..exchange import Refused
from .events import NAMES

Item = dict[str, Any]
EVENT_TYPES = ("MESSAGE_EVENT", "TRACKING_EVENT", "FLOW_EVENT")
SUBSCRIPTION_VERSION = "v1"


class Registry:
    """Definitions and subscriptions by bot; each bot starts with seven definitions."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self._seed = seed
        self._now = now
        self._created = 0
        self._definitions: dict[str, list[Item]] = {}
        self._subscriptions: dict[str, list[Item]] = {}

    def definitions(self, bot_id: str) -> list[Item]:
        """Return a bot's event definitions, oldest first."""
        if bot_id not in self._definitions:
            created = self._now() - timedelta(days=60)
            self._definitions[bot_id] = [
                self._define(bot_id, name, f"Sent on {name}", created, 30 + number)
                for number, name in enumerate(NAMES)
            ]
        return self._definitions[bot_id]

    def subscriptions(self, bot_id: str) -> list[Item]:
        """Return a bot's subscriptions, oldest first; a secret is never among the fields."""
        return self._subscriptions.setdefault(bot_id, [])

    def create_definition(self, bot_id: str, body: Item) -> Item:
        """Add a definition; the same event again is a second definition."""
        event = body.get("event")
        if not isinstance(event, str) or not event:
            raise Refused(400, "event is required")
        definitions = self.definitions(bot_id)
        definition = self._define(bot_id, event, body.get("description") or "", self._now(), 0)
        definitions.append(definition)
        return definition

    def create_subscription(self, bot_id: str, body: Item) -> Item:
        """Add a subscription; its secret is accepted and forgotten."""
        check_subscription(body)
        subscription = {
            "id": self._identify(bot_id, "subscription"),
            "bot_id": bot_id,
            "target": body["target"],
            "event_type": body["event_type"],
            "event_names": body.get("event_names") or [],
            "created_at": format_instant(self._now()),
            "version": body.get("version") or SUBSCRIPTION_VERSION,
            "status": "enabled",
        }
        self.subscriptions(bot_id).append(subscription)
        return subscription

    def delete_subscription(self, bot_id: str, subscription_id: str) -> None:
        """Remove a subscription; raise `Refused` with 404 when there is none."""
        kept = [item for item in self.subscriptions(bot_id) if item["id"] != subscription_id]
        if len(kept) == len(self.subscriptions(bot_id)):
            raise Refused(404, "subscription not found")
        self._subscriptions[bot_id] = kept

    def change(self, bot_id: str, insert: int, delete: int) -> None:
        """Remove the oldest of each kind and add new ones."""
        del self.definitions(bot_id)[:delete]
        del self.subscriptions(bot_id)[:delete]
        subscription = {"event_type": "MESSAGE_EVENT", "secret": "-"}
        for _ in range(insert):
            number = self._created
            self.create_definition(bot_id, {"event": f"event_{number}"})
            target = f"https://example.com/{number}"
            self.create_subscription(bot_id, {**subscription, "target": target})

    def _define(
        self, bot_id: str, event: str, description: str, created: datetime, volume: int
    ) -> Item:
        definition = {
            "id": self._identify(bot_id, "definition"),
            "bot_id": bot_id,
            "event": event,
            "description": description,
            "created_at": format_instant(created),
            "volume_30_day": volume,
        }
        return {**definition, "last_seen_at": format_instant(self._now())} if volume else definition

    def _identify(self, bot_id: str, kind: str) -> str:
        self._created += 1
        return draw_uuid(self._seed, kind, bot_id, self._created)


def check_subscription(body: Item) -> None:
    """Raise `Refused` with 400 for a subscription the documentation does not allow."""
    if not str(body.get("target") or "").startswith("https://"):
        raise Refused(400, "target must be an https URL")
    if not body.get("secret"):
        raise Refused(400, "secret is required")
    event_type = str(body.get("event_type") or "").replace("_EVENTS", "_EVENT")
    if event_type not in EVENT_TYPES:
        raise Refused(400, f"event_type must be one of {', '.join(EVENT_TYPES)}")
    if body.get("event_names") and event_type != "TRACKING_EVENT":
        raise Refused(400, "event_names is only valid for tracking events")
    if (body.get("version") or SUBSCRIPTION_VERSION) != SUBSCRIPTION_VERSION:
        raise Refused(400, "version must be v1")
