"""Owns org.freedesktop.secrets on the bus given as argument, and answers nothing. Says "owner" once it does."""

from __future__ import annotations

import sys
from contextlib import closing

from jeepney.bus_messages import message_bus
from jeepney.io.blocking import Proxy, open_dbus_connection

with closing(open_dbus_connection(sys.argv[1])) as connection:
    assert Proxy(message_bus, connection).RequestName("org.freedesktop.secrets") == (1,)
    print("owner", flush=True)
    sys.stdin.read()
