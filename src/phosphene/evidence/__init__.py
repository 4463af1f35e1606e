"""Measured statements about a unit, each with a baseline, a plain sentence, and a caution where it is weak."""
