"""The command line. Shell."""
