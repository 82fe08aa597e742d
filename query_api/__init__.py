"""The query service: REST, GraphQL and the live stream of instant odds."""
