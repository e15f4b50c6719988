"""What Inkeep's calls ask for."""

from __future__ import annotations

from dialytics.vendors.inkeep.wire import property_query, report_query


def test_property_query() -> None:
    """What is not given is not in the body; one view is a list of one."""
    assert property_query("properties") == {"field": "properties"}
    assert property_query("properties", views="events_view", limit=3) == {
        "field": "properties",
        "views": ["events_view"],
        "limit": 3,
    }


def test_report_query() -> None:
    """Only ``None`` is left out, not what is empty."""
    assert report_query(None, None) == {}
    assert report_query("", "") == {"after": "", "project_id": ""}
