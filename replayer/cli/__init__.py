"""The replayer on the command line."""
