"""Reading documents: files, mappings, revisions of git and, on request, URLs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ._yaml import Marks, TooDeepError, build, check_depth, compose, escape
from .errors import ContractError

__all__ = ["Source", "check_openapi", "escape", "parse_text", "read_source", "tidy"]

_MEANT = ("openapi", "swagger", "paths", "webhooks", "components")
_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_OTHERS = ("asyncapi", "arazzo", "overlay")


@dataclass(slots=True)
class Source:
    """A document as it was given: what to call it, its content, and its text where it has one."""

    name: str
    content: dict[str, Any]
    text: str | None = None
    _marks: Marks | None = field(default=None, repr=False)

    def find_line(self, pointer: str) -> str | None:
        """Return ``name:line:column`` of a JSON pointer, or of its nearest parent."""
        if self.text is None:
            return None
        if self._marks is None:
            self._marks = Marks(_find_nodes(self.text))
        mark = self._marks.find(pointer)
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}" if mark else self.name


def read_source(given: str | os.PathLike[str] | Mapping[str, Any], *, fetch: bool) -> Source:
    """Read a document from a path, a mapping, ``git-ref:path`` or, with ``fetch``, a URL."""
    if isinstance(given, Mapping):
        content = tidy(given)
        check_depth(content)
        return Source("(mapping)", content)
    if not isinstance(given, str | os.PathLike):
        kind = type(given).__name__
        raise ContractError(f"a document is given as a path or a mapping, not as {kind}")
    name = os.fspath(given)
    return parse_text(_decode(_read_bytes(name, fetch=fetch), name), name)


def parse_text(text: str, name: str) -> Source:
    """Parse JSON or YAML into plain data: text keys, times as text, aliases followed."""
    marks = None
    try:
        try:
            content = json.loads(text, parse_constant=str)
        except ValueError:
            root = compose(text)
            content, marks = build(root), Marks(root)
        check_depth(content)
    except (RecursionError, TooDeepError):
        raise ContractError(f"{name}: {TooDeepError()}") from None
    except yaml.YAMLError as error:
        raise ContractError(f"{name}: neither JSON nor YAML: {_one_line(error)}") from None
    except ValueError as error:
        raise ContractError(f"{name}: cannot be read: {_one_line(error)}") from None
    if not isinstance(content, dict):
        raise ContractError(
            f"{name}: holds {type(content).__name__}, not a mapping; give an OpenAPI document"
        )
    return Source(name, content, text, marks)


def check_openapi(source: Source) -> Source:
    """Refuse a mapping that is no OpenAPI document at all, however sloppy."""
    other = next((key for key in _OTHERS if key in source.content), None)
    if other is None and any(key in source.content for key in _MEANT):
        return source
    why = f"its {other!r} says that it is something else" if other else "it has no 'paths'"
    raise ContractError(f"{source.name}: not an OpenAPI document: {why}")


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
        hint = "" if path.startswith("./") else f" (from this folder: {reference}:./{path})"
        raise ContractError(f"{name}: no such file, and git says: {why}{hint}")
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


def _find_nodes(text: str) -> yaml.Node | None:
    if text.lstrip()[:1] == "{":  # JSON writes some signs as two halves, which YAML refuses
        text = _HALF.sub(r"\\u003f", text)
    try:
        return compose(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _key(key: object) -> str:
    if isinstance(key, bool):
        return str(key).lower()
    return "null" if key is None else str(key)


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300]
