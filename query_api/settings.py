"""Settings of the query service, by environment variable."""

from typing import Annotated

import msgspec

from odds.adapters.service_settings import ObservedSettings


class Settings(ObservedSettings, frozen=True, kw_only=True):
    database_url: str
    cors_origins: str = ""
    """Sites whose pages may read odds, such as ``https://a.example,https://b.example``."""
    event_wait_seconds: float = 30.0
    """How long a client may ask to be held until its event is projected."""
    query_threads: int = 8
    """REST requests and GraphQL queries that may read PostgreSQL at a time."""
    journal_size: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 4096
    """Changes that a subscriber may be behind before it gets the newest of each odds only; as many
    are read back at the start, for those who come from another process."""
    resume_limit: int = 100_000
    """Changes that one who comes back may have missed before it gets an image instead."""
    max_subscribers: int = 10_000
    """Of this process."""
    heartbeat_seconds: float = 5.0
    """How long a stream may be silent."""
    stream_seconds: float = 3540.0
    """How long a stream lasts: Cloud Run cuts every request off after 60 minutes."""
    stale_seconds: float = 10.0
    """How far the feed may be behind before clients are told that it is stale."""
    graphql_max_depth: int = 6
    """Fields within fields."""
    graphql_max_cost: int = 1000
    """Rows that one GraphQL document may read."""
    introspection: bool = False
    """Whether clients may ask for the GraphQL schema."""
    graphiql: bool = False
    """Whether browsers that ask for GraphQL's path get a page to try it with."""
