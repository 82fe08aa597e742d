"""Who calls a service, and whether they may do what they ask."""
