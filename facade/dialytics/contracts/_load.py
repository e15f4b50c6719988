"""Reading documents: files, mappings, revisions of git and, on request, URLs."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .errors import ContractError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"
_LONGEST_INTEGER = 4_000  # digits; beyond this Python refuses, and no document means it


@dataclass(slots=True)
class Source:
    """A document as it was given: what to call it, its content, and its text where it has one."""

    name: str
    content: dict[str, Any]
    text: str | None = None
    _marks: _Marks | None = field(default=None, repr=False)

    def find_line(self, pointer: str) -> str | None:
        """Return ``name:line:column`` of a JSON pointer, or of its nearest parent."""
        if self.text is None:
            return None
        if self._marks is None:
            self._marks = _Marks(_compose(self.text))
        mark = self._marks.find(pointer)
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}" if mark else self.name


class _Marks:
    """Where JSON pointers stand in a text."""

    def __init__(self, root: yaml.Node | None) -> None:
        self.known: dict[str, tuple[Any, Any]] = {}
        if root is not None:
            self.known[""] = (root.start_mark, root)

    def find(self, pointer: str) -> Any:
        if pointer in self.known:
            return self.known[pointer][0]
        parent = pointer.rpartition("/")[0]
        mark = self.find(parent) if pointer else None
        if parent in self.known:
            self._add_children(parent, self.known[parent][1])
        return self.known[pointer][0] if pointer in self.known else mark

    def _add_children(self, parent: str, node: Any) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self.known[f"{parent}/{escape(_text(key))}"] = (key.start_mark, value)
        elif isinstance(node, yaml.SequenceNode):
            for number, item in enumerate(node.value):
                self.known[f"{parent}/{number}"] = (item.start_mark, item)


def read_source(given: str | os.PathLike[str] | Mapping[str, Any], *, fetch: bool) -> Source:
    """Read a document from a path, a mapping, ``git-ref:path`` or, with ``fetch``, a URL."""
    if isinstance(given, Mapping):
        return Source("(mapping)", tidy(given))
    name = os.fspath(given)
    return parse_text(_decode(_read_bytes(name, fetch=fetch), name), name)


def parse_text(text: str, name: str) -> Source:
    """Parse JSON or YAML into plain data: text keys, times as text, aliases followed."""
    marks = None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        try:
            root = yaml.compose(text, Loader=_Loader)
            content = None if root is None else _Builder().build(root)
            marks = _Marks(root)
        except yaml.YAMLError as error:
            raise ContractError(f"{name}: neither JSON nor YAML: {_one_line(error)}") from None
        except (RecursionError, ValueError) as error:
            raise ContractError(f"{name}: cannot be read: {_one_line(error)}") from None
    if not isinstance(content, dict):
        raise ContractError(
            f"{name}: holds {type(content).__name__}, not a mapping; give an OpenAPI document"
        )
    return Source(name, content, text, marks)


def tidy(value: Any, open_ids: frozenset[int] = frozenset()) -> Any:
    """Copy what a caller gave into plain data with text keys; a cycle is cut."""
    if id(value) in open_ids:
        return None
    if isinstance(value, Mapping):
        inside = open_ids | {id(value)}
        return {_key(key): tidy(item, inside) for key, item in value.items()}
    if isinstance(value, list | tuple):
        inside = open_ids | {id(value)}
        return [tidy(item, inside) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def escape(name: str) -> str:
    """Write a key as one part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _read_bytes(name: str, *, fetch: bool) -> bytes:
    if name.startswith(("https://", "http://")):
        if not fetch:
            raise ContractError(f"{name}: URLs are read on request only; use fetch=True or --fetch")
        return _fetch(name)
    path = Path(name)
    try:
        if path.is_file() or ":" not in name:
            return path.read_bytes()
    except (OSError, ValueError) as error:
        raise ContractError(f"{name}: cannot be read: {_one_line(error)}") from None
    return _read_revision(name)


def _read_revision(name: str) -> bytes:
    reference, _, path = name.partition(":")
    if reference.startswith("-"):
        raise ContractError(f"{name}: a git reference does not begin with a dash")
    try:
        shown = subprocess.run(  # noqa: S603  # no shell; the reference cannot be an option
            ["git", "show", f"{reference}:{path}"],  # noqa: S607  # whichever git the user has
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise ContractError(f"{name}: git cannot be run: {_one_line(error)}") from None
    if shown.returncode:
        why = shown.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise ContractError(f"{name}: no such file, and git says: {why}")
    return shown.stdout


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310  # http(s) only, above
            body: bytes = answer.read()
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise ContractError(f"{url}: cannot be fetched: {_one_line(error)}") from None
    return body


def _decode(content: bytes, name: str) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise ContractError(f"{name}: not UTF-8 text; save it as UTF-8") from None


def _compose(text: str) -> yaml.Node | None:
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return root


class _Builder:
    """Plain data from YAML nodes, as JSON would have it; an anchor inside itself becomes null."""

    def __init__(self) -> None:
        self.loader: Any = yaml.SafeLoader("")
        self.open: set[int] = set()

    def build(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if id(node) in self.open:
            return None
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item) for item in node.value]
            return self.mapping(node)
        finally:
            self.open.discard(id(node))

    def mapping(self, node: Any) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for part in reversed(parts):
                    built = self.build(part)
                    merged |= built if isinstance(built, dict) else {}
            else:
                own[_text(key)] = self.build(value)
        return {**merged, **own}

    def scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        if node.tag == _TEXT:
            return text
        kind = node.tag.rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in {"true", "yes", "on"}
        if kind in {"int", "float"} and len(text) < _LONGEST_INTEGER:
            try:
                return getattr(self.loader, f"construct_yaml_{kind}")(node)
            except (ValueError, IndexError):
                return text
        return text


def _text(node: Any) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else "?"


def _key(key: object) -> str:
    if isinstance(key, bool):
        return str(key).lower()
    return "null" if key is None else str(key)


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300]
