"""What of an error's JSON says what went wrong: all else may be somebody's data. Pure.

Kept are names that errors have, in objects that are errors by them. An object is told from a row by
a name that no row has, by the response's status in it, or by having nothing else in it; among
errors, by a code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from ._faults import FAULTS
from ._sentences import LEFT_OUT, Hide, tell

__all__ = ["fold", "prune", "read_json", "write_json"]

# Names are compared without case, "_" and "-". These hold words, errors, or lists of either.
_WORDS: Final = frozenset(
    {"title", "message", "msg", "detail", "description", "errordescription", "reason", "hint"}
    | {"errormessage", "type", "innererror", "fieldviolations", "source"}
    | {name.replace("-", "") for name in FAULTS}
)
_IDS: Final = frozenset({"requestid", "traceid", "correlationid"})
# One word or number, or a list of these.
_MARKS: Final = _IDS | {
    *("status", "statuscode", "code", "errorcode", "errorcodes", "errortype", "instance"),
    "loglevel",
    *("success", "ok", "timestamp", "path", "erroruri", "@type", "domain", "locale", "severity"),
    "retryafter",
    *("field", "loc", "location", "pointer", "instancepath", "parameter", "param", "property"),
    *("keyword", "expected", "received", "maximum", "minimum", "inclusive", "exact"),
    *("validation", "origin", "format", "pattern", "keys", "options"),
}
# No row of a vendor has these; the second ones only count where errors are told of.
_SURE: Final = frozenset(
    {"detail", "error", "errors", "errordescription", "errorcode", "fieldviolations", "issues"}
    | {"stack", "stacktrace", "exception", "exceptiontype"}
)
_PLACES: Final = frozenset(
    {"field", "loc", "pointer", "instancepath", "parameter", "param", "property"}
)
# What an error without any of these may consist of; the second ones need one of the third.
_PLAIN: Final = _IDS | {
    *("title", "message", "msg", "status", "statuscode", "code", "errorcode"),
    *("errormessage", "errortype", "instance", "loglevel", "success", "ok", "retryafter"),
}
_MORE: Final = frozenset({"type", "details", "description", "reason", "hint"})
# What an error says, and what else is in one: that is left out.
_STATED: Final = frozenset({"title", "message", "msg"})
_ASIDE: Final = frozenset(
    {"reference", "category", "documentationurl", "docurl", "target", "trace", "help", "jsonrpc"}
    | {"stack", "stacktrace", "exception", "exceptionmessage", "exceptiontype"}
)
# What somebody says of an answer may consist of these.
_RATED: Final = frozenset({"type", "details"})
_PROBLEM_TYPE: Final = re.compile(r"about:blank|https?://\S+|urn:\S+|/\S*")
_CLASS: Final = re.compile(r"[A-Za-z]{,60}(?:Error|Exception)")
_MARK: Final = re.compile(r"[\w.:/=#?&%$@\[\]*+-]+", re.ASCII)
_BEGIN: Final = re.compile(r"\s*[{\[]\s*(?:[\"{}\[\]]|$)")
# Strings, and what orders them.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\],]', re.DOTALL)
# Ends of other names that say what went wrong: "validationErrors".
_ENDS: Final = ("errors", "issues", "violations")
_OTHERS: Final = "…"
_UNTOLD: Final = {_OTHERS: LEFT_OUT}


def read_json(text: str) -> tuple[Any, bool]:
    """Return the value that a text is in JSON, and whether it is whole.

    Where it breaks off, its value is that of the parts before; objects that are not whole have a
    field more, with an empty name: what would have told a row from an error may have been cut off.

    Raises:
        ValueError: The text is no JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        return json.loads(text, object_pairs_hook=_read_pairs), True
    except ValueError:
        if not _BEGIN.match(text):
            raise
    for mended, depth in _mend(text):
        with suppress(ValueError):
            value = json.loads(mended, object_pairs_hook=_read_pairs)
            _mark_cut(value, depth)
            return value, False
    raise ValueError("no JSON")


