"""Every fault against every listing: the rows are exactly the sandbox's, or an error resumes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import aclosing, closing
from itertools import product, zip_longest
from typing import TYPE_CHECKING, Any, Literal

import pytest
from attrs import define, field, frozen

from dialytics import BadRow
from dialytics.errors import DialyticsError, InvalidResponse, PositionLost
from dialytics.sandbox import Fault, FaultPlan, Sandbox
from dialytics.testing import no_waits
from tests.faults.hazards import CHANGES, HAZARDS, MALFORMED, REORDERS
from tests.faults.listings import CASES, Case, run_sandbox

if TYPE_CHECKING:
    from tests.conftest import Twin

SEED = 20261120
# How many cells of a fault CI runs for each kind of client.
SAMPLE, FEW = 5, 3
MOST_RESUMES = 3
# Which requests are struck: when first, how often, with what chance.
TIMINGS: dict[str, dict[str, Any]] = {
    "first": {"first": 1},
    "second": {"first": 2},
    "third-and-fourth": {"first": 3, "times": 2},
    "a-third": {"times": None, "probability": 0.33},
    "all": {"times": None},
}
UNTELLING = {
    # One page has no token; of an offset nothing expires.
    ("repeated-token", "export"),
    ("expired-token", "export"),
    ("expired-token", "shifting"),
    # Pages that are counted out in another order are another list.
    (REORDERS, "shifting"),
    # What has not happened yet by the vendor's clock, it does not have.
    ("clock-behind", "live"),
    # A table in CSV that was cut before it was framed may well be a whole one.
    ("cut-whole", "export"),
}
Consumption = Literal["rows", "pages", "batches"]


@frozen
class Cell:
    """One run: a fault, when it strikes, a listing, and how it is read."""

    hazard: str
    timing: str
    case: Case
    how: Consumption
    retries: int
    begun: int

    def __str__(self) -> str:
        read = f"{self.how}, {self.retries} retries, {self.begun} rows before"
        return f"{self.hazard} {self.timing} on {self.case.name} ({read})"

    @property
    def ordered(self) -> bool:
        """Whether rows must come in the order that the vendor's list has."""
        moved = self.hazard in CHANGES and self.case.stability == "shifting"
        return not (moved or self.hazard == REORDERS or "unordered" in self.case.name)

    @property
    def plan(self) -> FaultPlan:
        """What is to go wrong."""
        return FaultPlan(Fault(HAZARDS[self.hazard], **TIMINGS[self.timing]), seed=SEED)


