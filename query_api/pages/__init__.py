"""The pages that people look at: the odds board, and GraphiQL."""
