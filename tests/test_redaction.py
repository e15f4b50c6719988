"""What errors must not show: secrets in every spelling, and what was said."""

from __future__ import annotations

import base64
import html
import json
import re
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dialytics._redaction import (
    Said,
    find_texts,
    hide,
    mask_each,
    may_repeat,
    redact,
    request_id,
    unmask,
)

SECRET: Final = "s3cr3t/key+with=odd&chars"
PHRASE: Final = 'a pass/phrase: "ü" & ?>?>?>'


def basic(user: str) -> str:
    """Return a Basic header's value."""
    return base64.b64encode(f"{user}:{SECRET}".encode()).decode()


@pytest.mark.parametrize("secret", [SECRET, PHRASE])
@pytest.mark.parametrize(
    "encode",
    [
        str,
        quote,
        quote_plus,
        lambda secret: quote(secret, safe=""),
        lambda secret: re.sub("%..", lambda match: match[0].lower(), quote(secret)),
        lambda secret: json.dumps(secret)[1:-1],
        lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
        lambda secret: json.dumps(secret)[1:-1].replace("/", r"\/"),
        html.escape,
        lambda secret: html.escape(secret, quote=False),
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
        lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
    ],
)
def test_secrets_are_redacted_in_every_covered_form(
    encode: Callable[[str], str], secret: str
) -> None:
    """Nothing but padding is left of a secret, however it was encoded."""
    shown = redact(f"key {encode(secret)} refused, {encode(secret)}", [secret])
    assert re.fullmatch(r"key \[redacted\]=* refused, \[redacted\]=*", shown)


def test_short_secrets_are_redacted_as_a_whole_only() -> None:
    """A short secret is found in base64, but not its uncertain bits in any word."""
    assert redact("key YWIxMg== Quota", ["ab12"]) == "key [redacted]== Quota"


def test_the_shortest_secrets_do_not_riddle_texts() -> None:
    """Up to three characters are no secret: taking them out would leave no message legible."""
    told = "Customer key acme with project shop does not exist."
    assert redact(told, ["t", "ex", "not"]) == told
    assert redact(told, ["shop"]) == "Customer key acme with project [redacted] does not exist."


@pytest.mark.parametrize("user", ["u", "us", "use", "user"])
def test_secrets_are_redacted_inside_base64(user: str) -> None:
    """A Basic header is redacted whatever the length of the user name before the secret."""
    shown = redact(f"header Basic {basic(user)} refused", [SECRET])
    longest = max(re.findall(r"[\w+/=]+", shown.replace("[redacted]", " ")), key=len)
    assert len(longest) <= 10
    assert "[redacted]" in shown


def test_the_longer_of_two_secrets_goes_first() -> None:
    """A secret that is part of another leaves nothing of the other."""
    assert redact("Bearer abc-def-ghi", ["abc", "abc-def-ghi"]) == "Bearer [redacted]"


def test_a_secret_with_spaces_around_it_is_found_without() -> None:
    """A key read with its line's end is found in a text that does not have it."""
    assert redact("key abc refused", ["abc\n"]) == "key [redacted] refused"


@given(st.text(), st.lists(st.just("") | st.text(max_size=0)))
def test_redact_without_secrets_changes_nothing(text: str, secrets: list[str]) -> None:
    """No secret, or an empty one, leaves every text as it is."""
    assert redact(text, secrets) == text


@given(st.text(st.characters(), min_size=4), st.text(), st.text())
@example("pass word", "a=", "&b")
@example("key\ud800", "", "")
def test_redact_leaves_no_secret(secret: str, before: str, after: str) -> None:
    """Whatever the secret and what stands around it, it is gone in its raw and JSON forms."""
    assume(not set(secret) & set("[redacted]"))
    text = f"{before}{secret}{after}"
    assert secret not in redact(text, [secret])
    escaped = json.dumps(secret)[1:-1]
    assert escaped not in redact(f"x{escaped}x", [secret]).replace("[redacted]", "")


def shown(text: str, sent: object) -> str:
    """Return what is left of a text that tells back what was sent."""
    return hide(text, find_texts(json.dumps(sent).encode()))


WORDS: Final = 'Where is "my" order,\nZoë & Co?'


