"""DigitalCX's interaction log: rows as a pure function of (seed, culture, place, index)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
from attrs import field, frozen

from ..clock import format_milliseconds
from ..draws import Draws, draw_uuid
from ..timeline import Timeline
from .phrases import (
    ANSWERS,
    ARTICLES,
    AWKWARD_ANSWERS,
    AWKWARD_QUESTIONS,
    QUESTIONS,
)

Value = str | int | float | bool | None
Row = dict[str, Value]

COLUMNS = [
    "LogId",
    "InteractionUuid",
    "OriginatingInteractionUuid",
    "SessionUuid",
    "SessionIsActive",
    "TimestampStart",
    "TimestampEnd",
    "Culture",
    "MainInteractionType",
    "AllInteractionTypes",
    "InteractionValue",
    "OutputText",
    "OutputMetadata",
    "ArticleIds",
    "DialogPaths",
    "TDialogStatus",
    "RecognitionType",
    "RecognitionQuality",
    "RecognitionDetails",
    "GenerativeAISources",
    "Articles",
    "FaqsFound",
    "Contexts",
    "Pages",
    "LinkclickInfo",
    "FeedbackInfo",
    "AdditionalSessionInfo",
    "Variables",
]
USER_COLUMNS = ("AdditionalSessionInfo", "Variables")
ENVIRONMENTS = ("Production", "Staging")
SESSION_MODES = ("Public", "Internal", "Test", "Monitor")
FLAGS = {
    "Event": 1,
    "QA": 2,
    "FaqClick": 4,
    "Dialog": 8,
    "LinkClick": 16,
    "Feedback": 32,
    "FaqSearch": 64,
    "TransactionalDialog": 128,
    "DataRetrieval": 256,
    "GenerativeAI": 512,
}
_SESSION = 5
_PASSIVE = (("Event",), ("DataRetrieval",), ("Event", "Dialog"), ("Dialog",))
_ACTIVE: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("Event",), ("Event", "Dialog"), ("FaqSearch",)),
    (("QA",), ("QA",), ("QA", "GenerativeAI"), ("QA", "Dialog")),
    (("FaqClick",), ("Dialog",), ("TransactionalDialog",), ("GenerativeAI",), ("DataRetrieval",)),
    (("LinkClick",), ("QA",), ("QA", "TransactionalDialog")),
    (("Feedback",), ("QA",), ("Event",)),
)
_CULTURE = re.compile(r"([a-z]{2})(?:-([a-z]{2}))?")
_EPOCH_2024_12_15 = 1_734_220_800_000


@frozen
class InteractionStream:
    """The rows of one culture, environment and session mode.

    Cultures are lower case, `xx` or `xx-yy`; any other text is a culture without rows. Rows of
    one session are neighbours, five of them; a session is active unless all it has are events,
    data retrievals and dialog starts.
    """

    seed: int
    culture: str
    environment: str
    mode: str
    per_day: int
    timeline: Timeline = field(init=False)
    _place: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        code = number_culture(self.culture)
        key = f"interactions {self.culture} {self.environment} {self.mode}"
        timeline = Timeline(self.seed, key, 0 if code is None else self.per_day)
        variant = ENVIRONMENTS.index(self.environment) * 4 + SESSION_MODES.index(self.mode)
        object.__setattr__(self, "timeline", timeline)
        object.__setattr__(self, "_place", (code or 0) << 3 | variant)

    def row(self, index: int) -> Row:
        """Return row `index` with all columns, the user columns filled."""
        start = self.timeline.time_of(index)
        draws = Draws(self.seed, self.timeline.key, index)
        kinds = self.kinds(index)
        main, awkward = kinds[0], draws.happens(9)
        row: Row = dict.fromkeys(COLUMNS)
        row["LogId"] = (start - _EPOCH_2024_12_15) << 22 | self._place
        row["InteractionUuid"] = self._uuid(index)
        row["SessionUuid"] = draw_uuid(self.seed, self.timeline.key, "session", index // _SESSION)
        row["SessionIsActive"] = self.is_active(index)
        row["TimestampStart"] = format_milliseconds(start)
        row["TimestampEnd"] = format_milliseconds(start + 20 + draws.below(3000))
        row["Culture"] = self.culture
        row["MainInteractionType"] = main
        row["AllInteractionTypes"] = write_json(list(kinds))
        row["Contexts"] = write_json([{"name": "channel", "value": draws.pick(("web", "app"))}])
        row["Pages"] = f"https://shop.example/{draws.pick(('', 'help', 'orders?id=1,2'))}"
        row["AdditionalSessionInfo"] = write_json({"browser": draws.pick(("Firefox", "Safari"))})
        row["Variables"] = write_json({"customerNumber": f"00{draws.below(10_000):04}"})
        fill_by_type(row, kinds, draws, awkward)
        if main in ("Feedback", "LinkClick"):
            self._fill_reaction(row, index, draws)
        return row

    def kinds(self, index: int) -> tuple[str, ...]:
        """Return the row's interaction types, the main one first."""
        draws = Draws(self.seed, self.timeline.key, "kinds", index)
        return draws.pick(_ACTIVE[index % _SESSION] if self.is_active(index) else _PASSIVE)

    def is_active(self, index: int) -> bool:
        """Tell whether the row's session has more than events, data retrievals, dialog starts."""
        return not Draws(self.seed, self.timeline.key, "session", index // _SESSION).happens(5)

    def rows(self, start: int, end: int) -> Iterator[Row]:
        """Yield the rows of `[start, end)`, in milliseconds since 1970."""
        return (self.row(index) for index in self.timeline.window(start, end))

    def _uuid(self, index: int) -> str:
        return draw_uuid(self.seed, self.timeline.key, index)

    def _fill_reaction(self, row: Row, index: int, draws: Draws) -> None:
        origin = self._uuid(index - index % _SESSION + 1)
        row["OriginatingInteractionUuid"] = origin
        if row["MainInteractionType"] == "Feedback":
            score = draws.pick((1, -1))
            row["FeedbackInfo"] = write_json({"score": score, "originatingInteractionId": origin})
        else:
            row["LinkclickInfo"] = write_json({"url": "https://shop.example/returns?a=1&b=2"})


def fill_by_type(row: Row, kinds: Sequence[str], draws: Draws, awkward: bool) -> None:
    """Fill the columns that depend on what kind of interaction a row is."""
    article = draws.below(len(ARTICLES))
    if not {"QA", "FaqSearch", "FaqClick", "GenerativeAI"}.isdisjoint(kinds):
        row["InteractionValue"] = draws.pick(AWKWARD_QUESTIONS if awkward else QUESTIONS)
        row["OutputText"] = draws.pick(AWKWARD_ANSWERS if awkward else ANSWERS)
        row["OutputMetadata"] = write_json([{"key": "sentiment", "value": "neutral"}])
        row["ArticleIds"] = f"{100 + article}"
        row["Articles"] = ARTICLES[article]
        row["FaqsFound"] = f"{1 + draws.below(4)}"
        row["RecognitionType"] = "GenerativeAI" if "GenerativeAI" in kinds else "Faq"
        row["RecognitionQuality"] = draws.below(10_001) / 100
        row["RecognitionDetails"] = write_json({"entityMatches": []})
    elif kinds[0] == "Event":
        row["InteractionValue"] = draws.pick(("PageView", "ChatOpened"))
    if "Dialog" in kinds or "TransactionalDialog" in kinds:
        row["DialogPaths"] = f"dn-{1 + draws.below(9)}/node-{1 + draws.below(20)}"
    if "TransactionalDialog" in kinds:
        row["TDialogStatus"] = draws.pick(("Started", "Completed", "Aborted"))
    if "GenerativeAI" in kinds:
        row["GenerativeAISources"] = write_json([f"https://shop.example/help/{article}"])


def write_json(value: object) -> str:
    """Write a JSON-in-text column."""
    return msgspec.json.encode(value).decode()


def number_culture(culture: str) -> int | None:
    """Return a number below 2**19 that no other culture has; None for a culture without rows."""
    match = _CULTURE.fullmatch(culture)
    if not match:
        return None
    first, second = (
        (ord(part[0]) - 97) * 26 + ord(part[1]) - 97 if part else -1 for part in match.groups()
    )
    return first * 677 + second + 1
