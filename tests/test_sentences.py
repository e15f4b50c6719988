"""What of a text says why something failed, and what may be rows."""

from __future__ import annotations

import html
import json
from time import process_time
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._sentences import LEFT_OUT, tell, tell_first, tell_heading

ROW: Final = '3,0000-00,000-12,True,2026,2026,en,QA,"[""QA""]",my words'
SAID: Final[dict[str, Any]] = {"id": "1", "messages": [{"role": "user", "content": "my words"}]}


@pytest.mark.parametrize(
    "text",
    [
        ROW,
        f"LogId,Input\r\n{ROW}",
        "LogId,Input\n1,my words\n",
        'LogId|Input\n1|"my\nwords"\n',
        "1,my words",
        "1, my words, en",
        "Question;Answer\nmy words;Good",
        "LogId\tInput\n1\tmy words",
        '"my words", "en", "QA"',
        '"my words\nand more",1',
        "| 1 | my words |",
        "my words are,en,de,fr,nl,es,it,pt,pl,some more",
        "my words,3,2026,fr,nl,es,it,pt,pl",
        "Log Id,Input Text,Culture\n1,my words,en\n",
        '"Input": "my words", "Output": "else"',
        json.dumps({"total": 1, "conversations": [SAID]})[:-9],
        json.dumps([SAID])[:-9],
        json.dumps(json.dumps(SAID)),
        '{"a":"my words"}\n{"a":"x"}\n',
        "{Input=my words, Culture=en}",
        '<row input="my words"/>',
        "<row><input>my words</input></row>",
        quote(json.dumps(SAID)),
        html.escape(json.dumps(json.dumps(SAID))),
        "&quot;Input&quot;:&quot;my words&quot;",
        "&lt;row input=&quot;my words&quot;/&gt;",
        json.dumps(SAID).translate({34: r"\u0022", 123: r"\u007b", 91: r"\u005b"}),
    ],
)
def test_rows_say_nothing(text: str) -> None:
    """Rows of tables, objects and elements are no part of what is told, nor what is behind them."""
    assert "words" not in tell(text)
    assert tell_first(text) == ""
    begun = tell(f"Failed at row:\n{text}\nmore words")
    assert begun.startswith("Failed at row:\n[redacted]")
    assert "words" not in begun


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Failed at row: 1,my words", LEFT_OUT),
        ('bad value {"a": "my words"}, sorry', "bad value [redacted]"),
        ("bad value [{'a': 'my words'}]", "bad value [redacted]"),
        ("duplicate key: { input: my words }", "duplicate key: [redacted]"),
        ("bad Row(input='my words')", "bad [redacted]"),
        ('cannot store id:"1" text:"my words"', "cannot store [redacted]"),
        ('cannot store text:"my words" attributes:{key:"a"}', "cannot store [redacted]"),
        ("cannot store a='1' text='my words'", "cannot store [redacted]"),
        ("bad Row('my words', 1)", "bad Row[redacted]"),
        ("VALUES ('my words', 'a')", "VALUES [redacted]"),
        ('array("text" => "my words")', LEFT_OUT),
        ("not well formed: <a><b>my words</b></a>", "not well formed: [redacted]"),
        (f"500 Internal Server Error\n{ROW}\n", "500 Internal Server Error\n[redacted]"),
        ("Missing required parameters: a,b", "Missing required parameters: [redacted]"),
        ("insufficient scope: a:read,a:write", "insufficient scope: [redacted]"),
        ("Invalid parameters (a,b).", "Invalid parameters ([redacted]"),
        ("no\nRequires one of the roles: A,B\nc", "no\nRequires one of the roles: [redacted]"),
        ("Unsupported media type: text/csv,a/b", "Unsupported media type: [redacted]"),
        ("My required name: Anna,Bo", LEFT_OUT),
        ("required: Anna,Bo", LEFT_OUT),
        ("required,values: Anna", LEFT_OUT),
        *(
            (f"bad {data}", "bad [redacted]")
            for data in (
                '[1, "my words", "en"]',
                '[ null , "my words"]',
                "(1, 'my words', 'en')",
                "&lt;row&gt;my words&lt;/row&gt;",
                "&lt;row&gt;&lt;input&gt;my words",
                "<row><input>my words",
                "<row>\n <input>my words",
                "<![CDATA[my words]]>",
                "[parameters: (my words)]",
                "{u'input': u'my words'}",
                '{:input=>"my words"}',
                '#<Row id: 1, text: "my words">',
                "Array ( [input] => my words )",
                "Row[id=1, text=my words]",
                "map[id:1 text:my words]",
            )
        ),
        ("no\nDETAIL:  Failing row contains (1, my words).", "no\nDETAIL:  [redacted]"),
        ("DETAIL: Key (text)=(my words) exists", "DETAIL: [redacted]"),
    ],
)
def test_data_in_a_text_is_left_out(text: str, told: str) -> None:
    """What stands before data is told, if it is not in a row with it."""
    assert tell(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No such project, or no access",
        'parsing field "start_time": invalid (time="x")',
        'unknown parameter ("culture") or value="x"',
        "No such project, or no access\nTry again, please\n",
        "Culture must be one of: en,nl,de,fr",
        "Culture must be one of en,de,fr,nl,es,it,pt,pl,cs",
        "Culture must be one of: en-US,de-DE,fr,nl,es,it,pt,pl,cs.\nTry again\n",
        "Allowed values: Production,Staging",
        "The columns foo,bar,baz are not known",
        "Invalid request;code=17\nTrace;id=4711",
        "  at a.b(C.java:1)\n  at d.e(F.java:2)\n",
        "Expected 'a' | 'b' | 'c', received 'd'",
        "At most 1,000 requests per 5 minutes; try later",
        "Content-Type application/json;charset=UTF-8 is not supported",
        "[ERROR] no such project",
        "[2026-11-21T20:17:00Z] out of memory",
        "Zo&euml; &amp; Co: use <token> (see messages[0].content)",
        "404, not found",
        "<3 days: a < b",
        'field "start" is required, not "begin"',
        "no /conversations/external/1, {}",
        "limit must be in [1, 100], not (1, 2)",
        "no filter[name]= here, nor a => b",
        "use <token> &lt;here&gt;",
    ],
)
def test_sentences_are_told(text: str) -> None:
    """What is written for people is told as it is, also with choices, quotes and numbers."""
    assert tell(text) == text


