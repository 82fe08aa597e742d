"""The image, as far as it can be had without Docker: the files that the Dockerfile copies and the
packages of requirements.txt are all that the services need, and nothing is written beside them."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.part import Part
from local.ports import free_port
from local.processes import Processes
from local.waiting import answers_ok
from tests.paths import ROOT
from tests.stack import short_directory

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COPIED = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
VARIABLES: dict[str, str] = dict(re.findall(r"(PYTHON\w+|TMPDIR)=(\S+)", DOCKERFILE))
SERVICES = ("command_api", "projector", "query_api", "replayer")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder /app of the image."""
    app = tmp_path / "app"
    app.mkdir()
    for name in " ".join(COPIED).split():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, app / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif name != "requirements.txt":
            shutil.copy(ROOT / name, app)
    return app


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """What pip would install of requirements.txt alone."""
    site = tmp_path / "site-packages"
    site.mkdir()
    for name in re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE):
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] != ".."}:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(distribution.locate_file(top))))
    return site


def environment(packages: Path) -> dict[str, str]:
    nobody = "127.0.0.1:1"
    return {
        **VARIABLES,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(packages),
        "DATABASE_URL": f"postgresql+pg8000://nobody@{nobody}/nothing",
        "DATASTORE_EMULATOR_HOST": nobody,
        "GOOGLE_CLOUD_PROJECT": "test",
        "PUBSUB_EMULATOR_HOST": nobody,
    }


def in_image(*module: str) -> tuple[str, ...]:
    """A command that sees no package but those of the image."""
    return (sys.executable, "-P", "-S", "-c", _RUN_MODULE, *module)


_RUN_MODULE = """
import os, runpy, sys
sys.path.insert(0, os.getcwd())
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def files(tree: Path) -> set[Path]:
    return set(tree.rglob("*"))


def test_each_service_lives_on_what_the_image_has_and_writes_nothing_there(
    app: Path, packages: Path
) -> None:
    before = files(app)
    with short_directory() as directory, ExitStack() as running:
        processes = Processes(directory)
        running.callback(processes.stop_all)
        parts = [_service(name, free_port(), app) for name in SERVICES]
        for part in parts:
            processes.start(part, environment(packages))
        for part in parts:
            processes.wait_ready(part)
    assert files(app) == before


def _service(name: str, port: int, app: Path) -> Part:
    url = f"http://127.0.0.1:{port}"
    command = in_image("gunicorn", "-c", f"{name}/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}")
    return Part(name, command, lambda: answers_ok(f"{url}/health/live"), url, directory=app)


def test_the_jobs_run_on_what_the_image_has(app: Path, packages: Path, postgres_url: str) -> None:
    before = files(app)
    given = environment(packages) | {"DATABASE_URL": postgres_url}
    for module in (["odds.adapters.read_model.migrate"], ["replayer", "--help"]):
        done = subprocess.run(in_image(*module), cwd=app, env=given, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert files(app) == before


@pytest.mark.parametrize("folder", ["bench", "gateway", "local", "tests"])
def test_what_is_for_development_is_not_in_the_image(app: Path, folder: str) -> None:
    assert not (app / folder).exists()


def test_all_that_is_copied_is_sent_to_be_built_and_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert sent == set(" ".join(COPIED).split())
