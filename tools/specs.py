"""Vendor documents, overlays, and the effective specs that they make together."""

from __future__ import annotations

import copy
import hashlib
import importlib.metadata
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from jsonpath_ng.ext.parser import parse
from oas_patch.overlay import apply_overlay

ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT / "specs"
VERSION = importlib.metadata.version("oas-patch")
VENDORS = ("chatlayer", "cognigy", "digitalcx", "inkeep")

Document: TypeAlias = dict[str, Any]

_UNION = re.compile(r"\[('[^']*'(?:\s*,\s*'[^']*')+)\]")


class OverlayError(Exception):
    """An overlay action that cannot do what it says."""


def load_document(path: Path) -> Document:
    """Read a YAML or JSON document; times stay text, as JSON has none."""
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=_JsonLoader)  # noqa: S506  # a SafeLoader
    if not isinstance(document, dict):
        raise OverlayError(f"{path}: not a document")
    return document


class _JsonLoader(yaml.SafeLoader):
    """A loader that knows JSON's types only: `2026-10-01` and unquoted status codes stay text."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def patch_document(document: Document, overlay: Document) -> Document:
    """Apply each overlay action to a copy, refusing the ones that would do nothing.

    The overlay library passes silently over a target that matches nothing; here it is an error,
    because vendors' documents change under our corrections.
    """
    patched = copy.deepcopy(document)
    for number, action in enumerate(overlay.get("actions", []), start=1):
        where = f"action {number} ({action.get('description') or action.get('target')})"
        if not str(action.get("description", "")).strip():
            raise OverlayError(f"{where}: gives no reason; write one as its description")
        if not {"update", "remove"} & action.keys():
            raise OverlayError(f"{where}: has neither update nor remove")
        for target in _single_targets(action["target"]):
            if not parse(target).find(patched):
                raise OverlayError(f"{where}: {target} matches nothing in the document")
        apply_overlay(patched, {"actions": [action]})
    return patched


def _single_targets(target: str) -> Iterator[str]:
    """Yield the target once for each member of each of its unions, which all have to be there."""
    unions = list(_UNION.finditer(target))
    if not unions:
        yield target
    for union in unions:
        for member in re.findall(r"'[^']*'", union.group(1)):
            yield f"{target[: union.start()]}[{member}]{target[union.end() :]}"


def vendor_spec(vendor: str) -> Document:
    """The vendor's document as it is checked in."""
    return load_document(SPECS / vendor / "vendor.yaml")


def effective_spec(vendor: str) -> Document:
    """The vendor's document with our overlay applied: what clients are generated from."""
    overlay = load_document(SPECS / vendor / "overlay.yaml")
    try:
        return patch_document(vendor_spec(vendor), overlay)
    except OverlayError as error:
        raise OverlayError(f"specs/{vendor}/overlay.yaml: {error}") from None


def canonical_sha256(document: Document) -> str:
    """Hash of a document's content, whatever its formatting and key order."""
    canonical = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
