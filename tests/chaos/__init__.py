"""Bad days at random: the whole stack under load while one thing after another breaks."""
