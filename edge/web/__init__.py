"""HTTP: routes, the live feed and the guards' page."""
