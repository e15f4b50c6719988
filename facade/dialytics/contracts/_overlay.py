"""Overlays, applied before generating, so that names are those of the library."""

from __future__ import annotations

import copy
import os
from typing import Any

from ._load import read_source
from .errors import ContractError


def apply_overlay(document: dict[str, Any], path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return a copy of a document with an OpenAPI overlay applied.

    An action whose target is not there does nothing: documents change under their overlays.
    """
    try:
        from oas_patch.overlay import apply_overlay as patch  # noqa: PLC0415  # an extra
    except ImportError:
        raise ContractError("overlays need oas-patch; install dialytics[contracts]") from None
    overlay = read_source(path, fetch=False).content
    patched = copy.deepcopy(document)
    for action in overlay.get("actions") or ():
        try:
            patch(patched, {"actions": [action]})
        except Exception as error:  # noqa: BLE001  # whatever the overlay's author wrote
            text = f"{type(error).__name__}: {error}"
            raise ContractError(f"{os.fspath(path)}: an action cannot be applied: {text}") from None
    return patched
