"""What is watched and shipped is what the services write."""

import re

import yaml

from tests.paths import ROOT

TERRAFORM = ROOT / "terraform"
ALERTS = (TERRAFORM / "alerts.tf").read_text()
VECTOR = (TERRAFORM / "files" / "vector.yaml").read_text()


def code(service: str) -> str:
    return "\n".join(path.read_text() for path in (ROOT / service).rglob("*.py"))


def test_each_log_that_an_alert_counts_is_written_by_its_service() -> None:
    counted = re.findall(
        r'module\.(\w+)\.name\}\\" AND jsonPayload\.message[:=]\\"([^\\]+)\\"', ALERTS
    )
    assert {message for _, message in counted} >= {
        "message parked",
        "batch projected",
        "heartbeat failed",
        "change feed interrupted",
    }
    for service, message in counted:
        assert f'"{message}' in code(service), message


def test_each_fact_that_is_measured_from_a_log_is_in_it() -> None:
    [extracted] = re.findall(r"EXTRACT\(jsonPayload\.(\w+)\)", ALERTS)
    assert f"{extracted}=" in code("projector")


def test_each_metric_that_an_alert_asks_for_is_measured_by_its_service() -> None:
    asked = re.findall(r'\{"(moneyline\.(\w+)\.[\w.]+?)_bucket"\}', ALERTS)
    assert "moneyline.query_api.feed.lag" in {metric for metric, _ in asked}
    for metric, service in asked:
        assert f'create_histogram(\n            "{metric}"' in code(service), metric


def test_the_shipper_is_given_each_variable_that_it_reads() -> None:
    shipping = (TERRAFORM / "log_shipping.tf").read_text()
    given = set(re.findall(r'name\s+= "([A-Z_]+)"', shipping))
    assert given == set(re.findall(r"\$\{(\w+)\}", VECTOR))


def test_the_shipper_takes_entries_from_its_source_to_its_sink() -> None:
    config = yaml.safe_load(VECTOR)
    assert config["sinks"]["elasticsearch"]["inputs"] == list(config["transforms"])
    assert config["transforms"]["entries"]["inputs"] == list(config["sources"])
