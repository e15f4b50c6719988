"""The listening socket: binding it, and closing it for a while."""

from __future__ import annotations

import asyncio
import logging
import socket

import uvicorn

from .breakage import abort

_ACCEPTING = 0.01


async def refuse(server: uvicorn.Server, address: tuple[str, int], seconds: float) -> None:
    """Stop listening for a while, and reset all connections; the port stays bound."""
    for one in server.servers:
        for listening in one.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
    # What has been accepted needs its server until it has begun.
    await asyncio.sleep(_ACCEPTING)
    for one in server.servers:
        one.close()
    for connection in [*server.server_state.connections]:
        abort(connection.transport)
    listener = bind(*address)
    try:
        await asyncio.sleep(seconds)
    finally:
        if server.should_exit:
            listener.close()
        else:
            await server.startup(sockets=[listener])


class _Ended(logging.Filter):
    """Drops what is logged of requests that a stop has ended."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0] if record.exc_info else None
        ended = kind is not None and issubclass(kind, asyncio.CancelledError)
        return not ended and not str(record.msg).startswith("Cancel %s running task(s)")


_ENDED = _Ended()


def hush() -> None:
    """Let the server be quiet about requests that it ends when it is stopped."""
    # Adding the same one again changes nothing.
    logging.getLogger("uvicorn.error").addFilter(_ENDED)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that may listen; raise `OSError` when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol must be named: asyncio switches Nagle's algorithm off only where it is, and
    # with it a kept connection waits 40 ms for every answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
