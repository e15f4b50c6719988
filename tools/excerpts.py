"""Operations cut out of a larger document, with all that they refer to."""

from __future__ import annotations

from typing import Any

from dialytics.contracts._document import METHODS, as_list, as_map, find_references
from dialytics.contracts._document import Document as References
from dialytics.contracts._load import Source, escape

_KEPT = ("openapi", "info", "servers", "security", "tags", "externalDocs", "jsonSchemaDialect")


class UpdateError(Exception):
    """Why the project stays as it is."""


def extract(
    document: dict[str, Any], operations: list[str], components: list[str]
) -> dict[str, Any]:
    """Cut operations out of a document, with all that they refer to.

    Of a path item with a chosen operation all stays but its other operations.
    """
    paths: dict[str, Any] = {}
    found: set[str] = set()
    for path, item in as_map(document.get("paths")).items():
        chosen = {
            method: one["operationId"]
            for method, one in as_map(item).items()
            if method in METHODS and as_map(one).get("operationId") in operations
        }
        if chosen:
            found.update(chosen.values())
            paths[path] = {
                key: one for key, one in item.items() if key not in METHODS or key in chosen
            }
    if missing := set(operations) - found:
        raise UpdateError(f"The new document has no operation {', '.join(sorted(missing))}.")
    excerpt = {key: document[key] for key in _KEPT if key in document}
    excerpt["paths"] = paths
    wanted = [f"#/components/{name}" for name in components]
    wanted += [f"#/components/securitySchemes/{escape(name)}" for name in find_schemes(excerpt)]
    excerpt["components"] = _collect(document, wanted + sorted(find_references(paths)))
    refuse_loose_ends(document, excerpt)
    return excerpt


def find_schemes(document: dict[str, Any]) -> list[str]:
    """Name the security schemes that a document or one of its operations asks for."""
    owners = [document, *(one for item in document["paths"].values() for one in item.values())]
    return sorted(
        name
        for owner in owners
        for asked in as_list(as_map(owner).get("security"))
        for name in as_map(asked)
    )


def refuse_loose_ends(document: dict[str, Any], excerpt: dict[str, Any]) -> None:
    """Refuse an excerpt that refers to what only the whole document has."""
    whole, cut = (References(Source("new", one)) for one in (document, excerpt))
    for reference in sorted(find_references(excerpt)):
        if whole.find(reference) is not None and cut.find(reference) is None:
            raise UpdateError(
                f"The excerpt lacks {reference}, which it refers to; name it in "
                "source.toml, or extract what it belongs to."
            )


def _collect(document: dict[str, Any], references: list[str]) -> dict[str, Any]:
    """Return the components that references reach, in the order of the document."""
    follow = References(Source("new", document))
    reached: set[tuple[str, str]] = set()
    while references:
        parts = tuple(references.pop().split("/")[2:4])
        place = follow.at("components", *parts)
        if len(parts) == 2 and place.node is not None and parts not in reached:
            reached.add((parts[0], parts[1]))
            references += find_references(place.node)
    return {
        kind: chosen
        for kind, entries in as_map(document.get("components")).items()
        if (
            chosen := {
                name: one for name, one in as_map(entries).items() if (kind, name) in reached
            }
        )
    }
