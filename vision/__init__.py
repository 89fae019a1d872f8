"""vision: pixels to observations. Runs in the eyes process; knows nothing of devices, log or hub."""
