"""What helps testing programs that use dialytics; see also ``dialytics.sandbox``."""

from ._waiting import no_waits

__all__ = ("no_waits",)
