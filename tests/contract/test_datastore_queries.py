"""What may be leaned on in Datastore's queries: filters, orders, cursors, counts.

Asked of our emulator and of Google's (with --firestore_in_datastore_mode). Where Google's does
otherwise, the test says what, and by which of the service's pages it is measured.
"""

from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import datastore
from google.cloud.datastore.query import PropertyFilter
from google.cloud.datastore_v1.types import QueryResultBatch, Value

from tests.contract.datastore import AFTER_ALL_TIME, google_differs
from tests.datastore_api import Api, Operator, compare, every, names, order, projection

More = QueryResultBatch.MoreResultsType
FILTERS = "https://cloud.google.com/datastore/docs/concepts/queries#filters"
MORE = "https://cloud.google.com/datastore/docs/reference/data/rpc/google.datastore.v1#queryresultbatch"
COUNT = "https://cloud.google.com/datastore/docs/aggregation-queries"


RANGES: list[tuple[Any, list[str]]] = [
    (compare("age", Operator.EQUAL, 30), ["ann", "dan"]),
    (compare("age", Operator.LESS_THAN, 30), ["bob"]),
    (compare("age", Operator.LESS_THAN_OR_EQUAL, 30), ["bob", "ann", "dan"]),
    (compare("age", Operator.GREATER_THAN, 30), ["cem"]),
    (compare("age", Operator.GREATER_THAN_OR_EQUAL, 30), ["ann", "dan", "cem"]),
    (
        every(
            compare("age", Operator.GREATER_THAN, 25),
            compare("age", Operator.LESS_THAN, 41),
            compare("tags", Operator.EQUAL, "z"),
        ),
        ["dan"],
    ),
    (every(compare("tags", Operator.EQUAL, "x"), compare("tags", Operator.EQUAL, "y")), ["ann"]),
]


@pytest.mark.parametrize(("wanted", "found"), RANGES, ids=range(len(RANGES)))
def test_a_filter_finds_what_it_says(people: Api, wanted: Any, found: list[str]) -> None:
    assert people.names("Person", filter=wanted) == found


ALTERNATIVES: list[tuple[Any, list[str]]] = [
    (compare("age", Operator.IN, [25, 41]), ["bob", "cem"]),
    (compare("age", Operator.NOT_EQUAL, 30), ["bob", "cem"]),
    (compare("age", Operator.NOT_IN, [25, 30]), ["cem"]),
    (
        {
            "composite_filter": {
                "op": "OR",
                "filters": [
                    compare("age", Operator.EQUAL, 25),
                    compare("tags", Operator.EQUAL, "z"),
                ],
            }
        },
        ["bob", "cem", "dan", "eve"],
    ),
]


@google_differs("knows no IN, !=, NOT IN and OR", FILTERS)
@pytest.mark.parametrize(("wanted", "found"), ALTERNATIVES, ids=range(len(ALTERNATIVES)))
def test_alternatives_find_what_any_of_them_says(
    people: Api, wanted: Any, found: list[str]
) -> None:
    assert people.names("Person", filter=wanted) == found


def test_results_come_in_order_and_those_without_the_property_not_at_all(people: Api) -> None:
    assert people.names("Person", order=order("age")) == ["bob", "ann", "dan", "cem"]
    assert people.names("Person", order=order("-age"))[0] == "cem"
    assert people.names("Person", order=order("-age", "-__key__")) == ["cem", "dan", "ann", "bob"]
    assert people.names("Person", order=order("-__key__")) == ["eve", "dan", "cem", "bob", "ann"]


def test_an_entity_with_several_values_comes_once_by_the_first_of_them(people: Api) -> None:
    assert people.names("Person", order=order("tags")) == ["ann", "bob", "eve", "cem", "dan"]


def test_what_is_excluded_from_indexes_is_not_found_by_it(people: Api) -> None:
    assert people.names("Person", filter=compare("shy", Operator.EQUAL, "very")) == []
    assert people.names("Person", order=order("shy")) == []


def test_values_of_all_types_stand_in_the_documented_order(api: Api) -> None:
    geo = Value(geo_point_value={"latitude": 1.5, "longitude": 2.0})
    time = Value(timestamp_value="1970-01-01T00:00:00.000006Z")
    key = api.key("Kind", "a")
    held: list[Any] = [None, -1, 0, 5, time, 2**62, False, True, "", b"a", "b", "z", b"\xff"]
    held += [float("-inf"), -1.5, 0.0, 5.0, float("inf"), geo, key]
    api.put(*(api.entity(api.key("Kind", at + 1), p=each) for at, each in enumerate(held)))
    assert api.names("Kind", order=order("p")) == list(range(1, len(held) + 1))


def test_keys_filter_order_and_stand_by_numbers_before_names(api: Api) -> None:
    api.put(*(api.entity(api.key("Kind", name)) for name in (2, 10, "10", "a", "a\0", "b", "é")))
    assert api.names("Kind") == [2, 10, "10", "a", "a\0", "b", "é"]
    above = compare("__key__", Operator.GREATER_THAN, api.key("Kind", "a"))
    below = compare("__key__", Operator.LESS_THAN_OR_EQUAL, api.key("Kind", "b"))
    assert api.names("Kind", filter=every(above, below)) == ["a\0", "b"]


