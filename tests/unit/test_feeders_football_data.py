from datetime import UTC, datetime
from typing import Any

from local.feeders import football_data
from local.feeders.commands import FeedCommand, UnusableLine

HEADER = "Div,Date,Time,HomeTeam,AwayTeam,FTHG,B365H,B365D,B365A,WHH,WHD,WHA,MaxH,MaxD,MaxA,"
HEADER += "B365CH,B365CD,B365CA,WHCH,WHCD,WHCA,MaxCH,MaxCD,MaxCA"
OPENING, CLOSING = "2,3,4", "2.1,3.1,3.9"


def row(
    date: str = "01/07/2023",
    time: str = "15:00",
    teams: str = "Old Town,Port Újvár",
    first: str = f"{OPENING},{OPENING},{OPENING}",
    last: str = f"{CLOSING},{OPENING},{CLOSING}",
) -> str:
    return f"X1,{date},{time},{teams},2,{first},{last}"


def read(*rows: str, header: str = HEADER, provider: str | None = None) -> list[Any]:
    return list(football_data.read([header, *rows], provider))


def test_each_bookmaker_opens_changes_and_ends() -> None:
    seen = [
        (each.body["Provider"], each.verb, each.body["Payload"].get("MoneyLine"))
        for each in read(row())
    ]
    first = {"Home": 2.0, "Draw": 3.0, "Away": 4.0}
    assert seen == [
        ("B365", "NewOdds", first),
        ("WH", "NewOdds", first),
        ("B365", "UpdateOdds", {"Home": 2.1, "Draw": 3.1, "Away": 3.9}),
        ("B365", "DeleteOdds", None),
        ("WH", "DeleteOdds", None),
    ]


def test_the_game_is_named_by_division_day_and_teams() -> None:
    assert {each.body["Payload"]["GameID"] for each in read(row())} == {
        "soccer:x1-20230701-old-town-port-ujvar"
    }


def test_times_are_local_to_the_united_kingdom() -> None:
    summer, winter = (
        [each.body["Payload"]["OccurredAt"] for each in read(row(date=date))]
        for date in ("01/07/2023", "01/12/2023")
    )
    assert summer[-1] == datetime(2023, 7, 1, 14, 0, tzinfo=UTC).timestamp()
    assert winter[-1] == datetime(2023, 12, 1, 15, 0, tzinfo=UTC).timestamp()
    assert summer[0] == datetime(2023, 6, 28, 14, 0, tzinfo=UTC).timestamp()
    assert summer[2] == datetime(2023, 7, 1, 13, 59, tzinfo=UTC).timestamp()


def test_a_file_from_before_there_were_kick_off_times_is_read() -> None:
    header = "Div,Date,HomeTeam,AwayTeam,B365H,B365D,B365A"
    new, deletion = read("X1,01/12/03,Old Town,New Town,2,3,4", header=header)
    assert new.body["Payload"]["GameID"] == "soccer:x1-20031201-old-town-new-town"
    assert deletion.occurred_at == datetime(2003, 12, 1, 15, 0, tzinfo=UTC).timestamp() * 1e6


def test_commands_come_in_the_order_of_their_times() -> None:
    times = [each.occurred_at for each in read(row(date="09/07/2023"), row(date="08/07/2023"))]
    assert times == sorted(times)


def test_a_provider_name_goes_before_the_bookmakers_code() -> None:
    assert {each.body["Provider"] for each in read(row(), provider="fd")} == {"fd-B365", "fd-WH"}


def test_closing_odds_alone_are_new_odds() -> None:
    commands = read(row(first=",,," + ",,," + ",,", last=f"{CLOSING},{OPENING},,,"))
    assert {each.verb for each in commands} == {"NewOdds", "DeleteOdds"}


def test_a_bookmaker_without_usable_odds_is_reported_and_the_others_are_played() -> None:
    results = read(
        row(first=f"2,3,,{OPENING},{OPENING}"),
        row(date="02/07/2023", first=f"2,x,4,{OPENING},{OPENING}"),
        row(date="03/07/2023", first=f"2,nan,4,{OPENING},{OPENING}"),
        row(date="04/07/2023", first=f"2,0,4,{OPENING},{OPENING}"),
        row(date="05/07/2023", first=f",,,{OPENING},{OPENING}", last=f",,,{OPENING},{OPENING}"),
    )
    assert [(each.line, each.reason) for each in results if isinstance(each, UnusableLine)] == [
        (2, "B365A is '', not decimal odds"),
        (3, "B365D is 'x', not decimal odds"),
        (4, "B365D is 'nan', not decimal odds"),
        (5, "B365D is '0', not decimal odds"),
        (6, "B365 has no odds"),
    ]
    played = [each for each in results if isinstance(each, FeedCommand)]
    assert {each.body["Provider"] for each in played} == {"WH"}
    assert len(played) == 10


def test_a_row_that_cannot_be_used_is_reported_and_the_next_is_read() -> None:
    results = read(
        row(date="31/02/2023"),
        row(time="25:00"),
        row(teams=",New Town"),
        row() + ",1,2",
        'X1,"01/07/2023,15:00',
        "X1",
        "",
        ",,,,",
        row(),
    )
    assert [each.line for each in results if isinstance(each, UnusableLine)] == [2, 3, 4, 5, 6, 7]
    assert {each.line for each in results if isinstance(each, FeedCommand)} == {10}


def test_reading_again_makes_the_same_commands() -> None:
    assert read(row()) == read(row())
    assert len({each.body["RequestID"] for each in read(row())}) == 5
