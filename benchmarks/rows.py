"""Made-up rows of DigitalCX and events of Chatlayer, many of them and quickly."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from dialytics_clients.digitalcx.rows import Interaction

from .scenario import FIRST_DAY

COLUMNS = tuple(column.name for column in Interaction.COLUMNS)
HEADER = (",".join(COLUMNS) + "\r\n").encode()
_VARIANTS = 997  # a prime, so that they fall differently in every day and page
_DAY = 86_400_000
_FIRST_ID = 710_000_000_000_000_000
_TYPES = (["QA"], ["QA", "GenerativeAI"], ["Dialog"], ["Event"], ["LinkClick", "FaqClick"])
_QUESTIONS = (
    "Where is my order?",
    'I said "cancel", not "change"',
    "Kann ich die Größe tauschen? 🙂",
    "opening hours, please",
    "two\nlines",
)
_ANSWERS = (
    "It arrives tomorrow between 9 and 12 o'clock.",
    "You can return it within 30 days, free of charge. Shall I send you a label?",
    'Choose "Returns", then "New return".',
)


class _Variant(NamedTuple):
    uuid: str
    session: str
    rest: str
    lasts: int


def write_day(day: int, rows: int) -> Iterator[bytes]:
    """Yield a day's rows as CSV, spread evenly over it; ids ascend and never repeat."""
    variants = _make_variants()
    date = (FIRST_DAY + timedelta(days=day)).isoformat()
    for row in range(rows):
        number = day * rows + row
        uuid, session, rest, lasts = variants[number % _VARIANTS]
        start = row * _DAY // rows
        end = min(start + lasts, _DAY - 1)
        yield (
            f"{_FIRST_ID + number},{number:08x}{uuid},,{number // 5:08x}{session},"
            f"{date}T{_clock(start)}Z,{date}T{_clock(end)}Z,{rest}"
        ).encode()


def write_objects(page: memoryview) -> bytes:
    """Return a page of CSV rows as a JSON array, absent values left out."""
    reader = csv.reader(io.StringIO(bytes(page).decode(), newline=""))
    return json.dumps([_read_object(cells) for cells in reader], ensure_ascii=False).encode()


def write_event(number: int, milliseconds: int) -> bytes:
    """Return a tracking event as JSON."""
    pick = random.Random(number)  # noqa: S311  # made-up data
    moment = datetime.combine(FIRST_DAY, datetime.min.time(), UTC)
    moment += timedelta(milliseconds=milliseconds)
    event = {
        "id": str(UUID(int=number << 64 | pick.getrandbits(64))),
        "event": pick.choice(("order_placed", "handover", "form_completed", "nps")),
        "bot_id": "bot",
        "version": "LIVE",
        "user_id": f"user-{pick.randrange(500):03}",
        "channel_id": f"channel-{pick.randrange(4)}",
        "channel_type": pick.choice(("web", "whatsapp")),
        "conversation_id": str(UUID(int=number // 4)),
        "attributes": {
            "amount": f"{pick.randrange(20_000) / 100}",
            "note": pick.choice(_QUESTIONS),
        },
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _read_object(cells: Sequence[str]) -> dict[str, object]:
    read: dict[str, Callable[[str], object]] = {
        "int64": int,
        "float64": float,
        "bool": "True".__eq__,
    }
    return {
        column.name: read.get(column.kind, str)(cell)
        for column, cell in zip(Interaction.COLUMNS, cells, strict=True)
        if cell
    }


def _make_variants() -> list[_Variant]:
    pick = random.Random(1)  # noqa: S311  # made-up data
    return [_make_variant(pick) for _ in range(_VARIANTS)]


def _make_variant(pick: random.Random) -> _Variant:
    uuid, session = (str(UUID(int=pick.getrandbits(128)))[8:] for _ in range(2))
    return _Variant(
        uuid,
        f"{session},{pick.choice(('True', 'False'))}",
        _write_cells(_fill_rest(pick)),
        pick.randrange(20, 3000),
    )


def _fill_rest(pick: random.Random) -> Sequence[str]:
    """Fill the columns from Culture on."""
    types, article = pick.choice(_TYPES), pick.randrange(40)
    values = {
        "Culture": "en",
        "MainInteractionType": types[0],
        "AllInteractionTypes": json.dumps(types),
        "InteractionValue": pick.choice(_QUESTIONS),
        "OutputText": pick.choice(_ANSWERS),
        "OutputMetadata": pick.choice(("", '[{"key": "sentiment", "value": "neutral"}]')),
        "ArticleIds": str(100 + article),
        "DialogPaths": f"dn-{pick.randrange(9)}/node-{pick.randrange(20)}",
        "RecognitionType": pick.choice(("Faq", "GenerativeAI")),
        "RecognitionQuality": f"{pick.randrange(10_001) / 100}",
        "RecognitionDetails": '{"entityMatches": []}',
        "Contexts": '[{"name": "channel", "value": "web"}]',
    }
    return [values.get(name, "") for name in COLUMNS[COLUMNS.index("Culture") :]]


def _write_cells(cells: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}.{rest:03}"
