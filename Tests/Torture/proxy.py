"""A TCP proxy on the loopback whose one connection breaks at a chosen byte: the network between dlt-load and its server."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Break:
    """What happens once so many bytes have gone in a direction."""

    # "sent": from the client to the server; "received": the other way.
    direction: str
    after: int
    # cut: both ends see an orderly end; reset: a reset; stall: nothing moves any more; pause: `action` is done, then all goes on.
    how: str
    action: Callable[[], None] | None = None


class Proxy:
    def __init__(self, host: str, port: int):
        self.target = (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.client_port = 0
        self.arm(None)
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, fault: Break | None) -> None:
        """For the next connection; those behind it are whole again. Its bytes are counted."""
        self.hit = threading.Event()
        self.counts = {"sent": 0, "received": 0}
        self.armed = (fault, self.hit, self.counts)

    @property
    def sent(self) -> int:
        return self.counts["sent"]

    @property
    def received(self) -> int:
        return self.counts["received"]

    def close(self) -> None:
        # Not closed under the thread that waits on it, which could then take connections of whoever gets the descriptor's number.
        self.listener.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                self.listener.close()
                return
            armed, self.armed = self.armed, (None, threading.Event(), {"sent": 0, "received": 0})
            threading.Thread(target=self._serve, args=(client, *armed), daemon=True).start()

    def _serve(self, client: socket.socket, fault: Break | None, hit: threading.Event, counts: dict[str, int]) -> None:
        try:
            server = socket.create_connection(self.target, timeout=10)
        except OSError:
            # As the server's own port would refuse.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            return
        server.settimeout(None)
        # What the server knows the connection by.
        self.client_port = server.getsockname()[1]
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for source in ready:
                    direction = "sent" if source is client else "received"
                    target = server if source is client else client
                    data = source.recv(65536)
                    if not data:
                        return
                    due = fault and not hit.is_set() and fault.direction == direction and (
                        counts[direction] + len(data) >= fault.after)
                    first = data[: fault.after - counts[direction]] if due else data
                    target.sendall(first)
                    counts[direction] += len(first)
                    if not due:
                        continue
                    hit.set()
                    if fault.how == "pause":
                        fault.action()
                        target.sendall(data[len(first):])
                        counts[direction] += len(data) - len(first)
                    elif fault.how == "stall":
                        # Until one of them goes away.
                        while client.fileno() >= 0 and not _is_closed(client):
                            threading.Event().wait(0.05)
                        return
                    else:
                        if fault.how == "reset":
                            for end in (client, server):
                                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
        except OSError:
            pass
        finally:
            client.close()
            server.close()


def _is_closed(end: socket.socket) -> bool:
    """Whether the peer has gone away, whatever it has sent before."""
    poll = select.poll()
    poll.register(end, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
