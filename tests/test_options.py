"""Options that methods share: what is taken, what is refused, and whom they hold for."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest

from dialytics import RetryPolicy, errors
from dialytics._options import CallOptions, ListOptions, RangeOptions, check_names

LOGIN: Any = {"token_id": "id", "token_secret": "secret"}
DAY: Any = {"start": date(2026, 10, 1), "end": date(2026, 10, 2)}


def test_kinds_hold_what_they_extend() -> None:
    """A ranged listing takes what a listing takes, and that what a call takes."""
    call, listing, ranged = (
        set(kind.__annotations__) for kind in (CallOptions, ListOptions, RangeOptions)
    )
    assert call == {"timeout", "max_retries", "retry", "deadline"}
    assert call < listing < ranged


def test_unknown_options_name_the_nearest() -> None:
    """A misspelt option is refused with the one that was probably meant."""
    with pytest.raises(errors.ArgumentError, match="did you mean concurrency") as caught:
        check_names("events", {"concurency": 8}, RangeOptions, "chatlayer", "events")
    assert (caught.value.vendor, caught.value.operation) == ("chatlayer", "events")


def test_unknown_options_name_what_there_is() -> None:
    """Where nothing is near, all that the method takes is listed."""
    known = "it takes deadline, max_retries, retry, timeout"
    with pytest.raises(errors.ArgumentError, match=known):
        check_names("echo", {"colour": 1}, CallOptions, "chatlayer")


def test_a_methods_own_parameters_count() -> None:
    """What a method names itself is hinted at as well, whatever it passed on before the check."""

    class Client:
        def __init__(self, *, region: str = "eu", **options: object) -> None:
            check_names("Client", options, CallOptions, "acme")

        def listen(self, bot: str, *, version: str = "LIVE", **options: object) -> None:
            later = 1
            self.check(options, later)

        def check(self, options: dict[str, object], _: int) -> None:
            check_names("listen", options, CallOptions, "acme", "listen")

    with pytest.raises(errors.ArgumentError, match="did you mean region"):
        Client(regoin="us")
    with pytest.raises(errors.ArgumentError, match="did you mean version"):
        Client().listen("bot", vesion="DRAFT")
    with pytest.raises(
        errors.ArgumentError, match=r"it takes bot, deadline, max_retries, retry, timeout, version$"
    ):
        Client().listen("bot", later=2)


def test_clients_refuse_unknown_options(twin: Any) -> None:
    """A constructor refuses what it does not know, and so do calls, reports and listings."""
    with pytest.raises(errors.ArgumentError, match="did you mean timeout"):
        twin.find("Chatlayer")(**LOGIN, time_out=1)
    with twin.open("Chatlayer", **LOGIN) as client:
        with pytest.raises(errors.ArgumentError, match="did you mean max_retries"):
            twin.wait(client.echo("hello", max_retry=1))
        with pytest.raises(errors.ArgumentError, match="no option concurrency"):
            twin.wait(client.conversations("bot", **DAY, concurrency=2))
        with pytest.raises(errors.ArgumentError, match="did you mean page_size"):
            client.events("bot", **DAY, pagesize=2)
        with pytest.raises(errors.ArgumentError, match="no option tz"):
            client.subscriptions("bot", tz="UTC")


def test_a_call_overrides_its_clients_retries(twin: Any, serve: Any, answer: Any) -> None:
    """max_retries= of one call or listing holds for it alone."""
    server = serve(lambda _request: answer(status=503))
    with twin.open("Chatlayer", **LOGIN, base_url=server.url, max_retries=0) as client:
        with pytest.raises(errors.Unavailable):
            twin.wait(client.echo("hello", max_retries=1))
        assert len(server.asked) == 2
        with pytest.raises(errors.Unavailable):
            twin.collect(client.subscriptions("bot", max_retries=1))
        assert len(server.asked) == 4
        with pytest.raises(errors.Unavailable):
            twin.wait(client.echo("hello"))
        assert len(server.asked) == 5


def test_a_call_overrides_its_clients_timeout(twin: Any) -> None:
    """timeout= of one call replaces the client's whole timeout, and what is none is refused."""
    with twin.open("Chatlayer", **LOGIN) as client:
        transport = client._transport
        assert transport.configured({}) is transport
        other = transport.configured({"timeout": 1.5})
        assert other._exchanges.timeout.read == 1.5
        assert transport._exchanges.timeout.read == 60
        assert other._login is transport._login
        assert other._attempts.gate is transport._attempts.gate
        assert other._attempts.budget is transport._attempts.budget
        with pytest.raises(errors.ArgumentError, match="timeout"):
            twin.wait(client.echo("hello", timeout=0))


def test_the_budget_is_the_clients(twin: Any) -> None:
    """A call's policy may leave the budget alone or repeat the client's; another is refused."""
    with twin.open("Chatlayer", **LOGIN, retry=RetryPolicy(budget=7)) as client:
        for budget in (7, RetryPolicy().budget):
            client.events("bot", **DAY, retry=RetryPolicy(budget=budget))
        for budget in (8, None):
            policy = RetryPolicy(budget=budget)
            with pytest.raises(errors.ArgumentError, match="budget is the client's"):
                twin.wait(client.echo("hello", retry=policy))
            with pytest.raises(errors.ArgumentError, match="budget is the client's"):
                client.events("bot", **DAY, retry=policy)


def test_concurrency_has_an_end(twin: Any) -> None:
    """As many threads as anybody asks for there are not: more than 64 at once is refused."""
    with twin.open("Chatlayer", **LOGIN) as client:
        client.events("bot", **DAY, concurrency=64)
        for many in (65, 10**9):
            with pytest.raises(errors.ArgumentError, match="concurrency must be at most 64; got"):
                client.events("bot", **DAY, concurrency=many)
    with twin.open("Cognigy", api_key="key") as client:
        client.update_records([], concurrency=64)
        with pytest.raises(errors.ArgumentError, match="concurrency must be at most 64; got 65"):
            client.update_records([], concurrency=65)


class Later:
    async def __call__(self, _: object) -> None:
        """Would never be awaited."""


async def later(_: object) -> None:
    """Would never be awaited."""


@pytest.mark.parametrize("name", ["on_progress", "on_bad_row"])
@pytest.mark.parametrize("function", [later, partial(later), Later()])
def test_functions_are_plain_ones(twin: Any, name: str, function: Any) -> None:
    """What would have to be awaited is refused: nobody would."""
    with (
        twin.open("Chatlayer", **LOGIN) as client,
        pytest.raises(errors.ArgumentError, match=f"{name} must be a plain function, not async"),
    ):
        client.events("bot", **DAY, **{name: function})
