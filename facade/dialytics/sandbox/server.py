"""The sandbox itself: four vendors behind one loopback port, served from a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar, cast, get_args

import uvicorn

from .app import Ledger, build_app
from .chatlayer.api import ChatlayerBackend
from .chatlayer.events import TrackingEvent
from .checks import require_at_least
from .clock import Clock, require_aware
from .cognigy import CognigyBackend, Record, RecordKey
from .damage import Damage
from .digitalcx.api import DigitalCXBackend
from .digitalcx.interactions import Row
from .digitalcx.query import InteractionQuery
from .exchange import Received, Vendor
from .inkeep.api import InkeepBackend
from .listener import bind, hush, refuse
from .plans import FaultPlan
from .specification import Specification, load_specification
from .strikes import Strikes

VENDORS: tuple[Vendor, ...] = get_args(Vendor)
CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "Chatlayer": {"token_id": "demo", "token_secret": "demo"},
    "Cognigy": {"api_key": "demo"},
    "DigitalCX": {"customer": "acme", "project": "shop", "auth": "demo"},
    "Inkeep": {"api_key": "demo"},
}
C = TypeVar("C")
_STOP_SECONDS = 10


class Sandbox:
    """A real HTTP server on loopback that behaves as the four vendors are documented to.

    Args:
        seed: all data is a pure function of it; the same seed and clock give the same bytes.
        now: the sandbox's clock: an aware datetime, a callable that returns one, or None for the
            real time. There is no data from after it, tokens expire by it, horizons move with it.
        rows_per_day: DigitalCX interactions per day and culture.
        page_rows: DigitalCX rows a page, when a request asks for pages.
        events_per_day: Chatlayer tracking events per day, bot and version.
        conversations: Inkeep conversations there are at the start.
        host: the address to bind; loopback unless you want others to reach it.
        port: the port to bind; 0 takes a free one.
        validate: check every request and response against the effective specifications.
        faults: what is to go wrong; nothing by default.

    Raises `ValueError` for a naive datetime, a clock that is none and an amount that cannot be.
    Which credentials are refused is in `dialytics.sandbox.credentials`; where the vendors'
    documentation is silent, `dialytics.sandbox.leniency` says what happens.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        now: datetime | Callable[[], datetime] | None = None,
        rows_per_day: int = 200,
        page_rows: int = 100,
        events_per_day: int = 100,
        conversations: int = 45,
        host: str = "127.0.0.1",
        port: int = 0,
        validate: bool = True,
        faults: FaultPlan | None = None,
    ) -> None:
        require_at_least(0, rows_per_day=rows_per_day, events_per_day=events_per_day)
        require_at_least(0, conversations=conversations)
        require_at_least(1, page_rows=page_rows)
        self._clock = Clock(now)
        self._host, self._port = host, port
        self._bound: tuple[str, int] | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._ledger = Ledger(validate)
        self._cognigy = CognigyBackend(seed, self._clock)
        self._digitalcx = DigitalCXBackend(seed, self._clock, rows_per_day, page_rows)
        self._chatlayer = ChatlayerBackend(seed, self._clock, events_per_day)
        self._inkeep = InkeepBackend(seed, self._clock, conversations)
        backends = (self._cognigy, self._digitalcx, self._chatlayer, self._inkeep)
        specifications: dict[Vendor, Specification] = {
            vendor: load_specification(vendor) for vendor in VENDORS
        }
        self._damage = Damage(self._clock, self._refuse)
        self._open = threading.Event()
        self._app = build_app(backends, specifications, self._ledger, self._damage)
        self.set_faults(faults)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Bind and serve from a thread; return when connections are accepted.

        Raises `OSError` when the port is taken, `RuntimeError` when the sandbox already runs.
        """
        if self._thread is not None:
            raise RuntimeError("the sandbox already runs")
        listener = bind(self._host, self._port)
        self._bound = listener.getsockname()[:2]
        config = uvicorn.Config(
            self._app,
            log_config=None,
            # What a fault plan does is done to these; neither needs another package.
            loop="asyncio",
            http="h11",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
            server_header=False,
            date_header=False,
        )
        hush()
        config.load()
        # At a level of logging below debug uvicorn would stand between it and the connection.
        config.loaded_app = self._app
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="dialytics-sandbox", daemon=True
        )
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.002)
        self._open.set()

    def stop(self) -> None:
        """Close every connection and the port, and wait for the thread; harmless when stopped."""
        if self._thread is None or self._server is None:
            return
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError("the sandbox does not stop")
        self._thread = self._server = self._bound = None
        self._open.clear()

    def url(self, vendor: Vendor) -> str:
        """Return a vendor's base URL, such as `http://127.0.0.1:8080/digitalcx`.

        Cognigy's API root is `/new` below it. Raises `RuntimeError` unless the sandbox runs,
        `ValueError` for a name that is no vendor.
        """
        if vendor not in VENDORS:
            raise ValueError(f"no such vendor; there are {', '.join(VENDORS)}")
        if self._bound is None:
            raise RuntimeError("the sandbox does not run: call start() or use it in a with block")
        host, port = self._bound
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/{vendor}"

    def client(self, kind: type[C], **options: Any) -> C:
        """Return a client of this sandbox: with its address, clock and good credentials.

        `kind` is a client's class, such as `DigitalCX` or `AsyncDigitalCX`; options are as there.
        Close it, or use it as the context manager that it is. Raises `ValueError` for another
        class, `RuntimeError` unless the sandbox runs.
        """
        name = getattr(kind, "__name__", repr(kind))
        return kind(**{**self.client_options(name), **options})

    def client_options(self, name: str) -> dict[str, Any]:
        """Return what `client` gives a class of this name, with the prefix Async or without."""
        name = name.removeprefix("Async")
        if name not in CREDENTIALS:
            raise ValueError(f"there is no client {name}; there are {', '.join(CREDENTIALS)}")
        vendor = cast("Vendor", name.lower())
        return {"base_url": self.url(vendor), "now": self.now, **CREDENTIALS[name]}

    def now(self) -> datetime:
        """Return the sandbox's present instant, aware, in UTC."""
        return self._clock.now()

    def set_now(self, now: datetime) -> None:
        """Stop the clock at `now`; raise `ValueError` for a naive datetime."""
        self._clock.set(now)

    def set_faults(self, faults: FaultPlan | None) -> None:
        """Let these faults strike from now on, counting requests anew; None ends all faults.

        Waits until a refusal that is going on is over. Raises `ValueError` for what is no plan, and
        for an operation that there is not.
        """
        plan = FaultPlan() if faults is None else faults
        if not isinstance(plan, FaultPlan):
            problem = "faults must be a FaultPlan, such as FaultPlan(Fault(ErrorStatus(503)))"
            raise ValueError(f"{problem}; got {type(plan).__name__}")
        for fault in plan.faults:
            self._damage.require(fault)
        self._damage.strikes = Strikes(plan)
        if self._thread is not None:
            self._open.wait(_STOP_SECONDS)

    @property
    def requests(self) -> list[Received]:
        """The latest 10,000 requests, oldest first."""
        return list(self._ledger.requests)

    @property
    def violations(self) -> list[str]:
        """What requests or responses broke of the effective specifications, oldest first."""
        return list(self._ledger.violations)

    def clear_requests(self) -> None:
        """Forget the requests counted so far."""
        self._ledger.requests.clear()

    @property
    def cognigy_records(self) -> dict[RecordKey, Record]:
        """What was patched, by (projectId, contactId, sessionId, inputId); "" for a missing part.

        Each is the body as sent, with the `properties` of all patches to it merged.
        """
        return self._cognigy.records

    def interactions(
        self,
        culture: str,
        start: datetime,
        end: datetime,
        *,
        environment: str = "Production",
        session_mode: str = "Public",
        user_info: bool = False,
    ) -> list[Row]:
        """Return DigitalCX's rows of `[start, end)` straight from the generator, oldest first.

        These are the rows that the same request gives as JSON: LogId is an int, SessionIsActive a
        bool, RecognitionQuality a float, the rest text or None. The range may have any length.
        Raises `ValueError` for a naive datetime.
        """
        query = InteractionQuery(
            culture=culture,
            start=require_aware(start),
            end=require_aware(end),
            filter_text="",
            types=None,
            main_types=None,
            active_only=False,
            environment=environment,
            mode=session_mode,
            user_info=user_info,
            paginated=False,
        )
        return self._digitalcx.interactions(query)

    def events(
        self, bot_id: str, version: str, start: datetime, end: datetime
    ) -> list[TrackingEvent]:
        """Return Chatlayer's events of `[start, end)` straight from the generator, oldest first.

        `version` is DRAFT or LIVE; aware datetimes, else `ValueError`.
        """
        return self._chatlayer.events(bot_id, version, require_aware(start), require_aware(end))

    async def _refuse(self, seconds: float) -> None:
        if self._server is None or self._bound is None or not self._open.is_set():
            return
        self._open.clear()
        try:
            await refuse(self._server, self._bound, seconds)
        finally:
            self._open.set()
