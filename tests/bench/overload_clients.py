"""Honest clients of an overloaded tracker: they wait, give up and try again like real ones.

Real clients wait 15 seconds over UDP and twice as long each time (BEP 15); here a second is worth
thirty. They come at random moments, each from an address of its own, and each wants one announce.
"""

import heapq
import random
import selectors
import socket
import statistics
import struct
import time

SCALE = 30.0
FIRST_WAIT = 15 / SCALE
TRIES = 3
MAGIC = 0x41727101980
CONNECT, ANNOUNCE, SCRAPE, ERROR = range(4)
EVENTS = {"none": 0, "started": 2}


class Client:
    """One announce over UDP, from the connect request to the answer."""

    def __init__(self, number, port, event, began):
        self.transaction = number & 0xffffffff
        self.event, self.began, self.tries = event, began, 0
        self.connection = None
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((f"127.{200 + number // 65536 % 50}.{number // 256 % 256}.{number % 256}", 0))
        self.socket.connect(("127.0.0.1", port))

    def send(self):
        """Returns when to give this try up."""
        if self.connection is None:
            packet = struct.pack(">QII", MAGIC, CONNECT, self.transaction)
        else:
            packet = struct.pack(">QII20s20sQQQIIIiH", self.connection, ANNOUNCE, self.transaction,
                                 b"honest swarm%8d" % (self.transaction % 50),
                                 b"-HO0001-%012d" % self.transaction, 0, 1, 0,
                                 EVENTS[self.event], 0, self.transaction, 50, 6881)
        try:
            self.socket.send(packet)
        except OSError:
            pass
        self.tries += 1
        return time.monotonic() + FIRST_WAIT * 2 ** (self.tries - 1)

    def receive(self):
        """How it ended: "served", "later", or None where it goes on."""
        try:
            packet = self.socket.recv(2048)
        except OSError:
            return None
        action, transaction = struct.unpack(">II", packet[:8])
        if transaction != self.transaction:
            return None
        if action == CONNECT:
            if self.connection is not None:
                return None  # the answer to an earlier try
            self.connection, = struct.unpack(">Q", packet[8:16])
            self.tries = 0
            return "go on"
        # An answer that knows nobody, not even the announcer, is one without the announce.
        if action == ANNOUNCE:
            return "served" if any(struct.unpack(">II", packet[12:20])) else "later"
        return "later"


def summary(ends):
    """Of (event, how it ended, seconds)."""
    out = {}
    for event in EVENTS:
        mine = [(end, seconds) for what, end, seconds in ends if what == event]
        served = sorted(seconds for end, seconds in mine if end == "served")
        out[event] = {
            "asked": len(mine), "served": len(served),
            "later": sum(end == "later" for end, _ in mine),
            "p50_ms": statistics.median(served) * 1e3 if served else None,
            "p99_ms": served[int(len(served) * 0.99)] * 1e3 if served else None}
    return out


def run(port, rate, seconds, seed=1):
    """So many clients a second, half of which say `started`; how they fared."""
    chance = random.Random(seed)
    begin = time.monotonic()
    arrivals, at = [], 0.0
    while at < seconds:
        at += chance.expovariate(rate)
        arrivals.append((begin + at, chance.choice(list(EVENTS))))
    arrivals.reverse()
    ends, waits, number = [], [], 0
    active = selectors.DefaultSelector()
    running = {}

    def finish(client, end):
        ends.append((client.event, end, time.monotonic() - client.began))
        active.unregister(client.socket)
        client.socket.close()
        del running[client.transaction]

    def send(client):
        heapq.heappush(waits, (client.send(), client.transaction, client.tries,
                               client.connection is None))

    while arrivals or running:
        now = time.monotonic()
        while arrivals and arrivals[-1][0] <= now:
            began, event = arrivals.pop()
            number += 1
            client = Client(number, port, event, began)
            running[number] = client
            active.register(client.socket, selectors.EVENT_READ, client)
            send(client)
        while waits and waits[0][0] <= now:
            _, which, tries, connecting = heapq.heappop(waits)
            client = running.get(which)
            if client is None or (client.tries, client.connection is None) != (tries, connecting):
                continue
            if client.tries == TRIES:
                finish(client, "lost")
            else:
                send(client)
        upcoming = [when[0] for when in (waits[:1] + arrivals[-1:])]
        wait = max(0.0, min(upcoming, default=now) - time.monotonic())
        for key, _ in active.select(min(wait, 0.05)):
            end = key.data.receive()
            if end == "go on":
                send(key.data)
            elif end:
                finish(key.data, end)
    return summary(ends)
