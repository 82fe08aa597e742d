"""GraphiQL in a browser that can reach nothing but the gateway."""

from playwright.sync_api import Page, expect

from local.stack import Stack
from tests.e2e.api import Api


def test_graphiql_runs_a_query_and_a_subscription(page: Page, stack: Stack) -> None:
    api = Api(stack.gateway_url)
    _, created = api.new(home=1.5)
    page.goto(f"{stack.gateway_url}/api/graphql")
    result = page.locator(".result-window")
    page.get_by_role("button", name="Execute query").click()
    expect(result).to_contain_text('"total"')
    page.get_by_role("tab", name="InstantOdds").click()
    page.get_by_role("button", name="Execute query").click()
    expect(page.get_by_role("button", name="Stop query")).to_be_visible()
    api.update(created["ExternalID"], home=7.25)
    expect(result).to_contain_text("7.25")


def test_graphiql_knows_the_schema(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.gateway_url}/api/graphql")
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.get_by_role("link", name="InstantOdds")).to_be_visible()
