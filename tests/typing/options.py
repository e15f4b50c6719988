"""Checked by the type checkers and never run: which arguments and options a method takes.

Each `type: ignore` marks a line that has to be an error.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import ssl
from datetime import date

from dialytics import (
    CallOptions,
    Chatlayer,
    Cognigy,
    DigitalCX,
    Inkeep,
    InteractionType,
    ListOptions,
    RangeOptions,
)

DAY = date(2026, 10, 1)


def use_constructors(context: ssl.SSLContext) -> None:
    """A constructor takes the vendor's own arguments, and the options of all clients."""
    Chatlayer(token_id="a", token_secret="b", region="us", timeout=5, verify=context)
    DigitalCX(customer="acme", project="shop", auth=lambda: "token", max_retries=0)
    Inkeep(api_key="key", retries=3)  # type: ignore[call-arg]
    Chatlayer(region="mars")  # type: ignore[arg-type]
    Cognigy("key")  # type: ignore[call-arg]
    Inkeep(verify="bundle.pem")  # type: ignore[arg-type]


def use_calls(chatlayer: Chatlayer, inkeep: Inkeep) -> None:
    """A call takes `timeout` and `max_retries`, and nothing of a listing."""
    chatlayer.echo("text", timeout=1.5, max_retries=0)
    chatlayer.echo("text", retries=0)  # type: ignore[call-arg]
    chatlayer.echo("text", max_retries="0")  # type: ignore[arg-type]
    inkeep.conversation("id", page_size=3)  # type: ignore[call-arg]


def use_listings(chatlayer: Chatlayer, inkeep: Inkeep, saved: str) -> None:
    """A listing takes what a call takes, and where to stop and resume; a ranged one more."""
    inkeep.conversations(max_items=3, page_size=2, resume=saved, timeout=1)
    inkeep.conversations(concurrency=2)  # type: ignore[call-arg]
    chatlayer.subscriptions("bot", tz="UTC")  # type: ignore[call-arg]
    chatlayer.events("bot", start=DAY, tz="UTC", concurrency=2, resume=saved)
    chatlayer.events("bot", DAY)  # type: ignore[call-arg, arg-type]
    chatlayer.events("bot", start="2026-10-01")  # type: ignore[arg-type]
    chatlayer.events("bot", start=DAY, resume=b"{}")  # type: ignore[arg-type]


def use_vocabularies(chatlayer: Chatlayer, digitalcx: DigitalCX) -> None:
    """Documented words are known, others are taken where the vendor may add some."""
    chatlayer.conversations("bot", start=DAY, bucket="1d", group_by="language", split=7)
    chatlayer.conversations("bot", start=DAY, bucket="2h", channel_type=["web", "voice"])
    chatlayer.conversations("bot", start=DAY, bucket=1)  # type: ignore[arg-type]
    chatlayer.intents("bot", start=DAY, direction="up")  # type: ignore[arg-type]
    digitalcx.interactions(
        culture="en",
        start=DAY,
        interaction_types=InteractionType.QA | InteractionType.DIALOG,
        clip=True,
    )
    digitalcx.interactions(culture=1, start=DAY)  # type: ignore[arg-type]
    digitalcx.interactions(culture="en", start=DAY, filtertext="x")  # type: ignore[call-arg]


def use_bodies(cognigy: Cognigy, inkeep: Inkeep) -> None:
    """What is sent is typed under the vendors' names."""
    cognigy.update_record(session_id="s", properties={"slots": "new slots", "trackedGoals": ["g"]})
    cognigy.update_record(session="s")  # type: ignore[call-arg]
    cognigy.update_record(properties={"custom11": "x"})  # type: ignore[arg-type]
    inkeep.log_conversation({"type": "openai", "messages": [{"role": "user", "content": "Hi"}]})
    inkeep.log_event({"entityType": "message"})  # type: ignore[arg-type]
    inkeep.export_events({"select": [{"type": "field", "field": "id"}]}, page_size=100)


def use_option_types(chatlayer: Chatlayer) -> None:
    """Options can be kept in a mapping of their own type, and passed on."""
    call: CallOptions = {"timeout": 3.0}
    listing: ListOptions = {"max_items": 3, "resume": None}
    ranged: RangeOptions = {"tz": "UTC", "concurrency": 2, "page_size": 50}
    chatlayer.echo("text", **call)
    chatlayer.subscriptions("bot", **listing)
    chatlayer.events("bot", start=DAY, **ranged)
    wrong: ListOptions = {"tz": "UTC"}  # type: ignore[typeddict-unknown-key]
    assert wrong
