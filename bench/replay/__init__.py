"""How fast the event store is read, replayed and rebuilt from, beside what bounds it."""
