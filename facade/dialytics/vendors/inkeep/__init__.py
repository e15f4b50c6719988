"""Inkeep: its clients and the rows it returns."""

from ..._lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it as true; importing typing takes longer than us
if TYPE_CHECKING:
    from dialytics_clients.inkeep.rows import Conversation, Message

    from ._async.client import AsyncInkeep
    from ._sync.client import Inkeep

__all__ = (
    "AsyncInkeep",
    "Conversation",
    "Inkeep",
    "Message",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "AsyncInkeep": "._async.client",
            "Conversation": "dialytics_clients.inkeep.rows",
            "Inkeep": "._sync.client",
            "Message": "dialytics_clients.inkeep.rows",
        },
    )
