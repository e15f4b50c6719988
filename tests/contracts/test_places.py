"""Each keyword in each place where a schema may stand: the id and the level that oasdiff has."""

from __future__ import annotations

from typing import Any

import pytest

TEXT, INTEGER, LIST, OBJECT = ({"type": one} for one in ("string", "integer", "array", "object"))
LEVELS = {"E": "error", "W": "warning", "I": "info"}
PLACES = (
    *("request-body", "request-property", "request-parameter", "request-parameter-property"),
    *("request-header-property", "response-body", "response-property", "response-header"),
)


def bound(kind: Any, key: str, before: Any, after: Any) -> tuple[Any, Any]:
    """A schema with a keyword's value before and after; none where the value is None."""
    old, new = ({**kind, **({} if one is None else {key: one})} for one in (before, after))
    return old, new


A, B, OTHER = {"required": ["a"]}, {"required": ["b"]}, {"title": "x"}
PAIR = {"discriminator": {"propertyName": "a", "mapping": {"a": "A"}}}
# What changes, what that is called, and its level in each of the places: - where oasdiff has no
# rule for it. The second name is that of the change back: … is the same, removed for added.
KEYWORDS: list[tuple[tuple[Any, Any], str, str, str, str]] = [
    (bound(INTEGER, "maximum", 5, 9), "max-increased", "III--EE-", "max-decreased", "EEE-----"),
    (bound(INTEGER, "minimum", 5, 9), "min-increased", "EEE-----", "min-decreased", "III--EE-"),
    (bound(INTEGER, "maximum", None, 9), "max-set", "WWW-----", "max-unset", "--------"),
    (bound(INTEGER, "minimum", None, 9), "min-set", "WWW-----", "min-unset", "--------"),
    (
        bound(INTEGER, "exclusiveMaximum", 5, 9),
        *("exclusive-max-increased", "III--EE-", "exclusive-max-decreased", "EEE-----"),
    ),
    (
        bound(INTEGER, "exclusiveMinimum", 5, 9),
        *("exclusive-min-increased", "EEE-----", "exclusive-min-decreased", "III--EE-"),
    ),
    (
        bound(INTEGER, "exclusiveMaximum", None, 9),
        *("exclusive-max-set", "WWW-----", "exclusive-max-unset", "--------"),
    ),
    (
        bound(INTEGER, "exclusiveMinimum", None, 9),
        *("exclusive-min-set", "WWW-----", "exclusive-min-unset", "--------"),
    ),
    (
        bound(TEXT, "maxLength", 5, 9),
        *("max-length-increased", "III--EE-", "max-length-decreased", "EEE-----"),
    ),
    (
        bound(TEXT, "maxLength", None, 9),
        *("max-length-set", "WWW-----", "max-length-unset", "-----EE-"),
    ),
    (
        bound(TEXT, "minLength", 5, 9),
        *("min-length-increased", "EEE-----", "min-length-decreased", "III--EE-"),
    ),
    (
        bound(TEXT, "minLength", None, 9),
        *("min-length-increased", "EEE-----", "min-length-decreased", "III--EE-"),
    ),
    (
        bound(LIST, "minItems", 5, 9),
        *("min-items-increased", "EEE-----", "min-items-decreased", "--I--EE-"),
    ),
    (
        bound(LIST, "maxItems", 5, 9),
        *("max-items-increased", "--I-----", "max-items-decreased", "--E-----"),
    ),
    (bound(LIST, "maxItems", None, 9), "", "--------", "", "--------"),
    ((LIST, {**LIST, "uniqueItems": True}), "", "--------", "", "--------"),
    (bound(OBJECT, "maxProperties", 1, 2), "", "--------", "", "--------"),
    (bound(INTEGER, "multipleOf", 1, 2), "", "--------", "", "--------"),
    ((OBJECT, {**OBJECT, "additionalProperties": False}), "", "--------", "", "--------"),
    (bound(TEXT, "pattern", None, "a"), "pattern-added", "-EE---I-", "pattern-removed", "-II---I-"),
    (
        bound(TEXT, "pattern", "a", "b"),
        "pattern-changed",
        "-WW---I-",
        "pattern-changed",
        "-WW---I-",
    ),
    (bound(TEXT, "const", None, "a"), "const-added", "EE---II-", "const-removed", "II---EE-"),
    (bound(TEXT, "const", "b", "a"), "const-changed", "EE---EE-", "const-changed", "EE---EE-"),
    (
        bound(TEXT, "default", None, "a"),
        *("default-value-added", "IIE--II-", "default-value-removed", "IIE--II-"),
    ),
    (
        bound(TEXT, "default", "b", "a"),
        *("default-value-changed", "IIE--II-", "default-value-changed", "IIE--II-"),
    ),
    (
        (TEXT, {**TEXT, "nullable": True}),
        *("became-nullable", "IIII-EEE", "became-not-nullable", "EEEE-III"),
    ),
    (
        (TEXT, {"anyOf": [TEXT, INTEGER]}),
        *("list-of-types-widened", "IIII-EE-", "list-of-types-narrowed", "EEEE-II-"),
    ),
    (
        (TEXT, {"oneOf": [TEXT, {**LIST, "maxItems": 5}]}),
        *("list-of-types-widened", "IIII-EE-", "list-of-types-narrowed", "EEEE-II-"),
    ),
    (
        bound(TEXT, "contentEncoding", None, "a"),
        *("content-encoding-changed", "EE---EE-", "content-encoding-changed", "EE---EE-"),
    ),
    (
        bound(TEXT, "contentMediaType", "b", "a"),
        *("content-media-type-changed", "EE---EE-", "content-media-type-changed", "EE---EE-"),
    ),
    (bound(LIST, "contains", None, TEXT), "contains-added", "EE---II-", "…", "II---EE-"),
    (
        bound({**LIST, "contains": TEXT}, "minContains", 1, 2),
        *("min-contains-increased", "EE---II-", "min-contains-decreased", "II---EE-"),
    ),
    (
        bound({**LIST, "contains": TEXT}, "maxContains", 1, 2),
        *("max-contains-increased", "II---EE-", "max-contains-decreased", "EE---II-"),
    ),
    (
        bound(LIST, "prefixItems", [TEXT], [TEXT, INTEGER]),
        *("prefix-items-added", "II---EE-", "prefix-items-removed", "EE---II-"),
    ),
    (
        bound(LIST, "unevaluatedItems", None, TEXT),
        "unevaluated-items-added",
        "EE---II-",
        "…",
        "II---EE-",
    ),
    (
        bound(OBJECT, "unevaluatedProperties", None, TEXT),
        *("unevaluated-properties-added", "EE---II-", "…", "II---EE-"),
    ),
    (
        bound(OBJECT, "propertyNames", None, TEXT),
        "property-names-added",
        "EE---II-",
        "…",
        "II---EE-",
    ),
    (
        bound(OBJECT, "patternProperties", None, {"a": TEXT}),
        *("pattern-property-added", "EE---II-", "…", "II---EE-"),
    ),
    (
        bound(OBJECT, "dependentSchemas", None, {"a": A}),
        *("dependent-schema-added", "EE---II-", "…", "II---EE-"),
    ),
    (
        bound(OBJECT, "dependentRequired", None, {"a": ["b"]}),
        *("dependent-required-added", "EE---II-", "…", "II---EE-"),
    ),
    (
        bound(OBJECT, "dependentRequired", {"a": ["c"]}, {"a": ["b"]}),
        *("dependent-required-changed", "EE---EE-", "dependent-required-changed", "EE---EE-"),
    ),
    (bound(TEXT, "contentSchema", None, A), "content-schema-added", "EE---II-", "…", "II---EE-"),
    (bound(OBJECT, "if", None, A), "if-added", "EE---II-", "if-removed", "II---EE-"),
    (bound(OBJECT, "then", None, A), "then-added", "EE---II-", "then-removed", "II---EE-"),
    (bound(OBJECT, "else", None, A), "else-added", "EE---II-", "else-removed", "II---EE-"),
    (bound(OBJECT, "not", None, A), "", "--------", "", "--------"),
    (bound(OBJECT, "allOf", [A], [A, B]), "all-of-added", "EE---II-", "all-of-removed", "WW---II-"),
    (
        bound(OBJECT, "allOf", [A], [A, OTHER]),
        *("all-of-added-annotation-only", "II---II-", "…", "II---II-"),
    ),
    (bound(OBJECT, "anyOf", [A], [A, B]), "any-of-added", "II---II-", "any-of-removed", "EE---II-"),
    (bound(OBJECT, "oneOf", [A], [A, B]), "one-of-added", "II---EE-", "one-of-removed", "EE---II-"),
    (
        (OBJECT, {**OBJECT, **PAIR}),
        *("discriminator-added", "II---II-", "discriminator-removed", "II---II-"),
    ),
    (
        bound(OBJECT, "discriminator", {"propertyName": "a"}, {"propertyName": "b"}),
        *("discriminator-property-name-changed", "II---II-", "…", "II---II-"),
    ),
    (
        bound(OBJECT, "discriminator", {"mapping": {"a": "A"}}, {"mapping": {"a": "B"}}),
        *("discriminator-mapping-changed", "II---II-", "…", "II---II-"),
    ),
    (
        bound(
            OBJECT,
            "discriminator",
            {"mapping": {"a": "A"}},
            {"mapping": {"a": "A", "b": "B", "c": "C"}},
        ),
        *("discriminator-mapping-added", "II---II-", "discriminator-mapping-deleted", "II---II-"),
    ),
    (
        (TEXT, {**TEXT, "deprecated": True}),
        *("deprecated", "-I----I-", "reactivated", "-I----I-"),
    ),
    (
        bound(TEXT, "x-stability-level", "beta", "stable"),
        *("stability-increased", "-I----I-", "stability-decreased", "-E----E-"),
    ),
]


