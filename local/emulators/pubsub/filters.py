"""Filters of subscriptions (https://cloud.google.com/pubsub/docs/subscription-message-filter).

filter = term, { "AND", term } | term, { "OR", term }
term   = [ "NOT" | "-" ], ( "attributes", ":", key | "attributes", ".", key, ( "=" | "!=" ),
         text | "hasPrefix", "(", "attributes", ".", key, ",", text, ")" | "(", filter, ")" )
"""

import re
from collections.abc import Callable, Mapping

import msgspec

from local.emulators.refusal import invalid

Attributes = Mapping[str, str]
Filter = Callable[[Attributes], bool]

MAX_BYTES = 256
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|!=|[:.=(),-]|[A-Za-z_][A-Za-z0-9_-]*)')


def parse(text: str) -> Filter:
    """Whether a message with such attributes is wanted. Raises Refusal, INVALID_ARGUMENT."""
    if not text:
        return lambda _: True
    if len(text.encode()) > MAX_BYTES:
        raise invalid(f"filter: is {len(text.encode())} bytes long; expected at most {MAX_BYTES}")
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)

    def whole(self) -> Filter:
        wanted = self._terms()
        if self._tokens:
            raise self._wrong(f"unexpected {self._tokens[0]}")
        return wanted

    def _terms(self) -> Filter:
        terms = [self._term()]
        joint = self._next_is("AND", "OR")
        while joint and self._skipped(joint):
            terms.append(self._term())
        if joint == "OR":
            return lambda attributes: any(term(attributes) for term in terms)
        return lambda attributes: all(term(attributes) for term in terms)

    def _term(self) -> Filter:
        if self._skipped("NOT") or self._skipped("-"):
            negated = self._term()
            return lambda attributes: not negated(attributes)
        if self._skipped("("):
            inner = self._terms()
            self._expect(")")
            return inner
        if self._skipped("hasPrefix"):
            return self._has_prefix()
        self._expect("attributes")
        if self._skipped(":"):
            key = self._key()
            return lambda attributes: key in attributes
        return self._comparison()

    def _has_prefix(self) -> Filter:
        for token in ("(", "attributes", "."):
            self._expect(token)
        key = self._key()
        self._expect(",")
        prefix = self._string()
        self._expect(")")
        return lambda attributes: attributes.get(key, "").startswith(prefix) and key in attributes

    def _comparison(self) -> Filter:
        self._expect(".")
        key = self._key()
        differs = self._skipped("!=")
        if not differs:
            self._expect("=")
        value = self._string()
        # An attribute that isn't there differs from every value.
        return lambda attributes: (attributes.get(key) == value) != differs

    def _key(self) -> str:
        quoted = bool(self._tokens) and self._tokens[0].startswith('"')
        return self._string() if quoted else self._take()

    def _string(self) -> str:
        token = self._take()
        try:
            return msgspec.json.decode(token, type=str)
        except msgspec.DecodeError as error:
            raise self._wrong(f'{token} stands where a "text" is expected') from error

    def _next_is(self, *tokens: str) -> str:
        return self._tokens[0] if self._tokens and self._tokens[0] in tokens else ""

    def _skipped(self, token: str) -> bool:
        return bool(self._next_is(token) and self._take())

    def _expect(self, token: str) -> None:
        if not self._skipped(token):
            raise self._wrong(f"expected {token}")

    def _take(self) -> str:
        if not self._tokens:
            raise self._wrong("unexpected end")
        return self._tokens.pop(0)

    def _split(self, text: str) -> list[str]:
        tokens: list[str] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None:
                raise self._wrong(f"unexpected {text[place:].strip()[0]}")
            tokens.append(found.group(1))
            place = found.end()
        return tokens

    def _wrong(self, what: str) -> Exception:
        return invalid(f"Invalid filter: {self._text}: {what}")
