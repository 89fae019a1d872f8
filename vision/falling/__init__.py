"""Core: things that fall along a facade, and the floor they came from."""
