"""The parts that we read of a Betfair Exchange stream's market change message.

Names and meaning: Betfair Exchange Stream API, "Market Change Message - Mcm".
"""

from typing import Annotated

import msgspec

Price = Annotated[float, msgspec.Meta(gt=1)]
Size = Annotated[float, msgspec.Meta(ge=0)]
Milliseconds = Annotated[int, msgspec.Meta(gt=0)]


class Runner(msgspec.Struct, rename="camel"):
    id: int
    sort_priority: int


class MarketDefinition(msgspec.Struct, rename="camel"):
    market_type: str
    event_type_id: str
    in_play: bool
    status: str
    runners: list[Runner]


class RunnerChange(msgspec.Struct):
    """Changes of one runner's back ladder; a size of 0 takes a level away."""

    id: int
    atb: list[tuple[Price, Size]] | None = None


class MarketChange(msgspec.Struct):
    """Changes of one market; ``img`` replaces all that was known of it."""

    id: str
    definition: MarketDefinition | None = msgspec.field(name="marketDefinition", default=None)
    rc: list[RunnerChange] | None = None
    img: bool = False


class Message(msgspec.Struct):
    """One line of a recorded stream; ``pt`` is its publish time in epoch milliseconds."""

    op: str
    pt: Milliseconds | None = None
    mc: list[MarketChange] | None = None


decode_message = msgspec.json.Decoder(Message).decode
