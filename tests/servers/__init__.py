"""Five vendors' billing APIs on loopback sockets, built to the vendors' documents and never to our own parsers."""
