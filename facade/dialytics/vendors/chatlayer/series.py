"""Series of figures over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, dropwhile, zip_longest
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from ..._instants import format_instant
from ..._windows import Window
from ...errors import InvalidResponse
from .buckets import count_buckets
from .declarations import ANY_RANGE

if TYPE_CHECKING:
    from dialytics_clients.chatlayer.rows import Serie, SeriesData
    from dialytics_clients.rows import Json

_Key: TypeAlias = tuple[str | None, int]


@frozen
class SeriesPoint:
    """One figure of a series.

    Attributes:
        x: Where it stands: the start of a bucket, or whatever the vendor labels the axis with.
        label: The label of its series; ``None`` where the vendor gives none.
        value: The figure; ``None`` where the vendor left it out or said null.
    """

    x: str
    label: str | None
    value: int | None


@frozen
class Series:
    """One or more labelled series of figures over the same axis.

    Iterating gives a ``SeriesPoint`` for each figure, series by series.

    Attributes:
        x_values: The labels of the axis, as the vendor writes them.
        labels: The labels of the series, ``None`` for one without.
        series: The series: ``values`` with their ``mean``, ``max``, ``min`` and ``sum``, which are
            the vendor's own unless the range was split.
    """

    x_values: tuple[str, ...]
    labels: tuple[str | None, ...]
    series: tuple[Serie, ...]
    _data: SeriesData = field(repr=False)

    @classmethod
    def from_data(cls, data: SeriesData | None) -> Series:
        """Align the vendor's three lists; where there is no data, nothing was counted.

        Raises:
            InvalidResponse: The axis has a null in it, or a series has more figures than the axis.
        """
        data = _no_data() if data is None else data
        x_values = tuple(x for x in data.x_values or () if x is not None)
        if len(x_values) < len(data.x_values or ()):
            raise InvalidResponse("a label of the axis is null")
        series = tuple(one or _empty_serie() for one in data.series or ())
        given = (data.series_labels or ())[: len(series)]
        labels = (*given, *[None] * (len(series) - len(given)))
        if any(len(one.values or ()) > len(x_values) for one in series):
            raise InvalidResponse("a series has more values than its axis")
        return cls(x_values, labels, series, data)

    def __iter__(self) -> Iterator[SeriesPoint]:
        for label, one in zip(self.labels, self.series, strict=True):
            for x, value in zip_longest(self.x_values, one.values or ()):
                yield SeriesPoint(x, label, value)

    def __len__(self) -> int:
        return len(self.x_values) * len(self.series)

    def to_dict(self) -> dict[str, Json]:
        """Return the series as JSON values under the vendor's own names."""
        return self._data.to_dict()


def join_series(parts: Sequence[Series], windows: Sequence[Window], bucket: str) -> Series:
    """Put the series of adjacent ranges one behind the other.

    Series are matched by label; one that a part does not have counts 0 there. ``mean`` (rounded
    down, as it is a whole number), ``max``, ``min`` and ``sum`` are those of all values but nulls.
    Fields that the spec does not know are kept only where there is nothing to be joined.

    Args:
        parts: The series, ascending.
        windows: The range that each of them was asked for.
        bucket: The bucket that was asked for.

    Raises:
        InvalidResponse: The parts do not fit: buckets were cut in two, a part lacks buckets that
            the others would not show to be missing, a series lacks figures, or series without
            labels cannot be matched.
    """
    if len(parts) == 1:
        return parts[0]
    _check_fit(parts, [count_buckets(window, bucket) for window in windows])
    _check_whole(parts, windows, bucket)
    columns = [_columns(part) for part in parts]
    joined: dict[_Key, list[int | None]] = {key: [] for key in chain.from_iterable(columns)}
    for part, column in zip(parts, columns, strict=True):
        for key, values in joined.items():
            values.extend(column.get(key, [0] * len(part.x_values)))
    return _new_series(tuple(chain.from_iterable(part.x_values for part in parts)), joined)


def _check_fit(parts: Sequence[Series], buckets: Sequence[tuple[int, int]]) -> None:
    axes = Counter(chain.from_iterable(set(part.x_values) for part in parts))
    told = {part.labels for part in parts if part.labels}
    if any(count > 1 for count in axes.values()) or any(
        len(part.x_values) > most for part, (_, most) in zip(parts, buckets, strict=True)
    ):
        problem = "the vendor's buckets do not begin where the range was cut"
    elif any(len(one.values or ()) < len(part.x_values) for part in parts for one in part.series):
        problem = "a series has fewer values than its axis"
    elif len(told) > 1 and any(None in labels for labels in told):
        problem = "series without labels cannot be matched"
    else:
        return
    raise InvalidResponse(f"{problem}; ask for the range without split=")


def _check_whole(parts: Sequence[Series], windows: Sequence[Window], bucket: str) -> None:
    """Refuse a part that has fewer buckets than its range, unless no part has any."""
    if not any(part.x_values for part in parts):
        return
    for part, window in zip(parts, windows, strict=True):
        count, (least, _) = len(part.x_values), count_buckets(window, bucket)
        if count < least:
            start, end = (
                format_instant(moment, ANY_RANGE.resolution)
                for moment in (window.start, window.end)
            )
            raise InvalidResponse(
                f"the part from {start} to {end} came with {count} buckets instead of {least}; ask "
                "for the range without split="
            )


def _columns(part: Series) -> dict[_Key, list[int | None]]:
    """Return a part's values by label, and by how often the label was there before."""
    found: dict[_Key, list[int | None]] = {}
    seen: Counter[str | None] = Counter()
    for label, one in zip(part.labels, part.series, strict=True):
        found[label, seen[label]] = list(one.values or ())
        seen[label] += 1
    return found


def _no_data() -> SeriesData:
    from dialytics_clients.chatlayer.rows import SeriesData  # noqa: PLC0415  # for nulls only

    return SeriesData()


def _empty_serie() -> Serie:
    from dialytics_clients.chatlayer.rows import Serie  # noqa: PLC0415  # for nulls only

    return Serie()


def _new_series(x_values: tuple[str, ...], joined: dict[_Key, list[int | None]]) -> Series:
    from dialytics_clients.chatlayer.rows import Serie, SeriesData  # noqa: PLC0415  # for splits only

    series = []
    for values in map(tuple, joined.values()):
        one = Serie(values)
        if figures := [value for value in values if value is not None]:
            one.sum, one.max, one.min = sum(figures), max(figures), min(figures)
            one.mean = one.sum // len(figures)
        series.append(one)
    # Those at the end without a label need none.
    labels = [*dropwhile(lambda label: label is None, [label for label, _ in reversed(joined)])]
    return Series.from_data(SeriesData(tuple(series), tuple(labels[::-1]), x_values))
