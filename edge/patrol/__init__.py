"""Guard patrol (电子巡更): rounds that are due, scans that prove them, misses that become alarms. Core."""
