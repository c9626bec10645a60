"""The one HTTP client: a token that goes to its own origin only, TLS, proxies, retries, size caps, errors in words."""

from httpx import AsyncBaseTransport as Network

from invoicetui.address import base_address, host_of
from invoicetui.transport.client import Answer, Client, Download, Wait
from invoicetui.transport.target import target
from invoicetui.transport.tls import tls_context

__all__ = ["Answer", "Client", "Download", "Network", "Wait", "base_address", "host_of", "target", "tls_context"]
