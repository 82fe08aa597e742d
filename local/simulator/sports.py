"""How each simulated sport is played, as far as prices show it."""

from dataclasses import dataclass

from local.feeders.commands import VelocityTier


@dataclass(frozen=True, slots=True)
class Sport:
    """A game's latent strength is the log-odds of home against away, once draws are left out.

    ``drift`` is the standard deviation it gains in the square root of a second, ``jump`` what a
    score moves it, ``seconds_per_score`` the mean time between scores. ``draw_share`` is the
    chance of a draw in an even game, None where the sport has none. Games last a few minutes
    rather than hours, so that someone watching sees them end.
    """

    game_type: str
    tier: VelocityTier
    drift: float
    jump: float
    seconds_per_score: float
    draw_share: float | None
    teams: tuple[str, ...]


SPORTS = (
    Sport("soccer", "high", 0.03, 0.9, 60, 0.28,
          ("Ashford", "Brackley", "Calder", "Dunmore", "Eastwick", "Fallow", "Garside", "Holt")),
    Sport("tennis", "high", 0.04, 0.35, 12, None,
          ("A Moreau", "B Lindqvist", "C Okafor", "D Castellan", "E Novik", "F Tanaka")),
    Sport("basketball", "high", 0.04, 0.2, 8, None,
          ("Comets", "Herons", "Mariners", "Pioneers", "Sentinels", "Voyagers")),
    Sport("american-football", "high", 0.03, 0.7, 45, None,
          ("Badgers", "Drovers", "Foxes", "Ironmen", "Rangers", "Wranglers")),
    Sport("ice-hockey", "high", 0.03, 0.8, 50, 0.22,
          ("Blizzard", "Glaciers", "Lumberjacks", "Narwhals", "Polars", "Timber")),
    Sport("baseball", "medium", 0.02, 0.6, 40, None,
          ("Anglers", "Beacons", "Cyclones", "Millers", "Ramblers", "Stags")),
    Sport("cricket", "low", 0.02, 0.4, 30, None,
          ("Avon", "Dales", "Fenland", "Marches", "Northmoor", "Wealden")),
)  # fmt: skip
