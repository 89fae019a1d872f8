"""Live pictures from the eyes to the pages that watch."""