def build(place: str, schema: Any, api: Any) -> Any:
    """A document with a schema in a place."""
    way, _, where = place.partition("-")
    inside = {"type": "object", "properties": {"p": schema}}
    if where in ("body", "property"):
        return api(**{way: schema if where == "body" else inside})
    if where == "header":
        answer = {"description": "fine", "headers": {"H": {"schema": schema}}}
        return api(responses={"200": answer})
    sent = "header" if where.startswith("header") else "query"
    schema = inside if where.endswith("property") else schema
    return api(parameters=[{"name": "q", "in": sent, "schema": schema}])


@pytest.mark.parametrize("number", range(len(PLACES)), ids=PLACES)
@pytest.mark.parametrize("keyword", KEYWORDS, ids=lambda one: f"{one[1]} {one[3]}")
def test_keywords_in_each_place(keyword: Any, number: int, api: Any, changed: Any) -> None:
    """A keyword's change has one id and its level in each place, and so has the change back."""
    (old, new), come, levels, back, returned = keyword
    back = come.replace("-added", "-removed") if back == "…" else back
    place = PLACES[number]
    documents = [build(place, one, api) for one in (old, new)]
    for pair, name, level in ((documents, come, levels), (documents[::-1], back, returned)):
        expected = {f"{place}-{name}": LEVELS[level[number]]} if level[number] != "-" else {}
        found = changed(*pair, "oasdiff")
        if place == "request-header-property":  # which has but few rules of its own
            found = {one: found[one] for one in found if one.startswith(place)}
        assert found == expected


