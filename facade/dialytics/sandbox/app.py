"""The ASGI application: routes, credentials, checks against the specifications, the log."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from urllib.parse import unquote

from attrs import field, frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Router
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from .breakage import TRANSPORT
from .damage import Damage
from .exchange import Backend, Call, Received, Refused, Route, Vendor
from .faults import Effect
from .specification import Operation, Specification

KEPT = 10_000
LARGEST_BODY = 16 * 1024 * 1024
_SECRET_NAMES = {"api_key", "apikey"}
_log = logging.getLogger("dialytics.sandbox")


@frozen
class Ledger:
    """What was received and, if that is checked, what broke a specification; lists are bounded."""

    validates: bool = True
    requests: deque[Received] = field(factory=lambda: deque(maxlen=KEPT))
    violations: deque[str] = field(factory=lambda: deque(maxlen=KEPT))

    def receive(
        self, call: Call, vendor: Vendor, operation: str, status: int, *effects: Effect
    ) -> None:
        """Note one answered request."""
        query = tuple((k, "***" if k.lower() in _SECRET_NAMES else v) for k, v in call.query)
        faults = tuple(type(effect).__name__ for effect in effects)
        self.requests.append(
            Received(call.method, call.path, vendor, operation, status, query, faults)
        )

    def violate(self, vendor: Vendor, operation: str, faults: Sequence[str]) -> None:
        """Note what a request or a response broke."""
        self.violations.extend(f"{vendor} {operation}: {fault}" for fault in faults)


@frozen
class Endpoint:
    """One route of one vendor, with what its specification says of it."""

    backend: Backend
    route: Route
    operation: Operation | None
    ledger: Ledger
    damage: Damage

    @property
    def label(self) -> str:
        """The operation's id in the specification; of what that does not describe, our own."""
        return self.operation.id if self.operation else self.route.operation

    async def serve(self, request: Request) -> Response:
        """Answer one request and note it."""
        call = make_call(request, self.backend.name)
        try:
            call.body, complete = await read_body(request, self.route.body_limit or LARGEST_BODY)
        except ClientDisconnect:
            # Nobody is there to be answered.
            return Response(status_code=400)
        backend = self.backend
        backend.normalise(call)
        effects = self.damage.draw(backend, (self.label, self.route.operation), call)
        await self.damage.prepare(effects, backend, call)
        answer = partial(self._respond, call, complete)
        response = self.damage.answer(effects, backend, call, answer)
        self.ledger.receive(call, backend.name, self.label, response.status_code, *effects)
        return response

    def _respond(self, call: Call, complete: bool) -> Response:
        try:
            response = self._answer(call, complete)
        except Refused as refused:
            response = self.backend.refuse(refused, call)
        except Exception:
            _log.exception("the sandbox failed on %s %s", self.backend.name, self.label)
            response = self.backend.refuse(Refused(500, "Something went wrong"), call)
        self._check_response(response)
        return response

    def _answer(self, call: Call, complete: bool) -> Response:
        if not self.route.open:
            self.backend.admit(call, self.route)
        if not complete:
            raise Refused(413, "The request body is too large.")
        if self.operation and self.ledger.validates:
            faults = self.operation.request_faults(call)
            oddities = self.operation.request_oddities(call)
            self.ledger.violate(self.backend.name, self.label, [*faults, *oddities])
            if faults:
                raise Refused(self.backend.invalid_status, f"{faults[0]}.")
        return self.route.answer(call)

    def _check_response(self, response: Response) -> None:
        if self.operation is None or not self.ledger.validates:
            return
        body = b"" if "content-encoding" in response.headers else bytes(response.body)
        media = response.headers.get("content-type", "").partition(";")[0]
        faults = self.operation.response_faults(response.status_code, media, body)
        self.ledger.violate(self.backend.name, self.label, faults)
        for fault in faults:
            _log.error("the sandbox broke %s %s: %s", self.backend.name, self.label, fault)


def build_app(
    backends: Sequence[Backend],
    specifications: Mapping[Vendor, Specification],
    ledger: Ledger,
    damage: Damage,
) -> ASGIApp:
    """Return the application; a vendor's operations lie under its name."""
    mounts = [mount(backend, specifications[backend.name], ledger, damage) for backend in backends]
    by_name: dict[str, Backend] = {backend.name: backend for backend in backends}

    async def answer_unknown(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        backend = by_name.get(request.url.path.split("/")[1])
        if backend is None:
            return PlainTextResponse("The sandbox has no such vendor.", status)
        call = make_call(request, backend.name)
        ledger.receive(call, backend.name, "", status)
        response = backend.refuse(Refused(status, "There is no such operation."), call)
        response.headers.update((error.headers if isinstance(error, HTTPException) else None) or {})
        return response

    app = Starlette(routes=mounts, exception_handlers={404: answer_unknown, 405: answer_unknown})
    return match_raw_paths(app)


def match_raw_paths(app: ASGIApp) -> ASGIApp:
    """Return the application as it routes by the path that was sent: an id may hold `%2F`."""

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if "raw_path" in scope:
            scope = {**scope, "path": scope["raw_path"].decode("latin-1")}
        # What sends is a method of what uvicorn holds on a connection.
        scope[TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await app(scope, receive, send)

    return route


def mount(backend: Backend, specification: Specification, ledger: Ledger, damage: Damage) -> Mount:
    """Return a vendor's routes under its name."""
    routes = [
        StarletteRoute(
            route.path,
            make_endpoint(backend, route, specification, ledger, damage),
            methods=[route.method],
        )
        for route in backend.routes()
    ]
    return Mount(f"/{backend.name}", Router(routes, redirect_slashes=False))


def make_endpoint(
    backend: Backend,
    route: Route,
    specification: Specification,
    ledger: Ledger,
    damage: Damage,
) -> Callable[[Request], Awaitable[Response]]:
    """Return a route's handler; raise `LookupError` when the specification lacks the operation."""
    operation = None
    if route.spec:
        operation = specification.find(route.method, route.spec)
        if operation is None:
            raise LookupError(
                f"the effective specification of {backend.name} has no {route.method} {route.spec}"
            )
    endpoint = Endpoint(backend, route, operation, ledger, damage)
    damage.operations |= {(backend.name, endpoint.label), (backend.name, route.operation)}
    return endpoint.serve


def make_call(request: Request, vendor: Vendor) -> Call:
    """Return a request as the vendors see it, its body not yet read."""
    return Call(
        method=request.method,
        path=unquote(request.url.path.removeprefix(f"/{vendor}")),
        path_parameters={name: unquote(value) for name, value in request.path_params.items()},
        query=request.query_params.multi_items(),
        headers=request.headers,
    )


async def read_body(request: Request, limit: int) -> tuple[bytes, bool]:
    """Return the body and whether it was within the limit; what is beyond is read and dropped."""
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            body += chunk
    return bytes(body), size <= limit
