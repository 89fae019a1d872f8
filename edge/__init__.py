"""edge: decides and runs. The only room that knows all the others."""
