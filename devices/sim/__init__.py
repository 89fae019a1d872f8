"""Far ends at the byte boundary: relay board, barrier, loops, on a pty with the real bytes."""
