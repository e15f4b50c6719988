"""The exception tree: its shape, its one-line text and its copies."""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
import pickle
import re
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialytics import errors
from dialytics.errors import DialyticsError, StatusError, status_class

CLASSES: Final[list[type[DialyticsError]]] = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, DialyticsError)
]
VALUES: Final[dict[str, Any]] = {
    "status": 400,
    "title": "Bad Request Error",
    "detail": "Validation failed. Missing payload.",
    "code": "1000",
    "request_id": "api--f84324f4",
    "retry_after": 1.5,
    "body": "{}",
    "sent": False,
    "closed": True,
    "position": 17,
    "column": "LogId",
    "vendor": "cognigy",
    "operation": "update_analytics",
    "checkpoint": {"after": 3},
}
TREE_LINE: Final = re.compile(r"(?P<indent>[│├└─ ]*)(?P<name>\w+)(?: \((?P<also>\w+)\))?(?: \d+)?")
ANY_TEXT: Final = st.text(st.characters()) | st.text("ab \n\r\x1b\x85\u2028\x00").map(
    lambda text: text * 200
)


def make(cls: type[DialyticsError]) -> DialyticsError:
    """Build an error with a value for every argument its class takes."""
    parameters = inspect.signature(cls).parameters
    return cls("It failed.", **{name: VALUES[name] for name in parameters if name in VALUES})


def tree_lines() -> list[tuple[int, str, str | None, str]]:
    """Read the docstring's tree as (depth, class, builtin it also is, whole line)."""
    block = (errors.__doc__ or "").split("::\n\n")[1].split("\n\n")[0]
    lines = []
    for line in inspect.cleandoc(block).splitlines():
        match = TREE_LINE.fullmatch(line)
        assert match, line
        lines.append((len(match["indent"]) // 3, match["name"], match["also"], line))
    return lines


def test_docstring_tree_is_the_class_hierarchy() -> None:
    """Each class stands in the docstring's tree under its real bases, and no other name does."""
    path: list[str] = []
    drawn = {}
    for depth, name, also, _line in tree_lines():
        del path[depth:]
        parent = path[-1] if path else "Exception"
        drawn[name] = (parent, also) if also else (parent,)
        path.append(name)
    real = {cls.__name__: tuple(base.__name__ for base in cls.__bases__) for cls in CLASSES}
    assert drawn == real


def test_docstring_tree_shows_the_status_of_each_class() -> None:
    """A status in the docstring's tree maps to its class, UnknownProject's to its parent's."""
    shown = {name: int(line[-3:]) for *_, name, _, line in tree_lines() if line[-3:].isdigit()}
    del shown["UnknownProject"]
    assert {name: status_class(status).__name__ for name, status in shown.items()} == {
        name: name for name in shown
    }
    unnamed = {errors.ClientError, errors.UnexpectedStatus, errors.ServerError}
    unnamed.add(errors.UnknownProject)
    subclasses = {cls for cls in CLASSES if issubclass(cls, StatusError)} - {StatusError}
    assert {cls.__name__ for cls in subclasses - unnamed} == set(shown)


def test_all_lists_every_public_name_sorted() -> None:
    """`__all__` is sorted and holds every class and `status_class`, nothing else."""
    assert errors.__all__ == sorted(errors.__all__)
    assert set(errors.__all__) == {cls.__name__ for cls in CLASSES} | {
        "FailedWindow",
        "status_class",
    }


def test_no_name_shadows_a_builtin() -> None:
    """`from dialytics.errors import *` hides no builtin."""
    assert not set(errors.__all__) & set(dir(builtins))


def test_errors_imports_only_the_standard_library() -> None:
    """At run time the package needs the standard library alone, beside its own rooms."""
    for room in Path(inspect.getfile(errors)).parent.glob("*.py"):
        tree = ast.parse(room.read_text(encoding="utf-8"))
        modules = {
            node.module or ""
            for node in tree.body
            # Type-checking imports are not at the top level.
            if isinstance(node, ast.ImportFrom) and node.level != 1
        }
        assert modules <= sys.stdlib_module_names
        assert not [node for node in tree.body if isinstance(node, ast.Import)]


def test_names_are_those_that_can_be_imported() -> None:
    """Tracebacks and pickles name a class as users import it, whatever room it is in."""
    for name in errors.__all__:
        value = getattr(errors, name)
        assert f"{value.__module__}.{value.__qualname__}" == f"dialytics.errors.{name}"
    assert b"_statuses" not in pickle.dumps(make(errors.NotFound))


@pytest.mark.parametrize("cls", CLASSES)
def test_each_class_says_what_to_know(cls: type[DialyticsError]) -> None:
    """Each class has a docstring of its own."""
    assert cls.__doc__
    assert all(cls.__doc__ != base.__doc__ for base in cls.__bases__)


@pytest.mark.parametrize("cls", CLASSES)
def test_constructors_take_a_message_and_keywords(cls: type[DialyticsError]) -> None:
    """The message alone is positional; all else is keyword-only and, save status, optional."""
    first, *rest = inspect.signature(cls).parameters.values()
    assert (first.name, first.kind) == ("message", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in rest)
    assert not any(each.default for each in rest if each.name != "status")


@pytest.mark.parametrize("cls", CLASSES)
def test_attributes_are_those_given(cls: type[DialyticsError]) -> None:
    """Every argument can be read back under its own name."""
    error = make(cls)
    names = inspect.signature(cls).parameters.keys() & VALUES.keys()
    assert {name: getattr(error, name) for name in names} == {name: VALUES[name] for name in names}
    assert {"vendor", "operation", "checkpoint"} <= names
    assert error.message == "It failed."
    assert error.args == ("It failed.",)


@pytest.mark.parametrize("cls", CLASSES)
def test_errors_survive_pickle_and_copy(cls: type[DialyticsError]) -> None:
    """Pickle (every protocol), copy and deepcopy keep class, message, notes and attributes."""
    error = make(cls)
    error.add_note("seen in a nightly run")
    protocols = range(pickle.HIGHEST_PROTOCOL + 1)
    twins = [pickle.loads(pickle.dumps(error, protocol)) for protocol in protocols]
    for twin in (*twins, copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is cls
        assert vars(twin) == vars(error)
        assert twin.args == error.args
        assert str(twin) == str(error)


def test_deepcopy_shares_nothing_mutable() -> None:
    """A deep copy has its own checkpoint."""
    error = make(DialyticsError)
    assert copy.deepcopy(error).checkpoint is not error.checkpoint


def test_builtin_handlers_catch_their_kin() -> None:
    """Code that catches TimeoutError or ValueError catches ours of that kind, and only those."""
    timeouts = {cls.__name__ for cls in CLASSES if issubclass(cls, TimeoutError)}
    values = {cls.__name__ for cls in CLASSES if issubclass(cls, ValueError)}
    assert timeouts == {"RequestTimeout", "DeadlineExceeded"}
    assert values == {"ArgumentError", "WindowError"}


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (100, errors.UnexpectedStatus),
        (200, errors.UnexpectedStatus),
        (299, errors.UnexpectedStatus),
        (302, errors.UnexpectedStatus),
        (399, errors.UnexpectedStatus),
        (400, errors.BadRequest),
        (401, errors.Unauthorized),
        (402, errors.PaymentRequired),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.MethodNotAllowed),
        (406, errors.ClientError),
        (408, errors.ClientError),
        (409, errors.Conflict),
        (413, errors.PayloadTooLarge),
        (418, errors.ClientError),
        (422, errors.Unprocessable),
        (429, errors.RateLimited),
        (499, errors.ClientError),
        (500, errors.ServerError),
        (501, errors.NotSupported),
        (502, errors.BadGateway),
        (503, errors.Unavailable),
        (504, errors.GatewayTimeout),
        (520, errors.ServerError),
        (599, errors.ServerError),
        (0, errors.UnexpectedStatus),
        (-1, errors.UnexpectedStatus),
        (99, errors.UnexpectedStatus),
        (600, errors.UnexpectedStatus),
        (999, errors.UnexpectedStatus),
    ],
)
def test_status_class_by_status(status: int, cls: type[StatusError]) -> None:
    """A status maps to its named class, else to its hundred's class, else to UnexpectedStatus."""
    assert status_class(status) is cls


