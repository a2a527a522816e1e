"""Proof of the tests: that every flipped bit, and every check that is switched off, turns something red."""
