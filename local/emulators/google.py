"""Google's Pub/Sub and Datastore emulators, from an installed gcloud SDK."""

import shutil
import subprocess
from pathlib import Path

from local.errors import StackError
from local.part import Part
from local.ports import HOST
from local.waiting import answers_ok

PUBSUB = "pubsub-emulator"
DATASTORE = "datastore-emulator"
PUBSUB_JAR = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar"
DATASTORE_JAR = "platform/cloud-datastore-emulator/CloudDatastore.jar"
DATASTORE_MAIN = "com.google.cloud.datastore.emulator.CloudDatastore"

# Run without their shell scripts: a signal then reaches the emulator itself.


def installed() -> bool:
    """Whether both can be started here."""
    try:
        _java()
        _jar(PUBSUB_JAR, "pubsub-emulator")
        _jar(DATASTORE_JAR, "cloud-datastore-emulator")
    except StackError:
        return False
    return True


def pubsub_emulator(port: int) -> Part:
    """Keeps everything in memory only. Raises StackError where something is not installed."""
    jar = _jar(PUBSUB_JAR, "pubsub-emulator")
    command = (_java(), "-jar", str(jar), f"--host={HOST}", f"--port={port}")
    return _emulator(PUBSUB, command, port)


def datastore_emulator(port: int, data: Path) -> Part:
    """Writes to ``data`` on SIGTERM. Raises StackError where something is not installed."""
    data.mkdir(parents=True, exist_ok=True)
    jar = _jar(DATASTORE_JAR, "cloud-datastore-emulator")
    java = (_java(), "-Xmx512m", "-cp", str(jar), DATASTORE_MAIN)
    place = (f"--host={HOST}", f"--port={port}", f"--storage_file={data / 'events.bin'}")
    command = (*java, "start", *place, "--firestore_in_datastore_mode", str(data))
    return _emulator(DATASTORE, command, port)


def _emulator(name: str, command: tuple[str, ...], port: int) -> Part:
    address = f"{HOST}:{port}"
    return Part(name, command, lambda: answers_ok(f"http://{address}/"), address, maker="Google's")


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise StackError(
            "java is missing: the emulators need it. Install Java 17 or newer "
            "(Debian, Ubuntu: apt-get install default-jre-headless; macOS: brew install openjdk)"
        )
    return java


def _jar(pattern: str, component: str) -> Path:
    jars = sorted(_sdk_root().glob(pattern))
    if not jars:
        raise StackError(
            f"the gcloud SDK has no {component}. Install it: gcloud components install "
            f"{component} (from apt: apt-get install google-cloud-cli-{component})"
        )
    return jars[-1]


def _sdk_root() -> Path:
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        raise StackError(
            "gcloud is missing: the emulators are part of it. Install the Google Cloud CLI "
            "(cloud.google.com/sdk/docs/install), or leave EMULATORS unset to use ours"
        )
    beside_gcloud = Path(gcloud).resolve().parent.parent
    if (beside_gcloud / "platform").is_dir():
        return beside_gcloud
    # Slower by a second, and right also where gcloud on the PATH is a wrapper.
    ask = (gcloud, "info", "--format=value(installation.sdk_root)")
    return Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
