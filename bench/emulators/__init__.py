"""Our emulators beside Google's: how much each does, and what it costs."""
