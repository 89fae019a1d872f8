"""The self-test of alarms: from the inbox to log, page, sirens and channels. Core."""
