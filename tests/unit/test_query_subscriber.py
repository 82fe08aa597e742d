"""A subscriber of the stream: order, conflation, the end."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query_api.change import Change, Cursor
from query_api.fanout import Fanout, FanoutEnded
from query_api.subscriber import Subscriber


def change(place: int, odds_id: int) -> Change:
    return Change(
        cursor=Cursor(1, place),
        event_id=UUID(int=place),
        id=odds_id,
        external_id=UUID(int=odds_id),
        provider="betfair",
        game_id="soccer:1",
        game_type="soccer",
        home=float(place),
        away=2.0,
        draw=None,
        deleted=False,
        created_at=1,
        updated_at=place,
    )


def changes_of(odds_ids: Iterable[int]) -> list[Change]:
    return [change(place, odds_id) for place, odds_id in enumerate(odds_ids, start=1)]


async def take(subscriber: Subscriber, count: int) -> list[Change]:
    return [await anext(subscriber) for _ in range(count)]


def in_event_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(asyncio.wait_for(test(), 10))

    run.__name__ = test.__name__
    return run


@in_event_loop
async def test_a_reader_that_keeps_up_gets_every_change_in_order() -> None:
    subscriber = Subscriber(buffer=3)
    offered = changes_of([7, 7, 8])
    subscriber.offer(offered)
    assert await take(subscriber, 3) == offered


@in_event_loop
async def test_a_change_wakes_a_reader_that_waits() -> None:
    subscriber = Subscriber(buffer=3)
    waiting = asyncio.create_task(take(subscriber, 1))
    await asyncio.sleep(0)
    subscriber.offer(changes_of([7]))
    assert await waiting == changes_of([7])


@in_event_loop
async def test_a_slow_reader_gets_the_newest_change_of_each_odds_marked() -> None:
    subscriber = Subscriber(buffer=3)
    subscriber.offer(changes_of([7, 8, 7, 9, 7]))
    taken = await take(subscriber, 3)
    assert [(c.id, c.cursor.id, c.conflated) for c in taken] == [
        (8, 2, False),
        (9, 4, False),
        (7, 5, True),
    ]


@in_event_loop
async def test_a_reader_that_has_caught_up_gets_every_change_again() -> None:
    subscriber = Subscriber(buffer=1)
    subscriber.offer(changes_of([7, 7]))
    await take(subscriber, 1)
    subscriber.offer([change(3, 7)])
    assert await take(subscriber, 1) == [change(3, 7)]


@in_event_loop
async def test_an_ended_subscriber_leaves_out_what_waits() -> None:
    subscriber = Subscriber(buffer=3)
    subscriber.offer(changes_of([7]))
    subscriber.end()
    assert [c async for c in subscriber] == []


@in_event_loop
async def test_fanout_that_has_ended_takes_no_subscriber() -> None:
    fanout = Fanout(3)
    subscriber = fanout.subscribe()
    fanout.end()
    assert [c async for c in subscriber] == []
    with pytest.raises(FanoutEnded):
        fanout.subscribe()


@in_event_loop
async def test_an_unsubscribed_reader_is_freed() -> None:
    fanout = Fanout(3)
    gone, there = fanout.subscribe(), fanout.subscribe()
    fanout.unsubscribe(gone)
    await fanout.publish(changes_of([7]))
    assert len(fanout) == 1
    assert [c async for c in gone] == []
    assert await take(there, 1) == changes_of([7])


@given(
    odds_ids=st.lists(st.integers(1, 4), max_size=40),
    buffer=st.integers(1, 8),
    pauses=st.lists(st.integers(0, 5), max_size=10),
)
def test_any_reader_ends_in_the_state_of_a_reader_that_keeps_up(
    odds_ids: list[int], buffer: int, pauses: list[int]
) -> None:
    """Whatever its pace: what it gets is in feed order, and nothing it got is newer than last."""
    offered = changes_of(odds_ids)

    async def read() -> list[Change]:
        subscriber = Subscriber(buffer)
        taken: list[Change] = []
        rest = list(offered)
        for pause in pauses:
            now, rest = rest[:pause], rest[pause:]
            subscriber.offer(now)
            if now:
                taken.append(await anext(subscriber))
        subscriber.offer(rest)
        last = offered[-1].cursor if offered else None
        while last is not None and (not taken or taken[-1].cursor != last):
            taken.append(await anext(subscriber))
        return taken

    taken = asyncio.run(asyncio.wait_for(read(), 10))
    places = [c.cursor for c in taken]
    assert places == sorted(set(places))
    assert {c.id: c.home for c in taken} == {c.id: c.home for c in offered}
    if len(taken) < len(offered):
        assert any(c.conflated for c in taken)
