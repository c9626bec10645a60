"""The budgets of speed, bytes and memory, measured: `python -m tests.bench` (see `--help`)."""
