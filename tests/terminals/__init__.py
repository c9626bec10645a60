"""The program on real terminals: what a person sees, and what the terminal is left with."""
