"""What the command and the query service measure, as a collector is told of it when they end."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import grpc
import msgspec
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from sqlalchemy import text

from odds.adapters import clock
from odds.adapters.telemetry.telemetry import Telemetry
from query_api.feed.odds_filter import OddsFilter
from query_api.graphql.accept import GRAPHQL_JSON
from query_api.metrics import Metrics
from query_api.stream.fanout import Fanout
from query_api.stream.tally import Tally
from tests.collector import collector
from tests.exchange import JSON, Request, send
from tests.faulty_bus import faulty_bus, refused
from tests.integration.graphql_websocket import connected, run
from tests.integration.query_service import DEADLINE, Market, QueryService, query_service
from tests.metrics import gauge
from tests.serving import serving


def told(sent: Mapping[str, Sequence[bytes]], service: str) -> dict[str, list[Any]]:
    """The data points of each metric, as they were told last."""
    exported = ExportMetricsServiceRequest.FromString(sent["/v1/metrics"][-1])
    (scope,) = exported.resource_metrics[0].scope_metrics
    return {
        metric.name.removeprefix(f"moneyline.{service}."): [
            *(metric.sum.data_points or metric.gauge.data_points or metric.histogram.data_points)
        ]
        for metric in scope.metrics
    }


def by_attributes(points: Sequence[Any]) -> dict[tuple[Any, ...], int]:
    """The value of each point, by its attributes in the order of their names."""
    counts = {}
    for point in points:
        facts = sorted(point.attributes, key=lambda fact: fact.key)
        values = tuple(fact.value.string_value or fact.value.int_value for fact in facts)
        counts[values] = getattr(point, "count", None) or point.as_int
    return counts


def command(request_id: str, velocity: str) -> Request:
    given = {
        "RequestID": request_id,
        "Provider": "acme",
        "Command": "NewOdds",
        "Domain": "Odds",
        "EventVelocity": velocity,
        "Payload": {"GameID": "soccer:1", "MoneyLine": {"Home": 1.9, "Away": 2.1}},
    }
    return Request("POST", "/odds", {"Content-Type": JSON}, msgspec.json.encode(given))


def test_commands_are_counted_by_what_became_of_them_and_their_publishing_is_timed() -> None:
    with collector() as (collector_url, sent), faulty_bus() as bus:
        environ = {
            "GOOGLE_CLOUD_PROJECT": "metrics",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector_url,
            "PUBSUB_EMULATOR_HOST": bus.host,
        }
        with serving("command_api", environ) as url:
            requests = [command("1", "high"), command("2", "low"), command("3", "high")]
            assert {send(url, request).status for request in requests} == {202}
            assert send(url, command("4", "faster")).status == 400
            assert send(url, Request("GET", "/health/ready")).status == 503
            bus.faults.append(refused(grpc.StatusCode.PERMISSION_DENIED))
            assert send(url, command("5", "low")).status == 503
        metrics = told(sent, "command_api")
    assert by_attributes(metrics["commands.accepted"]) == {("high",): 2, ("low",): 1}
    assert by_attributes(metrics["commands.refused"]) == {(400,): 1, (503,): 1}
    assert by_attributes(metrics["publish.duration"]) == {("high",): 2, ("low",): 2}
    assert all(point.sum > 0 for point in metrics["publish.duration"])


def test_changes_are_counted_and_timed_from_their_projection_to_the_stream(
    postgres_url: str,
) -> None:
    began, market = clock.now(), Market(postgres_url)
    before = market.new()
    with (
        collector() as (collector_url, sent),
        query_service(postgres_url, OTEL_EXPORTER_OTLP_ENDPOINT=collector_url) as service,
    ):
        streams = [service.subscribe() for _ in range(2)]
        market.update(before, 3.0, 4.0)
        for stream in streams:
            stream.take(2)
        paths = ["/odds", f"/odds/{before}", f"/odds/{before}", "/odds/none", "/none"]
        statuses = [service.request("GET", path).status for path in paths]
        assert statuses == [200, 200, 200, 400, 404]
        service.terminate()
        service.process.wait(DEADLINE)
        metrics = told(sent, "query_api")
    market.engine.dispose()
    (lag,) = metrics["feed.lag"]
    assert lag.count == 2
    assert 0 < lag.sum < 2 * (clock.now() - began) / 1_000_000
    (behind,) = metrics["feed.behind"]
    assert behind.as_double > 0
    assert by_attributes(metrics["changes.delivered"]) == {(): 4}
    assert by_attributes(metrics["changes.conflated"]) == {(): 0}
    assert by_attributes(metrics["streams.open"]) == {(): 0}
    assert by_attributes(metrics["requests"]) == {
        ("/odds", 200): 1,
        ("/odds/<external_id>", 200): 2,
        ("/odds/<external_id>", 400): 1,
        ("unknown", 404): 1,
    }


def test_graphql_queries_are_timed_by_what_became_of_them_over_http_and_websocket(
    postgres_url: str,
) -> None:
    market = Market(postgres_url)
    wait = f'{{ event(event_id: "{UUID(int=1)}", wait: %s) {{ outcome }} }}'

    def over_http(service: QueryService) -> None:
        answered = "{ list_odds { total } feed { stale } }"
        for query in (answered, answered, "{ list_odds(page_no: 0) { total } }", wait % 0.1):
            assert service.post(query, GRAPHQL_JSON).status == 200
        refused = ("{ no_such_field }", "mutation { odds }", "no document", "{ feed")
        for query in refused:
            assert service.post(query, GRAPHQL_JSON).status == 400
        with market.engine.begin() as connection:
            connection.execute(text("ALTER TABLE odds RENAME TO odds_there"))
        assert service.post("{ list_odds { total } feed { stale } }", GRAPHQL_JSON).status == 200

    async def over_websocket(service: QueryService) -> None:
        async with connected(service) as client:
            await client.subscribe("a", "{ feed { stale } }")
            assert [(await client.receive())["type"] for _ in range(2)] == ["next", "complete"]
            await client.subscribe("b", "{ no_such_field }")
            assert (await client.receive())["type"] == "error"
            await client.subscribe("c", wait % 20)
            await asyncio.sleep(0.5)
            await client.send("complete", id="c")
            await client.subscribe("d")

    with (
        collector() as (collector_url, sent),
        query_service(postgres_url, OTEL_EXPORTER_OTLP_ENDPOINT=collector_url) as service,
    ):
        over_http(service)
        run(lambda: over_websocket(service))
        service.terminate()
        service.process.wait(DEADLINE)
        metrics = told(sent, "query_api")
    market.engine.dispose()
    assert by_attributes(metrics["graphql.duration"]) == {
        ("query", "answered"): 3,
        ("query", "refused"): 3,
        ("query", "failed"): 1,
        ("mutation", "refused"): 1,
        ("wait", "answered"): 1,
        ("wait", "left"): 1,
    }
    assert "requests" not in metrics


def test_streams_are_counted_while_they_are_open() -> None:
    reader, fanout = InMemoryMetricReader(), Fanout(10, 10)
    metrics = Metrics(Telemetry("query_api", [reader]).meter())
    metrics.watch_streams(lambda: len(fanout), Tally())

    def opened() -> float | None:
        return gauge(reader, "moneyline.query_api.streams.open")

    group = fanout.join(lambda _: b"", OddsFilter())
    assert opened() == 1
    fanout.leave(group)
    assert opened() == 0
