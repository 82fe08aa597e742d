// graphql-yoga as its guide has it: a subscription over SSE, fed by what is POSTed to /publish.
import { createServer } from "node:http";
import { createPubSub, createSchema, createYoga } from "graphql-yoga";

const pubSub = createPubSub();

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    scalar MoneyLine
    type InstantOdds {
      id: ID!
      external_id: ID!
      game_id: String!
      moneyline: MoneyLine!
      created_at: Float!
      updated_at: Float!
      published_at: Float!
    }
    type Query { ok: Boolean! }
    type Subscription { getInstantOdds: InstantOdds! }
  `,
  resolvers: {
    Subscription: {
      getInstantOdds: {
        subscribe: () => pubSub.subscribe("odds"),
        resolve: (odds) => odds,
      },
    },
  },
});

const yoga = createYoga({ schema, logging: false, graphqlEndpoint: "/api/graphql" });

createServer((request, response) => {
  if (request.url === "/health/live") return response.end();
  if (request.url !== "/publish") return yoga(request, response);
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    for (const odds of JSON.parse(Buffer.concat(chunks))) pubSub.publish("odds", odds);
    response.end();
  });
}).listen(Number(process.env.PORT), "127.0.0.1");
