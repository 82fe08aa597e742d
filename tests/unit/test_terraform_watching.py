"""What is watched and shipped is what the services write."""

import ast
import re
from collections.abc import Iterator

import hcl2
import msgspec
import yaml

import query_api.settings
from replayer.cli.arguments import parser
from tests.paths import ROOT

TERRAFORM = ROOT / "terraform"
LOG_METRICS = (TERRAFORM / "log_metrics.tf").read_text()
ALERTS = "".join(path.read_text() for path in sorted(TERRAFORM.glob("alert*.tf")))
DASHBOARD = (TERRAFORM / "dashboard.tf").read_text()
VECTOR = (TERRAFORM / "files" / "vector.yaml").read_text()


def code(service: str) -> str:
    return "\n".join(path.read_text() for path in (ROOT / service).rglob("*.py"))


def structured(service: str) -> set[str]:
    """Messages that it logs with fields. Any other line is JSON with nothing but a message, which
    Cloud Logging files as textPayload, where no filter on jsonPayload finds it."""
    calls = [
        node
        for path in (ROOT / service).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]
    return {
        str(call.args[0].value)
        for call in calls
        if call.args and isinstance(call.args[0], ast.Constant)
        for extra in call.keywords
        if extra.arg == "extra" and ast.unparse(extra.value).startswith("fields(")
    }


def test_each_log_that_is_counted_is_written_by_its_service() -> None:
    counted = re.findall(
        r'revisions\["(\w+)"\]\} AND jsonPayload\.message=\\"([^\\]+)\\"', LOG_METRICS
    )
    assert len(counted) == LOG_METRICS.count("jsonPayload.message")
    assert {message for _, message in counted} == {
        "message parked",
        "heartbeat failed",
        "change feed interrupted",
    }
    for service, message in counted:
        assert message in structured(service), message


def test_each_metric_of_logs_that_is_asked_for_is_made() -> None:
    asked = set(re.findall(r"user_moneyline_(\w+?)(?:_bucket)?\{", ALERTS + DASHBOARD))
    made = {
        name
        for resource in hcl2.loads(LOG_METRICS)["resource"]
        for label, metric in resource['"google_logging_metric"'].items()
        for name in metric.get("for_each", [label.strip('"')])
    }
    assert asked == made


def test_each_chart_that_an_alert_points_to_is_on_the_dashboard() -> None:
    named = set(re.findall(r'(?:charts?|and) "([^"]+)"', " ".join(ALERTS.split())))
    assert named
    assert named <= set(re.findall(r'title = "([^"]+)"', DASHBOARD))


def test_each_command_that_an_alert_names_is_one_of_the_replayer() -> None:
    named = re.findall(r"\{local\.replayer\}(.+?)`", ALERTS)
    assert named
    for arguments in named:
        parser().parse_args(arguments.replace("${local.confirmed}", "--confirm,p").split(","))


def test_no_alert_waits_for_a_metric_that_is_not_there_yet() -> None:
    # https://github.com/hashicorp/terraform-provider-google/issues/11102
    assert "logging.googleapis.com/user" not in ALERTS
    assert ALERTS.count("condition_prometheus_query_language {") == 1
    assert re.search(r"disable_metric_validation\s+= true", ALERTS)


def test_each_metric_that_is_asked_for_is_measured_by_its_service() -> None:
    asked = r'\{\\?"moneyline\.([\w.]+?)(_bucket|_count)?\\?"[,}]'
    assert {(name, bool(suffix)) for name, suffix in re.findall(asked, ALERTS + DASHBOARD)} == {
        (name, kind == "histogram")
        for service in ("command_api", "projector", "query_api")
        for kind, name in measured(service)
    }


def test_the_feed_that_is_stale_for_readers_is_too_far_behind_for_operators() -> None:
    """Terraform leaves STALE_SECONDS as it is by default."""
    asked = re.findall(r'feed\.behind"\}\)\s+> ([\d.]+)', ALERTS)
    [stale] = [
        field.default
        for field in msgspec.structs.fields(query_api.settings.Settings)
        if field.name == "stale_seconds"
    ]
    assert [float(limit) for limit in asked] == [stale]


def measured(service: str) -> Iterator[tuple[str, str]]:
    """Kind and name of each of its metrics."""
    created = r'create_(\w+)\(\s*f?"moneyline\.([\w.{}]+)"'
    for kind, name in re.findall(created, code(service)):
        for which in ("newest", "oldest") if "{which}" in name else ("",):
            yield kind, name.replace("{which}", which)


def test_the_shipper_is_given_each_variable_that_it_reads() -> None:
    shipping = (TERRAFORM / "log_shipping.tf").read_text()
    given = set(re.findall(r'name\s+= "([A-Z_]+)"', shipping))
    assert given == set(re.findall(r"\$\{(\w+)\}", VECTOR))


def test_no_part_of_the_data_streams_name_has_a_hyphen_which_parts_them() -> None:
    # https://www.elastic.co/guide/en/ecs/current/ecs-data_stream.html
    name = yaml.safe_load(VECTOR)["sinks"]["elasticsearch"]["data_stream"]
    assert name == {"type": "logs", "dataset": "moneyline", "namespace": "${NAMESPACE}"}
    shipping = (TERRAFORM / "log_shipping.tf").read_text()
    assert re.search(r'"NAMESPACE"\s+value = replace\(var\.project, "-", "_"\)', shipping)


def test_the_shipper_takes_entries_from_its_source_to_its_sink() -> None:
    config = yaml.safe_load(VECTOR)
    assert config["sinks"]["elasticsearch"]["inputs"] == list(config["transforms"])
    assert config["transforms"]["entries"]["inputs"] == list(config["sources"])
