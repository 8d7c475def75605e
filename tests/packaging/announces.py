#!/usr/bin/env python3
"""Announces to a tracker on this machine, over HTTP and UDP, and says what came back.

  announces.py once [--interval]   two peers of each protocol must find each other; with --interval
                                   prints the interval that they are told
  announces.py holds               the peers of `once` must still be there
  announces.py steady FILE [--restarts]
                                   until SIGTERM; then prints how many requests were sent and failed.
                                   FILE is made when the first have been answered. With --restarts a
                                   kept connection may end, as long as a new one is served at once
"""

import http.client
import os
import re
import signal
import socket
import struct
import sys
import threading
import urllib.parse

HOST, PORT = "127.0.0.1", 6881
WAIT = 15  # seconds: what a client gives a datagram
HTTP_SWARM, UDP_SWARM = b"\x00packages over HTTP\xff", b"\x00packages over  UDP\xff"


def http_path(swarm: bytes, peer: int, **more: str) -> str:
    query = {"info_hash": swarm, "peer_id": b"-PK0001-%012d" % peer, "port": str(10000 + peer),
             "uploaded": "0", "downloaded": "0", "left": "1", "compact": "1", "numwant": "50",
             **more}
    return "/announce?" + urllib.parse.urlencode(query)


def http_announce(swarm: bytes, peer: int, connection=None) -> tuple[int, int]:
    """Returns the interval and how many peers were handed out."""
    mine = connection or http.client.HTTPConnection(HOST, PORT, timeout=WAIT)
    mine.request("GET", http_path(swarm, peer))
    body = mine.getresponse().read()
    if connection is None:
        mine.close()
    interval = re.search(rb"8:intervali(\d+)e", body)
    peers = re.search(rb"5:peers(\d+):", body)
    if interval is None or peers is None:
        raise ValueError(body)
    return int(interval[1]), int(peers[1]) // 6


class UdpClient:
    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(WAIT)
        self.socket.connect((HOST, PORT))
        reply = self.ask(struct.pack(">QII", 0x41727101980, 0, 1))
        self.connection_id = struct.unpack(">IIQ", reply[:16])[2]

    def ask(self, datagram: bytes) -> bytes:
        self.socket.send(datagram)
        return self.socket.recv(4096)

    def announce(self, swarm: bytes, peer: int) -> tuple[int, int]:
        reply = self.ask(struct.pack(">QII20s20sQQQIIIiH", self.connection_id, 1, 7, swarm,
                                     b"-PK0001-%012d" % peer, 0, 1, 0, 0, 0, peer, 50,
                                     10000 + peer))
        action, _, interval = struct.unpack(">III", reply[:12])
        if action != 1:
            raise ValueError(reply)
        return interval, (len(reply) - 20) // 6


def once(expected: int) -> int:
    """Peer 2 must be handed `expected` others after peer 1 has announced."""
    udp = UdpClient()
    for announce, swarm in ((http_announce, HTTP_SWARM), (udp.announce, UDP_SWARM)):
        if expected == 1:
            announce(swarm, 1)
        interval, found = announce(swarm, 2 if expected == 1 else 3)
        if found != expected:
            raise SystemExit(f"{swarm!r}: {found} peers, expected {expected}")
    return interval


class Steady:
    """Four threads: new connections, one that is kept, datagrams, and connection ids."""

    def __init__(self, file: str, restarts: bool) -> None:
        self.file = file
        self.restarts = restarts
        self.ended_connections = 0
        self.ended = threading.Event()
        self.sent: dict[str, int] = {}
        self.failed: dict[str, list[str]] = {}

    def run(self, kind: str, request) -> None:
        self.sent[kind], self.failed[kind] = 0, []
        while not self.ended.is_set():
            self.sent[kind] += 1
            try:
                request(self.sent[kind])
            except (OSError, ValueError, http.client.HTTPException) as error:
                self.failed[kind].append(repr(error)[:200])
            if self.sent[kind] == 50:
                open(f"{self.file}.{kind}", "w", encoding="utf-8").close()
            self.ended.wait(0.002)

    def kinds(self) -> dict:
        kept = http.client.HTTPConnection(HOST, PORT, timeout=WAIT)  # opens itself again
        udp = UdpClient()
        return {
            "http": lambda n: http_announce(b"%020d" % (n % 500), n % 40000),
            "http kept": lambda n: self.announce_on(kept, n),
            "udp": lambda n: udp.announce(b"%020d" % (n % 500), n % 40000),
            "udp connect": lambda n: UdpClient(),
        }

    def announce_on(self, kept, number: int) -> None:
        had_one = kept.sock is not None
        try:
            http_announce(b"%020d" % (number % 500), number % 40000, kept)
        except (OSError, ValueError, http.client.HTTPException):
            kept.close()
            if not self.restarts or not had_one:
                raise
            self.ended_connections += 1
            http_announce(b"%020d" % (number % 500), number % 40000, kept)

    def serve(self) -> int:
        signal.signal(signal.SIGTERM, lambda *_: self.ended.set())
        threads = [threading.Thread(target=self.run, args=one) for one in self.kinds().items()]
        for thread in threads:
            thread.start()
        while not all(os.path.exists(f"{self.file}.{kind}") for kind in self.sent):
            if self.ended.wait(0.05):
                break
        open(self.file, "w", encoding="utf-8").close()
        for thread in threads:
            thread.join()
        for kind, sent in self.sent.items():
            print(f"{kind}: {sent} sent, {len(self.failed[kind])} failed",
                  *self.failed[kind][:3], flush=True)
        if self.restarts:
            print(f"http kept: {self.ended_connections} connections ended between two requests")
        return 1 if any(self.failed.values()) else 0


def main() -> int:
    task = sys.argv[1]
    if task == "steady":
        return Steady(sys.argv[2], "--restarts" in sys.argv).serve()
    interval = once(1 if task == "once" else 2)
    if "--interval" in sys.argv:
        print(interval)
    return 0


sys.exit(main())
