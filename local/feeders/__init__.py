"""Play recorded odds through the command API by HTTP, like any provider."""