NUMBER, FLAG = {"type": "number"}, {"type": "boolean"}
TIME, DAY = {**TEXT, "format": "date-time"}, {**TEXT, "format": "date"}
LONG, SHORT = {**INTEGER, "format": "int64"}, {**INTEGER, "format": "int32"}
# A type before and after, and what happened to it in each place: Generalized, Specialized,
# Changed, Mutually compatible; then the same for the way back.
TYPES: list[tuple[Any, Any, str, str]] = [
    (INTEGER, NUMBER, "GGGGGGGG", "CCCSSSSS"),
    (INTEGER, TEXT, "CCGCCCCC", "CCCCCCCM"),
    (TEXT, TIME, "CCCSSSSS", "GGGGGCCC"),
    (TIME, DAY, "CCCSSSSS", "GGGGGCCC"),
    (SHORT, LONG, "GGGGGCCC", "CCCSSSSS"),
    (FLAG, OBJECT, "CCCCCCCC", "CCCCCCCC"),
    (TEXT, {}, "GGGGGCCC", "CCCSSSSS"),
    ({}, {"format": "date"}, "CCCSSSSS", "GGGGGCCC"),
    (TIME, INTEGER, "CCCCCCCC", "CCCCCCCC"),
]
WORDS = {"G": "generalized", "S": "specialized", "C": "changed", "M": "compatible"}
BREAKS = {
    *("request-body-type-changed", "request-property-type-changed"),
    *("request-parameter-type-changed", "request-parameter-property-type-specialized"),
    *("response-body-type-changed", "response-property-type-changed"),
    *("response-body-type-generalized", "response-property-type-generalized"),
    *("response-header-type-changed", "response-header-type-generalized"),
}


