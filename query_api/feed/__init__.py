"""The change feed: rows of the log in the order that has no gaps."""
