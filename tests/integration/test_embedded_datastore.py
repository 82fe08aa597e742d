"""Our Datastore emulator as a process: what it keeps, and what it does wrong when told to."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from google.api_core import exceptions
from google.cloud.datastore_v1.types import CommitRequest, LookupRequest, Mutation, ReadOptions

from local.emulators import embedded, faults
from local.emulators.datastore import transactions
from local.emulators.datastore.changes import Changes, Outcome
from local.emulators.datastore.servicer import DatastoreServicer
from local.emulators.datastore.storage import Database
from local.emulators.datastore.writer import Write, Writer
from local.emulators.faults import Fault, Wrong
from local.emulators.refusal import Refusal
from local.part import Part
from local.ports import Ports
from local.processes import Processes
from odds.adapters import emulator
from tests.datastore_api import Api
from tests.stack import short_directory
from tests.waiting import wait_for

Tell = Callable[..., None]
CUT_OFF = (exceptions.ServiceUnavailable, exceptions.Cancelled)
"""What a call ends with that goes over a connection which is being cut."""


@pytest.fixture
def api(embedded_datastore_host: str, project: str) -> Api:
    return Api(embedded_datastore_host, project)


@pytest.fixture
def tell(embedded_datastore_host: str) -> Iterator[Tell]:
    with emulator.channel(embedded_datastore_host) as channel:
        yield partial(faults.tell, channel)
        faults.tell(channel)


def test_a_refusal_befalls_as_many_calls_as_asked_for(api: Api, tell: Tell) -> None:
    tell(Fault(Wrong.REFUSE, "Commit", times=2, code="ABORTED"))
    entity = api.entity(api.key("Kind", "a"))
    for _ in range(2):
        with pytest.raises(exceptions.Aborted):
            api.put(entity)
    assert not api.lookup(entity.key).found
    api.put(entity)
    assert api.lookup(entity.key).found


def test_a_lost_answer_is_of_a_commit_that_was_made(api: Api, tell: Tell) -> None:
    tell(Fault(Wrong.LOSE_ANSWER, "Commit"))
    entity = api.entity(api.key("Kind", "a"))
    with pytest.raises(exceptions.ServiceUnavailable):
        api.put(entity)
    assert api.lookup(entity.key).found


def test_a_delay_outlasts_a_deadline(api: Api, tell: Tell) -> None:
    tell(Fault(Wrong.DELAY, "Lookup", seconds=5))
    with pytest.raises(exceptions.DeadlineExceeded):
        _lookup_once(api, timeout=0.2)


def test_connections_that_are_cut_are_made_again(api: Api, tell: Tell) -> None:
    tell(Fault(Wrong.CUT_CONNECTIONS, "Lookup"))
    with pytest.raises(CUT_OFF):
        _lookup_once(api, timeout=30)

    def answers() -> bool:
        try:
            _lookup_once(api, timeout=30)
        except CUT_OFF:
            return False
        return True

    wait_for(answers)


def test_a_fault_that_makes_no_sense_is_refused(embedded_datastore_host: str) -> None:
    with (
        emulator.channel(embedded_datastore_host) as channel,
        pytest.raises(Exception, match="INVALID_ARGUMENT"),
    ):
        faults.tell(channel, Fault(Wrong.REFUSE, times="two"))  # type: ignore[arg-type]


def test_a_method_that_is_not_there_says_so_by_name(embedded_datastore_host: str) -> None:
    with (
        emulator.channel(embedded_datastore_host) as channel,
        pytest.raises(Exception, match="Datastore/Summon is not implemented"),
    ):
        channel.unary_unary("/google.datastore.v1.Datastore/Summon")(b"", timeout=30)


@pytest.mark.parametrize("lacking", ["gql_query", "property_mask", "explain_options"])
def test_a_field_that_is_not_done_says_so_by_name(api: Api, lacking: str) -> None:
    fields = {
        "gql_query": {"query_string": "SELECT *"},
        "property_mask": {"paths": ["a"]},
        "explain_options": {"analyze": True},
    }
    request = {"project_id": api.project, lacking: fields[lacking]}
    with pytest.raises(exceptions.MethodNotImplemented, match=lacking):
        api.client.run_query(request, timeout=30)


def test_what_was_committed_is_there_after_a_kill() -> None:
    with short_directory() as directory:
        port = Ports.free().datastore_emulator_port
        part = embedded.datastore_emulator(port, directory, durable=True)
        processes = Processes(directory)
        try:
            api = Api(part.address, "project")
            entity = api.entity(api.key("Kind", "a"), n=1)
            _start(processes, part)
            api.put(entity)
            processes.kill(part.name)
            _start(processes, part)
            assert api.lookup(entity.key).found[0].entity == entity
            assert api.names("Kind", order=[{"property": {"name": "n"}}]) == ["a"]
        finally:
            processes.stop_all()


def test_commits_that_share_a_flush_are_refused_each_for_itself(tmp_path: Path) -> None:
    async def write_at_once() -> list[object]:
        writer = Writer(tmp_path / "datastore.sqlite", durable=True)
        first, refused, last = (partial(_insert, name) for name in ("a", "a", "b"))
        writes = (writer.write(write) for write in (first, refused, last))
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        await writer.close()
        return outcomes

    first, refused, last = asyncio.run(write_at_once())
    assert isinstance(refused, Refusal)
    assert isinstance(first, Outcome)
    assert isinstance(last, Outcome)


def test_a_commit_that_breaks_down_leaves_nothing_and_takes_no_other_with_it(
    tmp_path: Path,
) -> None:
    def broken(changes: Changes, database: Database) -> None:
        _insert("broken", changes, database)
        raise ValueError("not foreseen")

    async def write_at_once() -> list[object]:
        writer = Writer(tmp_path / "datastore.sqlite", durable=True)
        writes: list[Write] = [broken, partial(_insert, "broken"), partial(_insert, "other")]
        outcomes = await asyncio.gather(*map(writer.write, writes), return_exceptions=True)
        await writer.close()
        return outcomes

    failed, *made = asyncio.run(write_at_once())
    assert isinstance(failed, Refusal)
    assert [type(outcome) for outcome in made] == [Outcome, Outcome]


def test_versions_grow_though_the_clock_went_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def version(name: str) -> int:
        writer = Writer(tmp_path / "datastore.sqlite", durable=True)
        outcome: Outcome = await writer.write(partial(_insert, name))
        await writer.close()
        return outcome.version

    an_hour_ahead = time.time_ns() + 3600 * 10**9
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time_ns", lambda: an_hour_ahead)
        before = asyncio.run(version("a"))
    assert asyncio.run(version("b")) > before


def test_a_transaction_that_was_left_alone_does_not_hold_the_log_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "datastore.sqlite"
    key = {"partition_id": {"project_id": "p"}, "path": [{"kind": "Kind", "name": "a"}]}

    async def leave_alone() -> None:
        servicer = DatastoreServicer(file, durable=True)
        options = ReadOptions(new_transaction={"read_write": {}})
        lookup = LookupRequest(project_id="p", read_options=options, keys=[key])
        await servicer.lookup(LookupRequest.pb(lookup))
        monkeypatch.setattr(transactions, "_LONGEST_IDLE_SECONDS", 0.0)
        mode = CommitRequest.Mode.NON_TRANSACTIONAL
        commit = CommitRequest(project_id="p", mode=mode, mutations=[{"insert": {"key": key}}])
        await servicer.commit(CommitRequest.pb(commit))
        assert _cuts_the_log(file)
        await servicer.close()

    asyncio.run(leave_alone())


def _cuts_the_log(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy


def _insert(name: str, changes: Changes, _: Database) -> Outcome:
    key = {"partition_id": {"project_id": "p"}, "path": [{"kind": "Kind", "name": name}]}
    return changes.commit([Mutation.pb(Mutation(insert={"key": key}))], atomic=True)


def _start(processes: Processes, part: Part) -> None:
    processes.start(part, os.environ)
    processes.wait_ready(part)


def _lookup_once(api: Api, timeout: float) -> None:
    request = {"project_id": api.project, "keys": [api.key("Kind", "a")]}
    api.client.lookup(request, timeout=timeout, retry=None)
