"""What changed between two OpenAPI documents, what it breaks on the wire and in Python.

:func:`compare` takes two documents and gives a :class:`Report` of :class:`Change` objects, on up
to four axes: ``wire`` (programs already running against the vendor), ``python`` (code that
imports the regenerated package), ``generator`` (what the client generator warns of) and ``docs``.

This room imports nothing from the rest of the library; it comes with the extra ``contracts``.
"""

try:
    from ._compare import compare
    from ._report import Change, Report
    from ._suppressions import Suppression, read_suppressions, suppress
    from ._text import write_text
    from ._write import as_data, write_annotations, write_json, write_markdown
    from .errors import ContractError, StaleSuppressionError
except ModuleNotFoundError as error:
    if error.name is None or error.name.startswith("dialytics"):
        raise
    raise ModuleNotFoundError(
        f"comparing contracts needs {error.name}: install dialytics with its extra 'contracts'",
        name=error.name,
    ) from None

__all__ = [
    "Change",
    "ContractError",
    "Report",
    "StaleSuppressionError",
    "Suppression",
    "as_data",
    "compare",
    "read_suppressions",
    "suppress",
    "write_annotations",
    "write_json",
    "write_markdown",
    "write_text",
]
