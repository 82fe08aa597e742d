"""Times as people write them."""

import pytest

from odds.timestamp import microseconds


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("0", 0),
        ("1795412400", 1_795_412_400_000_000),
        ("1795412400.123456", 1_795_412_400_123_456),
        ("1795412400.1234567", 1_795_412_400_123_456),
        ("2026-11-23T06:30:00Z", 1_795_415_400_000_000),
        ("2026-11-23T08:30:00.000001+02:00", 1_795_415_400_000_001),
    ],
)
def test_a_time_is_read_to_the_microsecond(text: str, time: int) -> None:
    assert microseconds(text) == time


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "-1", "nan", "inf", "1e9", "1e999999999", " 1", "\u0661"),
        *("2026-11-23T06:30:00", "2026-11-23", "1969-12-31T23:59:59Z", "6000-01-01T00:00:00Z"),
        *("1795412400000", "1795412400000000", "9" * 400),
    ],
)
def test_what_is_no_time_or_of_another_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        microseconds(text)
