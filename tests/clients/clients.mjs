// Follows odds as an application would: node clients.mjs CLIENT URL
// Prints a line of JSON for the answer to a query, then one for each change, until it is stopped.
import * as apollo from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import * as urql from "@urql/core";
import { EventSource } from "eventsource";
import * as sse from "graphql-sse";
import * as ws from "graphql-ws";
import WebSocket from "ws";

const QUERY = "query { list_odds { total } feed { cursor } }";
const CHANGES =
  "subscription ($since: String) { getInstantOdds(since: $since) { external_id moneyline cursor } }";

const [name, url] = process.argv.slice(2);
const webSocketUrl = url.replace("http", "ws");

const tell = (what) => console.log(JSON.stringify(what));
const fail = (error) => {
  console.log(JSON.stringify({ error: String(error), errors: error }));
  process.exit(1);
};
const sink = { next: (result) => tell({ change: result.data }), error: fail, complete: () => {} };

// As a load balancer does: an EventSource gives up for good on what it takes for an answer.
async function fetchWhenReady(...request) {
  for (;;) {
    const response = await fetch(...request);
    if (response.status !== 503) return response;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 200 + 300 * Math.random()));

// Names the place of each operation when it connects again, under the id that graphql-ws sends it by.
function resumingWebSocket() {
  const places = {};
  return ws.createClient({
    url: webSocketUrl,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ "Last-Event-ID": places }),
    on: {
      message: ({ type, id, payload }) => {
        const cursor = type === "next" && payload.data?.getInstantOdds?.cursor;
        if (!cursor) return;
        delete places[id];
        places[id] = cursor;
        const [oldest, ...others] = Object.keys(places);
        if (others.length === 32) delete places[oldest];
      },
    },
    shouldRetry: () => true,
    retryAttempts: Infinity,
    retryWait: pause,
  });
}

function resumingEventStream() {
  const places = new Map();
  const client = sse.createClient({
    url,
    headers: (request) => (places.has(request) ? { "Last-Event-ID": places.get(request) } : {}),
    retryAttempts: Infinity,
    retry: pause,
  });
  const subscribe = (request, sink) =>
    client.subscribe(request, {
      ...sink,
      next: (result) => {
        const cursor = result.data?.getInstantOdds?.cursor;
        if (cursor) places.set(request, cursor);
        sink.next(result);
      },
    });
  return { ...client, subscribe };
}

function tellAnswer(data) {
  tell({ query: data });
  return { since: data.feed.cursor };
}

async function askAndFollow(client) {
  let variables;
  for await (const result of client.iterate({ query: QUERY })) variables = tellAnswer(result.data);
  client.subscribe({ query: CHANGES, variables }, sink);
}

async function askAndFollowByUrql(client) {
  const answer = await client.query(urql.gql(QUERY), {}).toPromise();
  if (answer.error) fail(answer.error);
  client.subscription(urql.gql(CHANGES), tellAnswer(answer.data)).subscribe((result) => {
    if (result.error) fail(result.error);
    tell({ change: result.data });
  });
}

const clients = {
  "graphql-sse": () => askAndFollow(resumingEventStream()),
  "graphql-ws": () => askAndFollow(resumingWebSocket()),
  apollo: async () => {
    const link = apollo.ApolloLink.split(
      ({ operationType }) => operationType === "subscription",
      new GraphQLWsLink(resumingWebSocket()),
      new apollo.HttpLink({ uri: url }),
    );
    const client = new apollo.ApolloClient({ link, cache: new apollo.InMemoryCache() });
    const { data } = await client.query({ query: apollo.gql(QUERY) });
    client.subscribe({ query: apollo.gql(CHANGES), variables: tellAnswer(data) }).subscribe(sink);
  },
  // Its own fetch carries the subscription, and its Accept lists streams for queries too. A stream
  // that breaks off it does not open again.
  urql: () =>
    askAndFollowByUrql(
      urql.createClient({
        url,
        exchanges: [urql.fetchExchange],
        fetchSubscriptions: true,
        preferGetMethod: false,
      }),
    ),
  "urql on graphql-ws": () => {
    const socket = resumingWebSocket();
    const forwardSubscription = (request) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe(request, sink) }),
    });
    return askAndFollowByUrql(
      urql.createClient({
        url,
        exchanges: [urql.subscriptionExchange({ forwardSubscription }), urql.fetchExchange],
        preferGetMethod: false,
      }),
    );
  },
  EventSource: async () => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ query: QUERY }),
    });
    tell({ query: (await answer.json()).data });
    setInterval(() => {}, 60_000); // between two connections nothing else keeps Node running
    const source = new EventSource(`${url}?query=${encodeURIComponent(CHANGES)}`, {
      fetch: fetchWhenReady,
    });
    source.addEventListener("next", (event) => tell({ change: JSON.parse(event.data).data }));
  },
};

await clients[name]().catch(fail);
