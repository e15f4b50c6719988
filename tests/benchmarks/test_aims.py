"""What comparisons should come to."""

from __future__ import annotations

import pytest

from benchmarks.aims import Aim, at_least, at_most, at_most_more, megabytes, rate, seconds, under


@pytest.mark.parametrize(
    ("aim", "ours", "reference", "written", "met"),
    [
        (at_most(1.25), 2.5, 2.0, "1.25 x", True),
        (at_most(1.25), 2.6, 2.0, "1.30 x", False),
        (at_most(None), 9.0, 2.0, "4.50 x", None),
        (at_least(6), 2.0, 12.0, "6.00 x", True),
        (at_least(6), 2.1, 12.0, "5.71 x", False),
        (at_most_more(8e6, megabytes), 48e6, 40e6, "+8.0 MB", True),
        (at_most_more(8e6, megabytes), 49e6, 40e6, "+9.0 MB", False),
        (at_most_more(8e6, megabytes), 39e6, 40e6, "-1.0 MB", True),
        (under(1.5), 1.4, 8.0, "1.40 s", True),
        (under(1.5), 1.6, 1.6, "1.60 s", False),
    ],
)
def test_compares(
    aim: Aim, ours: float, reference: float, written: str, *, met: bool | None
) -> None:
    """Costs are compared as the aim says, its bound included."""
    compared = aim.compare(ours, reference)
    assert aim.write(compared) == written
    assert aim.is_met(compared) is met


def test_units() -> None:
    """Figures are written in the unit that suits their size."""
    assert [seconds(figure) for figure in (2, 0.2, 0.0002)] == ["2.00 s", "200.0 ms", "200 us"]
    assert rate(1_500_000)(2.0) == "750 k/s"
    assert [at_most(1.1).text, at_least(4).text, at_least(None).text] == [
        "<= 1.10 x",
        ">= 4.00 x",
        "-",
    ]
