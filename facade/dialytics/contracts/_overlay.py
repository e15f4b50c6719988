"""Overlays, applied before generating, so that names are those of the library."""

from __future__ import annotations

import copy
import os
from typing import Any

from ._document import as_list, as_map
from ._load import read_source
from .errors import ContractError


def apply_overlay(
    document: dict[str, Any], path: str | os.PathLike[str]
) -> tuple[dict[str, Any], list[str]]:
    """Apply an OpenAPI overlay to a copy of a document.

    Args:
        document: The document.
        path: The overlay.

    Returns:
        The copy, and the targets of the actions that match nothing: documents change under their
        overlays.

    Raises:
        ContractError: The overlay cannot be read, is none, or an action cannot be applied.
    """
    name = os.fspath(path)
    patched = copy.deepcopy(document)
    missed = []
    for number, action in enumerate(_read_actions(name), 1):
        try:
            if not _apply(patched, action):
                missed.append(action["target"])
        except ImportError:
            raise ContractError(
                "overlays need oas-patch; install dialytics with its extra 'contracts'"
            ) from None
        except Exception as error:  # noqa: BLE001  # whatever the overlay's author wrote
            text = " ".join(f"{type(error).__name__}: {error}".split())
            raise ContractError(f"{name}: action {number} cannot be applied: {text}") from None
    return patched, missed


def _read_actions(name: str) -> list[dict[str, Any]]:
    overlay = read_source(name, fetch=False).content
    actions = overlay.get("actions")
    if actions is None or not isinstance(actions, list):
        raise ContractError(f"{name}: not an OpenAPI overlay: it has no list of 'actions'")
    for number, action in enumerate(as_list(actions), 1):
        known = as_map(action)
        if not isinstance(known.get("target"), str) or not {"update", "remove"} & known.keys():
            raise ContractError(
                f"{name}: action {number} needs a target, and an update or a remove"
            )
    return actions


def _apply(document: dict[str, Any], action: dict[str, Any]) -> bool:
    """Apply an action in place; tell whether its target is there."""
    from jsonpath_ng.ext.parser import parse  # noqa: PLC0415  # heavy, and an extra
    from oas_patch.overlay import apply_overlay as patch  # noqa: PLC0415  # an extra

    if not parse(action["target"]).find(document):
        return False
    patch(document, {"actions": [action]})
    return True