@define
class Tally:
    """What the matrix has found."""

    runs: int = 0
    struck: int = 0
    resumed: int = 0
    lost: int = 0
    doubled: int = 0
    listings: set[str] = field(factory=set)
    failures: list[str] = field(factory=list)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox that no fault of the matrix changes for good."""
    with run_sandbox() as running:
        yield running


def list_cells(hazard: str, kind: str, most: int | None) -> list[Cell]:
    """Return the cells of a fault: all, or some that the seed chooses."""
    chance = random.Random(f"{SEED} {hazard} {kind}")
    cells = []
    for case, timing in product(CASES, TIMINGS):
        if not fits(hazard, timing, case):
            continue
        ways: list[Consumption] = ["rows", "pages"]
        if not case.name.startswith("export"):
            ways.append("batches")
        how, retries = chance.choice(ways), chance.choice((0, 3))
        # An order that differs from one reading of a page to the next is none to resume in.
        begun = 0 if hazard == REORDERS else chance.choice((0, 0, 1, 7))
        cells.append(Cell(hazard, timing, case, how, retries, begun))
    return cells if most is None else choose(cells, most, chance)


def choose(cells: list[Cell], most: int, chance: random.Random) -> list[Cell]:
    """Return some cells, of as many styles of listing as there can be."""
    by_style: dict[str, list[Cell]] = {}
    for cell in chance.sample(cells, len(cells)):
        by_style.setdefault(cell.case.style, []).append(cell)
    mixed = [cell for cells in zip_longest(*by_style.values()) for cell in cells if cell]
    return mixed[:most]


def fits(hazard: str, timing: str, case: Case) -> bool:
    """Tell whether a fault says something about a listing."""
    if hazard == "appended":
        return case.stability == "live"
    if hazard in CHANGES:
        return case.stability == "shifting" or (hazard, case.stability) == ("inserted", "append")
    if hazard == "empty-page":
        # Where pages are counted out, an empty first page, or one that is empty twice, is the end.
        # Elsewhere it would not end if all were, but at a cap that has a test of its own.
        often = {"second"} if case.stability == "shifting" else TIMINGS.keys() - {"all"}
        return case.stability != "export" and timing in often
    if case.stability == "export" and timing not in {"first", "all"}:
        # It is one request.
        return False
    return (hazard, case.stability) not in UNTELLING


def drain(twin: Twin, items: Any, take: Callable[[Any], bool]) -> None:
    """Give each item away until that says enough."""
    if not twin.is_async:
        with closing(iter(items)) as iterator:
            any(map(take, iterator))
        return

    async def run() -> None:
        async with aclosing(aiter(items)) as iterator:
            async for item in iterator:
                if take(item):
                    break

    twin.wait(run())


def read(twin: Twin, pager: Any, cell: Cell, keys: list[Any], most: int | None = None) -> None:
    """Read a pager in the cell's way and keep its rows' keys."""

    def take(item: Any) -> bool:
        if cell.how == "rows":
            keys.append(cell.case.read_key(item))
        elif cell.how == "pages":
            keys.extend(cell.case.read_key(row) for row in item.rows)
        else:
            keys.extend(item.column(cell.case.key).to_pylist())
        return most is not None and len(keys) >= most

    source = {"rows": lambda: pager, "pages": pager.pages, "batches": pager.batches}[cell.how]()
    drain(twin, source, take)


def extract(twin: Twin, box: Sandbox, cell: Cell, tally: Tally) -> list[Any]:
    """Read a listing under a fault, and where that ends in an error, the rest without it."""
    keys: list[Any] = []
    case, resume = cell.case, None
    settings = {"max_retries": cell.retries, "timeout": 5}
    with twin.open(case.client, **box.client_options(case.client), **settings) as client:

        def open_pager() -> Any:
            return case.open(client, case.windows, {**case.options(), "resume": resume})

        if cell.begun:
            pager = open_pager()
            read(twin, pager, cell, keys, cell.begun)
            resume = pager.checkpoint.to_json()
        box.clear_requests()
        box.set_faults(cell.plan)
        for _ in range(MOST_RESUMES):
            try:
                read(twin, open_pager(), cell, keys)
            except PositionLost:
                raise
            except DialyticsError as error:
                if error.checkpoint is None:
                    raise AssertionError(f"{error!r} has no checkpoint") from None
                resume = error.checkpoint.to_json()
                tally.struck += sum(1 for one in box.requests if one.faults)
                box.set_faults(None)
                tally.resumed += 1
            else:
                break
        else:
            raise AssertionError("it does not end")
    tally.struck += sum(1 for one in box.requests if one.faults)
    box.set_faults(None)
    return keys


def judge(cell: Cell, before: list[Any], after: list[Any], keys: list[Any], tally: Tally) -> None:
    """Compare what was read with what there was, and still is."""
    kept = set(before) & set(after)
    lost, doubled = len(kept - set(keys)), len(keys) - len(set(keys))
    # What was added and removed meanwhile may have come.
    strange = 0 if cell.hazard == "replaced" else len(set(keys) - set(before) - set(after))
    tally.lost += lost
    tally.doubled += doubled
    expected = [key for key in before if key in kept]
    found = [key for key in keys if key in kept]
    if not cell.ordered:
        found.sort(key=expected.index)
    if lost or doubled or strange or found != expected:
        tally.failures.append(f"{cell}: {lost} lost, {doubled} doubled, {strange} strange")


@pytest.mark.parametrize("hazard", [name for name in HAZARDS if name not in CHANGES])
def test_faults(
    twin: Twin,
    box: Sandbox,
    hazard: str,
    soak: bool,  # noqa: FBT001  # a fixture
    totals: dict[str, Tally],
) -> None:
    """Whatever strikes, no row is lost and none comes twice, and their order is kept.

    Either the fault is overcome, or it is an error of ours from whose checkpoint the rest comes.
    """
    tally = totals.setdefault(hazard, Tally())
    with no_waits():
        for cell in list_cells(hazard, twin.kind, None if soak else SAMPLE):
            tally.runs += 1
            tally.listings.add(cell.case.name)
            truth = cell.case.truth(box, cell.case.windows)
            try:
                keys = extract(twin, box, cell, tally)
            except (AssertionError, DialyticsError) as error:
                tally.failures.append(f"{cell}: {error!r}")
                continue
            judge(cell, truth, truth, keys, tally)
    assert tally.failures == []
    assert tally.struck > 0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_malformed_rows(twin: Twin, case: Case) -> None:
    """With `on_bad_row` all others come, in order; without, an error says which row and where."""
    # A row that is read twice, spoiled and whole, is one that has changed.
    often = "first" if case.stability == "shifting" else "all"
    plan = FaultPlan(Fault(HAZARDS[MALFORMED], **TIMINGS[often]), seed=SEED)
    bad: list[BadRow] = []
    with (
        no_waits(),
        run_sandbox() as box,
        twin.open(case.client, **box.client_options(case.client)) as client,
    ):
        truth = case.truth(box, case.windows)
        box.clear_requests()
        box.set_faults(plan)
        pager = case.open(client, case.windows, {**case.options(), "on_bad_row": bad.append})
        keys = [case.read_key(row) for row in twin.collect(pager)]
        struck = sum(1 for one in box.requests if one.faults)
        box.set_faults(plan)
        pager = case.open(client, case.windows, case.options())
        with pytest.raises(InvalidResponse) as caught:
            twin.collect(pager)
    assert 1 <= len(bad) == len(truth) - len(keys) <= struck
    if "unordered" not in case.name:
        assert keys == [key for key in truth if key in set(keys)]
    assert {type(error.position) for error in (caught.value, *(one.error for one in bad))} == {int}
    assert caught.value.checkpoint is not None


@pytest.mark.parametrize("hazard", sorted(CHANGES))
def test_changes(
    twin: Twin,
    hazard: str,
    soak: bool,  # noqa: FBT001  # a fixture
    totals: dict[str, Tally],
) -> None:
    """Rows that are there all the time come once, whatever is added and removed meanwhile.

    A list that is counted out may end in an error that says that it moves too much.
    """
    tally = totals.setdefault(hazard, Tally())
    for cell in list_cells(hazard, twin.kind, None if soak else FEW):
        tally.runs += 1
        tally.listings.add(cell.case.name)
        with no_waits(), run_sandbox() as box:
            before = cell.case.truth(box, cell.case.windows)
            try:
                keys = extract(twin, box, cell, tally)
            except PositionLost as error:
                if cell.case.stability != "shifting":
                    tally.failures.append(f"{cell}: {error!r}")
                continue
            after = cell.case.truth(box, cell.case.windows)
        judge(cell, before, after, keys, tally)
    assert tally.failures == []
    assert tally.struck > 0


@pytest.fixture(scope="module")
def totals(figures: Callable[..., None]) -> Iterator[dict[str, Tally]]:
    """What was found of each fault; its sum is shown at the end."""
    found: dict[str, Tally] = {}
    yield found
    sums = {
        name: sum(getattr(tally, name) for tally in found.values())
        for name in ("runs", "struck", "resumed", "lost", "doubled")
    }
    listings = sorted({name for tally in found.values() for name in tally.listings})
    figures("fault matrix", faults=sorted(found), listings=listings, **sums)
