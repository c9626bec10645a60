"""Documents: found, fetched from hosts that behave and hosts that do not, saved, read as text."""
