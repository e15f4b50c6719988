"""Servers: the URLs that clients call."""

from __future__ import annotations

from ._document import Place, as_map
from ._engine import Unit


def compare_servers(unit: Unit, old: Place, new: Place) -> None:
    """Report each server that went or came."""
    olds, news = read_urls(old), read_urls(new)
    for url in olds:
        if url not in news:
            unit.add("api-server-removed", old.pointer, url, None)
    for url in news:
        if url not in olds:
            unit.add("api-server-added", new.pointer, None, url)


def read_urls(servers: Place) -> list[str]:
    """Return the URLs of a list of servers, with the defaults of their variables filled in."""
    urls = []
    for place in servers.items():
        url = str(as_map(place.node).get("url") or "/")
        for name, variable in place.step("variables").entries():
            url = url.replace(f"{{{name}}}", str(as_map(variable.node).get("default")))
        urls.append(url.rstrip("/") or "/")
    return urls
