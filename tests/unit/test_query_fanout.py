"""The fan-out: who gets what, when, and in how many writes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from query_api.cursor import Cursor
from query_api.feed.archive import Page
from query_api.feed.change import Change
from query_api.feed.odds_filter import OddsFilter
from query_api.stream import journal, subscriber
from query_api.stream.fanout import Fanout, FanoutFull
from query_api.stream.parcel import Parcel
from query_api.stream.past import Past
from query_api.stream.sink import UNSENT_LIMIT, Sink
from query_api.stream.subscriber import Subscriber
from query_api.stream.subscription_request import SubscriptionRequest
from query_api.stream.tally import Tally
from tests.changes import change, changes_of, place


class NoPast:
    """Nobody here lacks anything that the journal does not have."""

    async def after(self, cursor: Cursor, _: OddsFilter, *, known: bool) -> Page:
        return Page([], cursor)

    async def image(self, *_: object) -> NoReturn:
        raise AssertionError("the journal would have done")


class Log(NoPast):
    """All that was published, for whoever lacks more than the journal has."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    async def after(self, cursor: Cursor, _: OddsFilter, *, known: bool) -> Page:
        missed = [change for change in self.changes if change.place > cursor]
        return Page(missed, missed[-1].place if missed else cursor)


class Client(Sink):
    """A transport, and what it took; ``unsent`` is what waits in it."""

    def __init__(self, *, direct: bool = True) -> None:
        self.tally = Tally()
        super().__init__(self.tally)
        self.got: list[Change] = []
        self.beats: list[Cursor | None] = []
        self.broken = False
        self.writes = 0
        self.sends = 0
        self.unsent = 0
        self.reading = asyncio.Event()
        self.reading.set()
        if direct:
            self.transport = self

    def write(self, data: Any) -> None:
        if self.broken:
            raise OSError("broken")
        if isinstance(data, Parcel):
            self.writes += 1
            self.got += data.changes

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def stall(self) -> None:
        self.unsent = UNSENT_LIMIT + 1
        self.reading.clear()

    def resume(self) -> None:
        self.unsent = 0
        self.reading.set()

    def write_beat(self, at: Cursor) -> None:
        if self.broken:
            raise OSError("broken")
        self.beats.append(at)

    async def _send_beat(self, at: Cursor | None) -> None:
        self.beats.append(at)

    def _written(self, parcel: Parcel) -> bytes:
        return b""

    async def _send(self, parcel: Parcel) -> None:
        await self.reading.wait()
        self.sends += 1
        self.got += parcel.changes


def encode(_: Change) -> bytes:
    return b""


def in_event_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(asyncio.wait_for(test(), 10))

    run.__name__ = test.__name__
    return run


@asynccontextmanager
async def subscribed(
    fanout: Fanout,
    *clients: Client,
    asked: SubscriptionRequest | None = None,
    heartbeat: float = 60.0,
    past: NoPast | None = None,
) -> AsyncIterator[None]:
    asked = asked or SubscriptionRequest()
    past = past or NoPast()
    running = []
    for client in clients:
        group = fanout.join(encode, asked.filter)
        subscriber = Subscriber(fanout.journal, cast(Past, past), group, asked)
        running.append(asyncio.create_task(subscriber.run(client, heartbeat)))
    await settled()
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        for ended in await asyncio.gather(*running, return_exceptions=True):
            assert isinstance(ended, asyncio.CancelledError), ended


async def settled() -> None:
    """What can be done without waiting is done."""
    for _ in range(50):
        await asyncio.sleep(0)


async def begun(size: int = 100) -> Fanout:
    fanout = Fanout(size, 10)
    await fanout.begin(place(0))
    return fanout


@in_event_loop
async def test_changes_that_come_together_go_out_in_one_write() -> None:
    fanout, clients = await begun(), [Client() for _ in range(3)]
    async with subscribed(fanout, *clients):
        await fanout.publish(changes_of([7, 7, 8]))
    for client in clients:
        assert (client.got, client.writes, client.sends) == (changes_of([7, 7, 8]), 1, 0)


@in_event_loop
async def test_without_a_transport_the_same_comes_by_the_servers_own_way() -> None:
    fanout, client = await begun(), Client(direct=False)
    async with subscribed(fanout, client):
        await fanout.publish(changes_of([7, 7, 8]))
        await settled()
    assert (client.got, client.writes, client.sends) == (changes_of([7, 7, 8]), 0, 1)


@in_event_loop
async def test_a_subscriber_hears_of_the_odds_that_it_asked_for_alone() -> None:
    fanout, client = await begun(), Client()
    first, second = change(1, 7, "soccer:1"), change(2, 8, "soccer:2")
    async with subscribed(
        fanout, client, asked=SubscriptionRequest(OddsFilter(game_id="soccer:2"))
    ):
        await fanout.publish([first, second])
        await fanout.publish([change(3, 7, "soccer:1")])
    assert client.got == [second]


