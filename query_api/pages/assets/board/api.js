// The public API, as far as the board uses it.

import { serverSentEvents } from "./sse.js";

const GRAPHQL = "/api/graphql";
const SUBSCRIPTION = `subscription Board($since: String) {
  getInstantOdds(snapshot: true, since: $since) {
    external_id provider game_id game_type moneyline deleted updated_at event_id image
  }
}`;
const FEED = "query Feed { feed { behind_seconds stale } }";
const HISTORY = `query History($id: ID!) {
  odds_history(external_id: $id, page_size: 100) { events { outcome moneyline created_at } }
}`;

/** All odds and then every change of them; given the cursor of a change, what came after that.
 *
 * Yields {cursor, change}: either may be missing, and both are where the server just gives a sign of
 * life. A change without a cursor is part of an image, which ends with one that has a cursor. */
export async function* instantOdds(since, signal) {
  const operation = { query: SUBSCRIPTION, variables: { since } };
  const response = await post(operation, "text/event-stream", signal);
  for await (const event of serverSentEvents(response.body)) {
    const told = event?.event === "next";
    yield { cursor: event?.id, change: told && data(JSON.parse(event.data)).getInstantOdds };
  }
}

/** The newest changes of one odds that readers saw, oldest first: [{at, moneyline}]. */
export async function oddsHistory(id) {
  const response = await post({ query: HISTORY, variables: { id } }, "application/json");
  const events = data(await response.json()).odds_history?.events ?? [];
  return events
    .filter(({ outcome, moneyline }) => outcome === "applied" && moneyline !== null)
    .map(({ created_at: at, moneyline }) => ({ at, moneyline }))
    .reverse();
}

/** {behind_seconds, stale}: whether the service itself still hears of changes. */
export async function feedState() {
  const response = await post({ query: FEED }, "application/json");
  return data(await response.json()).feed;
}

async function post(operation, accept, signal) {
  const headers = { "Content-Type": "application/json", Accept: accept };
  const response = await fetch(GRAPHQL, {
    method: "POST",
    headers,
    body: JSON.stringify(operation),
    signal,
  });
  if (!response.ok) throw new Error(`${GRAPHQL} answered ${response.status}`);
  return response;
}

function data(result) {
  if (result.errors) throw new Error(result.errors[0].message);
  return result.data;
}
