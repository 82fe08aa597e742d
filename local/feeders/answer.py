"""The command API's answer to one command."""

import aiohttp
import msgspec


class Answer(msgspec.Struct):
    """A CommandResponse, as far as it could be read."""

    external_id: str | None = msgspec.field(name="ExternalID", default=None)
    msg: str | None = msgspec.field(name="Msg", default=None)


_decode = msgspec.json.Decoder(Answer).decode


async def read_answer(response: aiohttp.ClientResponse) -> Answer:
    """The body of a response; one that is no CommandResponse reads as an empty Answer."""
    try:
        return _decode(await response.read())
    except (msgspec.DecodeError, UnicodeError):
        return Answer()


def reason(response: aiohttp.ClientResponse, answer: Answer) -> str:
    """Why a command was not accepted, in one line."""
    return f"{response.status} {answer.msg or response.reason or ''}".strip()
