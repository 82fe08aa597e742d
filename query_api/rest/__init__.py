"""The REST API: odds, one by one and listed, and their events."""
