"""The local stack: emulators, PostgreSQL, the services and the gateway. For development only."""
