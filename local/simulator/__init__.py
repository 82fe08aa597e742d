"""Made-up but plausible in-play odds, for a stack that needs no file."""
