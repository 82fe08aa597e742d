"""What a soak stands on; the soak itself takes minutes."""

from tests.soak.ground import ground


def test_a_soak_has_two_services_one_of_which_it_restarts() -> None:
    with ground() as services:
        steady = services.size()
        services.restart()
        assert steady > 0
        assert services.restarts == 1
