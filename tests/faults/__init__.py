"""What goes wrong between us and a vendor, and what the user and the ledger have of it."""
