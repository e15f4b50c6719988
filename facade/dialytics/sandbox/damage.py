"""Doing what a fault plan says: to the request, to the answer, and to its bytes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from itertools import count

from attrs import define, field
from starlette.responses import HTMLResponse, Response

from .._texts import suggest
from .breakage import (
    BrokenResponse,
    compress_members,
    replace_rows,
    replace_token,
    spoil_row,
)
from .clock import Clock
from .exchange import Backend, Call, Refused, Vendor
from .faults import (
    Change,
    ClockSkew,
    Effect,
    EmptyPage,
    ErrorPage,
    ErrorStatus,
    ExpiredToken,
    Latency,
    MalformedRow,
    OutOfOrder,
    Refusal,
    RepeatedToken,
    Reset,
    SecondMember,
    SlowDrip,
    Truncation,
    WrongType,
)
from .plans import Fault, FaultPlan
from .strikes import Strikes

CURSORS: dict[Vendor, tuple[str, ...]] = {
    "cognigy": (),
    "digitalcx": ("continuationToken",),
    "chatlayer": ("page_token", "after", "before"),
    "inkeep": ("offset",),
}
_AGAIN = re.compile(r"sandbox-again-\d+-")
_PAGE = "<!DOCTYPE html><html><body><h1>{0} {1}</h1><hr>nginx</body></html>"


@define(eq=False)
class Damage:
    """What a fault plan does to the requests of all vendors."""

    clock: Clock
    refuse: Callable[[float], Awaitable[None]]
    strikes: Strikes = field(factory=lambda: Strikes(FaultPlan()))
    operations: set[tuple[Vendor, str]] = field(factory=set)
    _aliases: count[int] = field(factory=lambda: count(1))

    def require(self, fault: Fault) -> None:
        """Raise `ValueError` unless there is an operation that a fault can strike."""
        mine = {(who, what) for who, what in self.operations if fault.vendor in (None, who)}
        known = sorted({what for _, what in mine})
        if fault.operation is None or fault.operation in known:
            return
        hint = suggest(fault.operation, known, f"{fault.vendor or 'the sandbox'} has")
        raise ValueError(f"there is no operation {fault.operation} to strike; {hint}")

    def draw(self, backend: Backend, operations: Iterable[str], call: Call) -> list[Effect]:
        """Return what strikes a request; the token of an empty page stands for the real one."""
        names = CURSORS[backend.name]
        call.query = [
            (name, _AGAIN.sub("", value) if name in names else value) for name, value in call.query
        ]
        call.query = [(name, value) for name, value in call.query if value or name not in names]
        return self.strikes.draw(backend.name, {*operations}, later=find_cursor(backend, call)[1])

    async def prepare(self, effects: list[Effect], backend: Backend, call: Call) -> None:
        """Do what comes before the answer."""
        for effect in effects:
            match effect:
                case Latency(seconds):
                    await asyncio.sleep(seconds)
                case Refusal(seconds):
                    await self.refuse(seconds)
                case Change(insert, delete, advance):
                    self.clock.advance(timedelta(seconds=advance))
                    backend.change(call, insert, delete)
                case RepeatedToken() if backend.name == "inkeep":
                    call.query = [pair for pair in call.query if pair[0] != "offset"]
                case _:
                    pass

    def answer(
        self,
        effects: list[Effect],
        backend: Backend,
        call: Call,
        answer: Callable[[], Response],
    ) -> Response:
        """Return the answer: the vendor's, by its clock, unless a fault replaces it."""
        skew = sum(effect.seconds for effect in effects if isinstance(effect, ClockSkew))
        with self.clock.skewed(timedelta(seconds=skew)):
            for effect in effects:
                if isinstance(effect, ErrorStatus | ErrorPage | ExpiredToken):
                    response = self._refuse(effect, backend, call)
                    break
            else:
                response = answer()
                # Whoever changes rows goes by the type.
                in_order = sorted(effects, key=lambda effect: isinstance(effect, WrongType))
                for effect in in_order if response.status_code == HTTPStatus.OK else ():
                    self._alter(effect, backend, call, response)
            response.headers["date"] = format_datetime(self.clock.now(), usegmt=True)
        for effect in effects:
            if isinstance(effect, Reset | SlowDrip | Truncation) and response.body:
                return BrokenResponse(response, effect)
        return response

    def _refuse(
        self, effect: ErrorStatus | ErrorPage | ExpiredToken, backend: Backend, call: Call
    ) -> Response:
        if isinstance(effect, ExpiredToken):
            return backend.refuse(Refused(400, "The continuation token has expired."), call)
        phrase = name_status(effect.status)
        if isinstance(effect, ErrorPage):
            return HTMLResponse(_PAGE.format(effect.status, phrase), effect.status)
        response = backend.refuse(Refused(effect.status, phrase), call)
        if effect.retry_after is not None:
            response.headers["retry-after"] = f"{effect.retry_after:g}"
            if effect.as_date:
                then = self.clock.now() + timedelta(seconds=effect.retry_after)
                response.headers["retry-after"] = format_datetime(then, usegmt=True)
        return response

    def _alter(self, effect: Effect, backend: Backend, call: Call, response: Response) -> None:
        cursor, by_token = find_cursor(backend, call)[0], backend.name != "inkeep"
        match effect:
            case WrongType(media):
                response.headers["content-type"] = media
            case OutOfOrder():
                replace_rows(response, lambda rows: rows[::-1])
            case MalformedRow(at):
                replace_rows(response, spoil_row(at))
            case RepeatedToken() if by_token:
                replace_token(response, cursor)
            case EmptyPage():
                replace_rows(response, lambda _: [])
                if by_token:
                    replace_token(response, f"sandbox-again-{next(self._aliases)}-{cursor}")
            case SecondMember():
                compress_members(response)
            case _:
                pass


def find_cursor(backend: Backend, call: Call) -> tuple[str, bool]:
    """Return the token of the page that a request asks for, and whether there is one."""
    for name, value in call.query:
        if name in CURSORS[backend.name] and value != "0":
            return value, bool(value)
    return "", False


def name_status(status: int) -> str:
    """Return what a status is called."""
    return HTTPStatus(status).phrase if status in {*HTTPStatus} else "Unknown"
