"""Rendering of plates and training of the plate weights; not part of the wheel."""
