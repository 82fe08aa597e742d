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
    """The place that stands for ``since`` where a subscription of the connection names none."""

    def __init__(self, place: Cursor | None = None) -> None:
        self._place = place

    @classmethod
    def read(cls, payload: InitPayload | None) -> Self:
        """Raises ProtocolViolation."""
        if payload is None or not payload.last_event_id:
            return cls()
        try:
            return cls(Cursor.read(payload.last_event_id, "Last-Event-ID"))
        except BadParameter as error:
            # As the protocol answers any message that it can't take: clients don't try it again,
            # as they would after 4403.
            raise ProtocolViolation(4400, str(error)) from error

    def of(self, subscription: SubscriptionRequest) -> SubscriptionRequest:
        """The subscription, from where it goes on."""
        if subscription.since is not None:
            return subscription
        return subscription._replace(since=self._place)
