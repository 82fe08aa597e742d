"""The projector, killed by itself at a named moment: what no signal from outside can time.

Under gunicorn as ``tests.chaos.dying_projector:create_app()``, told by ``DIES`` and ``BATCHES``.
"""

import os
import signal
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

from local import services
from local.part import Part
from projector import main
from projector.asgi import ProjectorApplication
from projector.projector import Projector


class Moment(NamedTuple):
    method: str
    done: bool
    """Whether the method has done its work by then."""


MOMENTS = {
    "before the store": Moment("store", done=False),
    "between the stores": Moment("project", done=False),
    "after the commit": Moment("project", done=True),
}


def dying_projector(port: int) -> Part:
    return services.service(services.PROJECTOR, port, "tests.chaos.dying_projector:create_app()")


def environment(moment: str, *, batches: int = 1) -> dict[str, str]:
    """What has it die at a moment of ``MOMENTS``, of its batch of that number."""
    return {"DIES": moment, "BATCHES": str(batches)}


def create_app() -> ProjectorApplication:
    moment = MOMENTS[os.environ["DIES"]]
    work = getattr(Projector, moment.method)
    deadly = _deadly(work, int(os.environ["BATCHES"]), done=moment.done)
    setattr(Projector, moment.method, deadly)
    main.PATIENCE = 30.0  # it is to die of nothing else
    return main.create_app()


def _deadly(work: Callable[..., Any], last: int, *, done: bool) -> Callable[..., Any]:
    batches = count(1)

    def until_the_last(*args: Any) -> Any:
        dies = next(batches) == last
        if done or not dies:
            outcome = work(*args)
        if dies:
            os.killpg(0, signal.SIGKILL)  # gunicorn's master too, which would start another one
        return outcome

    return until_the_last
