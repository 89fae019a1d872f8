"""The guards' duty: shifts, handing over, being asked at night. Core."""
