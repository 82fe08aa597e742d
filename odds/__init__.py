"""The odds domain, and what the services share of it.

The modules of this package are pure; the clients of Pub/Sub, Datastore and PostgreSQL stand in
``odds.adapters``.
"""
