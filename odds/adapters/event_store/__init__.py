"""Datastore: the events, which are the truth, and the messages that can be none."""
