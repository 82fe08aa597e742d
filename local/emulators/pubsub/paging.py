"""Lists of resources, page by page."""

from collections.abc import Iterable, Sequence

_MOST = 1000


def page(names: Iterable[str], size: int, token: str) -> tuple[Sequence[str], str]:
    """The names after ``token``, in their order, and the token of the next page."""
    rest = sorted(name for name in names if name > token)
    size = min(size or _MOST, _MOST)
    return rest[:size], rest[size - 1] if len(rest) > size else ""
