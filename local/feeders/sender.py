"""Sends commands over HTTP, many at once."""

import asyncio
import time
from collections.abc import Iterable

import aiohttp
import msgspec

from local.feeders.answer import Answer, read_answer, reason
from local.feeders.commands import FeedCommand
from local.feeders.lane import Lane
from local.feeders.pace import Pace
from local.feeders.retry import BUSY, backoffs, retry_after
from local.feeders.summary import Summary

DEFAULT_IN_FLIGHT = 64
REQUEST_TIMEOUT_SECONDS = 15.0
PATIENCE_SECONDS = 60.0

_METHODS = {"NewOdds": "POST", "UpdateOdds": "PATCH", "DeleteOdds": "DELETE"}
_JSON = {"Content-Type": "application/json"}


class ServerGone(Exception):
    """Nothing answers, or no command was answered for as long as the sender has patience."""


class _Busy(Exception):
    """A try that another may follow, after ``retry_after`` seconds; the text is the reason."""

    def __init__(self, why: str, retry_after: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after = retry_after


async def reach(session: aiohttp.ClientSession, url: str) -> None:
    """Find out whether anything answers at the URL. Raises ServerGone."""
    try:
        async with session.get(f"{url.rstrip('/')}/health/live"):
            pass
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise ServerGone(f"nothing answers at {url}: {_name(error)}") from error


class Sender:
    """Plays commands to the command API at ``url`` and counts in ``summary`` what became of them.

    A busy server (429, 502, 503, 504), a lost connection and a request unanswered are tried again:
    the RequestID is the same, so that the command counts once wherever it arrived twice.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        summary: Summary,
        *,
        in_flight: int = DEFAULT_IN_FLIGHT,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._session = session
        self._odds_url = f"{url.rstrip('/')}/odds"
        self._summary = summary
        self._patience = patience_seconds
        self._slots = asyncio.Semaphore(in_flight)
        self._lanes: dict[str, Lane] = {}
        self._last_answer = time.monotonic()

    async def play(self, commands: Iterable[FeedCommand], pace: Pace) -> None:
        """Send all commands and wait for their answers. Raises ServerGone."""
        try:
            async with asyncio.TaskGroup() as deliveries:
                for command in commands:
                    await pace.until(command.occurred_at)
                    await self._slots.acquire()
                    lane = self._enter_lane(command)
                    deliveries.create_task(self._deliver(command, lane))
        except* ServerGone as gone:
            raise ServerGone(str(gone.exceptions[0])) from None

    def _enter_lane(self, command: FeedCommand) -> Lane:
        lane = self._lanes.setdefault(command.odds, Lane())
        if command.verb == "DeleteOdds":
            del self._lanes[command.odds]
        lane.enter()
        return lane

    async def _deliver(self, command: FeedCommand, lane: Lane) -> None:
        try:
            if command.verb == "NewOdds":
                answer = await self._send(command, self._odds_url)
                lane.name(answer.external_id if answer else None)
            else:
                await self._send_to_known(command, lane)
        finally:
            lane.leave()
            self._slots.release()

    async def _send_to_known(self, command: FeedCommand, lane: Lane) -> None:
        external_id = await lane.external_id()
        if command.verb == "DeleteOdds":
            await lane.alone()
        if external_id is None:
            self._summary.skipped.add("its NewOdds was not accepted", command.line)
        else:
            await self._send(command, f"{self._odds_url}/{external_id}")

    async def _send(self, command: FeedCommand, url: str) -> Answer | None:
        """The answer to an accepted command; None where it was not accepted, which is counted."""
        self._summary.sent += 1
        began = time.monotonic()
        try:
            return await self._send_until_answered(command, url, began + self._patience)
        except _Busy as busy:
            self._summary.failed.add(str(busy), command.line)
            if self._last_answer < began:
                raise ServerGone(f"no command was answered lately: {busy}") from None
            return None

    async def _send_until_answered(
        self, command: FeedCommand, url: str, deadline: float
    ) -> Answer | None:
        """Try until ``deadline`` (seconds, monotonic), then raise the _Busy of the last try."""
        backoff = backoffs()
        while True:
            try:
                return await self._try(command, url)
            except _Busy as busy:
                wait = max(next(backoff), busy.retry_after)
                if time.monotonic() + wait > deadline:
                    raise
            self._summary.retries += 1
            await asyncio.sleep(wait)

    async def _try(self, command: FeedCommand, url: str) -> Answer | None:
        began = time.monotonic()
        try:
            async with self._request(command, url) as response:
                answer = await read_answer(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _Busy(_name(error)) from error
        if response.status in BUSY:
            raise _Busy(reason(response, answer), retry_after(response.headers))
        self._last_answer = time.monotonic()
        self._summary.latencies.append(self._last_answer - began)
        return self._count(command, response, answer)

    def _request(self, command: FeedCommand, url: str) -> "aiohttp.client._RequestContextManager":
        body = msgspec.json.encode(command.body)
        method = _METHODS[command.verb]
        return self._session.request(method, url, data=body, headers=_JSON, allow_redirects=False)

    def _count(
        self, command: FeedCommand, response: aiohttp.ClientResponse, answer: Answer
    ) -> Answer | None:
        if 200 <= response.status < 300:
            self._summary.accepted += 1
            return answer
        refusals = self._summary.rejected if 400 <= response.status < 500 else self._summary.failed
        refusals.add(reason(response, answer), command.line)
        return None


def open_session(
    in_flight: int, timeout_seconds: float = REQUEST_TIMEOUT_SECONDS
) -> aiohttp.ClientSession:
    """An HTTP client that keeps as many connections alive as there are requests in flight."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight),
        timeout=aiohttp.ClientTimeout(total=timeout_seconds),
    )


def _name(error: Exception) -> str:
    """What went wrong, in words that are the same each time, so that they are counted as one."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
