"""What Terraform's files say by themselves, read without Terraform."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import hcl2


class TerraformFiles:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def text(self, file: str) -> str:
        return (self._directory / file).read_text()

    def read(self, file: str) -> dict[str, Any]:
        return _read(self._directory / file)

    def locals_of(self, file: str) -> dict[str, Any]:
        [found] = self.read(file)["locals"]
        return dict(found)

    def parts(self) -> dict[str, dict[str, Any]]:
        """The services and jobs."""
        return {
            **self.locals_of("services.tf")["services"],
            **self.locals_of("jobs.tf")["jobs"],
        }

    def environment(self, part: str) -> set[str]:
        """Names of the variables that are set, those that parts share and the part's own."""
        locals_here = {**self.locals_of("services.tf"), **self.locals_of("jobs.tf")}
        shared = {f"${{local.{name}}}": value for name, value in locals_here.items()}
        given = self.parts()[part]["environment"]
        return {
            name for each in given for name in (shared[each] if isinstance(each, str) else each)
        }

    def roles(self, account: str) -> set[str]:
        """Of an account in its project."""
        local = self.locals_of("service_accounts.tf")
        said = str(local["accounts"][account]["roles"])
        said = re.sub(r"local\.(\w+)", lambda found: str(local[found[1]]), said)
        return set(re.findall(r"roles/([\w.]+)", said))


@cache
def _read(path: Path) -> dict[str, Any]:
    with path.open() as opened:
        return hcl2.load(opened)
