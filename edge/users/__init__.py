"""Who is at the other end: accounts, roles, sessions. Shell, but for the rules."""
