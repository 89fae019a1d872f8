"""devices: bytes to messages and back. Knows nothing of pixels, log or hub."""