@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: json.dumps(json.dumps({"content": text})),
        lambda text: json.dumps(json.dumps({"content": text}, ensure_ascii=False)),
        html.escape,
        lambda text: f"  {text[:17]}...",
        lambda text: f"{text[:8]}…",
    ],
)
def test_what_was_said_is_hidden_in_every_spelling(spell: Callable[[str], str]) -> None:
    """Whole, escaped, quoted with the whole request, or its beginning: it is not shown."""
    told = shown(f"bad: {spell(WORDS)} is too long", {"messages": [{"content": WORDS}]})
    assert not re.search("Where|my|order|Zo|Co", told.replace("content", ""))
    assert told.startswith("bad: ")
    assert told.endswith(" is too long")


@pytest.mark.parametrize(
    "told",
    [
        "caf%E9 in the old town%0Anear the river",
        "caf%C3%A9+in+the+old+town%0d%0Anear+the+river",
        "caf\\u00e9 in the old town\\nnear the river",
        "CAF&Eacute; IN THE OLD TOWN NEAR THE RIVER",
        "caf&#233; in  the old\ttown near\\\\nthe river",
    ],
)
def test_escapes_and_case_do_not_matter(told: str) -> None:
    """However a text is written, also in several ways at once, it is found."""
    sent = ["I sat in the café in the old town\nnear the river, and thought"]
    assert shown(f"bad: {told}; no", sent) == "bad: [redacted]; no"


def test_middles_and_tails_are_hidden() -> None:
    """Vendors quote what stands where they stumble: of eight characters on it is hidden."""
    said = {
        "messages": [{"content": "my name is Wilhelmina Zimmer and my card is 4111222233334444"}]
    }
    body = json.dumps(said)
    assert shown("value 'Wilhelmina' is bad", said) == "value '[redacted]' is bad"
    assert shown(f"near {body[-30:]!r}", said) == "near '[redacted]\"}]}'"
    assert shown("NAME IS WILHELMINA ZIM", said) == "[redacted]"
    assert shown("no: my   name  is \t  wilhelmina; ok", said) == "no: [redacted]; ok"
    short = "messages[0].content: der Zimmer, too long"
    assert shown(short, said) == short


@pytest.mark.parametrize(
    ("told", "sent", "left"),
    [
        ("value 4111222233334", {"card": 4111222233334}, "value [redacted]"),
        ("value 4111222233", {"card": 4111222233334}, "value [redacted]"),
        ("line 123456, row 12345", {"a": 123456, "b": 12345}, "line [redacted], row 12345"),
        ("at 52.370216", {"a": 52.370216}, "at [redacted]"),
        ("no field anna@x.org", {"properties": {"anna@x.org": 1}}, "no field [redacted]"),
        ("no field 31612345678", {"properties": {"31612345678": 1}}, "no field [redacted]"),
        ("no field userProperties", {"userProperties": 1}, "no field userProperties"),
    ],
)
def test_numbers_and_odd_names_are_hidden(told: str, sent: object, left: str) -> None:
    """Numbers of six digits or more, and names that are no field's, say something of people."""
    assert shown(told, sent) == left


def test_other_texts_are_hidden() -> None:
    """What the caller put elsewhere in the request, such as its path, is hidden as well."""
    said = find_texts(b'["some words"]', ["anna@example.org"])
    assert hide("no ANNA%40EXAMPLE.ORG with some words", said) == "no [redacted] with [redacted]"


@pytest.mark.parametrize(
    ("told", "sent", "left"),
    [
        ("user user-1 users", ["user"], "[redacted] [redacted]-1 users"),
        ("a user", ["a", "use", ""], "a user"),
        ("must be a text", {"must": "x"}, "must be a text"),
        ("must be a text", [4, None, True, 1.5], "must be a text"),
        ("Hello Hello", ["Hello"], "[redacted] [redacted]"),
        ("abcdefghij", ["abcdefgh", "efghijkl"], "[redacted]ij"),
        ("abcdefghijkl", ["abcdefgh", "efghijkl"], "[redacted]"),
        ("abcdefghabcdefgh", ["abcdefgh"], "[redacted]"),
        ("abcdefghij", ["abcdefghij", "bcdefghi"], "[redacted]"),
        ("a USER", ["user"], "a [redacted]"),
        ("role must be user", {"role": " user "}, "role must be [redacted]"),
        ("deep words", {"a": [{"b": [["words"]]}]}, "deep [redacted]"),
    ],
)
def test_what_counts_as_said(told: str, sent: object, left: str) -> None:
    """Texts of four characters or more, short ones as words, but no names, numbers or pieces."""
    assert shown(told, sent) == left


