"""The words of a vendor's own specification, which errors may repeat although they were sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

_WORD: Final = re.compile(r"\w+")
# What is asked, and of which account: nothing that people of a conversation have said.
_SETTINGS: Final = frozenset(
    {"customerkey", "projectkey", "teamid", "botid", "stepid", "subscriptionid"}
    | {"culture", "language", "channeltype", "environment", "sessionmode", "version", "bucket"}
)
# In a query's body, what names fields and what is done with them.
_CLAUSES: Final = frozenset({"field", "op", "operator", "direction", "type"})
_PLAIN: Final = re.compile(r"[A-Za-z0-9][\w.-]{,63}", re.ASCII)


def knows(vendor: str, name: str, text: str) -> bool:
    """Tell whether a text that was sent under a name is the vendor's own word.

    It is if it names a parameter or field of the specification, or if what that says of the name
    has the text as a word: it lists there the values that the vendor knows. Case does not matter.
    """
    names = _read_vocabulary(vendor)
    text = text.strip().lower()
    return text in names or text in names.get(name.lower(), ())


def knows_query(vendor: str, name: str, text: str) -> bool:
    """Tell the same of a text in a query, where one word as a field or operator is no one's."""
    clause = name.lower() in _CLAUSES and _PLAIN.fullmatch(text) is not None
    return clause or knows(vendor, name, text)


def is_setting(name: str, text: str) -> bool:
    """Tell whether a parameter of the path or query, in any spelling, is a setting in one word."""
    return name.replace("_", "").lower() in _SETTINGS and _PLAIN.fullmatch(text) is not None


@lru_cache(maxsize=8)
def _read_vocabulary(vendor: str) -> Mapping[str, frozenset[str]]:
    """Return the words that the specification has on each parameter and field, by its name."""
    try:
        content = (files("dialytics_clients") / vendor / "openapi.json").read_bytes()
    except FileNotFoundError:
        return {}
    found: dict[str, set[str]] = {}
    for name, told in _walk(json.loads(content)):
        words = map(str.lower, _WORD.findall(told))
        found.setdefault(name.lower(), set()).update(words)
    return {name: frozenset(words) for name, words in found.items()}


def _walk(node: Any) -> Iterator[tuple[str, str]]:
    """Yield each parameter and field of a document, with what is said of it."""
    if isinstance(node, list):
        for one in node:
            yield from _walk(one)
    elif isinstance(node, dict):
        if isinstance(name := node.get("name"), str) and "in" in node:
            yield name, _text(node)
        properties = node.get("properties")
        if isinstance(properties, dict):
            for name, schema in properties.items():
                yield name, _text(schema)
        for one in node.values():
            yield from _walk(one)


def _text(node: Any) -> str:
    return str(node.get("description", "")) if isinstance(node, dict) else ""