@in_event_loop
async def test_who_names_a_place_goes_on_from_there() -> None:
    fanout, client = await begun(), Client()
    await fanout.publish(changes_of([7, 7, 8]))
    async with subscribed(fanout, client, asked=SubscriptionRequest(since=place(1))):
        await fanout.publish(changes_of([9], after=3))
    assert [c.place for c in client.got] == [place(2), place(3), place(4)]
    assert client.writes == 1


@in_event_loop
async def test_a_place_that_the_feed_has_not_come_to_is_waited_for() -> None:
    """As when another process, which had read on further, was streamed from before."""
    fanout, client = await begun(), Client()
    async with subscribed(fanout, client, asked=SubscriptionRequest(since=place(2))):
        await fanout.publish(changes_of([7, 7, 8]))
        await settled()
    assert [c.place for c in client.got] == [place(3)]


@in_event_loop
async def test_who_waits_for_the_feed_gets_every_change_though_the_journal_has_forgotten_it() -> (
    None
):
    """Having had no turn yet, it is not slow, however long it has waited."""
    fanout, client, log = await begun(size=1), Client(), Log()
    beyond_the_feed = SubscriptionRequest(since=place(0)._replace(id=2))
    async with subscribed(fanout, client, asked=beyond_the_feed, past=log):
        with pytest.MonkeyPatch.context() as half_a_minute_later:
            clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 30)
            half_a_minute_later.setattr(subscriber, "time", clock)
            log.changes = changes_of([7, 7, 7])
            await fanout.publish(log.changes)
            await settled()
    assert client.got == changes_of([7, 7, 7])


@in_event_loop
async def test_a_slow_reader_gets_the_newest_of_each_odds_and_then_every_change() -> None:
    fanout, client = await begun(size=2), Client()
    async with subscribed(fanout, client):
        client.stall()
        for number in range(20):
            await fanout.publish(changes_of([7 + number % 2], after=number))
        client.resume()
        await settled()
        assert [(c.id, c.conflated) for c in client.got[-2:]] == [(7, True), (8, True)]
        assert len(client.got) < 10
        await fanout.publish(changes_of([7, 7], after=20))
    assert [(c.place, c.conflated) for c in client.got[-2:]] == [
        (place(21), False),
        (place(22), False),
    ]


