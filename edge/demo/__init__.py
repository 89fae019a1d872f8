"""The demonstration: a rendered gate with simulated devices, driven through the real program."""
