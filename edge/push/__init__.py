"""Push: alarms as messages to phones and mail, by rules, with retry and proof. Shell, but for the rules."""
