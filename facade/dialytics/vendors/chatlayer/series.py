"""Series of figures over time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

from attrs import field, frozen

from ...errors import InvalidResponse

if TYPE_CHECKING:
    from dialytics_clients.chatlayer.rows import Serie, SeriesData
    from dialytics_clients.rows import Json


@frozen
class SeriesPoint:
    """One figure of a series.

    Attributes:
        x: Where it stands: the start of a bucket, or whatever the vendor labels the axis with.
        label: The label of its series; ``None`` where the vendor gives none.
        value: The figure; ``None`` where the vendor left it out.
    """

    x: str
    label: str | None
    value: int | None


@frozen
class Series:
    """One or more labelled series of figures over the same axis.

    Iterating gives a ``SeriesPoint`` for each figure, series by series.

    Attributes:
        x_values: The labels of the axis.
        labels: The labels of the series, ``None`` for one without.
        series: The series: ``values`` and the vendor's ``mean``, ``max``, ``min`` and ``sum``.
    """

    x_values: tuple[str, ...]
    labels: tuple[str | None, ...]
    series: tuple[Serie, ...]
    _data: SeriesData = field(repr=False)

    @classmethod
    def from_data(cls, data: SeriesData | None) -> Series:
        """Align the vendor's three lists.

        Raises:
            InvalidResponse: There is no data, or a series has more figures than the axis.
        """
        if data is None:
            raise InvalidResponse("the response holds no data")
        x_values = data.x_values or ()
        series = data.series or ()
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
