"""The barrier state machine (道闸). Core."""