@pytest.mark.parametrize(("seconds", "numbers"), [(0.0, [19, 20]), (20.0, [])])
def test_who_comes_back_and_loses_ground_gets_the_newest_of_each_odds(
    seconds: float, numbers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And until then only what is read for it from the log: nothing here."""
    monkeypatch.setattr(subscriber, "CATCH_UP_SECONDS", seconds)

    async def test() -> None:
        fanout, client = await begun(size=2), Client()
        for number in range(20):
            await fanout.publish(changes_of([7 + number % 2], after=number))
        async with subscribed(fanout, client, asked=SubscriptionRequest(since=place(0))):
            await settled()
        assert [c.place for c in client.got] == [place(number) for number in numbers]
        assert all(c.conflated for c in client.got)

    asyncio.run(asyncio.wait_for(test(), 10))


@in_event_loop
async def test_who_asked_for_it_gets_one_change_of_each_odds_at_a_time() -> None:
    fanout, client = await begun(), Client()
    async with subscribed(fanout, client, asked=SubscriptionRequest(conflate_ms=20)):
        await fanout.publish(changes_of([7]))
        await settled()
        await fanout.publish(changes_of([7, 8, 7], after=1))
        assert client.got == changes_of([7])
        while len(client.got) < 3:
            await asyncio.sleep(0.005)
    assert [(c.id, c.conflated) for c in client.got[1:]] == [(8, False), (7, True)]
    assert (client.tally.changes, client.tally.conflated) == (3, 1)


@pytest.mark.parametrize("conflate_ms", [0, 1])
def test_who_is_behind_what_is_known_of_each_odds_gets_every_change_of_the_journal(
    conflate_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MOST_ODDS", 2)
    asked = SubscriptionRequest(since=place(0), conflate_ms=conflate_ms)

    async def test() -> None:
        fanout, client = await begun(), Client()
        await fanout.publish(changes_of([7, 8, 9, 7, 10]))
        async with subscribed(fanout, client, asked=asked):
            await settled()
        assert client.got == changes_of([7, 8, 9, 7, 10])

    asyncio.run(asyncio.wait_for(test(), 10))


@in_event_loop
async def test_a_client_that_has_got_nothing_yet_has_a_place_to_come_back_to() -> None:
    fanout, client, filtered = await begun(), Client(), Client()
    await fanout.publish(changes_of([7]))
    async with (
        subscribed(fanout, client),
        subscribed(
            fanout,
            filtered,
            asked=SubscriptionRequest(OddsFilter(provider="x"), since=place(0)),
        ),
    ):
        assert (client.got, client.beats) == (filtered.got, filtered.beats) == ([], [place(1)])


@in_event_loop
async def test_a_heartbeat_tells_who_rides_how_far_the_market_is() -> None:
    fanout, quiet = await begun(), Client()
    async with subscribed(
        fanout, quiet, asked=SubscriptionRequest(OddsFilter(game_id="soccer:quiet"))
    ):
        beating = asyncio.create_task(fanout.beat(0.01))
        await fanout.publish(changes_of([7, 8]))
        while len(quiet.beats) < 3:
            await asyncio.sleep(0.005)
        beating.cancel()
    assert quiet.beats == [place(0), place(2), place(2)]
    assert quiet.got == []


@pytest.mark.parametrize("conflate_ms", [0, 60_000])
def test_a_quiet_game_of_a_busy_market_gets_heartbeats(conflate_ms: int) -> None:
    asked = SubscriptionRequest(OddsFilter(game_id="soccer:quiet"), conflate_ms=conflate_ms)

    async def test() -> None:
        fanout, client = await begun(), Client(direct=False)
        async with subscribed(fanout, client, asked=asked, heartbeat=0.03):
            for number in range(20):
                await fanout.publish(changes_of([7], after=number))
                await asyncio.sleep(0.01)
        assert len(client.beats) >= 4
        assert client.beats == sorted(each for each in client.beats if each)
        assert client.got == []

    asyncio.run(asyncio.wait_for(test(), 10))


@in_event_loop
async def test_what_is_published_again_is_not_delivered_again() -> None:
    """As when the feed's thread did not hear that it had been taken."""
    fanout, client = await begun(), Client()
    async with subscribed(fanout, client):
        await fanout.publish(changes_of([7, 8]))
        await fanout.publish(changes_of([7, 8]))
        await fanout.publish(changes_of([7, 8, 9]))
    assert client.got == changes_of([7, 8, 9])


@in_event_loop
async def test_a_stream_that_breaks_is_no_trouble_of_the_others_or_of_the_feed() -> None:
    fanout, broken, sound = await begun(), Client(), Client()
    async with subscribed(fanout, broken, sound):
        broken.broken = True
        await fanout.publish(changes_of([7]))
        broken.broken = False
        await fanout.publish(changes_of([8], after=1))
        await settled()
    assert sound.got == broken.got == changes_of([7, 8])


@in_event_loop
async def test_hearts_beat_on_where_one_can_not_be_written_to() -> None:
    fanout, broken, sound = await begun(), Client(), Client()
    async with subscribed(fanout, broken, sound):
        broken.broken = True
        beating = asyncio.create_task(fanout.beat(0.01))
        while len(sound.beats) < 3:
            await asyncio.sleep(0.005)
        beating.cancel()


@in_event_loop
async def test_a_change_that_cant_be_encoded_is_no_trouble_of_those_who_asked_for_less() -> None:
    def encode_little(change: Change) -> bytes:
        raise ValueError(change)

    fanout, client = await begun(), Client()
    fanout.join(encode_little, OddsFilter())
    async with subscribed(fanout, client):
        await fanout.publish(changes_of([7]))
    assert client.got == changes_of([7])


@in_event_loop
async def test_there_is_room_for_so_many_and_who_leaves_makes_room() -> None:
    fanout = await begun()
    groups = [fanout.join(encode, OddsFilter(game_id=str(number))) for number in range(10)]
    with pytest.raises(FanoutFull):
        fanout.join(encode, OddsFilter())
    fanout.leave(groups[0])
    assert len(fanout) == 9
    fanout.join(encode, OddsFilter())


@settings(max_examples=200)
@given(
    st.lists(
        st.one_of(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.just("stall"), st.none()),
        max_size=30,
    ),
    st.integers(1, 8),
    st.booleans(),
)
def test_any_reader_ends_in_the_state_of_a_reader_that_keeps_up(
    story: list[list[int] | str | None], size: int, direct: bool
) -> None:
    """Whatever its pace: in order, once, nothing left out that no mark tells of."""

    async def read() -> tuple[list[Change], list[Change]]:
        fanout, client, log = await begun(size), Client(direct=direct), Log()
        async with subscribed(fanout, client, past=log):
            for step in story:
                if isinstance(step, list):
                    changes = changes_of(step, after=len(log.changes))
                    log.changes += changes
                    await fanout.publish(changes)
                elif step:
                    client.stall()
                else:
                    client.resume()
                    await settled()
            client.resume()
            await settled()
        return log.changes, client.got

    published, got = asyncio.run(asyncio.wait_for(read(), 10))
    places = [c.place for c in got]
    assert places == sorted({*places})
    assert {c.id: c.home for c in got} == {c.id: c.home for c in published}
    for before, after in zip([None, *got], got, strict=False):
        _check_mark(published, before, after, got)


def _check_mark(
    published: list[Change], before: Change | None, after: Change, got: list[Change]
) -> None:
    """Changes of an odds that were left out are told of by the next one of that odds."""
    got_before = [c.place for c in got if c.id == after.id and c.place < after.place]
    since = max(got_before, default=place(0))
    left_out = [c for c in published if c.id == after.id and since < c.place < after.place]
    assert after.conflated == bool(left_out)
