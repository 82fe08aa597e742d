"""What all streams of a process have delivered."""


class Tally:
    """Counts on the event loop, where every write to every stream must cost next to nothing; who
    wants to know may look from any thread."""

    changes = 0
    conflated = 0
    """Those of the changes that stood for earlier ones as well."""
