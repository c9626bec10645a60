"""invoicetui: every invoice a company receives, in one terminal."""

__version__ = "0.1.0"