def _mark_cut(value: Any, depth: int) -> None:
    for _ in range(depth):
        last = [*(value.values() if isinstance(value, dict) else value)][-1:]
        if isinstance(value, dict):
            value[""] = 0
        if not last or not isinstance(last[0], dict | list):
            break
        value = last[0]


def _read_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    # Of several fields of one name, only one would be looked at.
    return found if len(found) == len(pairs) else {**found, "": {}}


def write_json(value: object) -> str:
    """Return a value in JSON that can be printed: lone surrogates cannot."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def _mend(text: str) -> Iterator[tuple[str, int]]:
    """Yield JSON that breaks off with its end, then without its last part; and how deep it was."""
    closers: list[str] = []
    closed: list[str] = []
    end = 0
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "{" | "[":
                closers.append("}" if token[0] == "{" else "]")
                closed, end = [], token.end()
            case ",":
                closed, end = [], token.start()
            case "}" | "]" if closers:
                closed.append(closers.pop())
    rest = "".join(reversed(closers))
    # Without what follows, a row's first cell is a sentence: a text that is cut is not kept.
    yield f"{text}{rest}", len(rest)
    yield f"{text[:end]}{''.join(closed)}{rest}", len(closed) + len(rest)


def prune(
    value: object, status: int | None = None, hide: Hide = str, *, is_problem: bool = False
) -> Mapping[str, object] | list[Mapping[str, object]] | None:
    """Return what a JSON value says went wrong, or None if it does not say so.

    Args:
        value: An object, or a list of them.
        status: The response's status.
        hide: See `tell`.
        is_problem: Its media type says that it is one of RFC 9457.
    """
    if isinstance(value, list):
        told = [_prune_entry(one, hide) if isinstance(one, dict) else _UNTOLD for one in value]
        return None if all(one is _UNTOLD for one in told) else told
    if not isinstance(value, dict):
        return None
    is_problem = is_problem and _PROBLEM_TYPE.fullmatch(str(_hold(value).get("type"))) is not None
    if not is_problem and not _is_error(value, status):
        return None
    return _prune_object(value, hide, is_row=not is_problem and not _is_answer(value, status))


def fold(name: str) -> str:
    """Return a name without what vendors spell in different ways."""
    return name.lower().replace("_", "").replace("-", "")


def _is_error(value: Mapping[str, Any], status: int | None) -> bool:
    """Tell whether an object is an error, which is what a whole body should be."""
    held = _hold(value)
    if held.keys() & _SURE or (status and _is_answer(value, status)):
        return True
    if (status or 0) >= 400 and isinstance(held.get("message"), str):
        path = {"path"} if str(held.get("path")).startswith("/") else set[str]()
        if _has_only(held, _PLAIN | _ASIDE | path, and_data=True):
            return True
    return _has_only(held, _PLAIN | _MORE if _is_stated(held) else _PLAIN, and_data=True)


def _is_answer(value: Mapping[str, Any], status: int | None) -> bool:
    """Tell whether an object has the response's status, or any if that is unknown."""
    held = _hold(value)
    stated = [held.get(name) for name in ("status", "statuscode")]
    if status is None:
        return any(isinstance(one, int) and one in range(400, 600) for one in stated)
    return str(status) in map(str, stated)


def _is_entry(value: Mapping[str, Any]) -> bool:
    """Tell whether an object is an error, where errors are told of: rows stand there too."""
    held = _hold(value)
    stated = _is_stated(held) or "description" in held
    if held.keys() & _SURE or (stated and held.keys() & _PLACES):
        return True
    if isinstance(held.get("message"), str) and _is_named(held):
        return True
    typed = "@type" in held
    if not (stated or typed) and any(isinstance(held.get(name), str) for name in _RATED):
        return False
    return _has_only(held, _WORDS | _MARKS, and_data=typed or "message" in held or "msg" in held)


