"""Servers that stand in for Google Cloud on a developer's machine. For development only."""
