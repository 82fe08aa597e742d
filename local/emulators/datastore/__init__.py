"""Google Cloud Datastore on SQLite: the gRPC API ``google.datastore.v1``, for development.

It does what the service's documentation says (https://cloud.google.com/datastore/docs); what it
lacks is answered UNIMPLEMENTED by name.
"""
