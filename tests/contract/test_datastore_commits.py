"""What may be leaned on in Datastore's lookups and commits, and in their limits.

Asked of our emulator and of Google's (with --firestore_in_datastore_mode). Where Google's does
otherwise, the test says what, and by which of the service's pages it is measured.
"""

from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import datastore
from google.cloud.datastore_v1.types import Value

from tests.contract.datastore import AFTER_ALL_TIME, google_differs
from tests.datastore_api import ONE_BY_ONE, Api, Operator, compare, order, unindexed, value

LIMITS = "https://cloud.google.com/datastore/docs/concepts/limits"
COMMIT = (
    "https://cloud.google.com/datastore/docs/reference/data/rpc/google.datastore.v1#commitrequest"
)
LOOKUP = (
    "https://cloud.google.com/datastore/docs/reference/data/rpc/google.datastore.v1#lookupresponse"
)


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
