"""The PDF of an invoice: where it is, fetched, verified, named, kept, and read as text at its place on the page."""
