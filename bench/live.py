"""The question by which a server is waited for."""

from flask import Flask


def answer_live(app: Flask) -> None:
    """On threads there is no event loop that would answer it, as that of the services does."""
    app.add_url_rule("/health/live", view_func=dict)
