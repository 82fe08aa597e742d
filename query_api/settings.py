"""Settings of the query service, by environment variable."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    database_url: str
    google_cloud_project: str = "moneyline-local"
    log_level: str = "INFO"
    query_threads: int = 8
    """REST requests and GraphQL queries that may read PostgreSQL at a time."""
    subscriber_buffer: int = 8192
    """Changes that may wait for a reader of the stream before they are conflated."""