def test_an_ancestor_filter_finds_the_entity_and_what_is_below_it(api: Api) -> None:
    paths = (("a",), ("a", "b"), ("a", 1), ("a", "b", "c"), ("aa",), ("aa", "b"))
    api.put(*(api.entity(api.key("Kind", *path), n=len(path)) for path in paths))
    below = compare("__key__", Operator.HAS_ANCESTOR, api.key("Kind", "a"))
    assert api.names("Kind", filter=below) == ["a", 1, "b", "c"]
    assert api.names(None, filter=below) == ["a", 1, "b", "c"]
    assert api.names("Kind", filter=every(below, compare("n", Operator.EQUAL, 2))) == [1, "b"]


def test_namespaces_are_apart(api: Api) -> None:
    api.put(api.entity(api.key("Kind", "a", namespace="one")))
    assert names(api.query("Kind", "one")) == ["a"]
    assert names(api.query("Kind")) == []


def test_a_query_for_keys_or_some_properties_shows_no_more(people: Api) -> None:
    keys = people.query("Person", projection=projection("__key__"))
    assert all(not result.entity.properties for result in keys.entity_results)
    some = people.query("Person", projection=projection("tags"), limit={"value": 3})
    for result, name in zip(some.entity_results, ("ann", "bob", "eve"), strict=True):
        assert result.entity.key.path[0].name == name
        assert {key: held.string_value for key, held in result.entity.properties.items()} == {
            "tags": "x"
        }


def test_distinct_shows_one_result_of_each_group(people: Api) -> None:
    batch = people.query("Person", projection=projection("age"), distinct_on=[{"name": "age"}])
    assert [each.entity.properties["age"].integer_value for each in batch.entity_results] == [
        25,
        30,
        41,
    ]


def test_limit_and_offset_cut_the_results(people: Api) -> None:
    assert people.names("Person", offset=1, limit={"value": 2}) == ["bob", "cem"]
    batch = people.query("Person", offset=4)
    assert (names(batch), batch.skipped_results) == (["eve"], 4)


@pytest.mark.parametrize("direction", ["age", "-age", "__key__"])
def test_a_cursor_goes_on_where_a_batch_ended(people: Api, direction: str) -> None:
    everyone = people.names("Person", order=order(direction))
    found, cursor = [], b""
    for _ in everyone:
        batch = people.query(
            "Person", order=order(direction), limit={"value": 1}, start_cursor=cursor
        )
        found += names(batch)
        cursor = batch.end_cursor
    assert found == everyone


def test_an_end_cursor_stops_a_query(people: Api) -> None:
    first = people.query("Person", order=order("age"), limit={"value": 2})
    again = people.query("Person", order=order("age"), end_cursor=first.end_cursor)
    assert names(again) == names(first)


@google_differs("always says that there may be more", MORE)
def test_a_query_says_when_it_is_finished(people: Api) -> None:
    assert people.query("Person").more_results == More.NO_MORE_RESULTS
    limited = people.query("Person", limit={"value": 2})
    assert limited.more_results == More.MORE_RESULTS_AFTER_LIMIT


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": {"value": -1}},
        {"offset": -1},
        {"filter": {"composite_filter": {"op": "AND"}}},
        {"filter": compare("age", Operator.EQUAL, Value())},
        {"filter": compare("age", Operator.EQUAL, AFTER_ALL_TIME)},
        {"filter": compare("__key__", Operator.EQUAL, "a")},
        {
            "filter": compare("age", Operator.EQUAL, 1),
            "projection": projection("age"),
        },
    ],
    ids=["limit", "offset", "composite", "value", "timestamp", "key", "projection"],
)
def test_a_query_that_makes_no_sense_is_refused(people: Api, wrong: Any) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        people.query("Person", **wrong)


@google_differs("knows no aggregation", COUNT)
def test_results_are_counted_up_to_a_number(people: Api, library: datastore.Client) -> None:
    older = library.query(kind="Person")
    older.add_filter(filter=PropertyFilter("age", ">", 25))
    counts = library.aggregation_query(older).count(alias="all")
    assert [result.value for result in next(iter(counts.fetch()))] == [3]
    assert [result.value for result in next(iter(counts.fetch(limit=2)))] == [2]


def test_googles_own_client_works_as_ever(library: datastore.Client) -> None:
    entities = [datastore.Entity(library.key("Kind", n)) for n in range(1, 6)]
    for number, entity in enumerate(entities):
        entity.update(n=number, tags=["a", "b"], inner={"x": 1}, none=None)
    library.put_multi(entities)
    with library.transaction(begin_later=True):
        changed = library.get(entities[0].key)
        changed["n"] = 9
        library.put(changed)
    library.delete(entities[1].key)
    ordered = library.query(kind="Kind", order=["-n"])
    assert [entity["n"] for entity in ordered.fetch()] == [9, 4, 3, 2]
    pages = [list(page) for page in ordered.fetch(limit=3).pages]
    assert [entity.key.id for page in pages for entity in page] == [1, 5, 4]
    assert library.get(library.key("Kind", 2)) is None
    assert library.allocate_ids(library.key("Kind"), 2)
