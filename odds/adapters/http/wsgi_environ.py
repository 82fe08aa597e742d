"""The WSGI environment of an ASGI request (PEP 3333)."""

import io
import sys
from typing import TYPE_CHECKING

from starlette.types import Scope

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_OF_THE_BODY = {"HTTP_CONTENT_LENGTH": "CONTENT_LENGTH", "HTTP_CONTENT_TYPE": "CONTENT_TYPE"}


def wsgi_environ(scope: Scope, body: bytes) -> "WSGIEnvironment":
    """For a request whose body is read already."""
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        # PEP 3333: bytes as latin-1.
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **_header_variables(scope),
    }


def _header_variables(scope: Scope) -> dict[str, str]:
    variables: dict[str, str] = {}
    for name, value in scope["headers"]:
        variable = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        variable = _OF_THE_BODY.get(variable, variable)
        text = value.decode("latin-1")
        variables[variable] = f"{variables[variable]},{text}" if variable in variables else text
    return variables