@pytest.mark.parametrize("number", range(len(PLACES)), ids=PLACES)
@pytest.mark.parametrize("case", TYPES, ids=str)
def test_types_in_each_place(case: Any, number: int, api: Any, changed: Any) -> None:
    """Another type takes more, or less, or something else; text takes anything that is text."""
    old, new, *words = case
    place = PLACES[number]
    known = place.replace("header-property", "parameter-property")
    documents = [build(place, one, api) for one in (old, new)]
    for pair, word in ((documents, words[0]), (documents[::-1], words[1])):
        name = f"{known}-type-{WORDS[word[number]]}"
        warned = name == "request-parameter-property-type-changed"
        level = "warning" if warned else "error" if name in BREAKS else "info"
        assert changed(*pair, "oasdiff") == {name: level}


def test_types_in_forms(api: Any, changed: Any) -> None:
    """In a form a number is text; a JSON number is not."""

    def form(schema: Any, name: str) -> Any:
        inside = {"type": "object", "properties": {"p": schema}}
        return api(requestBody={"content": {name: {"schema": inside}}})

    for name, swap in (("multipart/form-data", "compatible"), ("application/json", "changed")):
        found = changed(form(INTEGER, name), form(TEXT, name), "oasdiff")
        level = "info" if swap == "compatible" else "error"
        assert found == {f"request-property-type-{swap}": level}
        (back,) = changed(form(TEXT, name), form(INTEGER, name), "oasdiff")
        assert back == "request-property-type-changed"


VALUES = [{**TEXT, "enum": list(one)} for one in ("ab", "a")]
ENUMS = "EEEEE-I-", "-IIII-W-"  # a value went, a value came
BECAME = "EEE-E---"


@pytest.mark.parametrize("number", range(len(PLACES)), ids=PLACES)
def test_values_in_each_place(number: int, api: Any, changed: Any) -> None:
    """Values come and go, and what took anything comes to take but some."""
    place = PLACES[number]
    known = place.replace("header-property", "parameter-property")
    both, one, free = (build(place, schema, api) for schema in (*VALUES, TEXT))
    gone = {f"{known}-enum-value-removed": LEVELS.get(ENUMS[0][number])}
    if place == "response-body":
        gone = {"response-mediatype-enum-value-removed": "info"}
    come = {f"{known}-enum-value-added": LEVELS.get(ENUMS[1][number])}
    assert changed(both, one, "oasdiff") == {k: v for k, v in gone.items() if v}
    assert changed(one, both, "oasdiff") == {k: v for k, v in come.items() if v}
    became = changed(free, one, "oasdiff")
    assert became.pop(f"{place}-became-enum", None) == LEVELS.get(BECAME[number])
    assert set(became) <= come.keys()


