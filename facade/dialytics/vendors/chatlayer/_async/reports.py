"""Reports on a range of time: one request, or as many as a series was split into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from dialytics_clients.chatlayer import rows

from ...._async.client import AsyncVendorClient
from ...._declarations import Operation
from ...._ranges import Range
from ...._replies import read_row
from ..options import shared_options

if TYPE_CHECKING:
    from ...._messages import Reply
    from ...._options import ReportOptions
    from ..options import SeriesOptions
    from ..series import Series

R = TypeVar("R")
Span: TypeAlias = tuple[date | datetime, date | datetime | None]


class AsyncReportMethods(AsyncVendorClient):
    """How reports are asked for."""

    async def _report(
        self,
        operation: Operation,
        built: Mapping[str, Any],
        read: Callable[[Reply], R],
        span: Span,
        options: ReportOptions,
    ) -> R:
        window = self._plan(operation, Range(*span, options.get("tz", UTC))).windows[0]
        return await self._call(operation, built, read, shared_options(options), window)

    async def _series(
        self,
        operation: Operation,
        built: Mapping[str, Any],
        span: Span,
        options: ReportOptions,
    ) -> Series:
        from ..buckets import check_bucket, cut_buckets  # noqa: PLC0415  # the client needs none
        from ..series import Series, join_series  # noqa: PLC0415

        window = self._plan(operation, Range(*span, options.get("tz", UTC))).windows[0]
        bucket = built["params"].get("bucket")
        check_bucket(operation, bucket, window)
        split = cast("SeriesOptions", options).get("split")
        windows = cut_buckets(operation, window, bucket, split)
        read, shared = read_row(rows.SeriesResponse), shared_options(options)
        replies = [await self._call(operation, built, read, shared, part) for part in windows]
        return join_series([Series.from_data(reply.data) for reply in replies], windows, bucket)
