"""QueryResponse: what every REST request is answered with."""

from enum import StrEnum

import msgspec

from query_api.read_model.event_view import OddsEvent, OddsHistory, PendingEvent
from query_api.read_model.odds_view import OddsPage, OddsView

JSON = "application/json"
PROTOBUF = "application/x-protobuf"

Data = OddsView | OddsPage | OddsHistory | OddsEvent | PendingEvent | None


class Status(StrEnum):
    SUCCESS = "success"
    FAIL = "fail"


class QueryResponse(msgspec.Struct, frozen=True):
    request_id: str
    status: Status
    msg: str
    data: Data = None
