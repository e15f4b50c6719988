"""Fault plans as values: what is one, which requests it strikes, and plans in files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from math import inf, nan
from pathlib import Path
from typing import Any, cast

import pytest

from dialytics.sandbox import Fault, FaultPlan, Sandbox, faults
from dialytics.sandbox import __main__ as command
from dialytics.sandbox.faults import EFFECTS, Effect
from dialytics.sandbox.strikes import Strikes

from .conftest import NOW


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox of its own for each test: faults change it."""
    with Sandbox(now=NOW, validate=False) as running:
        yield running


@pytest.mark.parametrize("kind", EFFECTS.values())
def test_plans_are_json(kind: type[Effect]) -> None:
    """A plan with any effect is the same after it was written and read."""
    plan = FaultPlan(
        Fault(kind(), vendor="inkeep", operation="listFeedback", first=2, every=3, probability=0.5),
        Fault(faults.Latency(), times=None),
        seed=9,
    )
    assert FaultPlan.from_json(plan.to_json()) == plan


def test_defaults_may_be_left_out() -> None:
    """What a plan in JSON does not say is the default."""
    text = '{"faults": [{"effect": {"kind": "Reset", "at": 0.5}}]}'
    assert FaultPlan.from_json(text) == FaultPlan(Fault(faults.Reset(0.5)))


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "[]",
        "{}",
        '{"faults": [{}]}',
        '{"faults": [{"effect": {"kind": "Rain"}}]}',
        '{"faults": [{"effect": {"kind": "Latency", "seconds": -1}}]}',
        '{"faults": [{"effect": {"kind": "Truncation", "framing": "soft"}}]}',
        '{"faults": [{"effect": {"kind": "Reset"}, "first": 0}]}',
        '{"faults": [{"effect": {"kind": "Reset"}, "times": 0}]}',
        '{"faults": [{"effect": {"kind": "Reset"}, "often": 1}]}',
    ],
)
def test_what_is_no_plan(text: str) -> None:
    """Anything else is a ValueError that says so."""
    with pytest.raises(ValueError, match="this is no fault plan"):
        FaultPlan.from_json(text)


Wrong = Callable[[], object]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Fault(cast("Any", faults.ErrorStatus)),
            r"write ErrorStatus\(\), with parentheses",
        ),
        (lambda: Fault(cast("Any", 503)), "effect must be one of Latency, .*; got 503"),
        (lambda: FaultPlan(cast("Any", faults.Reset())), r"Fault\(Reset\(.*\)\)"),
        (lambda: FaultPlan(cast("Any", [Fault(faults.Reset())])), "one by one, .* got list"),
        (lambda: FaultPlan(cast("Any", faults.Reset)), "must be Faults"),
        (lambda: FaultPlan(seed=cast("Any", "1")), "seed must be a whole number"),
        (lambda: FaultPlan(seed=cast("Any", 1.5)), "seed must be a whole number"),
        (lambda: faults.ErrorStatus(200), "status must be a whole number from 400 to 599; got 200"),
        (lambda: faults.ErrorStatus(cast("Any", "503")), "status must be a whole number"),
        (lambda: faults.ErrorStatus(retry_after=inf), "retry_after must be a finite number"),
        (lambda: faults.ErrorPage(302), "status must be 200, or a whole number from 400 to 599"),
        (lambda: faults.Latency(cast("Any", "1")), "seconds must be a finite number"),
        (lambda: faults.Latency(inf), "seconds must be a finite number"),
        (lambda: faults.SlowDrip(seconds=nan), "seconds must be a finite number"),
        (lambda: faults.SlowDrip(pieces=cast("Any", 1.5)), "pieces must be a whole number"),
        (lambda: faults.Refusal(-1), "seconds must be a finite number"),
        (lambda: faults.ClockSkew(inf), "seconds must be a finite number"),
        (lambda: faults.Reset(cast("Any", "half")), "at must be a number from 0 to 1"),
        (lambda: faults.Truncation(1.5), "at must be a number from 0 to 1"),
        (lambda: faults.Change(insert=cast("Any", 0.5)), "insert must be a whole number"),
        (lambda: Fault(faults.Reset(), first=cast("Any", 1.5)), "first must be a whole number"),
        (lambda: Fault(faults.Reset(), every=0), "every must be a whole number, 1 or more"),
        (
            lambda: Fault(faults.Reset(), times=0),
            "times must be a whole number, 1 or more, or None",
        ),
        (lambda: Fault(faults.Reset(), times=cast("Any", "2")), "times must be a whole number"),
        (lambda: Fault(faults.Reset(), probability=50), "probability must be a number from 0 to 1"),
        (
            lambda: Fault(faults.Reset(), vendor=cast("Any", "chat")),
            "vendor cannot be 'chat'; did you mean chatlayer",
        ),
    ],
)
def test_wrong_plans_are_refused_where_they_are_made(make: Wrong, words: str) -> None:
    """What would strike nothing, or fail in the server, is refused with what is right."""
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("plan", [Fault(faults.Reset()), [Fault(faults.Reset())], faults.Reset])
def test_only_plans_are_taken(box: Sandbox, plan: Any) -> None:
    """A fault alone, or several in a list, are no plan."""
    with pytest.raises(ValueError, match=r"faults must be a FaultPlan, .*FaultPlan\(Fault"):
        box.set_faults(plan)
    with pytest.raises(ValueError, match="faults must be a FaultPlan"):
        Sandbox(faults=plan)


