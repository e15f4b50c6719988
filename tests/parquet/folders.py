"""A vendor with a row a day, folders that are written from it, and what is in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

ASKED: Final[dict[str, Any]] = {
    "culture": "en",
    "start": date(2026, 11, 10),
    "end": date(2026, 11, 14),
}
KNOWN: Final = "_digitalcx.interactions.checkpoint.json"


class Days:
    """A vendor with a row a day, which says no to some days, and what it was asked for."""

    def __init__(self, answer: type[Answer], *refused: int) -> None:
        self.answer = answer
        self.refused = {*refused}
        self.asked: list[int] = []

    def __call__(self, asked: Asked) -> Answer:
        begin = datetime.fromisoformat(asked.query["startDate"])
        self.asked.append(begin.day)
        if begin.day in self.refused:
            return self.answer(status=403)
        return self.answer.csv("LogId,TimestampStart", f"{begin.day},{begin:%Y-%m-%d}T01:00:00Z")

    def since(self) -> list[int]:
        """Return the days that were asked for since the last time."""
        asked, self.asked = self.asked, []
        return sorted(asked)


def write(twin: Twin, client: Any, folder: Path, **options: Any) -> list[Path]:
    """Write a folder one window after the other, so that it is known what is there."""
    asked = {**ASKED, "concurrency": 1, **options}
    paths: list[Path] = twin.wait(client.interactions(**asked).write_parquet(folder))
    return paths


def ids(folder: Path) -> list[int]:
    """Return the ids in all files, as pyarrow finds them in a folder."""
    from pyarrow import parquet  # noqa: PLC0415  # where it is not installed, nothing asks

    return sorted(parquet.read_table(folder)["log_id"].to_pylist())


def look(folder: Path) -> dict[str, int]:
    """Return what is in a folder, and when it was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
