"""Growing of the trees that weigh the traits of falling things; not part of the wheel."""
