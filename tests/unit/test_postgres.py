"""What is known of an error by what PostgreSQL told."""

import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from odds.adapters.read_model import postgres


def test_a_refusal_has_a_state_and_a_message() -> None:
    refusal = DatabaseError({"S": "ERROR", "C": "40P01", "M": "deadlock detected"})
    assert postgres.sqlstate(refusal) == "40P01"
    assert postgres.message(refusal) == "deadlock detected"


@pytest.mark.parametrize(
    "error", [None, OSError(104, "reset"), InterfaceError("network error"), DatabaseError()]
)
def test_what_postgresql_did_not_tell_has_neither(error: Exception | None) -> None:
    assert postgres.sqlstate(error) == postgres.message(error) == ""
