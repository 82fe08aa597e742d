"""What our code, and the clients' ordinary use, may lean on in Datastore.

Asked of our emulator and of Google's (with --firestore_in_datastore_mode). Where Google's does
otherwise, the test says what, and by which of the service's pages it is measured.
"""

from functools import partial
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import datastore
from google.cloud.datastore.query import PropertyFilter
from google.cloud.datastore_v1.types import QueryResultBatch, Value

from tests.contract import differences
from tests.datastore_api import (
    ONE_BY_ONE,
    Api,
    Operator,
    compare,
    every,
    names,
    order,
    projection,
    unindexed,
    value,
)

More = QueryResultBatch.MoreResultsType
LIMITS = "https://cloud.google.com/datastore/docs/concepts/limits"
COMMIT = (
    "https://cloud.google.com/datastore/docs/reference/data/rpc/google.datastore.v1#commitrequest"
)
LOOKUP = (
    "https://cloud.google.com/datastore/docs/reference/data/rpc/google.datastore.v1#lookupresponse"
)
FILTERS = "https://cloud.google.com/datastore/docs/concepts/queries#filters"
MORE = "https://cloud.google.com/datastore/docs/reference/data/rpc/google.datastore.v1#queryresultbatch"


ISOLATION = (
    "https://cloud.google.com/datastore/docs/concepts/transactions#isolation_and_consistency"
)
COUNT = "https://cloud.google.com/datastore/docs/aggregation-queries"


google_differs = partial(differences.google_differs, "datastore_host")


@pytest.fixture
def api(datastore_host: str, project: str) -> Api:
    return Api(datastore_host, project)


@pytest.fixture
def library(datastore_host: str, project: str, monkeypatch: pytest.MonkeyPatch) -> datastore.Client:
    """Google's own high-level client."""
    monkeypatch.setenv("DATASTORE_EMULATOR_HOST", datastore_host)
    return datastore.Client(project=project)


@pytest.fixture
def people(api: Api) -> Api:
    """Five of a kind: by age, by name in several tongues, with lists, one without an age."""
    api.put(
        *(
            api.entity(api.key("Person", name), age=age, tags=tags)
            for name, age, tags in (
                ("ann", 30, ["x", "y"]),
                ("bob", 25, ["x"]),
                ("cem", 41, ["y", "z"]),
                ("dan", 30, ["z"]),
            )
        ),
        api.entity(api.key("Person", "eve"), tags=["x", "z"], shy=unindexed("very")),
    )
    return api


def test_what_is_put_is_found_with_its_version_and_the_rest_is_missing(api: Api) -> None:
    entity = api.entity(api.key("Kind", "a"), text="é", number=7, nothing=None, blob=b"\0\xff")
    api.put(entity)
    answer = api.lookup(api.key("Kind", "a"), api.key("Kind", "b"))
    assert [found.entity for found in answer.found] == [entity]
    assert answer.found[0].version > 0
    assert [missing.entity.key for missing in answer.missing] == [api.key("Kind", "b")]


def test_each_change_makes_a_greater_version(api: Api) -> None:
    changes = [api.entity(api.key("Kind", "a"), n=n) for n in range(3)]
    versions = [api.commit({"upsert": each}).mutation_results[0].version for each in changes]
    assert sorted(set(versions)) == versions


def test_an_insert_of_what_is_known_is_refused_and_all_with_it(api: Api) -> None:
    known = api.entity(api.key("Kind", "known"))
    api.put(known)
    with pytest.raises(exceptions.AlreadyExists):
        api.commit({"insert": api.entity(api.key("Kind", "new"))}, {"insert": known})
    assert not api.lookup(api.key("Kind", "new")).found


def test_an_update_of_what_is_unknown_is_refused(api: Api) -> None:
    with pytest.raises(exceptions.NotFound):
        api.commit({"update": api.entity(api.key("Kind", "a"))})


def test_a_delete_of_what_is_unknown_is_no_error(api: Api) -> None:
    api.commit({"delete": api.key("Kind", "a")})


def test_what_is_deleted_is_in_no_index(people: Api) -> None:
    people.commit({"delete": people.key("Person", "ann")})
    assert people.names("Person", order=order("age")) == ["bob", "dan", "cem"]
    assert people.names("Person") == ["bob", "cem", "dan", "eve"]


def test_what_is_changed_is_in_the_indexes_as_it_is_now(people: Api) -> None:
    people.put(people.entity(people.key("Person", "ann"), age=99))
    assert people.names("Person", order=order("age")) == ["bob", "dan", "cem", "ann"]
    assert people.names("Person", filter=compare("tags", Operator.EQUAL, "y")) == ["cem"]


