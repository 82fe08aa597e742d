"""Where Google's emulator does otherwise than the service, which ours follows."""

import pytest


def google_differs(
    host: str, how: str, measure: str, *, strict: bool = True
) -> pytest.MarkDecorator:
    """Google's emulator is expected to fail the test: ``how``, and the page that judges it.

    ``host`` is the fixture that names the server. Not ``strict`` is a test that a clock judges:
    Google's emulator may pass it because the machine stood still.
    """
    wrong = pytest.mark.xfail(reason=f"{how} ({measure})", strict=strict)
    hosts = ["embedded", pytest.param("google", marks=wrong)]
    return pytest.mark.parametrize(host, hosts, indirect=True)
