"""What the clients of all vendors share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar, cast
from urllib.parse import urlsplit

from attrs import frozen

from .._auth import Auth
from .._calls import sign_errors
from .._checkpoints import Checkpoint, Partition
from .._declarations import Operation, Vendor
from .._http import AsyncWire, Proxy, Timeout, Verify, check_verify, new_async_wire, new_timeout
from .._listings import (
    Listing,
    Quirks,
    check_count,
    check_flag,
    check_page_size,
    digest_arguments,
    window_query,
)
from .._messages import Reply, Request
from .._options import (
    BulkOptions,
    CallOptions,
    ListOptions,
    RangeOptions,
    ReportOptions,
    check_names,
    check_options,
)
from .._retry import RetryPolicy
from .._settings import check_now, check_switch, utc_now
from .._stats import Stats
from .._tasks import ASYNC_ITERABLES, AsyncItems
from .._windows import Plan, Window, cut, plan
from ..errors import ArgumentError, ConfigurationError
from .pager import AsyncPager
from .reader import AsyncReader
from .transport import AsyncTransport

if TYPE_CHECKING:
    from .._bulk import Bulk, I
    from .bulk import AsyncOutcomes

R = TypeVar("R")

_CONCURRENCY = 4
_DEPTH = 4


class AsyncClientOptions(TypedDict, total=False):
    """What every client's constructor takes besides the vendor's own arguments.

    Attributes:
        timeout: Seconds to wait for the next bytes of a response; the vendor's default (60, for
            DigitalCX 300), or what your own ``http_client`` has.
        max_retries: How often a failed request is repeated; 3.
        http_client: Your own httpx client; closing it stays with you.
        now: A clock that returns aware datetimes; the system's.
        proxy: A proxy's URL.
        verify: An ``ssl.SSLContext`` for certificates of your own; they are always verified.
        allow_insecure: Allow plain http to hosts other than loopback; false.
    """

    timeout: Timeout
    max_retries: int
    http_client: AsyncWire | None
    now: Callable[[], datetime] | None
    proxy: Proxy
    verify: Verify
    allow_insecure: bool


@frozen
class Range:
    """The arguments that say which time an operation is about."""

    start: date | datetime
    end: date | datetime | None
    tz: tzinfo | str = UTC
    clip: bool = False


class AsyncVendorClient:
    """Base of the four clients: holds the connections, is a context manager."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # A caller's own subclass has methods that are no operations.
        if cls.__module__.startswith("dialytics."):
            sign_errors(cls)

    def __init__(self, vendor: Vendor, root: str, auth: Auth, options: AsyncClientOptions) -> None:
        wire, timeout = options.get("http_client"), options.get("timeout")
        if wire is not None and not isinstance(wire, AsyncWire):
            wanted, got = AsyncWire.__name__, type(wire).__name__
            raise ConfigurationError(
                f"http_client must be an httpx.{wanted}; got {got}", vendor=vendor.name
            )
        self._vendor = vendor
        self._root = root
        self._now = check_now(options.get("now") or utc_now)
        finite = new_timeout(timeout, vendor.read_timeout)
        if wire is not None and timeout is None:
            finite = wire.timeout
        limited = not vendor.limited_hosts or urlsplit(root).hostname in vendor.limited_hosts
        self._quirks = Quirks()
        self._transport = AsyncTransport(
            vendor=vendor,
            root=root + vendor.api_root,
            auth=auth,
            wire=wire or new_async_wire(finite, options.get("proxy"), options.get("verify", True)),
            owns_wire=wire is None,
            timeout=finite,
            policy=RetryPolicy(max_retries=options.get("max_retries", 3)),
            rate_limit=vendor.rate_limit if limited else None,
            max_body=vendor.max_body if limited else None,
            now=self._now,
        )

    def _take_options(self, vendor: Vendor, options: AsyncClientOptions) -> None:
        """Refuse unknown options and wrong switches; constructors begin with it.

        A misspelt credential should not be told to be missing.
        """
        self._vendor = vendor
        check_names(type(self).__name__, options, AsyncClientOptions, vendor.name)
        check_switch("allow_insecure", options.get("allow_insecure", False))
        check_verify(options.get("verify", True))

    async def aclose(self) -> None:
        """Close the connections; a client passed as ``http_client=`` stays open."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._root}>"

    async def _call(
        self,
        operation: Operation,
        built: Mapping[str, Any],
        read: Callable[[Reply], R],
        options: CallOptions,
        window: Window | None = None,
    ) -> R:
        check_options(operation, options, CallOptions if window is None else ReportOptions)
        request = Request.from_builder(built).with_query(window_query(operation, window))
        return await self._transport.configured(options).send(request, operation, read)

    def _list(
        self,
        operation: Operation,
        built: Mapping[str, Any],
        row_class: type[R],
        options: ListOptions,
        *,
        within: Range | None = None,
        keys: Sequence[str] | None = None,
        key_parameter: str | None = None,
        expects: Callable[[R], bool] | None = None,
        divisible: bool = True,
        kind: type[Mapping[str, object]] | None = None,
        columns: frozenset[str] | None = None,
    ) -> AsyncPager[R]:
        check_options(operation, options, kind or (RangeOptions if within else ListOptions))
        base = Request.from_builder(built)
        stats = Stats()
        span = () if within is None else (within.start, within.end, within.tz, within.clip)
        arguments = digest_arguments(operation, base, *span, keys)
        items = options.get("max_items")
        most = None if items is None else check_count("max_items", items, 0)
        # A caller who wants a few items should not pay for windows read ahead of them.
        wanted = cast("RangeOptions", options).get("concurrency")
        several = check_count("concurrency", wanted, 1 if most else _CONCURRENCY)
        parts = several if wanted and divisible else 1
        partition = partial(self._partition, operation, within, keys, stats, parts)
        start = _start(operation.id, arguments, partition, options.get("resume"))
        stats.count_partitions(start)
        page_size = options.get("page_size")
        listing = Listing(
            operation=operation,
            row_class=row_class,
            base=base,
            partitions=start.partitions,
            page_size=check_page_size(page_size, operation),
            key_parameter=key_parameter,
            expects=expects,
            columns=columns,
        )
        transport = self._transport.configured(options)
        # With several windows at once, each needs less of its own to keep the line busy.
        alone = several == 1 or len(start.rest) == 1
        depth = 1 if most else _DEPTH if alone else 2
        ordered = check_flag("ordered", cast("RangeOptions", options).get("ordered", True))
        reader = AsyncReader(transport, listing, self._quirks, stats, several, depth, ordered)
        return AsyncPager(reader, start, max_items=most, page_rows=page_size)

    def _send_all(
        self,
        bulk: Bulk[I],
        items: AsyncItems[I],
        read: Callable[[Reply], R],
        options: BulkOptions,
    ) -> AsyncOutcomes[I, R]:
        from .._bulk import check_items, read_position  # noqa: PLC0415  # few need it
        from .bulk import AsyncOutcomes  # noqa: PLC0415

        vendor, method = bulk.operation.vendor.name, bulk.operation.bulk or ""
        check_names(method, options, BulkOptions, vendor, method)
        check_items(items, ASYNC_ITERABLES, vendor, method)
        several = check_count("concurrency", options.get("concurrency"), _CONCURRENCY)
        return AsyncOutcomes(
            bulk,
            items,
            read,
            transport=self._transport.configured(options),
            concurrency=several,
            position=read_position(bulk.id, options.get("resume")),
        )

    def _partition(
        self,
        operation: Operation,
        within: Range | None,
        keys: Sequence[str | None] | None,
        stats: Stats,
        parts: int,
    ) -> tuple[Partition, ...]:
        if within is None:
            return (Partition(0),)
        planned = self._plan(operation, within)
        stats.clipped = planned.clipped
        keys = keys or (None,)
        rule, windows = operation.window, planned.windows
        if rule is not None and (pieces := parts // (len(windows) * len(keys))) > 1:
            windows = tuple(part for window in windows for part in cut(window, pieces, rule))
        units = [(window, key) for window in windows for key in keys]
        return tuple(Partition(index, key, window) for index, (window, key) in enumerate(units))

    def _plan(self, operation: Operation, within: Range) -> Plan:
        if operation.window is None:
            raise ArgumentError(f"{operation.id} takes no date range")
        check_flag("clip", within.clip)
        return plan(
            within.start,
            within.end,
            rule=operation.window,
            now=self._now(),
            tz=within.tz,
            clip=within.clip,
            vendor=operation.vendor.name,
            operation=operation.name,
            strict_span=self._quirks.strict_span,
        )


def _start(
    operation: str,
    arguments: str,
    partition: Callable[[], tuple[Partition, ...]],
    resume: Checkpoint | str | None,
) -> Checkpoint:
    if resume is None:
        return Checkpoint(operation, arguments, partition())
    start = resume if isinstance(resume, Checkpoint) else Checkpoint.from_json(resume)
    start.require(operation, arguments)
    return start