def test_values_of_a_header_parameter(api: Any, changed: Any) -> None:
    """A header that comes to take but some values has two ids to oasdiff, and one to a client."""

    def header(schema: Any) -> Any:
        return api(parameters=[{"name": "q", "in": "header", "schema": schema}])

    old, new = header(TEXT), header(VALUES[1])
    found = changed(old, new, "oasdiff")
    both = {
        "request-parameter-became-enum": "error",
        "request-header-property-became-enum": "error",
    }
    assert both.items() <= found.items()
    assert changed(old, new) == {"request-parameter-became-enum": "breaking"}


def with_property(schema: Any, *required: str, name: str = "p") -> Any:
    return {"type": "object", "properties": {name: schema}, "required": list(required)}


SEEN, READ, WRITE = TEXT, {**TEXT, "readOnly": True}, {**TEXT, "writeOnly": True}
BARE = {"type": "object"}
# A body before and after, in a request or a response; what is said of it.
PROPERTIES: list[tuple[str, Any, Any, dict[str, str]]] = [
    ("request", BARE, with_property(READ, "p"), {}),
    ("request", BARE, with_property(READ), {"new-optional-request-property": "I"}),
    ("request", with_property(READ), with_property(READ, "p"), {}),
    (
        "request",
        with_property(READ, "p"),
        with_property(READ),
        {"request-property-became-optional": "I"},
    ),
    ("response", BARE, with_property(SEEN), {"response-optional-property-added": "I"}),
    ("response", BARE, with_property(SEEN, "p"), {"response-required-property-added": "I"}),
    ("response", BARE, with_property(WRITE), {"response-optional-write-only-property-added": "I"}),
    (
        "response",
        BARE,
        with_property(WRITE, "p"),
        {"response-required-write-only-property-added": "I"},
    ),
    ("response", with_property(SEEN), BARE, {"response-optional-property-removed": "W"}),
    ("response", with_property(SEEN, "p"), BARE, {"response-required-property-removed": "E"}),
    (
        "response",
        with_property(WRITE),
        BARE,
        {"response-optional-write-only-property-removed": "I"},
    ),
    (
        "response",
        with_property(WRITE, "p"),
        BARE,
        {"response-required-write-only-property-removed": "I"},
    ),
    (
        "response",
        with_property(SEEN),
        with_property(SEEN, "p"),
        {"response-property-became-required": "I"},
    ),
    (
        "response",
        with_property(SEEN, "p"),
        with_property(SEEN),
        {"response-property-became-optional": "E"},
    ),
    (
        "response",
        with_property(WRITE),
        with_property(WRITE, "p"),
        {"response-write-only-property-became-required": "I"},
    ),
    (
        "response",
        with_property(WRITE, "p"),
        with_property(WRITE),
        {"response-write-only-property-became-optional": "I"},
    ),
    *(
        (
            way,
            with_property(one, *needed),
            with_property(other, *needed),
            {f"{way}-{'required' if needed else 'optional'}-property-became-{name}": level},
        )
        for way in ("request", "response")
        for needed in ((), ("p",))
        for one, other, name, level in (
            (SEEN, READ, "read-only", "I"),
            (READ, SEEN, "not-read-only", "I"),
            (SEEN, WRITE, "write-only", "I"),
            (WRITE, SEEN, "not-write-only", "W" if way == "response" and needed else "I"),
        )
    ),
    *(
        (
            "request",
            with_property({**INTEGER, "readOnly": True, key: before}),
            with_property({**INTEGER, "readOnly": True, key: after}),
            {f"request-read-only-property-{name}": "I"},
        )
        for key, before, after, name in (
            ("maximum", 2, 1, "max-decreased"),
            ("minimum", 1, 2, "min-increased"),
            ("exclusiveMaximum", 2, 1, "exclusive-max-decreased"),
            ("exclusiveMinimum", 1, 2, "exclusive-min-increased"),
            ("maxLength", 2, 1, "max-length-decreased"),
            ("enum", [1, 2], [1], "enum-value-removed"),
        )
    ),
    (
        "response",
        with_property({**VALUES[1], "writeOnly": True}),
        with_property({**VALUES[0], "writeOnly": True}),
        {"response-write-only-property-enum-value-added": "I"},
    ),
    (
        "request",
        with_property({**TEXT, "x-extensible-enum": ["a", "b"]}),
        with_property({**TEXT, "x-extensible-enum": ["a"]}),
        {"request-property-x-extensible-enum-value-removed": "E"},
    ),
    *(
        (
            way,
            with_property(TEXT),
            with_property({**TEXT, "deprecated": True, "x-sunset": day}),
            {f"{way}-property-{name}": level},
        )
        for way in ("request", "response")
        for day, name, level in (
            ("2099-01-01", "deprecated-with-sunset", "I"),
            ("2019-01-01", "sunset-date-too-small", "E"),
            ("soon", "deprecated-sunset-invalid", "E"),
        )
    ),
    *(
        (
            way,
            with_property({**TEXT, **({"x-stability-level": one} if one else {})}),
            with_property({**TEXT, **({"x-stability-level": other} if other else {})}),
            {f"{way}-property-stability-{name}": level} if name else {},
        )
        for way in ("request", "response")
        for one, other, name, level in (
            ("beta", "stable", "increased", "I"),
            ("beta", None, "increased", "I"),
            ("stable", "draft", "decreased", "E"),
            (None, "beta", "decreased", "E"),
            ("stable", None, "", ""),
            ("draft", "stable", "", ""),
        )
    ),
]


