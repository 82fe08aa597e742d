"""What was survived, as docs/resilience.md tells it."""

import subprocess
from collections.abc import Iterator, Sequence

from local.settings import ROOT
from tests.chaos.judgement import Counts, Judgement

_HEAD = (
    "| what broke | times | commands accepted | refused and sent again | pushes "
    "| events in the store | in the log | at rest within | lost, doubled, stuck or wrong |"
)


def table(judged: Sequence[Judgement]) -> Iterator[str]:
    """In Markdown: a row for each kind of fault, and one for all."""
    yield _HEAD
    yield "| --- |" + " ---: |" * 8
    kinds = sorted({judgement.fault for judgement in judged}, key=str.casefold)
    for kind in kinds:
        yield _row(kind, [judgement for judgement in judged if judgement.fault == kind])
    yield _row(f"**all {len(kinds)} kinds**", judged)


def commit() -> str:
    """Of the code that is judged, with its date; ``-dirty`` where it was changed since."""
    name = _git("describe", "--always", "--dirty", "--exclude=*")
    return f"{name} of {_git('show', '--no-patch', '--format=%cs')}"


def _row(name: str, judged: Sequence[Judgement]) -> str:
    counts = Counts()
    for judgement in judged:
        counts = counts.and_those(judgement.counts)
    numbers = (f"{number:,}" for number in (len(judged), *counts))
    seconds = max(judgement.seconds for judgement in judged)
    wrong = sum(len(judgement.wrong) for judgement in judged)
    return f"| {' | '.join((name, *numbers, f'{seconds:.1f} s', str(wrong)))} |"


def _git(*arguments: str) -> str:
    try:
        told = subprocess.run(
            ("git", *arguments), cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip()
