"""The way of one price through the services' processes, as a collector is told of it."""

from collections.abc import Mapping, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector import collector
from tests.exchange import JSON, Request, send
from tests.faulty_bus import faulty_bus
from tests.integration.patient_projector import serving_projector
from tests.pushing import post, push_body
from tests.serving import serving
from tests.waiting import wait_for

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
COMMAND = b"""{"RequestID": "traced", "Provider": "acme", "Command": "NewOdds", "Domain": "Odds",
"Payload": {"GameID": "soccer:1", "MoneyLine": {"Home": 1.9, "Away": 2.1}}}"""


def told(sent: Mapping[str, Sequence[bytes]]) -> dict[str, Span]:
    requests = [ExportTraceServiceRequest.FromString(body) for body in sent["/v1/traces"]]
    return {
        span.name: span
        for request in requests
        for of_process in request.resource_spans
        for scope in of_process.scope_spans
        for span in scope.spans
    }


def test_one_price_is_one_trace_from_its_command_to_the_stream(
    datastore_host: str, project: str, postgres_url: str
) -> None:
    """The bus is a recorder, whose message is then pushed with what it carries."""
    headers = {"Content-Type": JSON, "traceparent": TRACEPARENT}
    with collector() as (collector_url, sent):
        environ = {"GOOGLE_CLOUD_PROJECT": project, "OTEL_EXPORTER_OTLP_ENDPOINT": collector_url}
        with (
            faulty_bus() as bus,
            serving("command_api", environ | {"PUBSUB_EMULATOR_HOST": bus.host}) as url,
        ):
            assert send(url, Request("POST", "/odds", headers, COMMAND)).status == 202
        stores = {"DATABASE_URL": postgres_url, "DATASTORE_EMULATOR_HOST": datastore_host}
        with (
            serving("query_api", environ | stores) as readers_url,
            serving_projector(environ | stores) as url,
        ):
            wait_for(lambda: send(readers_url, Request("GET", "/health/ready")).status == 200)
            pushed = push_body(bus.last.data, attributes=bus.last.attributes)
            assert post(url, pushed).status == 204
            wait_for(lambda: "stream change" in told(sent))
        spans = told(sent)
    way = ["POST command", "publish event", "project event", "store in Datastore"]
    parents = [TRACEPARENT.split("-")[2], *(spans[name].span_id.hex() for name in way[:3])]
    assert [spans[name].parent_span_id.hex() for name in way] == parents
    for name in ("project to PostgreSQL", "stream change"):
        assert spans[name].parent_span_id == spans["project event"].span_id
    assert {span.trace_id.hex() for span in spans.values()} == {TRACEPARENT.split("-")[1]}
    (event_id,) = (each for each in spans["project event"].attributes if "event_id" in each.key)
    assert event_id.value.string_value == bus.last.attributes["event_id"]
