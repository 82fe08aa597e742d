"""What the replayer reads from its environment, besides what ``environments.yaml`` names."""

from odds.adapters.service_settings import ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """``replayer_env`` is the environment that it runs in: replays are kept in its Datastore, and
    events come from it unless another source is named. ``replay_job`` is the Cloud Run job that
    runs workers (``projects/…/locations/…/jobs/…``); without one they are processes beside it.
    ``read_model_readers`` and ``read_model_writers`` are whom a rebuild grants their part where it
    makes the tables first, as the migrations do (``odds.adapters.read_model.migrate``).
    """

    replayer_env: str = "local"
    replay_job: str | None = None
    environments_file: str = "environments.yaml"
    event_bus_file: str = "event_bus.yaml"
    read_model_readers: str = ""
    read_model_writers: str = ""

    @property
    def writes_to_emulator(self) -> bool:
        """It writes its replays; only the local environment has them in an emulator."""
        return self.replayer_env == "local" and self.datastore_emulator_host is not None
