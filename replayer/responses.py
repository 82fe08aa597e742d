"""What an operator is answered, in JSON; times as RFC 3339."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from replayer.replay import Replay

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def described(replay: Replay, now: int) -> dict[str, Any]:
    """A replay as people read it; ``now`` in microseconds."""
    request, progress = replay.request, replay.progress
    filters = ("game_id", "game_type", "provider", "external_id", "velocity", "topic", "rate")
    asked = {name: getattr(request, name) for name in (*filters, "speed")}
    return {
        "ReplayID": replay.replay_id,
        "State": "cancelling" if replay.cancelling and not replay.state.over else replay.state,
        "Domain": "odds",
        "Source": request.source,
        "Env": request.target,
        "From": rfc3339(request.start),
        "To": rfc3339(request.end),
        "DryRun": request.dry_run,
        "Filters": {name: value for name, value in asked.items() if value is not None},
        "EventsRead": progress.read,
        "EventsPublished": progress.published,
        "EventsFailed": progress.failed,
        "Errors": list(progress.errors),
        "Trouble": replay.trouble,
        "Rate": round(replay.rate, 1),
        "Position": progress.place or None,
        "Done": round(replay.done, 4),
        "ETASeconds": None if (eta := replay.eta(now)) is None else round(eta, 1),
        "CreatedAt": rfc3339(replay.created_at),
        "StartedAt": rfc3339(replay.started_at),
        "EndedAt": rfc3339(replay.ended_at),
        "Worker": replay.owner,
        "WorkerSeenAt": rfc3339(replay.seen_at or None),
    }


def rfc3339(time: int | None) -> str | None:
    """A time in microseconds; None stays None."""
    if time is None:
        return None
    return (_EPOCH + timedelta(microseconds=time)).isoformat().replace("+00:00", "Z")


def answer(request_id: str, msg: str, data: object = None) -> bytes:
    return _body(request_id, "success", msg, data)


def refusal(request_id: str, msg: str, data: object = None) -> bytes:
    return _body(request_id, "fail", msg, data)


def _body(request_id: str, status: str, msg: str, data: object) -> bytes:
    return msgspec.json.encode(
        {"RequestID": request_id, "Status": status, "Msg": msg, "Data": data}
    )
