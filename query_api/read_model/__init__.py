"""Reads of the read model, and odds and events as readers see them."""
