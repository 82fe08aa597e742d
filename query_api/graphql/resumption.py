"""Where the subscriptions of a WebSocket go on, by what its client names when it connects.

The name is that of the HTTP header: over either, a client says what it has got when it comes again,
in what it makes anew at each attempt, and never in the operation that it sends again as it was.
"""

from typing import Self

from query_api.cursor import Cursor
from query_api.errors import BadParameter
from query_api.graphql.messages import InitPayload, ProtocolViolation
from query_api.stream.subscription_request import SubscriptionRequest


class Resumption:
    """The place of each operation that has one of its own; or one that stands for ``since`` where a
    subscription names none."""

    def __init__(self, of_all: Cursor | None = None, own: dict[str, Cursor] | None = None) -> None:
        self._of_all = of_all
        self._own = own or {}

    @classmethod
    def read(cls, payload: InitPayload | None) -> Self:
        """Raises ProtocolViolation."""
        named = payload and payload.last_event_id
        if isinstance(named, dict):
            return cls(own={id_: _place(text) for id_, text in named.items() if text})
        return cls(of_all=_place(named) if named else None)

    def resumed(self, id_: str, subscription: SubscriptionRequest) -> SubscriptionRequest:
        """The operation's subscription, from where it goes on. What it has got counts for more than
        what it asked for when it first came. An id that is used again is another operation's."""
        own = self._own.pop(id_, None)
        return subscription._replace(since=own or subscription.since or self._of_all)


def _place(text: str) -> Cursor:
    try:
        return Cursor.read(text, "Last-Event-ID")
    except BadParameter as error:
        # As the protocol answers any message that it can't take: clients don't try it again, as
        # they would after 4403.
        raise ProtocolViolation(4400, str(error)) from error
