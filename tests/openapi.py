"""The OpenAPI descriptions of the services, and answers held against them."""

import json
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from google.protobuf.unknown_fields import UnknownFieldSet
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from odds.adapters.http.security_headers import HEADERS as SECURITY_HEADERS
from odds.v1 import command_pb2, query_pb2
from tests.exchange import Answer
from tests.paths import ROOT

METHODS = ("get", "head", "post", "put", "patch", "delete")
EVENT_STREAM = "text/event-stream"
HTML = "text/html"

Node = dict[str, Any]

_URI = "urn:description"
_MESSAGES: dict[str, type[command_pb2.CommandResponse] | type[query_pb2.QueryResponse]] = {
    "odds.v1.CommandResponse": command_pb2.CommandResponse,
    "odds.v1.QueryResponse": query_pb2.QueryResponse,
}
_HEADERS_OF_HTTP = {
    "connection",
    "content-length",
    "content-type",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
}
"""What every server says of a message, and no description lists."""


def description_file(service: str) -> Path:
    return ROOT / "docs" / "openapi" / f"{service}.yaml"


class Description:
    """The description of one service."""

    def __init__(self, service: str) -> None:
        self.document: Node = yaml.safe_load(description_file(service).read_text())

    @cached_property
    def _registry(self) -> Registry[Any]:
        empty: Registry[Any] = Registry()
        registry: Registry[Any] = empty.with_resource(
            _URI, DRAFT202012.create_resource(self.document)
        )
        return registry

    def schema(self, name: str) -> Node:
        schema: Node = self.document["components"]["schemas"][name]
        return schema

    def resolved(self, node: Node) -> Node:
        """What a node refers to, or the node itself."""
        while "$ref" in node:
            node = self._registry.resolver(_URI).lookup(node["$ref"]).contents
        return node

    def validator(self, schema: Node) -> Draft202012Validator:
        """For a schema that is a reference, or that holds none."""
        if "$ref" in schema:
            schema = {"$ref": _URI + schema["$ref"]}
        checked = Draft202012Validator.FORMAT_CHECKER
        return Draft202012Validator(schema, registry=self._registry, format_checker=checked)

    def operations(self) -> Iterator[tuple[str, str, Node]]:
        """Path template, method and operation of each."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method.upper(), item[method]

    @cached_property
    def _responses(self) -> Mapping[tuple[str, str], Mapping[str, Node]]:
        """Responses by status, of each path template and method; "*" for any other."""
        responses = {(path, method): each["responses"] for path, method, each in self.operations()}
        for path, item in self.document["paths"].items():
            responses[path, "*"] = item.get("x-other-methods", {})
        return {**responses, ("*", "*"): self.document["x-other-paths"]}

    def declared_answers(self) -> set[tuple[str, str, int, str]]:
        """Path template, method, status and media type of each; "" for one without a body."""
        return {
            (path, method, int(status), media_type)
            for (path, method), responses in self._responses.items()
            for status, response in responses.items()
            for media_type in self.resolved(response).get("content", {"": {}})
        }

    def place(self, method: str, path: str) -> tuple[str, str]:
        """Path template and method that describe a request; "*" for what is not described."""
        path = path.partition("?")[0]
        for template in self.document["paths"]:
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                described = (template, method) in self._responses
                return template, method if described else "*"
        return "*", "*"

    def check(self, method: str, path: str, answer: Answer) -> None:
        """Raises AssertionError or ValidationError where the answer is none of those declared."""
        responses = self._responses[self.place(method, path)]
        assert str(answer.status) in responses, f"{answer.status} is not declared: {answer.body!r}"
        response = self.resolved(responses[str(answer.status)])
        self._check_headers(response.get("headers", {}), answer.headers)
        if method == "HEAD" or "content" not in response:
            assert answer.body == b""
            return
        assert answer.media_type in response["content"], f"{answer.media_type!r} is not declared"
        self._check_body(response["content"][answer.media_type], answer)

    def _check_headers(self, declared: Mapping[str, Node], headers: Message) -> None:
        known = {name.lower() for name in declared} | _HEADERS_OF_HTTP | SECURITY_HEADERS.keys()
        assert {name.lower() for name in headers} <= known
        for name, node in declared.items():
            header = self.resolved(node)
            if name in headers:
                self.validator(header["schema"]).validate(headers[name])
            else:
                assert not header.get("required"), f"{name} is missing"

    def _check_body(self, media: Node, answer: Answer) -> None:
        if name := media.get("x-protobuf-message"):
            message = _MESSAGES[name].FromString(answer.body)
            assert len(UnknownFieldSet(message)) == 0
            succeeded = message.status == command_pb2.STATUS_SUCCESS
            assert succeeded == (answer.status < 400)
            assert message.msg
        elif answer.media_type == EVENT_STREAM:
            for data in event_data(answer.body):
                self.validator(media["x-event-data"]).validate(data)
        elif answer.media_type == HTML:
            self.validator(media["schema"]).validate(answer.body.decode())
        else:
            self.validator(media["schema"]).validate(answer.json())


def event_data(stream: bytes) -> list[Any]:
    """The data of the events of a stream; without those that have none."""
    lines = stream.decode().splitlines()
    data = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
    return [json.loads(each) for each in data if each]
