"""Which of a request's headers shows who calls."""

from collections.abc import Callable, Sequence


def authorization(values: Callable[[str], Sequence[str]]) -> str | None:
    """The one that Cloud Run's IAM judges, of all the values that each header has.

    Where both are sent it looks at X-Serverless-Authorization alone, and passes the other on as it
    came: that one could say anything
    (https://cloud.google.com/run/docs/authenticating/service-to-service).
    """
    shown = values("X-Serverless-Authorization") or values("Authorization")
    return ",".join(shown) if shown else None
