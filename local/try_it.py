"""What ``make demo`` says when it is ready: lines to paste."""

from uuid import uuid4

from odds.identity import event_id, external_id

PROVIDER = "you"

LINES = """
Ready: {url} with live odds: open it in a browser. Ctrl-C stops it.
GraphiQL: {url}/api/graphql. To try in another terminal:

  # the odds there are, and a stream of every change
  curl -s '{url}/odds?page_size=5'
  curl -sN {url}/api/graphql -H 'Accept: text/event-stream' -H 'Content-Type: application/json' \\
    -d '{{"query": "subscription {{ getInstantOdds {{ id external_id game_id moneyline created_at updated_at }} }}"}}'

  # odds of your own: new, read, changed
  curl -s {url}/odds -H 'Content-Type: application/json' \\
    -d '{{"RequestID": "first-{run}", "Provider": "{provider}", "Command": "NewOdds", "Domain": "Odds", "EventVelocity": "high", "Payload": {{"GameID": "soccer:epl-2026-ars-che", "MoneyLine": {{"Home": 1.95, "Away": 4.1, "Draw": 3.6}}}}}}'
  curl -s {url}/odds/{external_id}
  curl -s -X PATCH {url}/odds/{external_id} -H 'Content-Type: application/json' \\
    -d '{{"RequestID": "second-{run}", "Provider": "{provider}", "Command": "UpdateOdds", "Domain": "Odds", "EventVelocity": "high", "Payload": {{"GameID": "soccer:epl-2026-ars-che", "MoneyLine": {{"Home": 1.8, "Away": 4.4, "Draw": 3.7}}}}}}'
"""  # noqa: E501 - each is pasted as one line


def what_to_try(url: str) -> str:
    # Data outlives a demo, and a RequestID sent again changes nothing.
    run = uuid4().hex[:8]
    ours = external_id(event_id(PROVIDER, f"first-{run}"))
    return LINES.format(url=url, provider=PROVIDER, run=run, external_id=ours)
