"""The read model made anew from the event store, and held against it."""
