"""Parked messages and dead letters on the command line."""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import DecodeError

from odds.adapters.event_bus import publisher
from odds.adapters.event_bus.publisher import EventBusUnavailable
from odds.adapters.event_store.datastore import EventStoreUnavailable
from odds.adapters.event_store.parked_messages import ParkedMessage, ParkedMessages
from odds.v1 import event_pb2
from replayer import dead_letters
from replayer.cli.shown import tell
from replayer.dead_letters import DeadLetter, DeadLetters
from replayer.environments import Environment
from replayer.facts import NoRoute
from replayer.outlet import Outlet
from replayer.parameters import BadParameter, check_confirmed
from replayer.responses import rfc3339
from replayer.set_aside import NotTaken, Redrive
from replayer.workshop import Workshop

T = TypeVar("T")


def parked(workshop: Workshop, asked: argparse.Namespace) -> int:
    """Exit status 0 where all that was named was found and done."""
    environment = _environment(workshop, asked)
    messages = ParkedMessages(environment.datastore())
    if asked.action == "list":
        for message in messages.every():
            print(message.name, rfc3339(message.parked_at), message.subscription, message.reason)
        return 0
    if getattr(asked, "all", False):
        chosen = list(messages.every())
    else:
        chosen = [found for name in asked.names if (found := messages.find(name))]
    with _redrive(workshop, environment) as redrive:
        actions: dict[str, Callable[[ParkedMessage], object]] = {
            "show": _show_parked,
            "redrive": lambda message: redrive.parked(message, messages),
            "drop": messages.remove,
        }
        done = _each(chosen, actions[asked.action], lambda message: message.name)
    return _status(asked, chosen, done)


def dead_letter(workshop: Workshop, asked: argparse.Namespace) -> int:
    """Exit status as of ``parked``. Letters that nothing is done to are released."""
    environment = _environment(workshop, asked)
    name = environment.topic_prefix + workshop.bus.dead_letter.subscription
    letters = DeadLetters(
        dead_letters.connect(environment.pubsub_emulator_host),
        f"projects/{environment.project}/subscriptions/{name}",
    )
    with _redrive(workshop, environment) as redrive:
        actions: dict[str, Callable[[DeadLetter], object]] = {
            "list": lambda letter: print(letter.message_id, _published(letter), letter.attributes),
            "show": _show_letter,
            "redrive": lambda letter: redrive.dead_letter(letter, letters),
            "drop": lambda letter: letters.acknowledge([letter]),
        }
        if asked.action in ("redrive", "drop") and asked.all:
            return _settle_all(letters, actions[asked.action])
        held = letters.pull()
        every = asked.action == "list"
        chosen = [letter for letter in held if every or letter.message_id in asked.names]
        done = _each(chosen, actions[asked.action], _message_id)
    settled = done if asked.action in ("redrive", "drop") else []
    letters.release([letter for letter in held if letter not in settled])
    if len(held) == dead_letters.MOST:
        tell(f"there may be more: only {len(held):,} are looked at together")
    return _status(asked, chosen, done)


def _settle_all(letters: DeadLetters, settle: Callable[[DeadLetter], object]) -> int:
    """Go on until none is left but those that it can't be done to, which are held till then."""
    left: list[DeadLetter] = []
    while held := letters.pull():
        done = _each(held, settle, _message_id)
        left += [letter for letter in held if letter not in done]
        if not done:
            break
    letters.release(left)
    return 1 if left else 0


def _environment(workshop: Workshop, asked: argparse.Namespace) -> Environment:
    name = asked.env or workshop.home_name
    if asked.action in ("redrive", "drop"):
        given = {"confirm": asked.confirm} if asked.confirm else {}
        check_confirmed(given, workshop.environments, name)
    if asked.action != "list" and not asked.names and not getattr(asked, "all", False):
        raise BadParameter("names", "are missing", "some, or --all")
    return workshop.environments.named(name)


@contextmanager
def _redrive(workshop: Workshop, environment: Environment) -> Iterator[Redrive]:
    outlet = Outlet(publisher.connect(environment.pubsub_emulator_host), environment.topic_path)
    try:
        yield Redrive(workshop.bus, environment.topic_prefix, outlet)
    finally:
        outlet.close()


def _each(chosen: Iterable[T], act: Callable[[T], object], name: Callable[[T], str]) -> list[T]:
    """Those that it could be done to; of the others it is said why not."""
    done: list[T] = []
    for one in chosen:
        try:
            act(one)
        except (NoRoute, NotTaken, EventBusUnavailable, EventStoreUnavailable) as error:
            tell(f"{name(one)}: {error}")
        else:
            done.append(one)
    return done


def _status(asked: argparse.Namespace, chosen: Sequence[object], done: Sequence[object]) -> int:
    unknown = 0 if asked.action == "list" or getattr(asked, "all", False) else len(asked.names)
    missing = max(unknown - len(chosen), 0)
    if missing:
        tell(f"{missing} of those named are not there")
    return 0 if len(done) == len(chosen) and not missing else 1


def _show_parked(message: ParkedMessage) -> None:
    print(f"{message.name}\nparked {rfc3339(message.parked_at)} from {message.subscription}")
    print(f"because {message.reason}\n{message.attributes}")
    _show_bytes(message.data)


def _show_letter(letter: DeadLetter) -> None:
    print(f"{letter.message_id}\npublished {_published(letter)}\n{letter.attributes}")
    _show_bytes(letter.data)


def _message_id(letter: DeadLetter) -> str:
    return letter.message_id


def _published(letter: DeadLetter) -> str | None:
    return rfc3339(letter.published_at)


def _show_bytes(data: bytes) -> None:
    try:
        event = event_pb2.Event.FromString(data)
    except DecodeError:
        print(f"{len(data)} bytes that are no Event: {data[:1000]!r}")
    else:
        print(text_format.MessageToString(event, print_unknown_fields=True))
