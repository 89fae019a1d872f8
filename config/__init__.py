"""config: what this site is. Imports nothing of ours; one reason to change: the site file."""
