"""Weights that are not in the wheel: what they are, where they come from, and how they get here."""
