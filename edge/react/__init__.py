"""The switchboard: one observation in, a new state and intents out. Core."""
