"""Servers: the URLs that clients call."""

from __future__ import annotations

from ._document import Place, as_list, as_map
from ._engine import Unit


def compare_servers(unit: Unit, old: Place, new: Place) -> None:
    """Report each server that went or came."""
    olds, news = read_urls(old), read_urls(new)
    for url in olds:
        # Where a document names no server, its readers know another than the one implied.
        if url not in news and old.items():
            unit.add("api-server-removed", old.pointer, url, None)
    for url in news:
        if url not in olds and new.items():
            unit.add("api-server-added", new.pointer, None, url)


def read_urls(servers: Place) -> list[str]:
    """Return the URLs of a list of servers: with the defaults of their variables filled in.

    Of a variable that lists its values, there is a URL for each. No servers are one, at the root.
    """
    urls: dict[str, None] = {}
    for place in servers.items() or [Place({}, servers.pointer)]:
        variables = {name: as_map(one.node) for name, one in place.step("variables").entries()}
        defaults = {name: one.get("default") for name, one in variables.items()}
        ways = [defaults]
        for name, one in variables.items():
            ways += [{**defaults, name: value} for value in as_list(one.get("enum"))]
        for way in ways:
            url = str(as_map(place.node).get("url") or "/")
            for name, value in way.items():
                url = url.replace(f"{{{name}}}", str(value))
            urls[url.rstrip("/") or "/"] = None
    return list(urls)
