// GraphiQL for this API: queries by POST, subscriptions as server-sent events.
/* global React, ReactDOM, GraphiQL, graphqlSse */

const FIRST_TABS = [
  {
    query: `# Press Ctrl+Enter, or the button, to run it.
query Odds {
  list_odds(page_size: 5) {
    total
    odds { external_id provider game_id moneyline updated_at }
  }
}
`,
  },
  {
    query: `# Every change of any odds, as it happens.
subscription InstantOdds {
  getInstantOdds { external_id provider game_id moneyline deleted updated_at }
}
`,
  },
];

const streams = graphqlSse.createClient({ url: location.pathname, retryAttempts: Infinity });

const OPERATION = /^\s*(query|mutation|subscription)\b\s*(\w*)/gm;

/** Reads the text: for a moment GraphiQL may still hold the document of the tab that was open. */
function fetcher(asked) {
  const operations = [...asked.query.matchAll(OPERATION)].map(([, kind, name]) => ({ kind, name }));
  const named = operations.find(({ name }) => name === asked.operationName);
  const operation = named ? asked : { ...asked, operationName: undefined };
  const { kind } = named ?? operations[0] ?? {};
  return kind === "subscription" ? streams.iterate(operation) : ask(operation);
}

async function ask(operation) {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/graphql-response+json" },
    body: JSON.stringify(operation),
  });
  return response.json();
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, { fetcher, defaultTabs: FIRST_TABS, defaultEditorToolsVisibility: true }),
);
