"""Names that errors have in JSON, by which a page of rows is told from them as well."""

from __future__ import annotations

from typing import Final

__all__ = ["FAULTS"]

FAULTS: Final = frozenset(
    {"error", "errors", "details", "warnings", "issues", "violations", "causes", "invalid-params"}
)
"""Names, in lower case, of lists that say what went wrong."""