def _is_named(held: Mapping[str, Any]) -> bool:
    """Tell whether an object has what no row has: an error's code, or its class."""
    codes = [_prune_mark(held[name]) for name in ("code", "errorcode") if name in held]
    if any(isinstance(one, str | int) and not isinstance(one, bool) for one in codes):
        return True
    return _CLASS.fullmatch(str(held.get("name"))) is not None


def _hold(value: Mapping[str, Any]) -> dict[str, Any]:
    held = {fold(name): one for name, one in value.items() if one is not None}
    # A row that may have an error has none.
    return {name: one for name, one in held.items() if one or name not in _SURE}


def _is_stated(held: Mapping[str, Any]) -> bool:
    return any(isinstance(held.get(name), str) for name in _STATED)


def _has_only(held: Mapping[str, Any], known: Collection[str], *, and_data: bool) -> bool:
    """Tell whether an object has known names only, but for objects or lists it comes with.

    Beside what a row says there are its id, its time and the like.
    """
    others = [one for name, one in held.items() if name not in known]
    shapes: tuple[type, ...] = (dict, list) if and_data else ()
    return len(others) < len(held) and all(isinstance(one, shapes) for one in others)


def _prune_object(
    value: Mapping[str, Any], hide: Hide, *, told: bool = False, is_row: bool = False
) -> dict[str, object]:
    known = {name for name in value if _is_known(fold(name))}
    others = [fold(one) for one in value.keys() - known if not isinstance(value[one], dict | list)]
    if others:
        # A row may be mixed with the error, and has some of these too.
        known = {name for name in known if not _is_shared(fold(name), value[name], told=told)}
    if is_row and not _ASIDE.issuperset(others):
        known = {name for name in known if fold(name) not in _STATED}
    kept = {name: _prune_field(fold(name), value[name], hide) for name in value if name in known}
    return kept if len(kept) == len(value) else {**kept, _OTHERS: LEFT_OUT}


def _is_shared(key: str, value: object, *, told: bool) -> bool:
    if key in _WORDS:
        texts = value if isinstance(value, list) else [value]
        return key in _MORE and any(isinstance(one, str) for one in texts)
    return not told and key not in _PLAIN


def _is_known(key: str) -> bool:
    return key in _MARKS or key in _WORDS or key.endswith(_ENDS)


def _prune_field(key: str, value: object, hide: Hide) -> object:
    if key in _MARKS:
        return _prune_mark(value)
    if key == "errors" and isinstance(value, dict) and all(map(_are_texts, value.values())):
        # What is wrong with each of the request's fields.
        told = ((_prune_mark(name) or LEFT_OUT, one) for name, one in value.items())
        return {str(name): _prune_words(one, hide) for name, one in told}
    return _prune_words(value, hide)


def _prune_mark(value: object) -> object:
    if isinstance(value, list):
        return [_prune_mark(one) if isinstance(one, str | int) else None for one in value]
    shown = isinstance(value, int | float | None) or not value
    return value if shown or (isinstance(value, str) and _MARK.fullmatch(value)) else None


def _prune_words(value: object, hide: Hide) -> object:
    match value:
        case str():
            return _tell(value, hide)
        case list():
            return [_prune_words(one, hide) if one != {} else _UNTOLD for one in value]
        case dict():
            return _prune_entry(value, hide) if value else {}
        case _:
            # A number may be anybody's.
            return value if isinstance(value, bool) else None


def _prune_entry(value: Mapping[str, Any], hide: Hide) -> Mapping[str, object]:
    return _prune_object(value, hide, told=True) if _is_entry(value) else _UNTOLD


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _tell(text: str, hide: Hide) -> str:
    if not _BEGIN.match(text):
        return tell(text, hide)
    try:
        value, whole = read_json(text)
    except (ValueError, RecursionError):
        return tell(text, hide)
    pruned = prune(value, hide=hide)
    if pruned == value and whole:
        return text
    return LEFT_OUT if pruned is None else write_json(pruned)
