"""Many commands of one game, sent at the same moment."""

import asyncio
import json

import aiohttp


def command_body(request_id: str, velocity: str = "high") -> bytes:
    payload = {"GameID": "soccer:1", "MoneyLine": {"Home": 1.9, "Away": 4.2}}
    asked = {"RequestID": request_id, "Provider": "acme", "Command": "NewOdds", "Domain": "Odds"}
    return json.dumps(asked | {"EventVelocity": velocity, "Payload": payload}).encode()


Answer = tuple[int, str | None]
"""Its status and its Retry-After."""


def post_at_once(url: str, number: int, answers: list[Answer], *, velocity: str = "high") -> None:
    """Append each answer, which has to be one's own, when it comes; return when all have come."""
    asyncio.run(_post_all(f"{url}/odds", number, answers, velocity))


async def _post_all(url: str, number: int, answers: list[Answer], velocity: str) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def post(request_id: str) -> None:
            async with session.post(url, data=command_body(request_id, velocity)) as answer:
                assert (await answer.json())["RequestID"] == request_id
                answers.append((answer.status, answer.headers.get("Retry-After")))

        await asyncio.gather(*(post(str(n)) for n in range(number)))
