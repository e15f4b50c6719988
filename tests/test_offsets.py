"""The room `_async.offsets`: lists that are counted out, lying still and moving meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from itertools import combinations, zip_longest
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialytics import errors
from dialytics._offsets import Census, Leaf, digest_key
from tests.conftest import Answer, Asked, Scripted, Twin

Script: TypeAlias = Callable[[Asked], Answer]
Serve: TypeAlias = Callable[[Script], Scripted]
Rows: TypeAlias = list[int]
Change: TypeAlias = Callable[[Rows], None]


def name(number: int) -> str:
    return f"c{number:03}"


def conversations(
    rows: Rows,
    changes: dict[int, Change] | None = None,
    *,
    cap: int = 100,
    total: int | None = None,
) -> Script:
    """Return a script that gives rows by limit and offset, changed before the n-th request."""
    count = 0

    def script(asked: Asked) -> Answer:
        nonlocal count
        count += 1
        if changes and (change := changes.get(count) or changes.get(0)):
            change(rows)
        offset, limit = int(asked.query["offset"]), min(cap, int(asked.query["limit"]))
        page = [{"id": name(row)} for row in rows[offset : offset + limit]]
        return Answer.json({"conversations": page, "total": len(rows) if total is None else total})

    return script


def feedback(
    lists: list[Rows], changes: dict[int, Change] | None = None, *, cap: int = 100
) -> Script:
    """Return a script that gives two lists by limit and offset, each counted for itself."""
    count = 0

    def script(asked: Asked) -> Answer:
        nonlocal count
        count += 1
        if changes and (change := changes.get(count)):
            change(lists[0])
        start, limit = int(asked.query["offset"]), min(cap, int(asked.query["limit"]))
        pages = ([{"id": name(row)} for row in one[start : start + limit]] for one in lists)
        return Answer.json(dict(zip(("positiveFeedback", "negativeFeedback"), pages, strict=True)))

    return script


def offsets(scripted: Scripted) -> list[tuple[int, int]]:
    return [(int(one.query["offset"]), int(one.query["limit"])) for one in scripted.asked]


def insert(*numbers: int) -> Change:
    return lambda rows: rows.__setitem__(slice(0, 0), numbers)


def delete(*numbers: int) -> Change:
    def change(rows: Rows) -> None:
        rows[:] = [row for row in rows if row not in numbers]

    return change


def nothing(rows: Rows) -> None:
    """Change nothing."""


def ids(rows: Iterable[Any]) -> list[str]:
    return [row.id for row in rows]


def names(numbers: Iterable[int]) -> list[str]:
    return [name(number) for number in numbers]


# Lists that lie still


@pytest.mark.parametrize(
    ("count", "page_size", "asked"),
    [
        (0, None, [(0, 100)]),
        (1, None, [(0, 100), (0, 100)]),
        (100, None, [(0, 100), (99, 100)]),
        (101, None, [(0, 100), (99, 100), (100, 100)]),
        (7, 3, [(0, 3), (2, 4), (5, 4), (6, 4)]),
        (3, 1, [(0, 1), (0, 2), (1, 2), (2, 2)]),
    ],
)
def test_requests_of_a_list_that_lies_still(
    twin: Twin, serve: Serve, count: int, page_size: int | None, asked: list[tuple[int, int]]
) -> None:
    """A row of overlap costs no request beside those for the rows and the one that ends."""
    scripted = serve(conversations([*range(count)]))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations(page_size=page_size)
        assert ids(twin.collect(pager)) == names(range(count))
    assert offsets(scripted) == asked
    stats = pager.stats
    assert (stats.drifts, stats.missing, stats.duplicates, stats.total) == (0, 0, 0, count)
    assert stats.requests == len(asked)


@pytest.mark.parametrize("cap", [2, 3])
def test_a_server_that_caps_its_pages_is_read_whole(twin: Twin, serve: Serve, cap: int) -> None:
    """Fewer rows than asked for end nothing."""
    scripted = serve(conversations([*range(7)], cap=cap))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations()
        assert ids(twin.collect(pager)) == names(range(7))
    assert pager.stats.drifts == pager.stats.missing == 0


@pytest.mark.parametrize("method", ["conversations", "feedback"])
@pytest.mark.parametrize("start", [0, 1])
def test_a_server_that_gives_one_row_a_page_is_refused(
    twin: Twin, serve: Serve, method: str, start: int
) -> None:
    """Nobody can see then whether the list moves: an error says so, from a resume on too."""
    rows, scripted = [*range(7)], serve(conversations([*range(7)], cap=1))
    if method == "feedback":
        scripted = serve(feedback([rows, [number + 50 for number in rows]], cap=1))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = getattr(client, method)()
        if start:
            twin.collect(pager, start)
        rest = getattr(client, method)(resume=pager.checkpoint)
        with pytest.raises(errors.UnstableListing, match="one row a page"):
            twin.collect(rest)


def test_a_list_that_shrinks_to_one_row_is_read_whole(twin: Twin, serve: Serve) -> None:
    """Where there is nothing behind a single row, that row has to be there still."""
    lists: list[Rows] = [[0, 1], []]
    scripted = serve(feedback(lists, {3: lambda _: lists[0].remove(0)}, cap=1))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.feedback()
        assert ids(twin.collect(pager)) == names([0, 1])
    assert pager.stats.drifts == 1


def test_max_items_asks_for_no_more_pages_than_it_needs(twin: Twin, serve: Serve) -> None:
    """After as many rows as are wanted nothing is asked for."""
    scripted = serve(conversations([*range(9)]))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        rows = twin.collect(client.conversations(page_size=3, max_items=5))
    assert ids(rows) == names(range(5))
    assert offsets(scripted) == [(0, 3), (2, 4)]


def test_a_list_that_ends_early_is_asked_once_more(twin: Twin, serve: Serve) -> None:
    """Where the vendor says that there is more, what is behind is asked for once and counted."""
    scripted = serve(conversations([*range(4)], total=6))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations()
        assert ids(twin.collect(pager)) == names(range(4))
    assert offsets(scripted) == [(0, 100), (3, 100), (4, 100)]
    assert (pager.stats.missing, pager.stats.total) == (2, 6)


def test_an_empty_first_page_is_not_the_end_of_a_list_with_rows(twin: Twin, serve: Serve) -> None:
    """Where a response without rows says that there are some, the list is read again."""
    scripted = serve(conversations([], total=6))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations()
        with pytest.raises(errors.UnstableListing, match="6 rows, but its first page had none"):
            twin.collect(pager)
    assert offsets(scripted) == [(0, 100)] * 8


@pytest.mark.parametrize("total", [0, -1, True, None])
def test_an_empty_list_may_say_so_in_many_ways(
    twin: Twin, serve: Serve, answer: type[Answer], total: object
) -> None:
    """What is no number of rows makes no list that has some."""
    scripted = serve(lambda _: answer.json({"conversations": [], "total": total}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        assert twin.collect(client.conversations()) == []
    assert len(scripted.asked) <= 2


@pytest.mark.parametrize("empty", [{1, 2}, {1, 2, 3, 4, 5}, {2, 3, 4}, {3, 4, 5}])
def test_pages_that_are_empty_for_a_while_lose_nothing(
    twin: Twin, serve: Serve, empty: set[int]
) -> None:
    """Rows that a vendor gives later come, once, wherever their pages were empty."""
    rows = [*range(12)]
    hidden: Rows = []

    def hide(rows: Rows) -> None:
        hidden.extend(rows)
        rows.clear()

    def show(rows: Rows) -> None:
        rows.extend(hidden)
        hidden.clear()

    changes: dict[int, Change] = {**dict.fromkeys(empty, hide), max(empty) + 1: show}
    scripted = serve(conversations(rows, changes, total=12))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations(page_size=4)
        assert ids(twin.collect(pager)) == names(range(12))
    assert pager.stats.missing == 0


def test_empty_lists_without_a_total_are_asked_once_more(twin: Twin, serve: Serve) -> None:
    """An empty response is believed when it comes again; it costs a request where there is none."""
    lists: list[Rows] = [[], []]
    scripted = serve(feedback(lists))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        assert twin.collect(client.feedback()) == []
        assert offsets(scripted) == [(0, 100), (0, 100)]
        changed = serve(feedback(lists, {2: lambda _: lists[1].extend([4, 5])}))
    with twin.open("Inkeep", api_key="key", base_url=changed.url) as client:
        assert ids(twin.collect(client.feedback())) == names([4, 5])


def test_rows_behind_an_early_end_come(twin: Twin, serve: Serve) -> None:
    """If the rest is there when it is asked for once more, the list goes on."""
    rows = [*range(4)]
    scripted = serve(conversations(rows, {3: lambda rows: rows.extend([4, 5])}, total=6))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations()
        assert ids(twin.collect(pager)) == names(range(6))
    assert pager.stats.missing == 0


# Lists that move


MOVES = {
    "a row is put in front": (insert(90), [90]),
    "a page of rows is put in front": (insert(90, 91, 92, 93), [90, 91, 92, 93]),
    "a row that was read is deleted": (delete(1), []),
    "the row that was read last is deleted": (delete(3), []),
    "all that was read is deleted": (delete(0, 1, 2, 3), []),
    "the order is turned round": (lambda rows: rows.reverse(), []),
    "a row goes to the front": (lambda rows: rows.insert(0, rows.pop(7)), []),
}


@pytest.mark.parametrize("move", MOVES)
def test_a_list_that_moved_is_read_again(twin: Twin, serve: Serve, move: str) -> None:
    """All rows that are there from start to end come, once, though pages have shifted."""
    change, new = MOVES[move]
    scripted = serve(conversations([*range(12)], {2: change}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations(page_size=4)
        rows = ids(twin.collect(pager))
    assert sorted(rows) == sorted(names([*range(12), *new]))
    assert pager.stats.drifts == 1
    assert pager.stats.duplicates == 0
    assert [offset for offset, _ in offsets(scripted)[:3]] == [0, 3, 0]


def test_pages_and_raw_pages_of_a_list_that_moved(twin: Twin, serve: Serve) -> None:
    """Whole pages hold new rows only; responses as they came are those that were used."""
    for method, count in (("pages", 12), ("raw_pages", 0)):
        scripted = serve(conversations([*range(12)], {2: insert(90)}))
        with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
            pager = client.conversations(page_size=4)
            pages = twin.collect(getattr(pager, method)())
            found = [row.id for page in pages for row in page] if count else []
        assert pager.stats.drifts == 1
        assert sorted(found) == (names([*range(12), 90]) if count else [])


def test_what_changes_behind_the_reader_is_no_move(twin: Twin, serve: Serve) -> None:
    """Rows that come or go behind what was read shift nothing, and are read or not."""

    def change(rows: Rows) -> None:
        rows.remove(9)
        rows.append(95)

    scripted = serve(conversations([*range(12)], {2: change}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations(page_size=4)
        rows = ids(twin.collect(pager))
    assert rows == names([*range(9), 10, 11, 95])
    assert pager.stats.drifts == 0


def test_a_list_that_never_rests_is_given_up(twin: Twin, serve: Serve) -> None:
    """After three further rounds an error says so; rows came once, and it has the checkpoint."""
    count = 100

    def change(rows: Rows) -> None:
        nonlocal count
        count += 1
        rows.insert(0, count)

    scripted = serve(conversations([*range(12)], {0: change}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations(page_size=4)
        got: list[str] = []
        with pytest.raises(errors.UnstableListing, match="3 further rounds") as caught:
            got.extend(row.id for row in twin.step(pager))
        assert len(scripted.asked) == 8
        assert pager.stats.drifts == 3
        assert len(got) == len({*got})
        assert caught.value.checkpoint is not None
        assert caught.value.checkpoint.positions[0].last_id == got[-1]
        assert (caught.value.vendor, caught.value.operation) == ("inkeep", "conversations")


def test_a_server_that_ignores_the_offset_is_a_loop(twin: Twin, serve: Serve) -> None:
    """The same page for each offset is taken for a move at first, and in the end for a loop."""
    page = [{"id": "a"}, {"id": "b"}]
    scripted = serve(lambda _: Answer.json({"conversations": page, "total": 2}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations()
        with pytest.raises(errors.PaginationLoop, match="ignore the offset"):
            twin.collect(pager)
    assert offsets(scripted) == [(0, 100), (1, 100)] * 4
    assert pager.stats.rows == 2


def test_a_page_that_comes_again_by_chance_is_no_loop(twin: Twin, serve: Serve) -> None:
    """In a short list one new row can make the second page equal the first: that is a move."""
    scripted = serve(conversations([0, 1], {2: insert(90)}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations()
        assert sorted(ids(twin.collect(pager))) == names([0, 1, 90])
    assert pager.stats.drifts == 1


def test_new_rows_in_front_of_each_round_are_no_loop(twin: Twin, serve: Serve) -> None:
    """A page that repeats the one before in each round, but another one each time, has moved."""
    count = 100

    def change(rows: Rows) -> None:
        nonlocal count
        count += 1
        rows.insert(0, count)

    scripted = serve(conversations([0, 1, 2], dict.fromkeys(range(2, 99, 2), change), cap=2))
    with (
        twin.open("Inkeep", api_key="key", base_url=scripted.url) as client,
        pytest.raises(errors.UnstableListing, match="3 further rounds"),
    ):
        twin.collect(client.conversations())


class Plan:
    """Insertions and deletions, each before some request."""

    def __init__(self, count: int, changes: list[tuple[int, bool, int]]) -> None:
        self.rows, self.kept = [*range(count)], {*range(count)}
        self.requests: dict[int, Change] = {}
        steps: dict[int, list[Change]] = {}
        for new, (request, inserts, place) in enumerate(changes, start=100):
            if inserts:
                steps.setdefault(request, []).append(partial(self.insert, new, place))
            elif count:
                self.kept.discard(place % count)
                steps.setdefault(request, []).append(delete(place % count))
        for request, some in steps.items():
            self.requests[request] = partial(self.apply, some)

    @staticmethod
    def insert(new: int, place: int, rows: Rows) -> None:
        rows.insert(place % (len(rows) + 1), new)

    @staticmethod
    def apply(steps: list[Change], rows: Rows) -> None:
        for step in steps:
            step(rows)


PLANS = st.builds(
    Plan,
    st.integers(0, 14),
    st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 30)), max_size=4),
)


@given(plan=PLANS, page_size=st.none() | st.integers(1, 5), cap=st.sampled_from([2, 3, 100]))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_meanwhile_nothing_is_lost(
    twin: Twin, serve: Serve, *, plan: Plan, page_size: int | None, cap: int
) -> None:
    """Rows that are there all the time come once, or the list is said to be unstable."""
    scripted = serve(conversations(plan.rows, plan.requests, cap=cap))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        try:
            found = ids(twin.collect(client.conversations(page_size=page_size)))
        except errors.UnstableListing:
            assert len(plan.requests) > 3
            return
    assert len(found) == len({*found})
    assert {*names(plan.kept)} <= {*found}


# Resuming


def resume_after(
    twin: Twin, serve: Serve, stop: int, change: Change, later: Change | None = None
) -> tuple[list[str], list[str], Any, Scripted]:
    """Read some rows, change the list, and read on from the checkpoint's JSON."""
    rows = [*range(12)]
    first = serve(conversations(rows))
    with twin.open("Inkeep", api_key="key", base_url=first.url) as client:
        pager = client.conversations(page_size=4)
        got = ids(twin.collect(pager, stop))
    change(rows)
    second = serve(conversations(rows, {2: later} if later else None))
    with twin.open("Inkeep", api_key="key", base_url=second.url) as client:
        rest = client.conversations(page_size=4, resume=pager.checkpoint.to_json())
        return got, ids(twin.collect(rest)), rest.stats, second


