"""What the projector is measured beside."""

import os

from flask import Flask, request
from flask.typing import ResponseReturnValue
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.live import answer_live
from odds.adapters import clock
from odds.adapters.event_store import datastore
from odds.adapters.event_store.datastore import Datastore
from odds.adapters.event_store.event_store import EventStore
from odds.adapters.event_store.parked_messages import ParkedMessages
from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import ReadModel
from odds.adapters.telemetry import logs
from odds.adapters.telemetry.telemetry import Telemetry
from projector import envelope
from projector.answers import Answer, answer
from projector.bodies import read_body
from projector.metrics import Metrics
from projector.parking import Parking
from projector.projector import Projector, Taken

PATIENCE = 60.0
"""Seconds: a slow answer is to be measured, not refused."""


def parse_only() -> ASGIApp:
    """The ceiling: read the push, parse its envelope, acknowledge."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            body = await read_body(receive)
            if body:
                envelope.read(body)
            await answer(send, Answer(204 if body else 200))

    return app


def parse_only_in_flask() -> Flask:
    app = _flask()

    @app.post("/push")
    def push() -> ResponseReturnValue:
        envelope.read(request.get_data())
        return "", 204

    return app


def one_at_a_time() -> Flask:
    """Each push stores and projects its own event, in a thread of its own."""
    logs.configure("bench", level="INFO", project="bench")
    entities = Datastore(
        datastore.connect(os.environ["DATASTORE_EMULATOR_HOST"]), "bench", timeout=PATIENCE
    )
    read_model = ReadModel(
        postgres.create_engine(os.environ["DATABASE_URL"], pool_size=16, timeout=PATIENCE),
        patience=PATIENCE,
    )
    metrics = Metrics(Telemetry("bench").meter())
    projector = Projector(
        EventStore(entities),
        Parking(ParkedMessages(entities), clock.now, metrics),
        read_model,
        clock.now,
        metrics,
    )
    app = _flask()

    @app.post("/push")
    def push() -> ResponseReturnValue:
        stored = projector.store([envelope.read(request.get_data())])
        projector.project([each for each in stored if isinstance(each, Taken)], {})
        return "", 204

    return app


def _flask() -> Flask:
    app = Flask("bench", static_folder=None)
    answer_live(app)
    return app
