"""The queries of our Datastore emulator, beside plain evaluation, and what they cost."""

import asyncio
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from google.cloud.datastore_v1.types import (
    CommitRequest,
    Entity,
    Query,
    QueryResultBatch,
    TransactionOptions,
    Value,
)
from google.protobuf.wrappers_pb2 import Int32Value
from hypothesis import given
from hypothesis import strategies as st

from local.emulators.datastore import queries
from local.emulators.datastore.changes import Changes
from local.emulators.datastore.commits import check_commit
from local.emulators.datastore.filters import alternatives as alternatives_of
from local.emulators.datastore.readers import Readers
from local.emulators.datastore.storage import Database, Partition
from local.emulators.datastore.transactions import Transactions
from local.emulators.refusal import Refusal
from tests.datastore_api import Api, Operator, compare, every, names, order
from tests.datastore_model import OPERATORS, Comparison, Held, Model, Order

NOWHERE = "127.0.0.1:1"
VALUES: list[Any] = [
    *(None, -1, 0, 3, 2**40, False, True, "", "a", "b", "b\0", b"a", b"\xff"),
    *(float("-inf"), -1.5, 0.0, 2.5),
]
properties = st.sampled_from("pqr")
values = st.sampled_from(VALUES)
entities = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d", "e", 1, 2, 30]),
    st.dictionaries(
        properties, st.builds(Held, st.lists(values, min_size=1, max_size=3), st.booleans())
    ),
)
comparisons = st.builds(Comparison, properties, st.sampled_from(list(OPERATORS)), values)
alternatives = st.lists(st.lists(comparisons, min_size=1, max_size=3), min_size=1, max_size=3)
orders = st.lists(
    st.builds(Order, properties, st.booleans()), max_size=2, unique_by=lambda each: each.name
)
models = st.builds(Model, entities, st.just([[]]) | alternatives, orders)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.made(tmp_path / "datastore.sqlite")
    yield database
    database.close()


@given(model=models, limit=st.integers(0, 9))
def test_a_query_finds_what_plain_evaluation_finds(
    database: Database, model: Model, limit: int
) -> None:
    api = Api(NOWHERE, f"p{uuid4().hex[:12]}")
    _store(database, api, model)
    partition = Partition(api.project, "", "")
    query, expected = _query(model), model.found()
    assert _names(queries.run(database, partition, Query.pb(query))) == expected
    assert queries.count(database, partition, Query.pb(query), None) == len(expected)
    query.limit = Int32Value(value=limit)
    assert _names(queries.run(database, partition, Query.pb(query))) == expected[:limit]


def test_a_page_of_a_range_costs_the_same_however_many_entities_there_are(
    database: Database,
) -> None:
    few, many = Api(NOWHERE, "few"), Api(NOWHERE, "many")
    for api, size in ((few, 100), (many, 5000)):
        all_of_them = [api.entity(api.key("Kind", n + 1), p=f"{n:05}") for n in range(size)]
        for start in range(0, size, 500):
            _commit(database, api, *all_of_them[start : start + 500])
    assert _steps(database, many, 5000) < 1.5 * _steps(database, few, 100)


def test_a_filter_is_refused_before_its_many_alternatives_are_made() -> None:
    several = {"array_value": {"values": [{"integer_value": number} for number in range(20)]}}
    one_of_them = compare("p", Operator.IN, Value(several))
    query = Query(kind=[{"name": "Kind"}], filter=every(*[one_of_them] * 20))
    with pytest.raises(Refusal, match=f"has {20**20} alternatives"):
        alternatives_of(Query.pb(query).filter)


def test_a_long_read_keeps_no_other_call_waiting(database: Database, tmp_path: Path) -> None:
    over = threading.Event()

    async def read_beside_a_long_one() -> None:
        readers = Readers(tmp_path / "datastore.sqlite")
        transactions = Transactions(tmp_path / "datastore.sqlite", readers)
        transaction = transactions.begin(TransactionOptions.pb(TransactionOptions(read_only={})))
        long = [
            asyncio.create_task(readers.read(lambda _: over.wait(10))),
            asyncio.create_task(transactions.read(transaction, lambda _: over.wait(10))),
        ]
        assert await readers.read(lambda beside: beside.execute("SELECT 1").fetchone()) == (1,)
        assert not any(each.done() for each in long)
        ending = asyncio.create_task(transactions.end(transaction))
        over.set()
        assert all(await asyncio.gather(*long, ending))
        readers.close()
        transactions.close()

    asyncio.run(read_beside_a_long_one())


def _steps(database: Database, api: Api, size: int) -> int:
    """What SQLite does for one page in the middle of a range."""
    partition = Partition(api.project, "", "")
    bounds = (
        compare("p", Operator.GREATER_THAN, "00009"),
        compare("p", Operator.LESS_THAN, f"{size - 10:05}"),
    )
    query = Query(kind=[{"name": "Kind"}], filter=every(*bounds), order=order("p"))
    query.limit = Int32Value(value=10)
    before = queries.run(database, partition, Query.pb(Query(query, offset=size // 2)))
    query.start_cursor = before.end_cursor
    steps = count()
    database.connection.set_progress_handler(lambda: next(steps) * 0, 1)
    page = queries.run(database, partition, Query.pb(query))
    database.connection.set_progress_handler(None, 0)
    assert len(page.entity_results) == 10
    return next(steps)


def _store(database: Database, api: Api, model: Model) -> None:
    stored = []
    for identifier, held in model.entities.items():
        entity = api.entity(
            api.key("Kind", identifier), **{name: each.values for name, each in held.items()}
        )
        for name, each in held.items():
            for value in entity.properties[name].array_value.values:
                value.exclude_from_indexes = not each.indexed
        stored.append(entity)
    _commit(database, api, *stored)


def _commit(database: Database, api: Api, *entities: Entity) -> None:
    mutations = [{"upsert": entity} for entity in entities]
    request = CommitRequest.pb(
        CommitRequest(project_id=api.project, mode="NON_TRANSACTIONAL", mutations=mutations)
    )
    atomic = check_commit(request)
    database.execute("BEGIN")
    Changes(database).commit(request.mutations, atomic=atomic)
    database.execute("COMMIT")


def _query(model: Model) -> Query:
    kind = {"name": "Kind"}
    ordered = order(*(f"{'-' * each.descending}{each.name}" for each in model.orders))
    if model.alternatives == [[]]:
        return Query(kind=[kind], order=ordered)
    filters = [every(*(compare(*each) for each in some)) for some in model.alternatives]
    either = {"composite_filter": {"op": "OR", "filters": filters}}
    return Query(kind=[kind], order=ordered, filter=either)


def _names(batch: Any) -> list[str | int]:
    return names(QueryResultBatch.wrap(batch))
