"""The table of operations: complete, true to the declarations, and written without the library."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, get_args

import attrs
import pytest

from dialytics._declarations import Operation, Stability
from dialytics._paging import LimitOffset
from dialytics._ranges import WindowRule
from dialytics._retry import Replay
from tools import operations, phrases, specs

EFFECTIVE = {vendor: specs.effective_spec(vendor) for vendor in specs.VENDORS}
PAGE = operations.write_operations(EFFECTIVE)
ROW = re.compile(r"^\| (?:(`\w+`(?:, `\w+`)*)|-) \| `(\w+)` ([A-Z]+) `([^`]+)` \|", re.MULTILINE)
WITHOUT = """
import sys
from pathlib import Path
for name in ("httpx", "msgspec", "dialytics_clients"):
    sys.modules[name] = None
from tools import operations, specs
effective = {vendor: specs.effective_spec(vendor) for vendor in specs.VENDORS}
sys.stdout.buffer.write(operations.write_operations(effective).encode())
"""


def declared() -> Iterator[Operation]:
    for vendor in specs.VENDORS:
        yield from operations.find_declared(vendor)


def test_every_operation_is_in_the_table() -> None:
    """Each operation of each effective spec has one row, under the spec's id, method and path."""
    rows = [(name, method, path) for _, name, method, path in ROW.findall(PAGE)]
    assert rows == [
        (spec["paths"][path][method.lower()]["operationId"], method, path)
        for spec in EFFECTIVE.values()
        for method, path in operations.find_places(spec)
    ]


def test_every_method_is_in_the_table() -> None:
    """Each declared operation's row names its methods, and no row names another."""
    named = {(method, path): names for names, _, method, path in ROW.findall(PAGE) if names}
    assert named == {(one.method, one.path): phrases.spell_methods(one) for one in declared()}


def test_missing_declarations_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that nothing declares stands in the table without a method."""
    monkeypatch.setattr(operations, "find_declared", lambda _vendor: [])
    section = operations.make_section("cognigy", EFFECTIVE["cognigy"])
    assert [(line.method, line.repeated) for line in section.lines] == [("-", "-")]
    assert (section.limited_hosts, section.error_rules) == ((), ())


def test_new_vendor() -> None:
    """A vendor without a façade has no declarations yet, and its own name as its title."""
    assert operations.find_declared("nobody") == []
    assert operations.find_title("nobody") == "nobody"
    assert operations.find_title("digitalcx") == "DigitalCX"


def test_broken_declarations_are_no_missing_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declarations that import what is not there stop the generation."""

    def fail(_name: str) -> Any:
        raise ModuleNotFoundError("no httpx", name="httpx")

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(ModuleNotFoundError):
        operations.find_declared("inkeep")