def test_unknown_operations_name_those_there_are(box: Sandbox) -> None:
    """A misspelt operation is refused with the vendor's own, the nearest one first."""
    plan = FaultPlan(Fault(faults.Reset(), vendor="inkeep", operation="getAlFeedback"))
    with pytest.raises(ValueError, match="no operation getAlFeedback") as caught:
        box.set_faults(plan)
    assert "did you mean getAllFeedback?" in str(caught.value)
    assert "token" not in str(caught.value)
    with pytest.raises(ValueError, match=r"chatlayer has .*ListEvents"):
        box.set_faults(FaultPlan(Fault(faults.Reset(), vendor="chatlayer", operation="zzz")))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing", "JSON"),
        ("[]", "faults"),
        (
            '{"faults": [{"effect": {"kind": "Rain"}}]}',
            "an effect's kind cannot be 'Rain'; it must be one of Latency, .*",
        ),
        (
            '{"faults": [{"effect": {"kind": "Resett"}}]}',
            r"an effect's kind cannot be 'Resett'; did you mean Reset\?",
        ),
        (
            '{"faults": [{"effect": {"kind": "Latency", "second": 1}}]}',
            r"Latency has no second; did you mean seconds\?",
        ),
        ('{"faults": [{"effect": {"kind": "Reset"}, "weather": 1}]}', "it has effect, vendor"),
        (
            '{"faults": [{"effect": {"kind": "Truncation", "framing": "chunkd"}}]}',
            r"framing cannot be 'chunkd'; did you mean chunked\?",
        ),
        ('{"faults": [{"effect": {"kind": "Latency", "seconds": "1"}}]}', "seconds must be"),
        ('{"faults": [{"vendor": "inkeep"}]}', "effect"),
        ('{"faults": [], "seed": "x"}', "seed must be a whole number"),
    ],
)
def test_wrong_files_say_what_is_wrong(text: str, words: str) -> None:
    """The error names the field, not a Python exception."""
    with pytest.raises(ValueError, match=f"this is no fault plan: .*{words}") as caught:
        FaultPlan.from_json(text)
    assert "Error(" not in str(caught.value)
    assert "__init__" not in str(caught.value)


def struck(fault: Fault, requests: int = 12, seed: int = 1) -> list[int]:
    """Return which of so many requests a fault strikes, from 1."""
    strikes = Strikes(FaultPlan(fault, seed=seed))
    drawn = [strikes.draw("inkeep", {"listFeedback"}, later=False) for _ in range(requests)]
    return [number for number, effects in enumerate(drawn, 1) if effects]


def test_which_requests_are_struck() -> None:
    """First, every, times and probability say which; chance is the same for the same seed."""
    reset = faults.Reset()
    assert struck(Fault(reset)) == [1]
    assert struck(Fault(reset, first=3)) == [3]
    assert struck(Fault(reset, first=2, every=4, times=2)) == [2, 6]
    assert struck(Fault(reset, times=None)) == [*range(1, 13)]
    likely = Fault(reset, times=None, probability=0.5)
    assert 20 < len(struck(likely, 80)) < 60
    assert struck(likely, 80) == struck(likely, 80) != struck(likely, 80, seed=2)
    assert struck(Fault(reset, times=None, probability=0)) == []


def test_only_what_matches_is_counted() -> None:
    """Requests of others, and those without a token where one is needed, do not count."""
    plan = FaultPlan(
        Fault(faults.Reset(), vendor="inkeep", operation="listFeedback", first=2),
        Fault(faults.ExpiredToken(), first=2),
    )
    strikes = Strikes(plan)
    asked: list[tuple[Any, str, bool]] = [
        ("inkeep", "listFeedback", False),
        ("inkeep", "listConversations", True),
        ("chatlayer", "listFeedback", False),
        ("inkeep", "listFeedback", True),
    ]
    drawn = [strikes.draw(vendor, {name}, later=later) for vendor, name, later in asked]
    assert drawn == [[], [], [], [faults.Reset(), faults.ExpiredToken()]]


def test_operations_that_there_are_not(box: Sandbox) -> None:
    """A plan for an operation that the vendor has not is refused: it would never strike."""
    for operation in ("getInteractions", "token"):
        box.set_faults(FaultPlan(Fault(faults.Reset(), vendor="digitalcx", operation=operation)))
    for vendor in ("inkeep", "chatlayer"):
        plan = FaultPlan(
            Fault(faults.Reset(), vendor=cast("Any", vendor), operation="getInteractions")
        )
        with pytest.raises(ValueError, match="there is no operation"):
            box.set_faults(plan)
    with pytest.raises(ValueError, match="there is no operation"):
        Sandbox(faults=FaultPlan(Fault(faults.Reset(), operation="x")), validate=False)


@pytest.mark.parametrize("validate", [True, False])
def test_operations_go_by_the_ids_of_the_table(validate: bool) -> None:  # noqa: FBT001  # a parameter
    """Whether requests are checked or not, a plan names operations as the documentation does."""
    plan = FaultPlan(
        Fault(faults.Reset(), vendor="chatlayer", operation="listEvents"),
        Fault(faults.Reset(), vendor="inkeep", operation="listConversations"),
    )
    Sandbox(faults=plan, validate=validate)


def test_command_line_takes_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--faults reads a file; what is none, or no plan, is told."""
    path = tmp_path / "plan.json"
    path.write_text(FaultPlan(Fault(faults.Reset())).to_json(), encoding="utf-8")
    options = command.build_parser().parse_args(["--faults", str(path)])
    assert options.faults == FaultPlan(Fault(faults.Reset()))
    path.write_text(json.dumps({}), encoding="utf-8")
    for wrong in (path, tmp_path / "none"):
        with pytest.raises(SystemExit):
            command.build_parser().parse_args(["--faults", str(wrong)])
    assert "no fault plan" in capsys.readouterr().err
