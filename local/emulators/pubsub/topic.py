"""One topic."""

from typing import Any

from local.emulators.pubsub.subscription import Subscription


class Topic:
    """``config`` is the API's Topic; ``number`` stands for it in the store."""

    def __init__(self, number: int, config: Any) -> None:
        self.number = number
        self.config = config
        self.subscriptions: list[Subscription] = []

    @property
    def retains(self) -> bool:
        """Whether it keeps messages that every subscription has acknowledged."""
        return bool(self.config.HasField("message_retention_duration"))
