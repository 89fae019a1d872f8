"""Rendered gate scenes that a camera source can open: no hardware, real pixels."""
