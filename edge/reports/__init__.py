"""What guards report themselves (安全联防): photos, a place and words become an incident. Core."""