def test_needs_no_library() -> None:
    """It is written where neither httpx, msgspec nor the generated clients can be imported."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=specs.ROOT, check=True, capture_output=True
    )
    assert done.stdout.decode() == PAGE


def test_legend_is_complete() -> None:
    """The legend explains every stability, every replay class and every status that is listed."""
    legend = PAGE.partition("## Chatlayer")[0]
    for word in (*get_args(Stability), *(replay.value for replay in Replay)):
        assert f"| `{word}` |" in legend
    listed = set(re.findall(r"\| (\d{3}) \| `", legend))
    cells = re.findall(r"\| ([\d (UIO)]+) \|$", PAGE, re.MULTILINE)
    assert listed == {status for cell in cells for status in re.findall(r"\d+", cell)}
    assert "| 422 | `Unprocessable` |" in legend
    assert "500, 502-504, 520-524, 527-599" in legend


@pytest.mark.parametrize(
    ("start", "cells"),
    [
        (
            "| `interactions` |",
            ("windows of 1 day, cut on 1 s", "yes (read)", "snapshot", "90 days back", "400 403"),
        ),
        ("| `events` |", ("`page_token`", "append", "100 rows a page", "none documented")),
        ("| `intents` |", ("`after` or `before`", "one window", "snapshot")),
        ("| `conversations` | `list", ("`limit` and `offset`", "shifting")),
        ("| `log_conversation`", ("no (never); with `id` yes (keyed)", "KiB")),
        ("| `update_record`", ("with `trackedGoals` no (never)", "1,000 requests in 5 min")),
    ],
)
def test_rows(start: str, cells: tuple[str, ...]) -> None:
    """A row says what the declaration behind it does."""
    (row,) = (line for line in PAGE.splitlines() if line.startswith(start))
    assert [cell for cell in cells if cell not in row] == []
    assert row.count(" | ") == 8


def test_errors_are_those_of_vendor_and_overlay() -> None:
    """Statuses that an overlay folds together stay, and what it adds comes with them."""
    place = ("PATCH", "/v2.0/analytics")
    vendor, effective = specs.vendor_spec("cognigy"), EFFECTIVE["cognigy"]
    assert 429 not in operations.find_errors([vendor], place)
    assert operations.find_errors([vendor, effective], place)[429] == "429 (I)"
    assert operations.find_errors([vendor, effective], place)[400] == "400"
    assert " 413 429 (I) 500 " in PAGE
    assert "| 400 401 403 422 500 |" in PAGE
    assert operations.find_errors([EFFECTIVE["inkeep"]], ("POST", "/events")) == {}


def test_marks_of_errors_are_found_behind_references() -> None:
    """A response that is a reference has the mark of what it refers to; none means documented."""
    spec = {"components": {"responses": {"Gone": {"x-evidence": {"mark": "unknown"}}, "Bad": {}}}}
    shown = [
        phrases.spell_status(spec, "410", {"$ref": f"#/components/responses/{name}"})
        for name in ("Gone", "Bad")
    ]
    assert shown == ["410 (U)", "410"]


def test_evidence() -> None:
    """An operation has its own mark first, then those of what it refers to, each once."""
    spec = {
        "components": {
            "schemas": {
                "Node": {
                    "x-evidence": {"mark": "unknown"},
                    "properties": {"next": {"$ref": "#/components/schemas/Node"}},
                }
            }
        }
    }
    reference = {"schema": {"$ref": "#/components/schemas/Node"}}
    parts = [
        {"x-evidence": {"mark": "observed"}},
        {"x-evidence": {"mark": "documented"}},
        reference,
    ]
    promised = {"x-evidence": {"mark": "documented"}, "parameters": parts}
    assert phrases.spell_evidence(spec, promised) == "D (O, U)"
    assert phrases.spell_evidence(spec, {"x-evidence": {"mark": "inferred"}}) == "I"
    assert phrases.spell_evidence(spec, {}) == "U"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(days=90), "90 days"),
        (timedelta(hours=25), "25 h"),
        (timedelta(seconds=300), "5 min"),
        (timedelta(milliseconds=1500), "1500 ms"),
    ],
)
def test_spans(span: timedelta, text: str) -> None:
    """A duration is written in its largest whole unit."""
    assert phrases.spell_span(span) == text


def test_what_has_no_words_is_refused() -> None:
    """A style of paging or a span that the table cannot name stops the generation."""

    class Ladder(LimitOffset):
        by_offset: ClassVar[bool] = True

    class Chain:
        by_offset: ClassVar[bool] = False

    assert phrases.spell_paging(Ladder("limit", "offset", 1)) == "`limit` and `offset`"
    with pytest.raises(phrases.OperationError, match="Chain"):
        phrases.spell_paging(Chain())  # type: ignore[arg-type]
    with pytest.raises(phrases.OperationError, match="span"):
        phrases.spell_span(timedelta(microseconds=1))


def test_window_facts() -> None:
    """Of a window rule, the limits are the vendor's and the windows are ours."""
    (interactions,) = operations.find_declared("digitalcx")
    rule = WindowRule(
        resolution=timedelta(minutes=1),
        preferred_span=timedelta(hours=6),
        earliest=datetime(2025, 1, 1, 12, tzinfo=UTC),
    )
    changed = attrs.evolve(interactions, window=rule, max_page_size=7)
    assert phrases.spell_dates(changed) == "windows of 6 h, cut on 1 min"
    said = phrases.spell_limits(changed, body=True)
    assert said == "7 rows a page, from 2025-01-01T12:00:00+00:00"
