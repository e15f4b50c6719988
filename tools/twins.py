"""Synchronous twins of the hand-written asynchronous modules."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import unasync

from tools.specs import ROOT

FACADE = ROOT / "facade" / "dialytics"
_REPLACEMENTS = {
    "_async": "_sync",
    "_task_readers": "_thread_readers",
    "_task_workers": "_thread_workers",
    "_tasks": "_threads",
    "aclose": "close",
    "aiter_raw": "iter_raw",
    "aclosing": "closing",
    "ASYNC_ITERABLES": "ITERABLES",
    "async_acquire": "acquire",
    "async_stop_jobs": "stop_jobs",
    "async_iterate": "iterate",
    "async_outwait": "outwait",
    "async_resolve": "resolve",
    "async_rest": "rest",
    "async_undivided": "undivided",
    "async_work": "work",
    "async_sleep": "thread_sleep",
    "async_within": "within",
}
_PROSE = (
    (re.compile(r"\basync (for|with)\b"), r"\1"),
    (re.compile(r"\bawait "), ""),
    (re.compile(r"\bAsync(?=[A-Z])"), ""),
    (re.compile(r"\baclose\b"), "close"),
    (re.compile(r"\bfor asynchronous code\b"), "for synchronous code"),
    (re.compile(r"\bAn asynchronous\b"), "A synchronous"),
    (re.compile(r"\basynchronous\b"), "synchronous"),
)
_DOCSTRING = re.compile(r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""')


class TwinError(Exception):
    """Asynchronous source that no synchronous twin can be made of."""


def twin_sources() -> dict[Path, Path]:
    """Every asynchronous module and the file that its twin goes to."""
    packages = [*FACADE.glob("_async/*.py"), *FACADE.glob("vendors/*/_async/*.py")]
    sources = {source: source.parents[1] / "_sync" / source.name for source in packages}
    sources |= {
        source: source.with_name("_sync.py") for source in FACADE.glob("vendors/*/_async.py")
    }
    return dict(sorted(sources.items()))


def translate(source: str) -> str:
    """Turn asynchronous source into its synchronous twin, docstrings included."""
    names = {name: name.removeprefix("Async") for name in re.findall(r"\bAsync[A-Z]\w*", source)}
    with tempfile.TemporaryDirectory() as scratch:
        original = Path(scratch) / "_async" / "module.py"
        original.parent.mkdir()
        original.write_text(source, encoding="utf-8")
        rule = unasync.Rule("/_async/", "/_sync/", {**names, **_REPLACEMENTS})
        unasync.unasync_files([str(original)], [rule])
        code = (Path(scratch) / "_sync" / "module.py").read_text(encoding="utf-8")
    twin = _DOCSTRING.sub(lambda match: _translate_prose(match.group()), code)
    # What stands in an f-string is passed over, as are aiter() and anext(); better to fail than to
    # ship half a translation.
    if left := re.search(r".*\b(aiter|anext|async|await|Async[A-Z]).*", twin):
        raise TwinError(f"cannot be translated, write it in another way: {left.group().strip()}")
    return twin


def _translate_prose(text: str) -> str:
    for pattern, replacement in _PROSE:
        text = pattern.sub(replacement, text)
    return text
