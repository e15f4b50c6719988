"""What a comparison should come to, and how its figures are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attrs import frozen

Show = Callable[[float], str]


def seconds(figure: float) -> str:
    """Write a time."""
    if figure >= 1:
        return f"{figure:.2f} s"
    return f"{figure * 1e3:.1f} ms" if figure >= 1e-3 else f"{figure * 1e6:.0f} us"


def megabytes(figure: float) -> str:
    """Write bytes."""
    return f"{figure / 1e6:.1f} MB"


def rate(amount: int) -> Show:
    """Return what writes a time as rows a second."""
    return lambda figure: f"{amount / figure / 1e3:,.0f} k/s"


@frozen
class Aim:
    """A bound on what compares ours with the reference; both are costs, so less is better.

    ``of`` says what is compared: ours / reference (``times``), reference / ours (``faster``),
    ours - reference (``more``), or ours alone.
    """

    of: Literal["times", "faster", "more", "alone"]
    bound: float | None
    show: Show = seconds

    def compare(self, ours: float, reference: float) -> float:
        """Return what is compared."""
        match self.of:
            case "times":
                return ours / reference
            case "faster":
                return reference / ours
            case "more":
                return ours - reference
            case _:
                return ours

    def is_met(self, compared: float) -> bool | None:
        """Tell whether the bound is kept; ``None`` where there is none."""
        if self.bound is None:
            return None
        return compared >= self.bound if self.of == "faster" else compared <= self.bound

    def write(self, compared: float) -> str:
        """Write what is compared."""
        if self.of in {"times", "faster"}:
            return f"{compared:.2f} x"
        sign = "+" if self.of == "more" and compared >= 0 else ""
        return sign + self.show(compared)

    @property
    def text(self) -> str:
        """The aim in words."""
        if self.bound is None:
            return "-"
        return f"{'>=' if self.of == 'faster' else '<='} {self.write(self.bound)}"


def at_most(times: float | None, show: Show = seconds) -> Aim:
    """Aim at no more than so many times the reference; ``None`` only shows it."""
    return Aim("times", times, show)


def at_least(times: float | None, show: Show = seconds) -> Aim:
    """Aim at being at least so many times as fast as the reference; ``None`` only shows it."""
    return Aim("faster", times, show)


def at_most_more(by: float, show: Show = seconds) -> Aim:
    """Aim at no more than the reference and so much."""
    return Aim("more", by, show)


def under(limit: float, show: Show = seconds) -> Aim:
    """Aim at no more than a fixed figure; the reference is only shown."""
    return Aim("alone", limit, show)