def test_mutations_one_by_one_are_applied_until_one_is_refused(api: Api) -> None:
    api.put(api.entity(api.key("Kind", "known")))
    inserts = [{"insert": api.entity(api.key("Kind", name))} for name in ("a", "known", "z")]
    with pytest.raises(exceptions.AlreadyExists):
        api.commit(*inserts, mode=ONE_BY_ONE)
    assert api.names("Kind") == ["a", "known"]


def test_one_by_one_no_entity_is_changed_twice(api: Api) -> None:
    upsert = {"upsert": api.entity(api.key("Kind", "a"))}
    with pytest.raises(exceptions.InvalidArgument):
        api.commit(upsert, upsert, mode=ONE_BY_ONE)


def test_in_a_transaction_the_last_change_of_an_entity_stays(api: Api) -> None:
    key = api.key("Kind", "a")
    api.commit({"upsert": api.entity(key, n=1)}, {"upsert": api.entity(key, n=2)})
    assert api.lookup(key).found[0].entity == api.entity(key, n=2)


@google_differs("answers ALREADY_EXISTS", COMMIT)
def test_an_entity_is_not_inserted_twice_in_a_commit(api: Api) -> None:
    insert = {"insert": api.entity(api.key("Kind", "a"))}
    with pytest.raises(exceptions.InvalidArgument):
        api.commit(insert, insert)


@pytest.mark.parametrize(("strategy", "applied"), [("SERVER_VALUE", False), ("FAIL", None)])
def test_a_change_of_another_version_is_a_conflict(
    api: Api, strategy: str, applied: bool | None
) -> None:
    entity = api.entity(api.key("Kind", "a"), n=1)
    api.put(entity)
    change = {
        "upsert": api.entity(api.key("Kind", "a"), n=2),
        "base_version": 1,
        "conflict_resolution_strategy": strategy,
    }
    if applied is None:
        with pytest.raises(exceptions.FailedPrecondition):
            api.commit(change)
    else:
        api.commit(change)
    assert api.lookup(api.key("Kind", "a")).found[0].entity == entity


def test_a_change_of_the_version_that_was_read_is_made(api: Api) -> None:
    entity = api.entity(api.key("Kind", "a"), n=1)
    version = api.commit({"upsert": entity}).mutation_results[0].version
    changed = api.entity(api.key("Kind", "a"), n=2)
    result = api.commit({"upsert": changed, "base_version": version}).mutation_results[0]
    assert not result.conflict_detected
    assert api.lookup(changed.key).found[0].entity == changed


def test_an_incomplete_key_is_given_a_number(api: Api) -> None:
    (result,) = api.commit({"insert": api.entity(api.key("Kind"), n=1)}).mutation_results
    assert result.key.path[0].id > 0
    assert api.lookup(result.key).found[0].entity.properties["n"] == value(1)


def test_numbers_are_allocated_once_each_and_reserved(api: Api) -> None:
    asked = [api.key("Kind"), api.key("Kind")]
    keys = api.client.allocate_ids(project_id=api.project, keys=asked).keys
    assert len({key.path[0].id for key in keys} - {0}) == 2
    api.client.reserve_ids(project_id=api.project, keys=[api.key("Kind", 12345)])


LONG = "x" * 1501
AFTER_ALL_TIME = Value(Value.pb()(timestamp_value={"seconds": 253_402_300_800}))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda api: api.entity(api.key("__Kind__", "a")), id="a reserved kind"),
        pytest.param(lambda api: api.entity(api.key("Kind", "__a__")), id="a reserved name"),
        pytest.param(lambda api: api.entity(api.key("Kind", LONG)), id="a long name"),
        pytest.param(
            lambda api: api.entity(api.key("Kind", "a"), __p__=1), id="a reserved property"
        ),
        pytest.param(
            lambda api: api.entity(api.key("Kind", "a"), p=LONG), id="a long indexed text"
        ),
        pytest.param(lambda api: api.entity(api.key("Kind", "a"), p=Value()), id="no value"),
        pytest.param(
            lambda api: api.entity(api.key("Kind", "a"), p=AFTER_ALL_TIME), id="no timestamp"
        ),
        pytest.param(
            lambda api: api.entity(api.key("Kind", "a"), p=unindexed(AFTER_ALL_TIME)),
            id="no unindexed timestamp",
        ),
        pytest.param(
            lambda api: api.entity(Api("127.0.0.1:1", "other").key("Kind", "a")),
            id="another project's key",
        ),
    ],
)
def test_what_breaks_the_rules_of_keys_and_properties_is_refused(api: Api, wrong: Any) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        api.put(wrong(api))


@google_differs("takes any length", LIMITS)
def test_an_unindexed_value_has_a_megabyte_at_most(api: Api) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        api.put(api.entity(api.key("Kind", "a"), p=unindexed("x" * (1024 * 1024 - 88))))