@given(st.integers())
def test_status_class_is_defined_for_every_integer(status: int) -> None:
    """No status is without a class, and the class takes that status."""
    assert status_class(status)("x", status=status).status == status


def test_text_is_one_line_with_the_facts() -> None:
    """The text names vendor, operation, status, title, detail, code and request id in one line."""
    error = make(errors.BadRequest)
    assert str(error) == (
        "cognigy update_analytics: 400 It failed.: Bad Request Error:"
        " Validation failed. Missing payload. (code 1000, request api--f84324f4)"
    )
    assert repr(error) == f"BadRequest({str(error)!r})"


def test_text_says_nothing_twice() -> None:
    """A title and detail that repeat the status's phrase are shown once."""
    error = errors.Forbidden("Forbidden", status=403, title="Forbidden", detail="Forbidden")
    assert str(error) == "403 Forbidden"


def test_text_of_a_bare_error() -> None:
    """Without vendor, operation and facts only the message is left."""
    assert str(errors.ConfigurationError("Set DIALYTICS_X.")) == "Set DIALYTICS_X."
    assert str(StatusError("", status=520)) == "520"


def test_text_of_a_bad_row_names_the_row_and_column() -> None:
    """Row position 0 is shown too."""
    error = errors.InvalidResponse("not a number", position=0, column="LogId", vendor="digitalcx")
    assert str(error) == "digitalcx: not a number (row 0, column LogId)"


@given(title=ANY_TEXT, detail=ANY_TEXT, code=ANY_TEXT, request_id=ANY_TEXT)
@example(title="", detail="d" * 301, code="", request_id="")
def test_vendor_text_is_tamed(title: str, detail: str, code: str, request_id: str) -> None:
    """Whatever the vendor wrote, the text is one bounded line of printable characters."""
    error = StatusError(
        "x", status=400, title=title, detail=detail, code=code, request_id=request_id
    )
    assert str(error).isprintable()
    assert len(str(error)) < 4 * 300 + 50


def test_detail_is_cut_in_the_text_but_kept_in_the_attribute() -> None:
    """300 characters of a detail are shown whole; of 301 the cut is marked."""
    assert str(StatusError("x", status=400, detail="d" * 300)).endswith(": " + "d" * 300)
    long = StatusError("x", status=400, detail="d" * 301)
    assert str(long).endswith(": " + "d" * 299 + "…")
    assert long.detail == "d" * 301


def test_body_is_bounded_and_never_shown() -> None:
    """2,000 characters of a body are kept, none of them in str or repr."""
    error = StatusError("x", status=500, body="b" * 5_000)
    assert error.body == "b" * 2_000
    assert "bb" not in str(error) + repr(error)
