"""What occurs in the free-form fields of conversations, events and feedback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialytics_clients.inkeep import rows
from dialytics_clients.inkeep.api import query as query_api

from ...._async.client import AsyncVendorClient
from ...._options import check_count
from ...._payloads import payload
from ..declarations import PROPERTY_KEYS, PROPERTY_VALUES
from ..results import read_counts, read_values
from ..wire import property_query

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from dialytics_clients.inkeep.rows import PropertyKeyCount, PropertyValueCount

    from ...._options import CallOptions
    from ..requests import PropertyField, QueryFilter, View


class AsyncPropertyCalls(AsyncVendorClient):
    """The part of the client that is about properties."""

    async def property_keys(
        self,
        field: PropertyField | str,
        *,
        views: Sequence[View | str] | None = None,
        where: QueryFilter | None = None,
        **options: Unpack[CallOptions],
    ) -> tuple[PropertyKeyCount, ...]:
        """Return the keys that occur in a free-form field, with how often.

        Args:
            field: ``properties`` or ``userProperties``.
            views: The views to look in; all by default.
            where: Which rows to look in, by fields of any of the views.
            options: See ``CallOptions``.

        Source: operation queryPropertyKeys of specs/inkeep.

        Example:
            >>> keys = await inkeep.property_keys("properties", views=["conversations_view"])
            >>> "theme" in [one.key for one in keys]
            True
        """
        built = query_api.build_query_property_keys(
            body=payload(property_query(field, views=views, where=where))
        )
        return await self._call(PROPERTY_KEYS, built, read_counts(rows.PropertyKeyCount), options)

    async def property_values(
        self,
        field: PropertyField | str,
        key: str,
        *,
        views: Sequence[View | str] | None = None,
        where: QueryFilter | None = None,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> tuple[PropertyValueCount, ...]:
        """Return the values that occur under a key of a free-form field, with how often.

        Args:
            field: ``properties`` or ``userProperties``.
            key: The key.
            views: The views to look in; all by default.
            where: Which rows to look in, by fields of any of the views.
            limit: How many values you want at most. Without it the vendor gives 100.
            options: See ``CallOptions``.

        Raises:
            InvalidResponse: Without a ``limit``, as many values came as the vendor gives: there
                may be more.

        Source: operation queryPropertyValues of specs/inkeep.

        Example:
            >>> values = await inkeep.property_values("properties", "theme", limit=10)
            >>> sorted(one.value for one in values)
            ['dark', 'light']
        """
        most = None if limit is None else check_count("limit", limit, 0)
        body = property_query(field, key=key, views=views, where=where, limit=most)
        built = query_api.build_query_property_values(body=payload(body))
        read = read_values(rows.PropertyValueCount, most)
        return await self._call(PROPERTY_VALUES, built, read, options)
