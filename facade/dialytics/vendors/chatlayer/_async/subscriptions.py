"""Webhook subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dialytics_clients.chatlayer import rows
from dialytics_clients.chatlayer.api import subscriptions as api

from ...._async.client import AsyncVendorClient
from ...._payloads import payload
from ...._replies import read_nothing, read_row
from ...._settings import require_text
from ..declarations import CREATE_SUBSCRIPTION, DELETE_SUBSCRIPTION, SUBSCRIPTIONS
from ..wire import find_secrets, require_created, subscription_body

if TYPE_CHECKING:
    from typing import Unpack

    from dialytics_clients.chatlayer.rows import Subscription

    from ...._async.pager import AsyncPager
    from ...._options import CallOptions, ListOptions
    from ..options import EventType, SubscriptionVersion


class AsyncSubscriptionMethods(AsyncVendorClient):
    """Webhook subscriptions."""

    def subscriptions(
        self, bot_id: str, **options: Unpack[ListOptions]
    ) -> AsyncPager[Subscription]:
        """Read a bot's webhook subscriptions.

        The vendor says that it returns no secret; should it do so, that is not kept.

        Args:
            bot_id: The bot.
            options: See ``ListOptions``.

        Returns:
            A pager of ``Subscription`` rows.

        Source: operation ListSubscriptions of specs/chatlayer.

        Example:
            >>> [one.status async for one in chatlayer.subscriptions("bot")]
            []
        """
        built = api.build_list_subscriptions(require_text("bot_id", bot_id))
        return self._list(SUBSCRIPTIONS, built, rows.Subscription, options)

    async def create_subscription(
        self,
        bot_id: str,
        *,
        target: str,
        secret: str,
        event_type: EventType,
        event_names: str | Sequence[str] | None = None,
        version: SubscriptionVersion = "v1",
        **options: Unpack[CallOptions],
    ) -> Subscription:
        """Have a URL called whenever something happens in a bot.

        It is not sent again once it may have arrived, since each time makes another subscription:
        after a ``ConnectionFailed`` whose ``sent`` is not ``False``, look at ``subscriptions``
        first. How the vendor signs its calls with the secret is documented nowhere, so there is
        nothing here that checks a signature.

        Args:
            bot_id: The bot.
            target: The URL to call: https, on port 443, reachable from the internet. It may hold a
                token, and is kept out of errors.
            secret: The secret to sign calls with, yours to choose. It is kept out of errors and of
                what is returned.
            event_type: ``MESSAGE_EVENT`` or ``TRACKING_EVENT``.
            event_names: Only these tracking events; all by default.
            version: The version of the calls' content; ``v1`` is the only one.
            options: See ``CallOptions``.

        Returns:
            The subscription as it was stored.

        Raises:
            ArgumentError: A text is empty or none, or the target is not https; nothing has been
                sent.
            StatusError: The vendor refused it; see its subclasses.

        Source: operation CreateSubscription of specs/chatlayer.

        Example:
            >>> made = await chatlayer.create_subscription(
            ...     "shop", target="https://hooks.example/chat", secret="choose-your-own",
            ...     event_type="TRACKING_EVENT", event_names=["order_placed"],
            ... )
            >>> made.status
            'enabled'
        """
        body = payload(subscription_body(target, secret, event_type, event_names, version))
        built = api.build_create_subscription(require_text("bot_id", bot_id), body=body)
        built["secrets"] = find_secrets(target, secret)
        read = read_row(rows.CreateSubscriptionResponse)
        made = await self._call(CREATE_SUBSCRIPTION, built, read, options)
        return require_created(made.subscription)

    async def delete_subscription(
        self, bot_id: str, subscription_id: str, **options: Unpack[CallOptions]
    ) -> None:
        """Delete a webhook subscription.

        A failed request is repeated. If the first one had worked and only its answer was lost,
        the repetition finds nothing: ``NotFound`` then means, as it always does here, that there
        is no such subscription any more.

        Args:
            bot_id: The bot.
            subscription_id: The subscription's id.
            options: See ``CallOptions``.

        Raises:
            NotFound: There is no such subscription, or none any more.

        Source: operation DeleteSubscription of specs/chatlayer.

        Example:
            >>> async for one in chatlayer.subscriptions("shop"):
            ...     await chatlayer.delete_subscription("shop", one.id)
            >>> [one.id async for one in chatlayer.subscriptions("shop")]
            []
        """
        built = api.build_delete_subscription(
            require_text("bot_id", bot_id), require_text("subscription_id", subscription_id)
        )
        await self._call(DELETE_SUBSCRIPTION, built, read_nothing, options)
