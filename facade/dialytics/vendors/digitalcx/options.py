"""What a call for interactions may ask for, and how it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, get_args

from attrs import evolve, frozen

from dialytics_clients.digitalcx import rows
from dialytics_clients.digitalcx.rows import InteractionType

from ..._declarations import Operation
from ..._options import RangeOptions
from ..._texts import suggest
from ...errors import ArgumentError
from .declarations import INTERACTIONS, VENDOR

if TYPE_CHECKING:

    class _Typed(Protocol):
        """A row that has a main type."""

        @property
        def main_type(self) -> InteractionType | None: ...


Accept: TypeAlias = Literal["csv", "json"]
Environment: TypeAlias = Literal["Production", "Staging"]
SessionMode: TypeAlias = Literal["Public", "Internal", "Test", "Monitor"]
TypeFilter: TypeAlias = InteractionType | int | str | Iterable[InteractionType | int | str]
"""Interaction types: a flag or a sum of flags, a name such as ``"QA"``, or several of these."""


class InteractionOptions(RangeOptions, total=False):
    """What ``interactions`` takes besides culture and range, and what ``RangeOptions`` has.

    A filter that is left out, or ``None``, lets everything through.

    Attributes:
        filter_text: Text that the interaction's value must hold, case-sensitive.
        interaction_types: Only interactions that have any of these types: an ``InteractionType``,
            a number, a name in any spelling (``"QA"``, ``"GenerativeAI"``, ``"generative_ai"``),
            or several of these; ``"All"`` filters nothing.
        main_interaction_type: Only interactions whose main type is one of these. The vendor
            documents two spellings of this filter; both are sent, and rows that neither excluded
            are counted in ``stats.not_filtered``.
        active_session_only: Only sessions with more than events, data retrievals and dialog
            starts; the vendor's default is false.
        include_user_info: Fill ``additional_session_info`` and ``variables``; needs the role admin
            or content engineer. Without it both stay empty, and ``stats.withheld`` is true.
        environment: ``Production`` (the vendor's default) or ``Staging``; another case of these is
            refused, other words are sent.
        session_mode: ``Public`` (the vendor's default), ``Internal``, ``Test`` or ``Monitor``; the
            same.
        accept: The format asked for, ``csv`` (the default) or ``json``; the rows are the same,
            but columns that the spec does not know are text in CSV and JSON values in JSON. CSV is
            documented, and read as a stream; of JSON the vendor documents no shape.
        columns: The attributes to be read, such as ``["interaction_value", "culture"]``, which is
            faster: all others are ``None``, and ``extra`` is empty. The log id, the start and what
            is filtered by are always read. All is asked for and sent all the same. A resume needs
            the same ones.
        clip: Move a start that is too early to the first acceptable one instead of refusing it.
    """

    filter_text: str | None
    interaction_types: TypeFilter | None
    main_interaction_type: TypeFilter | None
    active_session_only: bool | None
    include_user_info: bool | None
    environment: Environment | str | None
    session_mode: SessionMode | str | None
    accept: Accept
    columns: Sequence[str] | None
    clip: bool


def read_filters(options: InteractionOptions) -> dict[str, Any]:
    """Return the filters as the request builder takes them."""
    main = find_flags("main_interaction_type", options.get("main_interaction_type"))
    return {
        "filter_text": _require(options, "filter_text", str),
        "interaction_types": find_flags("interaction_types", options.get("interaction_types")),
        # The vendor documents the name in both ways; which one its server reads is unknown.
        "main_interaction_type": main,
        "main_interaction_types": main,
        "active_session_only": _require(options, "active_session_only", bool),
        "include_userinfo": _require(options, "include_user_info", bool),
        "environment": _require_case(options, "environment", get_args(Environment)),
        "session_mode": _require_case(options, "session_mode", get_args(SessionMode)),
    }


def find_operation(options: InteractionOptions) -> Operation:
    """Return the operation in the format that is asked for."""
    accept = options.get("accept", "csv")
    if accept not in ("csv", "json"):
        raise _wrong(f"accept must be 'csv' or 'json'; got {accept!r}")
    if accept == "csv":
        return INTERACTIONS
    return evolve(INTERACTIONS, accept="application/json", items=())


def find_columns(options: InteractionOptions) -> frozenset[str] | None:
    """Return the attributes to be read, where not all are."""
    asked = options.get("columns")
    if asked is None:
        return None
    if not isinstance(asked, Iterable) or isinstance(asked, (str, bytes)):
        raise _wrong("columns must be a list of attributes of Interaction")
    known = [column.attribute for column in rows.Interaction.COLUMNS]
    wanted = list(asked)
    for name in wanted:
        if name not in known:
            hint = suggest(name, known, "there are")
            raise _wrong(f"columns: {name!r} is no column of Interaction; {hint}")
    if options.get("main_interaction_type") is not None:
        wanted.append("main_interaction_type")
    return frozenset([*wanted, *filter(None, (INTERACTIONS.key, INTERACTIONS.time))])


def find_flags(name: str, value: TypeFilter | None) -> int | None:
    """Return a filter's bits, refusing what holds none; ``None`` where all types pass."""
    if value is None:
        return None
    several = [value] if isinstance(value, (int, str)) else value
    # Bytes would be numbers, one by one.
    if isinstance(several, (bytes, bytearray)) or not isinstance(several, Iterable):
        raise _not_types(name, value)
    bits, everything = 0, False
    for one in several:
        if isinstance(one, str) and one.strip().lower() == "all":
            # The vendor documents the word, though its parameter is a number: sent is nothing.
            everything = True
        else:
            bits |= _find_bits(name, one)
    if everything:
        return None
    if not bits:
        raise _not_types(name, value)
    return bits


def _find_bits(name: str, value: object) -> int:
    if isinstance(value, str):
        from dialytics_clients.rows import find_flag  # noqa: PLC0415  # the first client needs none

        flag = find_flag(InteractionType, value)
        if not flag:
            known = ", ".join(str(one.name) for one in InteractionType)
            raise _wrong(
                f"{name}: {value!r} is no interaction type; known are {known}; leave the filter "
                "out for all",
            )
        return int(flag)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _not_types(name, value)
    return int(value)


def _not_types(name: str, value: object) -> ArgumentError:
    return _wrong(
        f"{name} must be an InteractionType, a sum of its values, a name such as 'QA', or several "
        f"of these; got {value!r}",
    )


def find_cultures(culture: str | Sequence[str]) -> tuple[str, ...]:
    """Return the cultures to be read, each once."""
    # Not any iterable: a set's order differs between processes, and checkpoints hold it.
    cultures: tuple[str, ...] = ()
    if isinstance(culture, Sequence):
        cultures = (culture,) if isinstance(culture, str) else tuple(culture)
    if not cultures or not all(isinstance(one, str) and one for one in cultures):
        raise _wrong("culture must be a text such as 'en', or a list of them")
    return tuple(dict.fromkeys(cultures))


@frozen
class MainTypeFilter:
    """Tells whether a row is one that the filter on its main type should let through.

    The vendor's page and its curl line spell the filter differently. If the one that the server
    knows is neither, it returns all rows; then this shows it.
    """

    wanted: int

    def __call__(self, row: _Typed) -> bool:
        """Tell so; a type that is not known here cannot be judged, and passes."""
        return not row.main_type or bool(row.main_type & self.wanted)


def _require(options: Mapping[str, Any], name: str, kind: type) -> Any:
    value = options.get(name)
    if value is not None and not isinstance(value, kind):
        wanted = {str: "a text", bool: "true or false"}[kind]
        raise _wrong(f"{name} must be {wanted}; got {type(value).__name__}")
    return value


def _require_case(options: Mapping[str, Any], name: str, words: Sequence[str]) -> Any:
    """Refuse another case of a documented word, which the vendor refuses; new words pass."""
    value = _require(options, name, str)
    for word in words:
        if value is not None and value != word and value.lower() == word.lower():
            raise _wrong(f"{name} is case-sensitive: got {value!r}; did you mean {word!r}?")
    return value


def _wrong(problem: str) -> ArgumentError:
    return ArgumentError(problem, vendor=VENDOR.name, operation=INTERACTIONS.name)
