"""What a person must act on. Core."""
