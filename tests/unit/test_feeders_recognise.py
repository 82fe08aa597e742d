from pathlib import Path

import pytest

from local.feeders import betfair, football_data
from local.feeders.recognise import UnknownFormat, read_file, reader_of

CSV_HEADER = "Div,Date,Time,HomeTeam,AwayTeam,B365H,B365D,B365A"
STREAM_LINE = '{"op":"mcm","pt":1,"mc":[]}'


def test_a_stream_is_known_by_its_messages() -> None:
    assert reader_of([STREAM_LINE]) is betfair.read


def test_a_stream_is_known_though_its_first_lines_are_broken() -> None:
    assert reader_of(["", '{"op":"mcm","pt":1,"m', STREAM_LINE]) is betfair.read


def test_a_season_is_known_by_its_header() -> None:
    assert reader_of(["", CSV_HEADER]) is football_data.read


@pytest.mark.parametrize("lines", [[], ["", " "], ["{}"], ["a,b,c", "1,2,3"], ['"open quote']])
def test_anything_else_is_refused(lines: list[str]) -> None:
    with pytest.raises(UnknownFormat, match="neither a recorded Betfair"):
        reader_of(lines)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("season.txt", f"\ufeff{CSV_HEADER}\r\nX1,01/07/2023,15:00,A,Bö,2,3,4\r\n".encode()),
        ("season", f"{CSV_HEADER}\nX1,01/07/2023,15:00,A,Bö,2,3,4\n".encode("cp1252")),
    ],
)
def test_a_file_is_read_whatever_its_name_encoding_and_line_ends(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    new, _ = read_file(path)
    assert not hasattr(new, "reason")
    assert new.line == 2
    assert new.body["Payload"]["GameID"] == "soccer:x1-20230701-a-bo"
