// Follows odds as an application would: node clients.mjs CLIENT URL
// Prints a line of JSON for the answer to a query, then one for each change, until it is stopped.
import * as apollo from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import * as urql from "@urql/core";
import { EventSource } from "eventsource";
import * as sse from "graphql-sse";
import * as ws from "graphql-ws";
import WebSocket from "ws";

const QUERY = "query { list_odds { total } }";
const CHANGES =
  "subscription { getInstantOdds { external_id moneyline cursor } }";

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

const clients = {
  "graphql-sse": async () => {
    const client = sse.createClient({ url });
    for await (const result of client.iterate({ query: QUERY })) tell({ query: result.data });
    client.subscribe({ query: CHANGES }, sink);
  },
  "graphql-ws": async () => {
    const client = ws.createClient({ url: webSocketUrl, webSocketImpl: WebSocket });
    for await (const result of client.iterate({ query: QUERY })) tell({ query: result.data });
    client.subscribe({ query: CHANGES }, sink);
  },
  apollo: async () => {
    const socket = ws.createClient({ url: webSocketUrl, webSocketImpl: WebSocket });
    const link = apollo.ApolloLink.split(
      ({ operationType }) => operationType === "subscription",
      new GraphQLWsLink(socket),
      new apollo.HttpLink({ uri: url }),
    );
    const client = new apollo.ApolloClient({ link, cache: new apollo.InMemoryCache() });
    tell({ query: (await client.query({ query: apollo.gql(QUERY) })).data });
    client.subscribe({ query: apollo.gql(CHANGES) }).subscribe(sink);
  },
  urql: async () => {
    // Its own fetch carries the subscription, and its Accept lists streams for queries too.
    const client = urql.createClient({
      url,
      exchanges: [urql.fetchExchange],
      fetchSubscriptions: true,
      preferGetMethod: false,
    });
    const answer = await client.query(urql.gql(QUERY), {}).toPromise();
    if (answer.error) fail(answer.error);
    tell({ query: answer.data });
    client.subscription(urql.gql(CHANGES), {}).subscribe((result) => {
      if (result.error) fail(result.error);
      tell({ change: result.data });
    });
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
