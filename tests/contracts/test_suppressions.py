"""Suppressions: accepted with a reason, and never forgotten."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import pytest

from dialytics.contracts import (
    ContractError,
    Report,
    StaleSuppressionError,
    Suppression,
    read_suppressions,
    suppress,
)

TODAY = date(2026, 11, 20)


def test_accepted_changes_are_left_out(report: Report) -> None:
    """By fingerprint, or by id and a pattern of pointers, until their last day."""
    breaking = next(one for one in report.changes if one.level == "breaking")
    rest = suppress(report, [Suppression("known", breaking.fingerprint, until=TODAY)], TODAY)
    assert rest.verdict("wire") == "risky"
    assert rest.suppressed == [(breaking, "known")]
    pattern = Suppression("known", id="request-property-removed", pointer="/paths/*/kind")
    assert "request-property-removed" not in {
        one.id for one in suppress(report, [pattern], TODAY).changes
    }


def test_stale_suppressions_are_errors(report: Report) -> None:
    """One that matches nothing, or whose time has passed, is named with its reason."""
    fingerprint = report.changes[0].fingerprint
    for one, why in (
        (Suppression("because", "000000000000"), "because.*matches no change"),
        (Suppression("because", fingerprint, until=date(2026, 11, 19)), "because.*expired on 2026"),
    ):
        with pytest.raises(StaleSuppressionError, match=why) as raised:
            suppress(report, [one], TODAY)
        assert raised.value.report.changes == report.changes
        again = pickle.loads(pickle.dumps(raised.value))
        assert (str(again), again.report) == (str(raised.value), report)


def test_files_are_read(tmp_path: Path) -> None:
    """A YAML list, with dates as dates; an empty file accepts nothing."""
    path = tmp_path / "accepted.yaml"
    path.write_text("- {fingerprint: 0123456789ab, reason: known, until: 2030-01-31}", "utf-8")
    assert read_suppressions(path) == [
        Suppression("known", "0123456789ab", until=date(2030, 1, 31))
    ]
    for until in ('"2030-01-31"', "' 2030-01-31 '", "2030-01-31T12:00:00", "2030-01-31T12:00:00Z"):
        path.write_text(f"- {{fingerprint: a, reason: b, until: {until}}}", "utf-8")
        (read,) = read_suppressions(path)
        assert read.until == date(2030, 1, 31)
        assert type(read.until) is date
    path.write_text("", "utf-8")
    assert read_suppressions(path) == []


@pytest.mark.parametrize(
    "text",
    [
        "- {fingerprint: a}",
        "- {fingerprint: a, reason: ' '}",
        "- {id: a, reason: b}",
        "- {id: a, pointer: b, fingerprint: c, reason: d}",
        "- {fingerprint: a, reason: b, until: soon}",
        '- {fingerprint: a, reason: b, until: "2030-31-01"}',
        "- {fingerprint: a, reason: b, until: 2030}",
        "- {fingerprint: a, reason: b, untill: 2030-01-31}",
        "a: b",
        "- 5",
        "[",
    ],
)
def test_wrong_files_are_refused(text: str, tmp_path: Path) -> None:
    """An entry without a reason, or with what does not exist, is refused."""
    path = tmp_path / "accepted.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ContractError, match=r"accepted\.yaml"):
        read_suppressions(path)
