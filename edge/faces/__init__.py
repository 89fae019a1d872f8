"""Who is enrolled with their face: consent, sealed templates, what goes to the eyes."""
