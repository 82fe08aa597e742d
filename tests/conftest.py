"""Fixtures of all tests: the real parts that they run against."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.stack"]

settings.register_profile(
    "moneyline",
    deadline=None,  # these machines are noisy
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("moneyline")
