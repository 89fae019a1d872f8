"""Zones of a picture: what stands in a fire lane, who loiters."""
