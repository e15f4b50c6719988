"""The documented vocabularies, and the keyword options that Chatlayer's methods share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, TypedDict, cast

from ..._options import RangeOptions, ReportOptions

# The vendor's documents name these words in prose only, so that others pass too.
Version: TypeAlias = Literal["LIVE", "DRAFT"] | str
Bucket: TypeAlias = Literal["1h", "1d", "1w"] | str
TeamBucket: TypeAlias = Literal["1d", "1w", "1m"] | str
GroupBy: TypeAlias = Literal["channel_type", "language"] | str
TeamGroupBy: TypeAlias = (
    Literal[
        "bot_id",
        "bot_version",
        "team_id",
        "channel_type",
        "language",
        "campaign_id",
        "campaign_source",
    ]
    | str
)
Stat: TypeAlias = Literal["num_conversations", "duration_seconds", "num_messages"] | str
EdgeType: TypeAlias = Literal["sources", "targets"] | str
EventType: TypeAlias = Literal["MESSAGE_EVENT", "TRACKING_EVENT"] | str
SubscriptionVersion: TypeAlias = Literal["v1"] | str
Direction: TypeAlias = Literal["forward", "backward"]


class _Filters(TypedDict, total=False):
    version: Version
    channel_type: str | Sequence[str] | None
    language: str | Sequence[str] | None


class BotOptions(ReportOptions, _Filters, total=False):
    """What every report on a bot takes.

    Attributes:
        version: ``LIVE``, the default, or ``DRAFT``.
        channel_type: Only this channel, or these; all by default.
        language: Only this language, or these; all by default.
    """


class BucketOptions(BotOptions, total=False):
    """What a report on a bot in intervals takes.

    Attributes:
        bucket: The length of an interval, ``1h``, ``1d`` or ``1w``; shorter than the range. The
            vendor's choice by default.
    """

    bucket: Bucket | None


class SeriesOptions(BucketOptions, total=False):
    """What a series of a bot takes.

    Attributes:
        split: Buckets a request, 2 or more: the range is asked for in parts, one after the other,
            and the parts are joined. The range has to start where a bucket does. One request by
            default.
    """

    split: int | None


class ConversationOptions(SeriesOptions, total=False):
    """What the series of conversations takes.

    Attributes:
        group_by: ``channel_type`` or ``language``: a series for each.
    """

    group_by: GroupBy | None


class MessageOptions(ReportOptions, total=False):
    """What the series of messages takes: one channel and one language at most.

    Attributes:
        version: ``LIVE``, the default, or ``DRAFT``.
        channel_type: Only this channel; all by default.
        language: Only this language; all by default.
        bucket: See ``BucketOptions``.
        split: See ``SeriesOptions``.
    """

    version: Version
    channel_type: str | None
    language: str | None
    bucket: Bucket | None
    split: int | None


class IntentOptions(RangeOptions, _Filters, total=False):
    """What the listing of intents takes.

    Attributes:
        version: See ``BotOptions``; so are ``channel_type`` and ``language``.
        bucket: See ``BucketOptions``.
    """

    bucket: Bucket | None


class TeamOptions(ReportOptions, total=False):
    """What the series of a team's conversations takes.

    Attributes:
        bucket: The length of an interval, ``1d``, ``1w`` or ``1m``; shorter than the range. The
            vendor's choice by default.
        group_by: A series for each value of one or several of ``bot_id``, ``bot_version``,
            ``team_id``, ``channel_type``, ``language``, ``campaign_id`` and ``campaign_source``.
        split: See ``SeriesOptions``.
    """

    bucket: TeamBucket | None
    group_by: TeamGroupBy | Sequence[TeamGroupBy] | None
    split: int | None


class VoiceOptions(ReportOptions, total=False):
    """What the series of voice minutes takes.

    Attributes:
        language: Only this language, or these; all by default.
        bucket: See ``BucketOptions``.
        split: See ``SeriesOptions``.
    """

    language: str | Sequence[str] | None
    bucket: Bucket | None
    split: int | None


class KnowledgeBaseOptions(ReportOptions, total=False):
    """What the series of knowledge base usage takes.

    Attributes:
        channel_type: Only this channel, or these; all by default.
        language: Only this language, or these; all by default.
        split: See ``SeriesOptions``.
    """

    channel_type: str | Sequence[str] | None
    language: str | Sequence[str] | None
    split: int | None


def shared_options(options: ReportOptions) -> ReportOptions:
    """Return those of a method's options that every report takes."""
    names = ReportOptions.__annotations__
    shared = {name: value for name, value in options.items() if name in names}
    return cast("ReportOptions", shared)
