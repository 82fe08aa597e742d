"""What may be leaned on in Datastore's transactions.

Asked of our emulator and of Google's (with --firestore_in_datastore_mode). Where Google's does
otherwise, the test says what, and by which of the service's pages it is measured.
"""

from typing import Any

import pytest
from google.api_core import exceptions

from tests.contract.datastore import google_differs
from tests.datastore_api import Api, Operator, compare, names

ISOLATION = (
    "https://cloud.google.com/datastore/docs/concepts/transactions#isolation_and_consistency"
)


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
