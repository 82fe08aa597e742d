"""Connections to Cloud SQL: to its private address, as the service account that we run as."""

from typing import Any

import pg8000.dbapi
from google.cloud.sql.connector import Connector


class CloudSql:
    """One instance, ``project:region:instance``; close it when its connections are closed."""

    def __init__(self, instance: str) -> None:
        """Reads the default credentials; asks for nothing else yet. Raises GoogleAuthError."""
        self._instance = instance
        # Lazy: certificates are made when a connection needs one, not by a thread's timer.
        self._connector = Connector(
            ip_type="private", enable_iam_auth=True, refresh_strategy="lazy"
        )

    def connect(self, **given: Any) -> pg8000.dbapi.Connection:
        """Connect as pg8000 does. Raises its Error."""
        try:
            return self._connector.connect(self._instance, "pg8000", **given)
        except pg8000.dbapi.Error:
            raise
        except Exception as error:  # of credentials, of the Admin API, of TLS
            raise pg8000.dbapi.InterfaceError(
                f"no connection to {self._instance}: {error}"
            ) from error

    def close(self) -> None:
        self._connector.close()
