"""Pub/Sub: the way of events to the topics of their velocity tier."""
