"""The documentation: texts and examples, which bind nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._document import Document, as_list, as_map, is_equal
from ._load import escape
from ._report import Change

_TEXTS = ("description", "summary", "title", "externalDocs", "example", "examples", "x-logo")
_CLASSES = ("/components/schemas/", "/definitions/")
_SAMPLES = ("example", "examples")
# Mappings whose keys are names that the document's author gave.
_NAMED = frozenset(
    (
        *("properties", "patternProperties", "dependentSchemas", "$defs", "definitions"),
        *("schemas", "responses", "parameters", "requestBodies", "headers", "links", "callbacks"),
        *("securitySchemes", "securityDefinitions", "pathItems", "paths", "webhooks"),
        *("content", "encoding", "variables"),
    )
)
# What stands there is data, not part of the document.
_DATA = frozenset(("default", "enum", "const", "required", "security", "scopes", "mapping"))


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
        if named and pointer.endswith("/properties") and pointer.startswith(_CLASSES):
            name = "property-order-changed"
            found.append(Change("wire", name, "compatible", pointer, before=olds, after=news))
        elif not always and not (named and pointer.endswith("/properties")):
            return []
    return found


def _walk_both(
    old: Document, new: Document, *, skip_equal: bool
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], bool]]:
    """Yield mappings that stand in both documents, and whether their keys are names."""
    waiting: list[tuple[str, Any, Any, bool]] = [("", old.root, new.root, False)]
    while waiting:
        pointer, before, after, named = waiting.pop()
        if _is_same(before, after, order=not skip_equal):
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield pointer, before, after, named
            for key in before.keys() & after.keys():
                if named or not (key in _TEXTS or key in _DATA or key[:2] == "x-"):
                    down = key in _NAMED and not named
                    waiting.append((f"{pointer}/{escape(key)}", before[key], after[key], down))
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for number, (one, other) in enumerate(zip(before, after, strict=True)):
                waiting.append((f"{pointer}/{number}", one, other, False))


def _is_same(old: Any, new: Any, *, order: bool) -> bool:
    """Tell whether two nodes are equal, or besides have their keys in the same order."""
    if old != new:
        return False
    return repr(old) == repr(new) or (not order and is_equal(old, new))


def _compare_texts(found: list[Change], pointer: str, old: Any, new: Any, level: str) -> None:
    samples = _read_samples(old), _read_samples(new)
    for key in _TEXTS:
        before, after = old.get(key), new.get(key)
        if key in _SAMPLES and is_equal(*samples):
            continue
        if not is_equal(before, after):
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


def _read_samples(node: dict[str, Any]) -> list[Any]:
    """Return the examples of a schema or a body, in whichever of four ways they are written."""
    several = node.get("examples")
    if isinstance(several, dict):
        return [as_map(one).get("value", one) for one in several.values()]
    return [node["example"]] if several is None and "example" in node else as_list(several)


def _operation(pointer: str) -> list[str]:
    parts = pointer.split("/")
    if len(parts) < 5 or parts[1] != "paths":
        return []
    return [f"{parts[3].upper()} {parts[2].replace('~1', '/').replace('~0', '~')}"]