@pytest.mark.parametrize("stop", range(1, 13))
def test_a_list_that_lies_still_resumes(twin: Twin, serve: Serve, stop: int) -> None:
    """From any row on the rest comes, without a request for what was handed out."""
    got, rest, stats, scripted = resume_after(twin, serve, stop, nothing)
    assert got + rest == names(range(12))
    assert (stats.drifts, stats.duplicates) == (0, 0)
    assert len(scripted.asked) <= -(-(12 - stop) // 4) + 2


@pytest.mark.parametrize("stop", [2, 3, 4, 5, 8])
@pytest.mark.parametrize(
    ("change", "drifts"),
    # Within the first page the row is found without a search.
    [(insert(90), 0), (insert(*range(90, 97)), 1), (delete(0), 1)],
)
def test_a_list_that_has_moved_resumes_behind_the_last_row(
    twin: Twin, serve: Serve, stop: int, change: Change, drifts: int
) -> None:
    """The row that was handed out last is looked for, and what stands behind it comes."""
    got, rest, stats, _ = resume_after(twin, serve, stop, change)
    assert got + rest == names(range(12))
    assert stats.drifts == drifts


@pytest.mark.parametrize("stop", range(1, 12))
@pytest.mark.parametrize("page_size", [1, 2, 3, 100])
@pytest.mark.parametrize("method", ["conversations", "feedback"])
def test_another_page_size_resumes_a_list_that_lies_still(
    twin: Twin, serve: Serve, stop: int, page_size: int, method: str
) -> None:
    """Whatever is asked for a page, the rest comes, and no drift is seen that was none."""
    script = conversations([*range(12)])
    if method == "feedback":
        script = feedback([[*range(7)], [*range(7, 12)]])
    with twin.open("Inkeep", api_key="key", base_url=serve(script).url) as client:
        pager = getattr(client, method)(page_size=3)
        got = ids(twin.collect(pager, stop))
        rest = getattr(client, method)(page_size=page_size, resume=pager.checkpoint.to_json())
        got += ids(twin.collect(rest))
    assert sorted(got) == names(range(12))
    assert (rest.stats.drifts, rest.stats.duplicates) == (0, 0)


def test_a_row_to_go_on_behind_that_is_gone_is_an_error(twin: Twin, serve: Serve) -> None:
    """Where the last row is no longer there, nobody knows what was handed out: start anew."""
    with pytest.raises(errors.PositionLost, match="read it anew"):
        resume_after(twin, serve, 5, delete(4))


@pytest.mark.parametrize("stop", [5, 7, 12])
def test_a_list_that_had_moved_before_the_checkpoint_is_an_error(
    twin: Twin, serve: Serve, stop: int
) -> None:
    """What was handed out then is not the beginning of the list, and nothing is sent to go on."""
    scripted = serve(conversations([*range(12)], {2: insert(90, 91)}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.conversations(page_size=4)
        twin.collect(pager, stop)
        assert pager.stats.drifts == 1
        asked = len(scripted.asked)
        with pytest.raises(errors.PositionLost, match="had moved while it was read"):
            twin.collect(client.conversations(page_size=4, resume=pager.checkpoint))
    assert len(scripted.asked) == asked


@pytest.mark.parametrize("stop", range(1, 20))
@pytest.mark.parametrize("moving", [0, 1])
@pytest.mark.parametrize("change", [insert(90, 91, 92, 93, 94), delete(0, 10), nothing])
def test_one_of_several_lists_that_moved_before_a_resume(
    twin: Twin, serve: Serve, stop: int, moving: int, change: Change
) -> None:
    """Of each list its own last row tells where to go on, whichever of them has moved."""
    lists = [[*range(10)], [*range(10, 20)]]
    with twin.open("Inkeep", api_key="key", base_url=serve(feedback(lists)).url) as client:
        pager = client.feedback(page_size=4)
        got = ids(twin.collect(pager, stop))
        kept = {*names(range(20))}
        change(lists[moving])
        gone = kept - {*names(lists[0] + lists[1])}
        try:
            got += ids(twin.collect(client.feedback(page_size=4, resume=pager.checkpoint)))
        except errors.PositionLost:
            assert got[-1] in gone or gone & {*names([0, 10])}
            return
    assert len(got) == len({*got})
    assert kept - gone <= {*got}


def test_a_list_that_ended_shows_no_old_rows(twin: Twin, serve: Serve) -> None:
    """Where rows of a list come up that had been read to its end, its last row is looked for."""
    lists = [[*range(10)], [10, 11]]
    with twin.open("Inkeep", api_key="key", base_url=serve(feedback(lists)).url) as client:
        pager = client.feedback(page_size=4)
        got = ids(twin.collect(pager, 8))
        lists[1][:0] = [*range(90, 99)]
        rest = client.feedback(page_size=4, resume=pager.checkpoint)
        got += ids(twin.collect(rest))
    assert sorted(got) == names(range(12))
    assert rest.stats.drifts == 1


def test_rows_without_keys_resume_by_count(twin: Twin, serve: Serve) -> None:
    """They go on where they were; if another row of the page has moved, nobody knows where."""
    rows = [{"type": "openai", "n": number} for number in range(6)]

    def script(asked: Asked) -> Answer:
        start, limit = int(asked.query["offset"]), int(asked.query["limit"])
        return Answer.json({"conversations": rows[start : start + limit], "total": len(rows)})

    with twin.open("Inkeep", api_key="key", base_url=serve(script).url) as client:
        pager = client.conversations(page_size=3)
        assert len(twin.collect(pager, 2)) == 2
        assert len(twin.collect(client.conversations(page_size=3, resume=pager.checkpoint))) == 4
        del rows[1:]
        with pytest.raises(errors.PositionLost):
            twin.collect(client.conversations(page_size=3, resume=pager.checkpoint))


def mixed(lists: list[Rows]) -> Script:
    """Return a script that gives two lists by limit and offset, counted together in turn."""
    every = [(kind, row) for pair in zip_longest(*lists) for kind, row in enumerate(pair)]

    def script(asked: Asked) -> Answer:
        start, limit = int(asked.query["offset"]), int(asked.query["limit"])
        part = [one for one in every if one[1] is not None][start : start + limit]
        pages = ([{"id": name(row)} for kind, row in part if kind == at] for at in (0, 1))
        return Answer.json(dict(zip(("positiveFeedback", "negativeFeedback"), pages, strict=True)))

    return script


@pytest.mark.parametrize("stop", range(1, 12))
@pytest.mark.parametrize("page_size", [1, 3, 100])
def test_lists_that_are_counted_together_resume(
    twin: Twin, serve: Serve, stop: int, page_size: int
) -> None:
    """Whether a limit counts each list or both, the rest of lists that lie still comes, once."""
    script = mixed([[*range(8)], [*range(8, 12)]])
    with twin.open("Inkeep", api_key="key", base_url=serve(script).url) as client:
        pager = client.feedback(page_size=3)
        got = ids(twin.collect(pager, stop))
        rest = client.feedback(page_size=page_size, resume=pager.checkpoint.to_json())
        got += ids(twin.collect(rest))
    assert sorted(got) == names(range(12))
    assert (rest.stats.drifts, rest.stats.duplicates) == (0, 0)


def test_raw_pages_of_several_lists_resume_without_the_one_before(twin: Twin, serve: Serve) -> None:
    """The page that was left is asked for once more, and handed out only with new rows."""
    lists = [[*range(10)], [*range(10, 20)]]
    scripted = serve(feedback(lists))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.feedback(page_size=4)
        first = twin.collect(pager.raw_pages(), 1)
        asked = len(scripted.asked)
        rest = client.feedback(page_size=4, resume=pager.checkpoint)
        second = twin.collect(rest.raw_pages())
    found = [json.loads(page.content)["positiveFeedback"] for page in [*first, *second]]
    rows = [*range(4), *range(3, 9), 8, 9, 9]
    assert [one["id"] for page in found for one in page] == names(rows)
    assert offsets(scripted)[asked : asked + 2] == [(0, 4), (3, 6)]


def soil(lists: list[Rows], spoilt: set[int]) -> Script:
    """Return a script that gives two lists, with some rows that cannot be read."""

    def script(asked: Asked) -> Answer:
        start, limit = int(asked.query["offset"]), int(asked.query["limit"])
        pages = [
            [{"id": name(row)} | ({"reasons": 7} if row in spoilt else {}) for row in one]
            for one in (one[start : start + limit] for one in lists)
        ]
        return Answer.json(dict(zip(("positiveFeedback", "negativeFeedback"), pages, strict=True)))

    return script


@pytest.mark.parametrize("stop", range(1, 16))
@pytest.mark.parametrize("moving", [0, 1])
@pytest.mark.parametrize("change", [insert(90, 91, 92, 93, 94), delete(0, 10), delete(3, 13)])
def test_bad_rows_of_several_lists_that_moved_before_a_resume(
    twin: Twin, serve: Serve, stop: int, moving: int, change: Change
) -> None:
    """Rows that could not be read do not blur how far each list came; nothing comes twice."""
    lists, spoilt, bad = [[*range(10)], [*range(10, 20)]], {1, 6, 12, 13}, list[Any]()
    every = [row for one in lists for row in one]
    script = soil(lists, spoilt)
    with twin.open("Inkeep", api_key="key", base_url=serve(script).url) as client:
        pager = client.feedback(page_size=4, on_bad_row=bad.append)
        got = ids(twin.collect(pager, stop))
        change(lists[moving])
        gone = {*every} - {*lists[0], *lists[1]}
        rest = client.feedback(page_size=4, on_bad_row=bad.append, resume=pager.checkpoint)
        lost = False
        try:
            for row in twin.step(rest):
                got.append(row.id)
        except errors.PositionLost:
            lost = True
    assert len(got) == len({*got})
    if lost:
        assert gone
    else:
        assert {*names({*every} - gone - spoilt)} <= {*got}
        assert {*names(spoilt - gone)} <= {one.row["id"] for one in bad}


@pytest.mark.parametrize("of", [conversations, feedback, mixed])
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("numbers", [{1}, {2}, {3}, {2, 3}, {3, 4}, {4, 5, 6}])
def test_a_spoilt_page_is_no_move(
    twin: Twin, serve: Serve, of: Callable[[Any], Script], at: int, numbers: set[int]
) -> None:
    """What was a row the last time, and is none now, is an error, after which the rest comes."""
    lists = [[*range(9)], [*range(9, 14)]]
    script, count = of(lists[0] if of is conversations else lists), 0

    def spoil(asked: Asked) -> Answer:
        nonlocal count
        count += 1
        content = json.loads(script(asked).body)
        for page in content.values():
            if count in numbers and isinstance(page, list):
                page[at : at + 1] = ["spoilt"] * len(page[at : at + 1])
        return Answer.json(content)

    got: list[str] = []
    resume = None
    with twin.open("Inkeep", api_key="key", base_url=serve(spoil).url) as client:
        read = client.conversations if of is conversations else client.feedback
        for _ in range(len(numbers) + 1):
            pager = read(page_size=4, resume=resume)
            with suppress(errors.InvalidResponse):
                got.extend(row.id for row in twin.step(pager))
            resume = pager.checkpoint.to_json()
    assert sorted(got) == names(range(9 if of is conversations else 14))


def test_rows_that_are_none_are_told_one_by_one(twin: Twin, serve: Serve) -> None:
    """Wherever they are in a list that lies still: they look alike, and are not the same."""
    items: list[Any] = []

    def script(asked: Asked) -> Answer:
        start, limit = int(asked.query["offset"]), int(asked.query["limit"])
        return Answer.json({"conversations": items[start : start + limit], "total": len(items)})

    with twin.open("Inkeep", api_key="key", base_url=serve(script).url) as client:
        for spoilt in combinations(range(12), 2):
            items[:] = [None if row in spoilt else {"id": name(row)} for row in range(12)]
            bad: list[Any] = []
            pager = client.conversations(page_size=5, on_bad_row=bad.append)
            assert len(ids(twin.collect(pager))) == 10
            assert (len(bad), pager.stats.drifts, pager.stats.duplicates) == (2, 0, 0)


def test_a_list_that_moves_after_a_resume_doubles_nothing(twin: Twin, serve: Serve) -> None:
    """Rows from before the checkpoint are not known, but stand in front of one that is."""
    got, rest, stats, _ = resume_after(twin, serve, 5, nothing, insert(90))
    assert got + rest == names(range(12))
    assert stats.drifts == 1


def test_a_resume_that_fails_again_keeps_its_place(twin: Twin, serve: Serve) -> None:
    """While the last row is looked for the checkpoint stays where it was."""
    with pytest.raises(errors.PositionLost) as caught:
        resume_after(twin, serve, 5, delete(4))
    position = caught.value.checkpoint.positions[0]  # type: ignore[union-attr]
    assert (position.last_id, position.skip) == (name(4), 1)
    assert position.cursor is not None
    assert position.cursor.startswith("3:5=:1.4.")


# Several lists in a response: the pure part


NO_FLOORS = (0, 0)


@given(
    kinds=st.lists(st.booleans(), max_size=24),
    together=st.booleans(),
    limit=st.integers(3, 8),
)
def test_limits_of_each_list_or_of_both_fit(
    *, kinds: list[bool], together: bool, limit: int
) -> None:
    """Pages of a list that lies still fit however limits count, and hold each row."""
    every = [(kind, bytes([number])) for number, kind in enumerate(kinds)]

    def read(offset: int) -> Leaf:
        lists = [[one for one in every if one[0] is kind] for kind in (True, False)]
        if together:
            part = every[offset : offset + limit]
            return Leaf(
                offset, tuple(tuple(b for k, b in part if k is kind) for kind in (True, False))
            )
        return Leaf(
            offset, tuple(tuple(b for _, b in one[offset : offset + limit]) for one in lists)
        )

    census, found, offset = Census(), list[bytes](), 0
    while True:
        leaf = read(offset)
        assert census.fits(leaf, limit)
        more = len(leaf) > census.count_shared(leaf)
        for rows, new in zip(leaf.lists, census.take(leaf, NO_FLOORS)[0], strict=True):
            found += [rows[place] for place in new]
        if not more:
            break
        offset = leaf.end - 1
    assert sorted(found) == [one for _, one in every]


@pytest.mark.parametrize(
    ("page", "moved"),
    [
        ("cd", False),
        ("c", False),
        ("bd", True),
        ("bc", True),
        ("dc", True),
        ("d", True),
        ("", True),
    ],
)
def test_a_page_begins_with_the_last_row_of_the_one_before(page: str, *, moved: bool) -> None:
    """Behind a, b and c comes a page that begins with c and no other row of these."""
    census = Census()
    census.take(Leaf.of(0, [b"a", b"b", b"c"], [3]), [0])
    rows = [letter.encode() for letter in page]
    assert census.fits(Leaf.of(2, rows, [len(rows)]), 9) is not moved


@pytest.mark.parametrize(("limit", "moved"), [(4, True), (5, False)])
def test_more_rows_than_asked_for_are_counted_in_each_list(limit: int, *, moved: bool) -> None:
    """A page that fits only if lists are counted together is no fit where they surely are not."""
    census = Census()
    first = Leaf(0, ((b"a", b"b", b"c"), (b"x", b"y")))
    assert census.fits(first, limit)
    census.take(first, [0, 0])
    assert census.fits(Leaf(2, ((b"a", b"b", b"c"), ())), limit) is not moved


@pytest.mark.parametrize(("row", "moved"), [(b"c", False), (b"a", True)])
def test_what_was_met_comes_first_in_a_page(row: bytes, *, moved: bool) -> None:
    """Counted together, as many rows come again as are due, and none of them behind a new one."""
    census, first = Census(), Leaf(0, ((b"a", b"b"), (b"x",)))
    assert census.fits(first, 3)
    census.take(first, NO_FLOORS)
    assert census.fits(Leaf(1, ((b"b", b"d", row), (b"x",))), 5) is not moved


def test_what_pages_had_no_room_for() -> None:
    """Each list by itself may have been cut; lists that are counted together may at any length."""
    each, first = Census(), Leaf(0, ((b"a", b"b", b"c"), (b"x",)))
    assert each.fits(first, 3)
    each.take(first, NO_FLOORS)
    assert not each.may_lack_room(Leaf(2, ((b"c",), (b"x", b"y"))), 3)
    assert each.may_lack_room(Leaf(2, ((b"c", b"d", b"e"), ())), 3)
    together, first = Census(), Leaf(0, ((b"a", b"b"), (b"x",)))
    assert together.fits(first, 3)
    together.take(first, NO_FLOORS)
    last = Leaf(1, ((b"b",), (b"x",)))
    assert together.fits(last, 5)
    assert together.may_lack_room(last, 5)


def test_a_round_counts_each_list_anew() -> None:
    """That pages of the round before did not fit says nothing of how they are counted."""
    census, first = Census(), Leaf(0, ((b"a", b"b"), (b"x", b"y")))
    assert census.fits(first, 2)
    census.take(first, NO_FLOORS)
    assert not census.fits(Leaf(1, ((b"a", b"b"), (b"y",))), 2)
    census.begin()
    assert census.fits(first, 2)
    census.take(first, NO_FLOORS)
    assert census.fits(Leaf(1, ((b"b", b"c"), (b"y",))), 2)


def test_a_row_is_found_in_the_list_that_it_was_met_in() -> None:
    """One that has gone to another list does not tell how far that was handed out."""
    census = Census()
    census.note(b"a", 0)
    leaf = Leaf(0, ((b"b", b"a"), (b"a",)))
    assert (census.find(leaf, 0), census.find(leaf, 1)) == (1, None)


def test_a_round_knows_its_own_pages() -> None:
    """A page that came in an earlier round does not repeat one of this round."""
    census, leaf = Census(), Leaf.of(0, [b"a"], [1])
    assert census.take(leaf, [0]) == ([[0]], 0)
    assert census.is_repeated(leaf)
    census.begin()
    assert not census.is_repeated(leaf)
    assert census.fits(leaf, 9)
    assert census.take(leaf, [0]) == ([[]], 1)


def test_of_each_row_a_digest_is_kept() -> None:
    """What is remembered of a row is as long for each, and nothing of it is shown."""
    digests = [digest_key(key) for key in ("quasimodo", 7, None, {"id": "\ud800"})]
    assert {len(digest) for digest in digests} == {16}
    assert len({*digests}) == 4
    # A response may write a number where the row has a text.
    assert digest_key("7") == digests[1]
    assert digest_key("None") != digests[2]
    assert repr(Leaf.of(0, digests, [4])) == "Leaf(offset=0)"
