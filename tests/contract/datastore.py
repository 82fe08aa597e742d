"""What the contract of Datastore is held against: people to ask for, a time that can't be kept."""

from functools import partial

from google.cloud.datastore_v1.types import Value

from tests.contract import differences
from tests.datastore_api import Api, unindexed

AFTER_ALL_TIME = Value(Value.pb()(timestamp_value={"seconds": 253_402_300_800}))

google_differs = partial(differences.google_differs, "datastore_host")


def put_people(api: Api) -> None:
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
