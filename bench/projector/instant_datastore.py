"""A Datastore that answers each commit at once and keeps nothing, to see what else costs.

``python -m bench.projector.instant_datastore PORT``
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.cloud.datastore_v1.types import CommitResponse, LookupResponse

SERVICE = "google.datastore.v1.Datastore"
ANSWERS = {"Commit": CommitResponse.pb()(), "Lookup": LookupResponse.pb()()}


def main() -> None:
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", -1)])
    methods = {method: _answering(answer) for method, answer in ANSWERS.items()}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, methods)])
    server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
    server.start()
    server.wait_for_termination()


def _answering(answer: Any) -> grpc.RpcMethodHandler:
    answered = answer.SerializeToString()
    return grpc.unary_unary_rpc_method_handler(lambda _request, _context: answered)


if __name__ == "__main__":
    main()