@pytest.mark.parametrize("case", PROPERTIES, ids=lambda one: f"{one[0]} {one[3]}")
def test_properties_as_oasdiff_has_them(case: Any, api: Any, changed: Any) -> None:
    """What happens to a property has one id, which says who ever sees it, and one level."""
    way, old, new, expected = case
    found = changed(api(**{way: old}), api(**{way: new}), "oasdiff")
    assert found == {name: LEVELS[level] for name, level in expected.items()}


def lists(**bounds: Any) -> Any:
    return {**LIST, **bounds}


LISTS: list[tuple[str, Any, Any, dict[str, str]]] = [
    ("request-body", lists(), lists(minItems=1), {"request-body-min-items-set": "W"}),
    ("request-property", lists(), lists(minItems=1), {"request-property-min-items-set": "W"}),
    ("request-parameter", lists(), lists(minItems=1), {"request-parameter-min-items-set": "W"}),
    (
        "request-parameter",
        lists(minItems=1),
        lists(),
        {"request-parameter-min-items-decreased": "I"},
    ),
    ("request-body", lists(minItems=1), lists(), {}),
    ("response-body", lists(minItems=1), lists(), {"response-body-min-items-unset": "E"}),
    ("response-property", lists(minItems=1), lists(), {"response-property-min-items-unset": "E"}),
    ("response-body", lists(), lists(minItems=1), {}),
    (
        "request-parameter",
        {"x-extensible-enum": ["a", "b"]},
        {"x-extensible-enum": ["a"]},
        {"request-parameter-x-extensible-enum-value-removed": "E"},
    ),
    (
        "request-body",
        with_property(TEXT),
        {"oneOf": [with_property(TEXT), with_property(INTEGER, name="q")]},
        {"request-body-wrapped-in-one-of": "E"},
    ),
    (
        "response-body",
        with_property(TEXT),
        {"oneOf": [with_property(TEXT), with_property(INTEGER, name="q")]},
        {"response-body-wrapped-in-one-of": "E"},
    ),
]


@pytest.mark.parametrize("case", LISTS, ids=lambda one: f"{one[0]} {one[3]}")
def test_ids_that_one_place_has(case: Any, api: Any, changed: Any) -> None:
    """What only some places have an id for."""
    place, old, new, expected = case
    found = changed(build(place, old, api), build(place, new, api), "oasdiff")
    for name, level in expected.items():
        assert found.pop(name) == LEVELS[level]
    assert not {name for name in found if "property" not in name}
