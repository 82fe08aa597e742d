"""Generated from proto/odds/v1 by `make proto`."""
