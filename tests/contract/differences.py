"""Where Google's emulator does otherwise than the service, which ours follows."""

import pytest


def google_differs(host: str, how: str, measure: str) -> pytest.MarkDecorator:
    """Google's emulator is expected to fail the test: ``how``, and the page that judges it.

    ``host`` is the fixture that names the server.
    """
    wrong = pytest.mark.xfail(reason=f"{how} ({measure})", strict=True)
    hosts = ["embedded", pytest.param("google", marks=wrong)]
    return pytest.mark.parametrize(host, hosts, indirect=True)
