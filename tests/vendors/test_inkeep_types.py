"""Inkeep: the types of what is sent name what the specification names, no more and no less."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from dialytics.vendors.inkeep import inputs, requests

VENDOR: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "specs" / "inkeep" / "vendor.yaml").read_text(encoding="utf-8")
)["components"]["schemas"]
EFFECTIVE: dict[str, Any] = json.loads(
    (files("dialytics_clients") / "inkeep" / "openapi.json").read_text("utf-8")
)["components"]["schemas"]

# Where a schema is narrowed by kind, its types together have its fields.
SHAPES: dict[str, tuple[tuple[Any, ...], set[str]]] = {
    "CreateConversation": (get_args(inputs.ConversationInput), {"type", "messages"}),
    "CreateMessage": ((inputs.OpenAIMessageInput, inputs.SupportMessageInput), {"role"}),
    "CreateEvent": (get_args(inputs.EventInput), {"type", "entityType"}),
    "CreateFeedback": ((inputs.FeedbackInput,), {"type", "messageId"}),
    "FeedbackReason": ((inputs.FeedbackReasonInput,), {"label", "details"}),
    "FeedbackSource": ((inputs.FeedbackSourceInput,), {"type"}),
    "UserProperties": ((inputs.UserPropertiesInput,), set()),
    "Link": ((inputs.LinkInput,), {"url"}),
    "ToolCall": ((inputs.ToolCallInput,), {"id", "type", "function"}),
    "ToolCallFunction": ((inputs.ToolCallFunctionInput,), {"name", "arguments"}),
    "ContentItem": ((inputs.TextItemInput, inputs.ImageItemInput), {"type"}),
    "ContentImage": ((inputs.ImageInput,), {"url"}),
    "Selection": (
        (requests.FieldSelection, requests.TimeSelection, requests.AggregationSelection),
        {"type"},
    ),
    "GroupBy": ((requests.GroupBy,), {"field"}),
    "OrderBy": ((requests.OrderBy,), {"field", "direction"}),
    "FilterCondition": ((requests.FilterCondition,), {"field", "operator"}),
    "QueryFilter": (get_args(requests.QueryFilter), set()),
    "QueryConversations": ((requests.ConversationQuery,), set()),
    "QueryEvents": ((requests.EventQuery,), set()),
    "QueryFeedback": ((requests.FeedbackQuery,), set()),
    "QuerySemanticThreads": ((requests.SemanticThreadQuery,), set()),
}
# Fields that one kind requires beside what all do, as the narrowing schemas say.
NARROWED = {
    inputs.OpenAIMessageInput: VENDOR["CreateOpenAIMessage"]["required"],
    inputs.MessageEventInput: VENDOR["MessageEvent"]["required"],
    inputs.ConversationEventInput: VENDOR["ConversationEvent"]["required"],
    inputs.SearchEventInput: VENDOR["SearchEvent"]["required"],
    requests.FieldSelection: VENDOR["FieldSelection"]["required"],
    requests.TimeSelection: VENDOR["TimeSelection"]["required"],
    requests.AggregationSelection: VENDOR["AggregationSelection"]["required"],
    # Ours alone: an item without what it is called after would be none.
    inputs.TextItemInput: ["text"],
    inputs.ImageItemInput: ["image_url"],
    requests.ConditionFilter: ["condition"],
    requests.AndFilter: ["and"],
    requests.OrFilter: ["or"],
}


@pytest.mark.parametrize("name", SHAPES)
def test_fields(name: str) -> None:
    """The types of a schema have all its fields and no other; what it requires is required."""
    types, required = SHAPES[name]
    schema = VENDOR[name]
    fields = set[str]().union(*(one.__annotations__ for one in types))
    assert fields == schema["properties"].keys()
    assert required == set(schema.get("required", ()))
    for one in types:
        assert one.__required_keys__ == required | set(NARROWED.get(one, ()))


def test_every_request_schema_has_a_type() -> None:
    """What requests are made of in the effective specification is typed, each part of it."""
    typed = {*SHAPES, "Query", "PropertyKeysQuery", "PropertyValuesQuery"}
    pending = ["CreateConversation", "CreateEvent", "CreateFeedback", "Query"]
    pending += ["QuerySemanticThreads", "PropertyKeysQuery", "PropertyValuesQuery"]
    met: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in met and EFFECTIVE[name].get("properties"):
            met.add(name)
            text = json.dumps(EFFECTIVE[name])
            pending += [part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]]
    assert met <= typed


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (requests.ConversationField, VENDOR["ConversationsField"]["enum"]),
        (requests.EventField, VENDOR["EventsField"]["enum"]),
        (requests.FeedbackField, VENDOR["FeedbackField"]["enum"]),
        (requests.SemanticThreadField, VENDOR["SemanticThreadsField"]["enum"]),
        (requests.FilterOperator, VENDOR["FilterCondition"]["properties"]["operator"]["enum"]),
        (requests.TimeUnit, VENDOR["Selection"]["properties"]["timeUnit"]["enum"]),
        (requests.Aggregation, VENDOR["Selection"]["properties"]["aggregation"]["enum"]),
        (requests.PropertyField, VENDOR["PropertyKeysQuery"]["properties"]["field"]["enum"]),
        (requests.View, VENDOR["PropertyKeysQuery"]["properties"]["views"]["items"]["enum"]),
        (inputs.LinkType, VENDOR["Link"]["properties"]["type"]["anyOf"][0]["enum"]),
    ],
)
def test_vocabularies(words: Any, known: list[str]) -> None:
    """A vocabulary has the words that the vendor lists."""
    assert list(get_args(words)) == known
