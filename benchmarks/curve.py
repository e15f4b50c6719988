"""A curve as text."""

from __future__ import annotations

from collections.abc import Sequence

_LINES = 24
_WIDTH = 50


def draw_curve(title: str, samples: Sequence[tuple[float, int]]) -> str:
    """Return memory over time as bars, the peak of each stretch of time."""
    if not samples:
        return f"{title}: no samples"
    most, last = max(size for _, size in samples), samples[-1][0] or 1.0
    peaks: dict[int, int] = {}
    for moment, size in samples:
        stretch = min(int(moment / last * _LINES), _LINES - 1)
        peaks[stretch] = max(peaks.get(stretch, 0), size)
    bars = [
        f"{stretch * last / _LINES:7.2f} s {size / 1e6:7.1f} MB {'#' * (size * _WIDTH // most)}"
        for stretch, size in sorted(peaks.items())
    ]
    return "\n".join([title, *bars])
