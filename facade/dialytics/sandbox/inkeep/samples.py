"""What Inkeep's sandbox holds at the start: a pure function of (seed, number)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from ..clock import format_instant
from ..draws import Draws

Item = dict[str, Any]
PROJECT = "project-1"
ORGANIZATION = "organization-1"
QUESTIONS = (
    "How do I install the SDK?",
    'What does "401 Unauthorized" mean, exactly?',
    "Can I use it with Python 3.13?\nAnd with 3.11?",
    "Wie ändere ich mein Passwort? 🙂",
    "Where is the changelog",
)
ANSWERS = (
    "Run the installer.",
    "The key is missing or wrong.",
    "Yes, with both.",
    "In den Einstellungen, unter »Konto«.",
)
SEARCHES = ("install", "webhook signature", "rate limit", "changelog")
KINDS = ("openai", "openai", "openai", "support_ticket", "support_copilot")
FEEDBACK_EVERY = 3


@frozen
class Samples:
    """Makes the conversations, feedback and events that exist at the start.

    Conversation n is three hours older than n + 1; the last is three hours older than `base`.
    Every third conversation has feedback, every conversation one event.
    """

    seed: int
    count: int
    base: datetime

    def conversation(self, number: int) -> Item:
        """Return conversation `number`, 0 to count - 1."""
        draws = Draws(self.seed, "conversation", number)
        created = self._created(number, draws)
        kind, identifier = KINDS[number % len(KINDS)], name_item("conv", number)
        user = {"id": f"user-{draws.below(20):02}", "identificationType": "COOKIED"}
        return {
            "id": identifier,
            "externalId": name_external(number),
            "externalUrl": f"https://help.example/{number}",
            "type": kind,
            "supportTicketConversationId": None,
            "createdAt": format_instant(created),
            "updatedAt": format_instant(created + timedelta(minutes=4)),
            "projectId": PROJECT,
            "integrationId": f"integration-{draws.below(3)}",
            "properties": {"theme": draws.pick(("light", "dark")), "page": draws.below(9)},
            "userProperties": user,
            "tags": [draws.pick(("docs", "billing"))],
            "visibility": draws.pick(("private", "public")),
            "messages": self._messages(identifier, kind, created, draws),
        }

    def feedback(self, number: int) -> Item:
        """Return feedback `number`, on the answer of conversation 3 * number."""
        conversation = self.conversation(number * FEEDBACK_EVERY)
        negative = number % 3 == 2
        reason = {"label": "incomplete", "details": 'It says "maybe", not yes'}
        return {
            "id": name_item("feedback", number),
            "type": "negative" if negative else "positive",
            "messageId": conversation["messages"][1]["id"],
            "createdAt": conversation["updatedAt"],
            "updatedAt": conversation["updatedAt"],
            "reasons": [reason] if negative else [],
            "sources": [],
            "details": None,
            "properties": {"version": "2"},
            "userProperties": conversation["userProperties"],
        }

    def event(self, number: int) -> Item:
        """Return event `number`, about conversation `number`, its first message, or a search."""
        conversation = self.conversation(number)
        about, kind = (
            ({"entityType": "search", "searchQuery": SEARCHES[number % 4]}, "search:performed"),
            ({"entityType": "conversation", "conversationId": conversation["id"]}, "shared"),
            ({"entityType": "message", "messageId": conversation["messages"][0]["id"]}, "copied"),
        )[number % 3]
        return {
            "id": name_item("event", number),
            "type": kind,
            **about,
            "createdAt": conversation["createdAt"],
            "projectId": conversation["projectId"],
            "integrationId": conversation["integrationId"],
            "properties": {"surface": "widget"},
            "userProperties": conversation["userProperties"],
        }

    def _created(self, number: int, draws: Draws) -> datetime:
        age = timedelta(hours=3) * (self.count - number)
        return self.base - age + timedelta(milliseconds=draws.below(60_000))

    def _messages(self, identifier: str, kind: str, created: datetime, draws: Draws) -> list[Item]:
        texts = [
            text
            for _ in range(1 + draws.below(3))
            for text in (draws.pick(QUESTIONS), draws.pick(ANSWERS))
        ]
        return [
            {
                "id": f"{identifier}-m{at}",
                "type": kind,
                "conversationId": identifier,
                "externalId": None,
                "externalUrl": None,
                "createdAt": format_instant(created + timedelta(seconds=10 * at)),
                "updatedAt": format_instant(created + timedelta(seconds=10 * at)),
                "role": "assistant" if at % 2 else "user",
                "content": text,
            }
            for at, text in enumerate(texts)
        ]


def name_item(prefix: str, number: int) -> str:
    """Return the id of an item that exists at the start, or that the sandbox names."""
    return f"{prefix}_{number:08}"


def name_external(number: int) -> str:
    """Return the external id of a conversation that exists at the start."""
    return f"ticket-{number}"


def parse_number(identifier: str, prefix: str) -> int | None:
    """Return the number that follows the prefix; None when there is none of sensible length."""
    digits = identifier.removeprefix(prefix)
    sensible = digits.isascii() and digits.isdigit() and len(digits) <= 12
    return int(digits) if sensible else None
