"""Ports of the local stack."""

import socket

import pytest

from local.errors import StackError
from local.ports import Ports, require_different, require_free
from odds import settings


def test_the_environment_changes_a_port_by_its_name() -> None:
    ports = settings.read(Ports, {"GATEWAY_PORT": "9090"})
    assert (ports.gateway_port, ports.command_api_port) == (9090, 8081)


def test_free_ports_are_free_and_all_different() -> None:
    ports = Ports.free().variables()
    assert len(set(ports.values())) == len(ports)
    require_free({name: int(port) for name, port in ports.items()})


def test_every_port_in_use_is_named_with_the_variable_that_changes_it() -> None:
    free = Ports.free().gateway_port
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        used = {"gateway": one.getsockname()[1], "pubsub-emulator": other.getsockname()[1]}
        with pytest.raises(StackError) as refusal:
            require_free({**used, "query_api": free})
    said = str(refusal.value)
    assert f"port {used['gateway']} of gateway is in use" in said
    assert "GATEWAY_PORT" in said
    assert "PUBSUB_EMULATOR_PORT" in said
    assert "query_api" not in said


def test_parts_on_one_port_are_named_with_the_variables_that_part_them() -> None:
    require_different({"gateway": 1, "projector": 2})
    with pytest.raises(StackError) as refusal:
        require_different({"gateway": 1, "projector": 2, "query_api": 1})
    assert str(refusal.value) == (
        "port 1 is given to gateway and query_api; set GATEWAY_PORT or QUERY_API_PORT"
    )
