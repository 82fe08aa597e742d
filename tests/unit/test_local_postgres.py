"""Where PostgreSQL's files stand, when root starts it."""

import os
from pathlib import Path

import pytest

from local.postgres import Postgres

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as somebody else")


@pytest.fixture
def private(tmp_path: Path) -> Path:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    return private


def test_a_folder_that_root_kept_private_is_opened_as_little_as_can_be_and_named(
    private: Path,
) -> None:
    said: list[str] = []
    Postgres(private / "data", durable=False, say=said.append).prepare()
    assert private.stat().st_mode & 0o777 == 0o701
    assert [line for line in said if f"chmod 701 {private}:" in line]


def test_a_folder_that_lets_others_pass_is_left_as_it_is(private: Path) -> None:
    private.chmod(0o701)
    said: list[str] = []
    Postgres(private / "data", durable=False, say=said.append).prepare()
    assert private.stat().st_mode & 0o777 == 0o701
    assert not [line for line in said if f" {private}:" in line]