@pytest.mark.parametrize("content", [None, b"", b"not json", b"\xff", b"[" * 100_000])
def test_without_a_json_body_nothing_was_said(content: bytes | None) -> None:
    """A form, nothing, or nonsense gives no texts and raises nothing."""
    assert hide("not json", find_texts(content)) == "not json"


@given(st.text(min_size=4), st.text(), st.text())
def test_nothing_said_is_left(said: str, before: str, after: str) -> None:
    """Whatever was said, and wherever it is told: of eight characters on it is gone."""
    said = said.strip()
    assume(len(said) >= 8)
    assume(not {*said} & {*"[redacted]"})
    told = shown(f"{before}{said}{after}", [said])
    assert said not in told
    assert said[:8] not in told


@given(st.text())
def test_hiding_nothing_changes_nothing(text: str) -> None:
    """Where nothing was said, a text stays as it is."""
    assert hide(text, Said()) == text


@given(st.text("ab1 ,\n林", min_size=4), st.text("ab1 ,\n林"), st.text("ab1 ,\n林"))
def test_masks_stand_where_parts_are_hidden(sent: str, before: str, after: str) -> None:
    """What is masked is as long as it was, and says without its masks what is left if hidden."""
    text, said = f"{before}{sent}{after}", find_texts(None, [sent])
    [masked] = mask_each([text], said)
    assert len(masked) == len(text)
    assert unmask(masked).replace("[redacted]", "") == hide(text, said).replace("[redacted]", "")


@pytest.mark.parametrize("word", ["message", "Größe"])
def test_long_requests_are_searched_quickly(word: str) -> None:
    """A request of two megabytes in ten thousand texts is searched for in about a second."""
    sent = json.dumps([f"{word} {n} {'x' * 180}" for n in range(10_000)], ensure_ascii=False)
    began = time.process_time()
    said = find_texts(sent.encode())
    assert hide(f"{word} 77 " * 6_000, said).count("[redacted]") >= 1
    assert time.process_time() - began < 5


PIECES: Final = st.lists(st.sampled_from(["ab12", "ab12c", "a-b.c", "-", ".", "x", " "]))


@given(PIECES.map("".join), st.sets(st.sampled_from(["ab12", "ab12c", "a-b.c", "12-a"])))
@example("ab12", {"ab12"})
@example("x.ab12c-a-b.c", {"ab12c", "a-b.c"})
def test_short_words_are_found_where_they_stand(text: str, words: set[str]) -> None:
    """Short words are hidden where no letter and no digit is beside them, and nowhere else."""
    found = "|".join(map(re.escape, words)) or "(?!)"
    pattern = rf"(?=(?<![^\W_])({found})(?![^\W_]))"
    covered = {at for one in re.finditer(pattern, text) for at in range(*one.span(1))}
    told = hide(text, Said(words=frozenset(words)))
    left = "".join(one if at not in covered else "\0" for at, one in enumerate(text))
    assert told == re.sub("\0+", "[redacted]", left)


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("req-QUASIMODO-7", True),
        ("req-quasimod", True),
        ("req-4711x-7", False),
        ("req-Anna-7", True),
        ("reqAnna7", False),
        ("some+words", True),
        ("f84324f4-98eb-4f02-abdd-375a2e6c3c1f", False),
    ],
)
def test_long_bodies_are_searched_for_ids_unread(text: str, *, repeats: bool) -> None:
    """Whether an id may repeat what was sent is seen in the body as it went out."""
    assert may_repeat(text, json.dumps({"name": "Quasimodo of Paris, Anna"}).encode()) is repeats


@given(st.text("ab-.1", min_size=4), st.text("ab-.1"), st.text("ab-.1"))
def test_no_id_repeats_what_was_said_unseen(said: str, before: str, after: str) -> None:
    """Whatever would be hidden in an id, the search of the body as it went out has noticed."""
    content = json.dumps([f"{before}{said}", said]).encode()
    text = f"{said}{after}"
    assert may_repeat(text, content) or hide(text, find_texts(content)) == text


def test_ids_of_requests_hide_what_was_said() -> None:
    """An id that a vendor makes of what it was sent, or of a secret, is shown without that."""
    said = find_texts(json.dumps({"name": "quasimodo"}).encode())
    assert request_id("req-quasimodo-7", [SECRET], said) == "req-[redacted]-7"
    assert request_id(f"req-{SECRET[:6]}", [SECRET[:6]]) == "req-[redacted]"
    assert request_id("req-7", [SECRET], said) == "req-7"
    for text in (None, "", "two words", "ü", "x" * 201):
        assert request_id(text) is None
