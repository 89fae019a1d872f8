"""sync: the record of what happened, the lists, and how both leave the box."""
