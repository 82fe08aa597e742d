"""What became of the commands of a play."""

import time
from collections import deque
from dataclasses import dataclass, field
from statistics import quantiles

_LINES_SHOWN = 3
_REASONS_KEPT = 200
_LATENCIES_KEPT = 100_000


class Reasons:
    """How often each reason was given, and the first lines it was given for."""

    def __init__(self) -> None:
        self.total = 0
        self._counts: dict[str, int] = {}
        self._lines: dict[str, list[int]] = {}

    def add(self, reason: str, line: int) -> None:
        self.total += 1
        if reason not in self._counts and len(self._counts) >= _REASONS_KEPT:
            reason = "(other reasons)"
        self._counts[reason] = self._counts.get(reason, 0) + 1
        lines = self._lines.setdefault(reason, [])
        if line and len(lines) < _LINES_SHOWN:
            lines.append(line)

    def describe(self) -> list[str]:
        """One text per reason, the commonest first."""
        by_count = sorted(self._counts, key=lambda reason: -self._counts[reason])
        return [self._describe(reason) for reason in by_count]

    def _describe(self, reason: str) -> str:
        return f"{self._counts[reason]:>7,} x {reason}{self._where(reason)}"

    def _where(self, reason: str) -> str:
        lines = self._lines[reason]
        if not lines:
            return ""
        more = ", …" if self._counts[reason] > len(lines) else ""
        return f" (line {', '.join(map(str, lines))}{more})"


@dataclass
class Summary:
    """Counts of a play: ``sent`` commands are accepted, rejected, failed or still unanswered.

    ``skipped`` ones were not sent, as their NewOdds was not accepted; ``unusable`` are lines.
    """

    sent: int = 0
    accepted: int = 0
    retries: int = 0
    rejected: Reasons = field(default_factory=Reasons)
    failed: Reasons = field(default_factory=Reasons)
    skipped: Reasons = field(default_factory=Reasons)
    unusable: Reasons = field(default_factory=Reasons)
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=_LATENCIES_KEPT))
    _started: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Count the rate from now on."""
        self._started = time.monotonic()

    @property
    def answered(self) -> int:
        return self.accepted + self.rejected.total

    @property
    def unanswered(self) -> int:
        return self.sent - self.answered - self.failed.total

    @property
    def clean(self) -> bool:
        """Whether all commands were sent and accepted."""
        return self.accepted == self.sent and not self.skipped.total

    @property
    def settled(self) -> int:
        """The commands whose fate is known."""
        return self.answered + self.failed.total + self.skipped.total

    def rate(self) -> float:
        """Accepted commands per second so far."""
        return self.accepted / max(time.monotonic() - self._started, 1e-9)

    def latency(self) -> tuple[float, float]:
        """The p50 and p99 of answered requests, in milliseconds."""
        if len(self.latencies) < 2:
            only = 1000 * sum(self.latencies)
            return only, only
        percentiles = quantiles(self.latencies, n=100, method="inclusive")
        return 1000 * percentiles[49], 1000 * percentiles[98]

    def describe(self) -> str:
        """The summary as lines of text."""
        p50, p99 = self.latency()
        lines = [
            f"{'sent':<10}{self.sent:>9,}  ({self.retries:,} retries)",
            f"{'accepted':<10}{self.accepted:>9,}",
            *_section("rejected", self.rejected),
            *_section("failed", self.failed),
            *_section("not sent", self.skipped),
            *([f"{'unanswered':<10}{self.unanswered:>9,}"] if self.unanswered else []),
            *_section("unusable", self.unusable),
            f"{'rate':<10}{self.rate():>9,.0f}  accepted/s",
            f"{'latency':<10}{p50:>9.1f}  ms p50, {p99:.1f} ms p99",
        ]
        return "\n".join(lines)


def _section(name: str, reasons: Reasons) -> list[str]:
    return [f"{name:<10}{reasons.total:>9,}", *reasons.describe()]
