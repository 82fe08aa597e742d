"""What the soak calls wrong."""

import pytest

from tests.soak.__main__ import Found, _judge

SOUND = Found(sizes=[100.0] * 6, restarts=2, failed=0)


@pytest.mark.parametrize(
    ("found", "counts", "verdict"),
    [
        (SOUND, {"conflated": 1}, 0),
        (SOUND, {"conflated": 1, "missed": 1}, 1),
        (SOUND, {}, 1),
        (SOUND._replace(failed=1), {"conflated": 1}, 1),
        (SOUND._replace(sizes=[100.0] * 5 + [120.0]), {"conflated": 1}, 1),
    ],
    ids=["sound", "missed", "nothing conflated", "a restart failed", "grown"],
)
def test_a_soak_is_judged_by_all_that_it_is_to_show(
    found: Found, counts: dict[str, int], verdict: int
) -> None:
    assert _judge(1000, found, counts, conflates=True) == verdict
