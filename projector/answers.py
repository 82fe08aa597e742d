"""What a push is answered: a status that acknowledges its message or has it come again."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from starlette.types import Send

from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.guard.refusal import NOT_LET_IN, RETRY_AFTER_SECONDS, turn_away
from odds.adapters.http.security_headers import RawHeader, completed
from odds.adapters.read_model.read_model import ReadModelUnavailable
from projector.batcher import Ending, Overloaded, TooSlow
from projector.bodies import BodyTooLong
from projector.envelope import NoEnvelope


class Answer(NamedTuple):
    status: int
    msg: str = ""
    headers: Mapping[str, str] = {}


TAKEN = Answer(204)
LATER = {"Retry-After": str(RETRY_AFTER_SECONDS)}


def refusal(error: Exception) -> Answer:
    """What is told: never the words of a store or of a bug."""
    match error:
        case error if isinstance(error, NOT_LET_IN):
            turned_away = turn_away(error)
            return Answer(turned_away.status, str(error), turned_away.headers)
        case NoEnvelope():
            return Answer(400, str(error))
        case BodyTooLong():
            return Answer(413, str(error))
        case Overloaded():
            return Answer(429, str(error), LATER)
        case TooSlow() | Ending():
            return Answer(503, str(error), LATER)
        case EventStoreUnavailable():
            return Answer(503, "Datastore did not take the event", LATER)
        case ReadModelUnavailable():
            return Answer(503, "PostgreSQL did not take the event", LATER)
        case _:
            return Answer(500, "internal error")


async def answer(send: Send, told: Answer) -> None:
    """One without words has nothing that a browser could misuse, and is sent without headers."""
    body = msgspec.json.encode({"Msg": told.msg}) if told.msg else b""
    headers = _headers(told) if told.msg else []
    await send({"type": "http.response.start", "status": told.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _headers(told: Answer) -> list[RawHeader]:
    given = {"Content-Type": "application/json", **told.headers}
    return completed((name.lower().encode(), value.encode()) for name, value in given.items())
