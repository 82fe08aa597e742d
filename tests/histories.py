"""Hypothesis strategies: histories of a few odds, as a bad day delivers them."""

from hypothesis import strategies as st

from odds.command import MoneyLine
from odds.event import Event, accept
from odds.identity import event_id, external_id
from tests.examples import DELETE, NEW, NOW, UPDATE, command

_times = st.integers(min_value=NOW, max_value=NOW + 4)
_prices = st.sampled_from([MoneyLine(1.5, 2.5), MoneyLine(2.0, 2.0, 3.0), MoneyLine(-150, 130)])


@st.composite
def histories(draw: st.DrawFn, *, salt: str = "") -> list[Event]:
    """Events of two odds, on few times so that they tie, repeated and in any order.

    Some name another provider or another game than the odds are of. ``salt`` keeps the EventIDs
    of one history apart from those of another.
    """
    events = [
        _event(draw, f"{salt}{number}", odds, provider, game)
        for number, (odds, provider, game) in enumerate(draw(st.lists(_odds, max_size=8)))
    ]
    for odds in draw(st.sets(st.sampled_from(_ODDS))):
        created = command(NEW, request_id=f"{salt}{odds}", game_id="soccer:1", money_line=PRICES)
        events.append(accept(created, None, "soccer", now=draw(_times)))
    repeated = draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    return draw(st.permutations(events + repeated))


PRICES = MoneyLine(1.9, 4.2, 3.5)
_ODDS = ("first", "second")
_odds = st.tuples(
    st.sampled_from(_ODDS),
    st.sampled_from(["acme", "acme", "acme", "other"]),
    st.sampled_from(["soccer:1", "soccer:1", "soccer:1", "soccer:2"]),
)


def _event(draw: st.DrawFn, number: str, odds: str, provider: str, game: str) -> Event:
    occurred_at = draw(st.none() | _times)
    asked = command(
        draw(st.sampled_from([UPDATE, UPDATE, DELETE])),
        request_id=f"change-{number}",
        provider=provider,
        game_id=game,
        money_line=draw(_prices),
        occurred_at=occurred_at,
    )
    salt = number.rstrip("0123456789")
    of = external_id(event_id("acme", f"{salt}{odds}"))
    return accept(asked, of, "soccer", now=draw(_times))
