"""Programs that are measured: baselines to compare with, and drivers that wrap the real program."""
