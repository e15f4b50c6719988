"""One text in its many spellings."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from html import escape
from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._redaction import find_texts, hide
from dialytics._spellings import lower, spell_alike, view_alike, view_as_is

SAID: Final = [
    *(
        "Zoë wohnt in Köln",
        "Müller",
        "José Pérez",
        "\uff46\uff55\uff4c\uff4c \uff57\uff49\uff44\uff54\uff48",
    ),
    *("李小明", "小明", "我的身份号码是", "김철수", "ガギグゲ", "ﾊﾟﾊﾟ"),
]
FORMS: Final = ("NFC", "NFD", "NFKC", "NFKD")
SPELLINGS: Final[list[Callable[[str], str]]] = [
    str,
    str.upper,
    quote,
    lambda text: quote(quote(text)),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    lambda text: escape(text).encode("ascii", "xmlcharrefreplace").decode(),
]


@pytest.mark.parametrize("said", SAID)
def test_what_was_said_is_hidden_in_every_form(said: str) -> None:
    """Forms of Unicode and escapes, in what was sent and in what is told, do not matter."""
    for sent in FORMS[:2]:
        texts = find_texts(json.dumps([unicodedata.normalize(sent, said)]).encode())
        for form in FORMS:
            for spell in SPELLINGS:
                told = spell(unicodedata.normalize(form, said))
                assert hide(f"bad '{told}', no", texts) == "bad '[redacted]', no", (sent, told)


def test_short_parts_of_some_scripts_are_hidden() -> None:
    """Chinese, Japanese and Korean words are short and have nothing between them."""
    said = find_texts(
        None, ["我叫李小明\uff0c住在东京", "가나", "中", "I am 李明", "我的身份号码是"]
    )
    assert hide("我叫李小明不在", said) == "[redacted]不在"
    assert hide("值“住在东京”无效", said) == "值“[redacted]”无效"
    assert hide("x가나다", said) == "x[redacted]다"
    assert hide("李明不在", said) == "[redacted]不在"
    assert hide("的身份号码在的身份号在", said) == "[redacted]在的身份号在"
    assert hide("中文", said) == "中文"


@pytest.mark.parametrize(
    "told",
    [
        "終了日は開始日より後の日付を指定してください。",
        "リクエストの形式が正しくありません。",
        "会話IDを指定してください。",
    ],
)
def test_two_characters_of_a_long_text_are_in_any_other(told: str) -> None:
    """What a vendor says stays legible, though a long text has most of its syllables."""
    said = "予約の日付を変更したいのですが、終了と開始を指定できません。会話はどうなりますか。"
    assert hide(told, find_texts(None, [said])) == told


@given(st.text())
def test_views_lead_back(text: str) -> None:
    """Each character of a view comes from a place in the text, in order."""
    for view, places in (view_as_is(text), view_alike(text)):
        spans = [places(at) for at in range(len(view))]
        assert all(0 <= start < stop <= len(text) for start, stop in spans)
        assert spans == sorted(spans)


@given(st.text())
def test_lower_case_keeps_the_length(text: str) -> None:
    """Places in a text are places in its lower case."""
    assert len(lower(text)) == len(text)
    assert lower(text.upper()) == lower(lower(text.upper()))


@given(st.text(st.characters(codec="ascii")))
def test_a_view_is_the_spelling(text: str) -> None:
    """What was sent and what is told are spelt alike in the same way."""
    assert view_alike(text)[0] == spell_alike(text)
