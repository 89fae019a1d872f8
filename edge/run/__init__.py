"""The running gateway: its loop, its processes, start and stop. Shell."""