@google_differs("takes any number", COMMIT)
def test_a_commit_has_500_mutations_at_most(api: Api) -> None:
    api.put(*(api.entity(api.key("Kind", n)) for n in range(1, 501)))
    with pytest.raises(exceptions.InvalidArgument):
        api.put(*(api.entity(api.key("Kind", n)) for n in range(1, 502)))


@google_differs("takes any size", LIMITS)
def test_a_commit_has_10_mebibytes_at_most(api: Api) -> None:
    large = unindexed(b"x" * 1_000_000)
    with pytest.raises(exceptions.InvalidArgument):
        api.put(*(api.entity(api.key("Kind", n), p=large) for n in range(1, 12)))


@google_differs("takes any number", LIMITS)
def test_a_lookup_has_1000_keys_at_most(api: Api) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        api.lookup(*(api.key("Kind", n) for n in range(1, 1002)))


@google_differs("answers with more than the client takes", LOOKUP)
def test_googles_own_client_looks_up_more_than_an_answer_holds(library: datastore.Client) -> None:
    keys = [library.key("Kind", n) for n in range(1, 7)]
    for key in keys:
        entity = datastore.Entity(key, exclude_from_indexes=("p",))
        entity["p"] = b"x" * 1_000_000
        library.put(entity)
    assert {entity.key for entity in library.get_multi(keys)} == set(keys)


def test_an_entity_of_a_megabyte_is_kept(api: Api) -> None:
    entity = api.entity(api.key("Kind", "a"), p=unindexed(b"x" * 1_000_000))
    api.put(entity)
    assert api.lookup(entity.key).found[0].entity == entity


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


def test_a_transaction_commits_when_what_it_read_is_still_so(people: Api) -> None:
    transaction = people.begin()
    key = people.key("Person", "ann")
    people.lookup(key, transaction=transaction)
    people.commit({"upsert": people.entity(key, age=31)}, transaction=transaction)
    assert people.lookup(key).found[0].entity == people.entity(key, age=31)


def test_of_two_transactions_that_read_and_change_an_entity_one_is_aborted(people: Api) -> None:
    key = people.key("Person", "ann")
    first, second = people.begin(), people.begin()
    for transaction in (first, second):
        people.lookup(key, transaction=transaction)
    people.commit({"upsert": people.entity(key, age=1)}, transaction=first)
    with pytest.raises(exceptions.Aborted):
        people.commit({"upsert": people.entity(key, age=2)}, transaction=second)
    assert people.lookup(key).found[0].entity == people.entity(key, age=1)


def test_what_is_rolled_back_was_not(people: Api) -> None:
    transaction = people.begin()
    people.client.rollback(project_id=people.project, transaction=transaction)
    with pytest.raises(exceptions.InvalidArgument):
        people.commit(transaction=transaction)


def test_a_transaction_that_only_reads_changes_nothing(people: Api) -> None:
    transaction = people.begin(read_only={})
    people.lookup(people.key("Person", "ann"), transaction=transaction)
    with pytest.raises(exceptions.InvalidArgument):
        people.commit({"delete": people.key("Person", "ann")}, transaction=transaction)


@google_differs(
    "aborts it when the entity changes",
    "https://cloud.google.com/datastore/docs/concepts/transactions#read-only_transactions",
)
def test_a_transaction_that_only_reads_sees_all_as_it_was(people: Api) -> None:
    transaction = people.begin(read_only={})
    key = people.key("Person", "ann")
    before = people.lookup(key, transaction=transaction).found[0].entity
    people.commit({"delete": key}, {"upsert": people.entity(people.key("Person", "new"))})
    assert people.lookup(key, transaction=transaction).found[0].entity == before
    assert not people.lookup(people.key("Person", "new"), transaction=transaction).found


def test_a_transaction_commits_once(people: Api) -> None:
    transaction = people.begin()
    people.commit(transaction=transaction)
    with pytest.raises(exceptions.InvalidArgument):
        people.commit(transaction=transaction)


@pytest.mark.parametrize("selector", [{}, {"mode": "NON_TRANSACTIONAL", "transaction": b"x"}])
def test_a_commit_has_a_transaction_if_it_is_transactional(api: Api, selector: Any) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        api.client.commit({"project_id": api.project, "mode": "TRANSACTIONAL", **selector})


@google_differs("commits what was read otherwise", ISOLATION)
def test_a_transaction_is_aborted_when_its_query_would_now_find_another(people: Api) -> None:
    transaction = people.begin()
    wanted = {"kind": [{"name": "Person"}], "filter": compare("age", Operator.EQUAL, 30)}
    request = {
        "project_id": people.project,
        "read_options": {"transaction": transaction},
        "query": wanted,
    }
    assert names(people.client.run_query(request).batch) == ["ann", "dan"]
    people.put(people.entity(people.key("Person", "fay"), age=30))
    with pytest.raises(exceptions.Aborted):
        people.commit({"delete": people.key("Person", "ann")}, transaction=transaction)


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
