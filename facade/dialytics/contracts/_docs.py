"""The documentation: texts and examples, which bind nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._document import Document, as_map
from ._load import escape
from ._report import Change

_TEXTS = ("description", "summary", "title", "externalDocs", "example", "examples", "x-logo")
_NAMED = ("properties", "patternProperties", "schemas", "headers", "responses", "paths", "$defs")


def compare_docs(old: Document, new: Document, *, level: str) -> list[Change]:
    """Report each text or example that changed where something stands in both documents."""
    found: list[Change] = []
    for pointer, before, after, named in _walk_both(old, new, skip_equal=True):
        if not named:
            _compare_texts(found, pointer, before, after, level)
    return sorted(found, key=lambda change: change.pointer)


def compare_order(old: Document, new: Document, *, always: bool) -> list[Change]:
    """Report properties that stand in another order: nothing on the wire, but in generated code.

    Unless ``always``, only where all else kept its place: else the document was merely rewritten.
    """
    found: list[Change] = []
    for pointer, before, after, named in _walk_both(old, new, skip_equal=False):
        olds = [name for name in before if name in after]
        news = [name for name in after if name in before]
        if olds == news:
            continue
        if named and pointer.endswith("/properties"):
            name = "property-order-changed"
            found.append(Change("wire", name, "compatible", pointer, before=olds, after=news))
        elif not always:
            return []
    return found


def _walk_both(
    old: Document, new: Document, *, skip_equal: bool
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], bool]]:
    """Yield mappings that stand in both documents, and whether their keys are names."""
    waiting: list[tuple[str, Any, Any, bool]] = [("", old.root, new.root, False)]
    while waiting:
        pointer, before, after, named = waiting.pop()
        if skip_equal and before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield pointer, before, after, named
            for key in before.keys() & after.keys():
                if named or key not in _TEXTS:
                    down = key in _NAMED and not named
                    waiting.append((f"{pointer}/{escape(key)}", before[key], after[key], down))
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for number, (one, other) in enumerate(zip(before, after, strict=True)):
                waiting.append((f"{pointer}/{number}", one, other, False))


def _compare_texts(found: list[Change], pointer: str, old: Any, new: Any, level: str) -> None:
    for key in _TEXTS:
        before, after = old.get(key), new.get(key)
        if before != after:
            where = f"{pointer}/{key}"
            found.append(
                Change(
                    "docs", f"{key}-changed", level, where, _operation(where), None, before, after
                )
            )
    if pointer == "/info" and as_map(old).get("version") != as_map(new).get("version"):
        versions = old.get("version"), new.get("version")
        where = f"{pointer}/version"
        found.append(Change("docs", "version-changed", level, where, [], None, *versions))


def _operation(pointer: str) -> list[str]:
    parts = pointer.split("/")
    if len(parts) < 5 or parts[1] != "paths":
        return []
    return [f"{parts[3].upper()} {parts[2].replace('~1', '/').replace('~0', '~')}"]
