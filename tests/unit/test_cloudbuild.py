"""The steps of the deploy, against a gcloud that only writes down what it is asked."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.paths import ROOT

BUILD = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())["steps"]
STEPS = {step["id"]: step["script"] for step in BUILD}
SERVICES = ("command-api", "projector", "query-api", "replayer")
URLS = [f"https://{service}-abc.a.run.app" for service in SERVICES]
PROGRAMS = {
    "gcloud": """
echo "$*" >> calls
[[ -n "$REFUSED" && "$*" =~ $REFUSED ]] && exit 1
case "$*" in
"run deploy"*) echo "$3-new" ;;
*format=json*) echo '{"status": {"traffic": [{"revisionName": "old", "percent": 100},
                                             {"revisionName": "tried", "tag": "candidate"}]}}' ;;
*address.url*) echo "https://$4-abc.a.run.app" ;;
*containers*) echo "services@sha256:before-$4" ;;
esac
""",
    "apk": "",
    "terraform": 'echo "$*" >> calls',
    "curl": "printf %s $STATUS",
    "sleep": "",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    for name, script in PROGRAMS.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/usr/bin/env bash\n{script}\n")
        program.chmod(0o755)
    (tmp_path / "image").write_text("services@sha256:abc\n")
    return tmp_path


def run(
    step: str, workspace: Path, *, status: str = "200", refused: str = ""
) -> tuple[int, list[str]]:
    """The exit status, and what gcloud was asked; it refuses what matches ``refused``."""
    (workspace / "calls").write_text("")
    environment = {
        "PATH": f"{workspace / 'bin'}:{os.environ['PATH']}",
        "REGION": "r",
        "GATEWAY": "g",
        "STATUS": status,
        "REFUSED": refused,
    }
    done = subprocess.run(
        ["bash", "-c", STEPS[step]], cwd=workspace, env=environment, capture_output=True, text=True
    )
    return done.returncode, (workspace / "calls").read_text().splitlines()


@pytest.fixture
def tried(workspace: Path) -> Path:
    """Where the candidates passed the smoke test."""
    for step in ("deploy", "smoke-test"):
        assert run(step, workspace)[0] == 0
    return workspace


def led_back(calls: list[str]) -> list[str]:
    return sorted(call.split()[3] for call in calls if call.endswith("--to-revisions=old=100"))


def moved_back(calls: list[str]) -> list[str]:
    return sorted(call.split()[3] for call in calls if "--image=services@sha256:before-" in call)


def test_nothing_that_runs_is_moved_before_the_candidates_were_tried(workspace: Path) -> None:
    for step in ("migrate", "deploy", "smoke-test"):
        _, calls = run(step, workspace)
        assert not any("update-traffic" in call for call in calls)
        assert {call.split()[3] for call in calls if call.startswith("run jobs")} <= {
            "migrations",
            "smoke",
        }


def test_no_step_runs_on_an_image_that_moves() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    used = {step["name"] for step in BUILD} | {
        service["image"] for service in compose["services"].values()
    }
    unpinned = {image for image in used if not re.search(r":\d+\.\d+", image)}
    assert unpinned == {"gcr.io/cloud-builders/docker", "moneyline"}


def test_terraform_is_checked_and_tested_with_the_providers_it_fetches(workspace: Path) -> None:
    shutil.copy(ROOT / "Makefile", workspace)
    status, calls = run("terraform", workspace)
    assert status == 0
    assert calls[:3] == [
        "fmt -check -recursive terraform",
        "-chdir=terraform init -backend=false -input=false",
        "-chdir=terraform validate",
    ]
    assert [call.split()[:3] for call in calls[3:]] == [
        ["-chdir=terraform", "test", f"-var-file=environments/{environment}.tfvars"]
        for environment in ("stg", "prod")
    ]


def test_new_revisions_get_no_traffic_and_the_image_by_its_digest(workspace: Path) -> None:
    status, calls = run("deploy", workspace)
    deploys = [call for call in calls if call.startswith("run deploy")]
    assert status == 0
    assert [call.split()[2] for call in deploys] == list(SERVICES)
    for call in deploys:
        assert {"--no-traffic", "--tag=candidate", "--image=services@sha256:abc"} <= set(
            call.split()
        )


def test_each_candidate_is_asked_whether_it_is_ready(tried: Path) -> None:
    _, calls = run("smoke-test", tried)
    urls = calls[-1].partition("--args=")[2].split(",")
    assert urls == [url.replace("//", "//candidate---") for url in URLS]


def test_all_services_are_led_over_and_asked_again(tried: Path) -> None:
    status, calls = run("shift-traffic", tried, status="401")
    over = [
        call.split()[3]
        for call in calls
        if call.endswith(f"--to-revisions={call.split()[3]}-new=100")
    ]
    assert status == 0
    assert sorted(over) == sorted(SERVICES)
    assert calls[-1] == f"run jobs execute smoke --region=r --wait --quiet --args={','.join(URLS)}"
    assert led_back(calls) == moved_back(calls) == []


def test_a_build_leads_over_to_its_own_revisions_though_the_tag_has_moved(tried: Path) -> None:
    _, calls = run("shift-traffic", tried)
    assert not any("tag" in call for call in calls)


def test_jobs_of_operators_get_the_image_after_the_services(tried: Path) -> None:
    _, calls = run("shift-traffic", tried)
    moved = [call for call in calls if call.startswith("run jobs update")]
    assert [call.split()[3] for call in moved] == ["rebuild", "replay"]
    assert all("--image=services@sha256:abc" in call for call in moved)
    assert calls.index(moved[0]) > max(
        at for at, call in enumerate(calls) if "update-traffic" in call
    )


@pytest.mark.parametrize("answer", ["503", "000"])
def test_all_is_led_back_when_the_gateway_fails(tried: Path, answer: str) -> None:
    status, calls = run("shift-traffic", tried, status=answer)
    assert status != 0
    assert led_back(calls) == sorted(SERVICES)
    assert moved_back(calls) == ["rebuild", "replay"]


def test_all_is_led_back_when_a_service_that_serves_is_not_ready(tried: Path) -> None:
    status, calls = run("shift-traffic", tried, refused="execute smoke")
    assert status != 0
    assert led_back(calls) == sorted(SERVICES)
    assert moved_back(calls) == ["rebuild", "replay"]


def test_only_what_was_led_over_is_led_back(tried: Path) -> None:
    status, calls = run("shift-traffic", tried, refused="query-api .*-new=100")
    assert status != 0
    assert led_back(calls) == ["projector", "query-api"]
    assert moved_back(calls) == []


def test_what_can_not_be_led_back_keeps_nothing_else_from_it(tried: Path) -> None:
    status, calls = run("shift-traffic", tried, refused="execute smoke|update rebuild .*before")
    assert status != 0
    assert led_back(calls) == sorted(SERVICES)