def test_the_first_line_is_told() -> None:
    """Of a table with one column, no row is; of binary data, nothing."""
    assert tell_first("Input\nmy words\nmy other words\n") == "Input"
    assert tell_first("\r\n  Busy.\nTry later") == "Busy."
    assert tell_first("PK\x03\x04") == ""
    assert tell_first("[redacted]") == "[redacted]"


@pytest.mark.parametrize(
    ("page", "title", "whole"),
    [
        ("<title>502 Bad Gateway</title><h1>nginx</h1>", "502 Bad Gateway", True),
        (
            "<!doctype html><html><center><h1>502 A &amp; B</h1></center>\n<hr>nginx/1.25.3</html>",
            "502 A & B",
            True,
        ),
        ("<title>502</title><p>my words</p>", "502", False),
        ('<title>502</title><p data-a="my words"></p>', "502", False),
        ("<title>502</title><script>a='my words'</script>", "502", False),
        ("<title>502</title><h1>1,my words</h1>", "502", False),
        ("<title>1,my words</title>", "", False),
        ("<title>bad <row><input>my words</input></row></title>", "", False),
        ("<h1>502 <b>Bad</b></h1>", "502 Bad", True),
        ("<title>cut", "", False),
        ("<p>my words</p>", "", False),
    ],
)
def test_pages_give_their_title(page: str, title: str, *, whole: bool) -> None:
    """A page is shown if it has headings and a server's name in it, and else its title alone."""
    assert tell_heading(page) == (title, page if whole else "")


@given(st.text(st.sampled_from('[{"a,; \n:}|<>/1')))
def test_anything_is_told(text: str) -> None:
    """No text makes it raise, and what is told is told again."""
    told = tell(text)
    assert tell(told.removesuffix(LEFT_OUT)).startswith(told.removesuffix(LEFT_OUT))
    tell_first(text)
    tell_heading(text)


@pytest.mark.parametrize(
    "part",
    [
        *(
            ",",
            "}\n",
            "} ",
            '"a" ',
            '{"',
            "[ ",
            "\n",
            '"',
            '"a" :',
            "a",
            "a-",
            "1",
            "1 ",
            "fields ",
        ),
        *("a,", "required ", "values: (", "<a>", "[1,", "map[a", "Key (a", "[a ", "{:a", "(1 "),
        *("one of a,", "<a ", "<title>", "<h1", "&a", "a(", "(a", "{a", "a;", "</a", "- "),
    ],
)
def test_hostile_texts_are_told_in_bounded_time(part: str) -> None:
    """A text made to be searched for ever is not."""
    began = process_time()
    for begin in ("", "{", "x\n", "values ", "<title>x</title>"):
        tell(begin + part * 30_000)
        tell_first(begin + part * 30_000)
        tell_heading(begin + part * 30_000)
    assert process_time() - began < 20
