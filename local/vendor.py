"""Fetch the third-party files of the pages again, with npm: ``make vendor``."""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

import msgspec
import msgspec.yaml

from local.settings import ROOT

PAGES = ROOT / "query_api" / "pages"


class Vendored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files of one npm package; ``integrity`` is npm's: an algorithm and a hash in base64."""

    package: str
    version: str
    licence: str
    integrity: str
    files: tuple[str, ...]

    @property
    def folder(self) -> str:
        return f"{self.package}-{self.version}"


def main() -> int:
    listed = msgspec.yaml.decode((PAGES / "vendored.yaml").read_bytes(), type=list[Vendored])
    for vendored in listed:
        with tempfile.TemporaryDirectory() as directory:
            tarball = _fetched(vendored, Path(directory))
            if _integrity(tarball, vendored) != vendored.integrity:
                print(f"{vendored.folder}: is not what vendored.yaml says it is", file=sys.stderr)
                return 1
            _unpack(tarball, vendored)
    return 0


def _fetched(vendored: Vendored, into: Path) -> Path:
    wanted = f"{vendored.package}@{vendored.version}"
    command = ("npm", "pack", "--silent", "--pack-destination", str(into), wanted)
    subprocess.run(command, cwd=into, check=True)
    [tarball] = into.iterdir()
    return tarball


def _integrity(tarball: Path, vendored: Vendored) -> str:
    algorithm = vendored.integrity.partition("-")[0]
    digest = hashlib.new(algorithm, tarball.read_bytes()).digest()
    return f"{algorithm}-{base64.b64encode(digest).decode()}"


def _unpack(tarball: Path, vendored: Vendored) -> None:
    folder = PAGES / "assets" / vendored.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(tarball) as packed:
        for name in vendored.files:
            member = packed.extractfile(f"package/{name}")
            assert member is not None, f"{vendored.folder} has no file {name}"
            (folder / PurePosixPath(name).name).write_bytes(member.read())


if __name__ == "__main__":
    sys.exit(main())
