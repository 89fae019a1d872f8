"""The door state machine (门). Core."""
