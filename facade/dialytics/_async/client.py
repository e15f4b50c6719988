"""What the clients of all vendors share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar

from .._auth import Auth
from .._calls import sign_errors
from .._connections import AsyncConnections
from .._declarations import Operation, Quirks, Vendor, window_query
from .._http import (
    AsyncWire,
    Finite,
    Proxy,
    Timeout,
    Verify,
    new_timeout,
)
from .._limits import RateLimit
from .._options import (
    BulkOptions,
    CallOptions,
    ListOptions,
    RangeOptions,
    ReportOptions,
    check_concurrency,
    check_flag,
    check_names,
    check_options,
)
from .._retry import RetryPolicy
from .._settings import (
    check_now,
    check_switch,
    check_verify,
    find_policy,
    is_limited,
    open_gate,
    utc_now,
)
from ..errors import ArgumentError, ConfigurationError

if TYPE_CHECKING:
    from .._bulk import Bulk, I
    from .._messages import Reply
    from .._ranges import Range
    from .._task_workers import AsyncItems
    from .._windows import Plan, Window
    from .bulk import AsyncOutcomes
    from .pager import AsyncPager
    from .transport import AsyncTransport

R = TypeVar("R")

_CONCURRENCY = 4


class AsyncClientOptions(TypedDict, total=False):
    """What every client's constructor takes besides the vendor's own arguments.

    Attributes:
        timeout: Seconds to wait for the next bytes of a response; the vendor's default (60, for
            DigitalCX 300), or what your own ``http_client`` has.
        max_retries: How often a failed request is repeated; 3.
        retry: How often and how patiently, in full; ``max_retries`` goes before it.
        rate_limit: Requests to start in a period; what the vendor documents for the host. The
            clients of this process that keep the same limit on the same host share it, also those
            that come after. ``None`` keeps none, and passes over what responses say of limits.
        trust_connection_close: Take a CSV as whole whose end only the connection's close marks;
            false, since a CSV that was cut looks the same.
        http_client: Your own httpx client; closing it stays with you. Its ``params`` and ``auth``
            are not used, nor headers that would ask for another answer, as ``Range`` does. A
            ``Host`` of its goes to the API's own host alone, and not to one that issues tokens.
        now: A clock that returns aware datetimes; the system's.
        proxy: A proxy's URL; not beside ``http_client``, nor is ``verify``.
        verify: An ``ssl.SSLContext`` for certificates of your own; they are always verified.
        allow_insecure: Allow plain http to hosts other than loopback; false.
    """

    timeout: Timeout
    max_retries: int
    retry: RetryPolicy
    rate_limit: RateLimit | None
    trust_connection_close: bool
    http_client: AsyncWire | None
    now: Callable[[], datetime] | None
    proxy: Proxy
    verify: Verify
    allow_insecure: bool


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
        for setting, default in (("proxy", None), ("verify", True)):
            if wire is not None and options.get(setting, default) is not default:
                raise ConfigurationError(
                    f"{setting}= is for the HTTP client that is made here; give it to your own "
                    "http_client instead",
                    vendor=vendor.name,
                )
        self._vendor = vendor
        self._root = root
        self._now = check_now(options.get("now") or utc_now)
        finite = new_timeout(timeout, vendor.read_timeout)
        if wire is not None and timeout is None:
            finite = wire.timeout
        self._quirks = Quirks()
        self._connections = AsyncConnections(
            finite, options.get("proxy"), options.get("verify", True), wire, home=root
        )
        self._make_transport = _defer_transport(
            vendor,
            root,
            auth,
            connections=self._connections,
            timeout=finite,
            now=self._now,
            options=options,
        )
        self._lock = Lock()
        self._made: AsyncTransport | None = None

    def _take_options(self, vendor: Vendor, options: AsyncClientOptions) -> None:
        """Refuse unknown options and wrong switches; constructors begin with it.

        A misspelt credential should not be told to be missing.
        """
        self._vendor = vendor
        check_names(type(self).__name__, options, AsyncClientOptions, vendor.name)
        for switch in ("allow_insecure", "trust_connection_close"):
            check_switch(switch, options.get(switch, False))
        check_verify(options.get("verify", True))

    async def aclose(self) -> None:
        """Close the connections; a client passed as ``http_client=`` stays open."""
        await self._connections.aclose()

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

    @property
    def _transport(self) -> AsyncTransport:
        """What sends, made for the first call; threads that make it at once share it."""
        with self._lock:
            if self._made is None:
                self._made = self._make_transport()
            return self._made

    async def _call(
        self,
        operation: Operation,
        built: Mapping[str, Any],
        read: Callable[[Reply], R],
        options: CallOptions,
        window: Window | None = None,
    ) -> R:
        check_options(operation, options, CallOptions if window is None else ReportOptions)
        from .._messages import Request  # noqa: PLC0415  # a client that asks nothing needs none

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
        asked: tuple[str, ...] = (),
    ) -> AsyncPager[R]:
        check_options(operation, options, kind or (RangeOptions if within else ListOptions))
        from .._messages import Request  # noqa: PLC0415  # the first client needs none of it
        from .._wanted import Wanted  # noqa: PLC0415
        from .listing import open_pager  # noqa: PLC0415

        wanted = Wanted(
            operation,
            Request.from_builder(built),
            row_class,
            within,
            keys,
            key_parameter,
            expects,
            divisible,
            columns,
            asked,
        )
        transport = self._transport.configured(options)
        return open_pager(transport, self._quirks, wanted, partial(self._plan, operation), options)

    def _send_all(
        self,
        bulk: Bulk[I],
        items: AsyncItems[I],
        read: Callable[[Reply], R],
        options: BulkOptions,
    ) -> AsyncOutcomes[I, R]:
        from .._bulk import check_items, read_position  # noqa: PLC0415  # few need it
        from .._task_workers import ASYNC_ITERABLES  # noqa: PLC0415
        from .bulk import AsyncOutcomes  # noqa: PLC0415

        vendor, method = bulk.operation.vendor.name, bulk.operation.bulk or ""
        check_names(method, options, BulkOptions, vendor, method)
        check_items(items, ASYNC_ITERABLES, vendor, method)
        several = check_concurrency(options.get("concurrency"), _CONCURRENCY)
        return AsyncOutcomes(
            bulk,
            items,
            read,
            transport=self._transport.configured(options),
            concurrency=several,
            position=read_position(bulk.id, options.get("resume")),
        )

    def _plan(self, operation: Operation, within: Range) -> Plan:
        if operation.window is None:
            raise ArgumentError(f"{operation.id} takes no date range")
        check_flag("clip", within.clip)
        from .._windows import plan  # noqa: PLC0415  # as above

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


def _defer_transport(
    vendor: Vendor,
    root: str,
    auth: Auth,
    *,
    connections: AsyncConnections,
    timeout: Finite,
    now: Callable[[], datetime],
    options: AsyncClientOptions,
) -> Callable[[], AsyncTransport]:
    """Return what makes a client's transport; of options, what is wrong is told at once."""
    policy, gate = find_policy(options), open_gate(vendor, root, options)
    trust_close = options.get("trust_connection_close", False)

    def make() -> AsyncTransport:
        from .transport import AsyncTransport  # noqa: PLC0415  # it loads nearly as much again

        return AsyncTransport(
            vendor=vendor,
            root=root + vendor.api_root,
            auth=auth,
            connections=connections,
            timeout=timeout,
            policy=policy,
            gate=gate,
            max_body=vendor.max_body if is_limited(vendor, root) else None,
            trust_close=trust_close,
            now=now,
        )

    return make
