"""The order of one odds' commands."""

import asyncio


class Lane:
    """Lets the commands of one odds go together, but for its NewOdds and its DeleteOdds.

    Updates need the ExternalID that the answer to the NewOdds gives. A DeleteOdds waits for all
    commands before it to be answered, so that it does not swallow prices that came before. Between
    those two, updates overtake one another freely: OccurredAt decides which price is newest.
    """

    def __init__(self) -> None:
        self._external_id: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._under_way = 0
        self._quiet = asyncio.Event()

    def enter(self) -> None:
        self._under_way += 1
        self._quiet.clear()

    def leave(self) -> None:
        self._under_way -= 1
        if self._under_way <= 1:
            self._quiet.set()

    def name(self, external_id: str | None) -> None:
        """Say what the answer to the NewOdds said; None where it was not accepted."""
        if not self._external_id.done():
            self._external_id.set_result(external_id)

    async def external_id(self) -> str | None:
        return await asyncio.shield(self._external_id)

    async def alone(self) -> None:
        """Wait until only the caller's command is under way."""
        if self._under_way > 1:
            await self._quiet.wait()
