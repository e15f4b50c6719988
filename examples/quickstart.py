"""The main job on the embedded sandbox: pull a month, correct a record, log a conversation.

Against the real APIs the same calls work without ``base_url=`` and ``now=``.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from dialytics import Chatlayer, Cognigy, DigitalCX, Inkeep, Pager
from dialytics.sandbox import Sandbox
from dialytics.vendors.digitalcx import Interaction
from dialytics.vendors.inkeep import OpenAIMessageInput

T = TypeVar("T")

START, END = date(2026, 10, 1), date(2026, 11, 1)
FOLDER = Path("dialytics-quickstart")


def main() -> None:
    """Run every step and print what came out."""
    with Sandbox(seed=1, now=datetime(2026, 11, 20, tzinfo=UTC)) as box:
        print(f"A sandbox of the four vendors runs at {box.url('digitalcx').rpartition('/')[0]}\n")
        pull_interactions(box)
        pull_events(box)
        correct_record(box)
        log_conversation(box)


def pull_interactions(box: Sandbox) -> None:
    """DigitalCX: a month of interactions, eight days at once, in order."""
    started = time.perf_counter()
    url = box.url("digitalcx")
    with (
        DigitalCX(
            customer="acme", project="shop", auth="a-token", base_url=url, now=box.now
        ) as digitalcx,
        digitalcx.interactions(culture="en", start=START, end=END, concurrency=8) as pager,
    ):
        rows = list(follow(pager, "DigitalCX interactions"))
        summarize(pager, started)
    path = write_csv(rows)
    days = Counter(row.timestamp_start.date() for row in rows if row.timestamp_start)
    for day, count in sorted(days.items()):
        print(f"  {day:%a %d %b}  {count:5,}  {'#' * (count // 10)}")
    print(f"  Rows written to {path}\n")


def pull_events(box: Sandbox) -> None:
    """Chatlayer: a month of tracking events."""
    started = time.perf_counter()
    with (
        Chatlayer(
            token_id="id", token_secret="secret", base_url=box.url("chatlayer"), now=box.now
        ) as chatlayer,
        chatlayer.events("my-bot", start=START, end=END) as pager,
    ):
        names = Counter(event.event for event in follow(pager, "Chatlayer events"))
        summarize(pager, started)
    print(f"  Most frequent: {', '.join(f'{name} ({n:,})' for name, n in names.most_common(3))}\n")


def correct_record(box: Sandbox) -> None:
    """Cognigy.AI: correct the analytics record of one input."""
    with Cognigy(api_key="a-key", base_url=box.url("cognigy")) as cognigy:
        cognigy.update_record(
            project_id="project",
            contact_id="contact",
            session_id="session",
            input_id="input",
            properties={"intent": "order-status", "custom1": "reviewed"},
        )
    (record,) = box.cognigy_records.values()
    print(f"Cognigy record\n  Corrected, the sandbox now holds {record}\n")


def log_conversation(box: Sandbox) -> None:
    """Inkeep: log a conversation and read it back."""
    messages: list[OpenAIMessageInput] = [
        {"role": "user", "content": "Where is my order?"},
        {"role": "assistant", "content": "It arrives tomorrow."},
    ]
    with Inkeep(api_key="a-key", base_url=box.url("inkeep")) as inkeep:
        inkeep.log_conversation({"id": "demo-1", "type": "openai", "messages": messages})
        stored = inkeep.conversation("demo-1")
    print(
        f"Inkeep conversation\n  {stored.id} read back with {len(stored.messages or ())} messages"
    )


def follow(pager: Pager[T], title: str) -> Iterator[T]:
    """Yield the pager's rows and show how far it is."""
    print(title)
    for number, row in enumerate(pager, start=1):
        if number % 1000 == 0:
            stats = pager.stats
            done = f"{stats.partitions_done} of {stats.partitions} windows"
            print(f"  ... {number:,} rows, {done}", file=sys.stderr, flush=True)
        yield row


def summarize(pager: Pager[T], started: float) -> None:
    """Print what an extraction took."""
    stats, seconds = pager.stats, time.perf_counter() - started
    print(
        f"  {stats.rows:,} rows in {stats.pages} pages of {stats.partitions} windows, "
        f"{stats.requests} requests, {seconds:.2f} s"
    )


def write_csv(rows: Iterable[Interaction]) -> Path:
    """Write rows under the vendor's column names."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "interactions.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        names = [column.name for column in Interaction.COLUMNS]
        # Columns that are new at the vendor's are in a row's dict too; this file leaves them out.
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row.to_dict() for row in rows)
    return path


if __name__ == "__main__":
    main()
