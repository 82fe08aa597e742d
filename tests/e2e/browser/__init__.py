"""The pages in a real browser, in front of a whole stack."""
