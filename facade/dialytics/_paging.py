"""Pure paging: how each style asks for the next page, and when it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from attrs import Factory, frozen

from .errors import PaginationLoop

if TYPE_CHECKING:
    from ._bookmarks import Bookmark
    from ._pages import PageReply


class Paging(Protocol):
    """One style of paging. Parameters and fields are named as on the wire."""

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        """Return the query parameters of the page at a cursor (``None``: the first)."""
        ...

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        """Return the next page's cursor, or ``None`` at the end."""
        ...

    @property
    def fields(self) -> Sequence[str]:
        """The fields of a response's body that it reads."""
        ...

    by_offset: ClassVar[bool]
    """Whether pages are counted out, so that a list that moves shifts its rows between them."""


@frozen(eq=False)
class HeaderToken:
    """A token in a response header; ends without one, or at a status that says so."""

    parameter: str
    header: str
    fixed: Mapping[str, str] = Factory(dict)
    end_status: int | None = None
    by_offset: ClassVar[bool] = False

    @property
    def fields(self) -> Sequence[str]:
        return ()

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        return self.fixed if cursor is None else {**self.fixed, self.parameter: cursor}

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        if reply.status == self.end_status:
            return None
        return reply.headers.get(self.header.lower()) or None


@frozen(eq=False)
class PageToken:
    """A token in the body; an empty page with a token goes on."""

    parameter: str
    field: str
    size_parameter: str
    by_offset: ClassVar[bool] = False

    @property
    def fields(self) -> Sequence[str]:
        return (self.field,)

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        sized = {} if size is None else {self.size_parameter: str(size)}
        return sized if cursor is None else {**sized, self.parameter: cursor}

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        return _text(reply.envelope.get(self.field))


@frozen(eq=False)
class Cursors:
    """Cursors before or after which items are asked for; ends when the flag is off or absent."""

    parameter: str
    size_parameter: str
    info: str
    cursor_field: str
    more_field: str
    default_size: int | None = None
    by_offset: ClassVar[bool] = False

    @property
    def fields(self) -> Sequence[str]:
        return (self.info,)

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        size = self.default_size if size is None else size
        sized = {} if size is None else {self.size_parameter: str(size)}
        return sized if cursor is None else {**sized, self.parameter: cursor}

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        info = reply.envelope.get(self.info)
        if not isinstance(info, Mapping) or info.get(self.more_field) not in (True, "true"):
            return None
        following = _text(info.get(self.cursor_field))
        if following is None:
            raise PaginationLoop(
                f"the response says {self.more_field} but its {self.info} has no "
                f"{self.cursor_field} to go on with"
            )
        return following


@frozen(eq=False)
class OnePage:
    """A listing that comes whole, in one response."""

    by_offset: ClassVar[bool] = False

    @property
    def fields(self) -> Sequence[str]:
        return ()

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        return {}

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        return None


@frozen(eq=False)
class LimitOffset:
    """Limit and offset; a page begins with the last row of the one before.

    Cursors are texts of bookmarks.
    """

    limit_parameter: str
    offset_parameter: str
    most: int
    by_offset: ClassVar[bool] = True

    @property
    def fields(self) -> Sequence[str]:
        return ()

    def limit(self, page: Bookmark, size: int | None) -> int:
        """Return how many rows are asked for."""
        return min(self.most, page.limit(size or self.most))

    def query(self, cursor: str | None, size: int | None) -> Mapping[str, str]:
        from ._bookmarks import Bookmark  # noqa: PLC0415  # declaring a listing needs none

        page = Bookmark.parse(cursor)
        limit = self.limit(page, size)
        return {self.limit_parameter: str(limit), self.offset_parameter: str(page.offset)}

    def next_cursor(self, cursor: str | None, reply: PageReply) -> str | None:
        """Return the next page's cursor; a short page may be a cap, so only an empty one ends."""
        from ._bookmarks import Bookmark  # noqa: PLC0415  # as above

        longest = max(reply.counts, default=0)
        if not longest:
            return None
        return Bookmark(Bookmark.parse(cursor).offset + longest - 1, len(reply.counts)).text


def _text(value: object) -> str | None:
    """Return a token as text; absent, null and empty all mean there is none."""
    if isinstance(value, bool) or value is None:
        return None
    return str(value) or None
