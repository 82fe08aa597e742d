"""The envelope in which Pub/Sub pushes a message
(https://cloud.google.com/pubsub/docs/push#receive_push)."""

import msgspec


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """A message; ``data`` is base64 in the JSON."""

    message_id: str
    data: bytes = b""
    attributes: dict[str, str] = {}


class Envelope(msgspec.Struct, frozen=True, rename="camel"):
    message: Message
    subscription: str


_decoder = msgspec.json.Decoder(Envelope)


class NoEnvelope(ValueError):
    """The body is not what Pub/Sub pushes; the message says what is wrong."""


def read(body: bytes) -> Envelope:
    """Read a push request's body. Raises NoEnvelope."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NoEnvelope(f"body: {error}; expected a Pub/Sub push envelope") from None
