#!/usr/bin/env python3
"""Sends malformed datagrams by the thousand to a tracker, while an honest client announces all the time.

The honest client must get its answers, each right to the byte; a datagram that the system loses is asked
again, as clients do. What comes back to the others must be whole replies, none longer than every path
carries, and none at all to what is no request. Then everything is sent a second time: whoever remembers
something about strangers has more memory by then. In the end the tracker must stop with exit code 0 and
have written nothing that a sanitizer or a crash would write.

    datagrams.py --executable build/asan/bin/chihaya --plugins build/asan/plugins \\
        --corpus tests/fuzz/corpus --datagrams 1000000
"""

import argparse
import collections
import os
import pathlib
import random
import socket
import struct
import sys
import tempfile
import threading
import time

import barrage
import mutation

THREADS = 2
MAGIC = 0x41727101980
REPLY_MAX = 1232
GROWTH_MAX = 8  # MiB
ACTIONS = ("connect", "announce", "scrape", "error")
INTERESTING = (
    b"\x00", b"\x01", b"\x02", b"\x03", b"\x02\xff", b"\x02\x00", b"\x01" * 40, b"\xff" * 4, b"\xff" * 8,
    b"\x00" * 4, b"\x00" * 8, b"\x80\x00\x00\x00", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x01", b"\x00\x00\x00\x02",
    struct.pack(">Q", MAGIC), b"\x02\x09/announce", b"\x02\x1b/users/aaaaaaaaaaaa/announce",
)  # fmt: skip
HONEST = struct.pack(
    ">20s20sQQQIIIiH", barrage.HASH, b"-qB4650-AbCdEfGhIjKl", 0, 65536, 0, 2, 0, 7, -1, 6881
)
ANSWER = struct.pack(">III", 1800, 1, 0)


class BadReply(Exception):
    """Something that no client should ever see."""


def connect_request(transaction):
    return struct.pack(">QII", MAGIC, 0, transaction)


class Client:
    """A socket that asks until it is answered."""

    def __init__(self, port):
        self._server = ("127.0.0.1", port)
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._transaction = 0
        self.lost = 0

    def close(self):
        self._socket.close()

    def send(self, datagram):
        self._socket.sendto(datagram, self._server)

    def receive(self, patience):
        """What comes next; None when nothing does in time. What others send is left aside."""
        self._socket.settimeout(patience)
        source = None
        while source != self._server:
            try:
                data, source = self._socket.recvfrom(65536)
            except socket.timeout:
                return None
        return data

    def ask(self, head, action, rest, others=None):
        """The reply to a request, without its head. `others` is told of every other reply."""
        self._transaction += 1
        key = struct.pack(">II", action, 0x70000000 + self._transaction)
        deadline = time.monotonic() + barrage.PATIENCE
        while time.monotonic() < deadline:
            self.send(head + key + rest)
            reply = self.receive(1)
            while reply is not None:
                if reply[:8] == key:
                    return reply[8:]
                if others is not None:
                    others(reply)
                reply = self.receive(1)
            self.lost += 1
        raise BadReply(f"no reply within {barrage.PATIENCE} s")

    def connect(self, others=None):
        return self.ask(struct.pack(">Q", MAGIC), 0, b"", others)


class HonestClient(threading.Thread):
    """Announces again and again, and looks at each answer."""

    def __init__(self, port):
        super().__init__()
        self._client = Client(port)
        self.stopping = threading.Event()
        self.answers = 0
        self.slowest = 0.0
        self.complaint = None

    @property
    def lost(self):
        return self._client.lost

    def run(self):
        try:
            while not self.stopping.is_set():
                connection_id = self._client.connect()
                for _ in range(100):
                    began = time.monotonic()
                    answer = self._client.ask(connection_id, 1, HONEST)
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    if answer != ANSWER:
                        raise BadReply(f"found {answer!r}, expected {ANSWER!r}")
                    self.answers += 1
                    time.sleep(0.001)
        except (OSError, BadReply) as error:
            self.complaint = f"the honest client: {error}"
        self._client.close()


class Attacker(threading.Thread):
    """Sends `count` damaged datagrams, a few at a time, and reads what comes back."""

    def __init__(self, port, packets, seed, count):
        super().__init__()
        self._client = Client(port)
        self._mutator = mutation.Mutator(packets, seed, INTERESTING, 4000)
        self._random = random.Random(seed)
        self._left = count
        self.replies = collections.Counter()
        self.complaint = None

    def run(self):
        try:
            while self._left > 0:
                connection_id = self._client.connect(self._judge)
                for _ in range(min(self._left, 50)):
                    self._client.send(self._next(connection_id))
                    self._left -= 1
            self._client.connect(self._judge)  # everything has been taken by now
        except (OSError, BadReply) as error:
            self.complaint = f"an attacker: {error}"
            self._left = 0
        self._client.close()

    def _next(self, connection_id):
        manner = self._mutator.below(10)
        if manner == 0:
            return self._random.randbytes(self._mutator.below(2100))
        if manner == 1:
            return self._random.randbytes(self._mutator.below(60_000))
        data = self._mutator.next()
        if manner < 5 and len(data) >= 16:  # damaged behind a good id and an action
            return connection_id + struct.pack(">I", 1 + manner % 2) + data[12:]
        return data

    def _judge(self, reply):
        action = struct.unpack(">I", reply[:4])[0] if len(reply) >= 8 else len(ACTIONS)
        whole = (
            (action == 0 and len(reply) == 16)
            or (action == 1 and len(reply) >= 20 and (len(reply) - 20) % 6 == 0)
            or (action == 2 and len(reply) >= 20 and (len(reply) - 8) % 12 == 0)
            or (action == 3 and len(reply) > 8 and reply[8:].isascii())
        )
        if not whole or len(reply) > REPLY_MAX:
            raise BadReply(f"no reply: {reply[:200]!r}")
        self.replies[ACTIONS[action]] += 1


def attack(tracker, packets, options):
    """Everything once. The attackers, when they have finished."""
    share = -(-options.datagrams // THREADS)
    attackers = [Attacker(tracker.port, packets, options.seed + i, share) for i in range(THREADS)]
    for attacker in attackers:
        attacker.start()
    for attacker in attackers:
        attacker.join()
    return attackers


def run(options, folder):
    tracker = barrage.Tracker(options.executable, options.plugins, folder)
    packets = [file.read_bytes() for file in sorted((options.corpus / "udp_request").iterdir())]
    honest = HonestClient(tracker.port)
    honest.start()
    began = time.monotonic()
    attackers = attack(tracker, packets, options)
    before = tracker.resident_mib()
    attackers += attack(tracker, packets, options)
    after = tracker.resident_mib()
    passed = time.monotonic() - began
    honest.stopping.set()
    honest.join()

    replies = sum((attacker.replies for attacker in attackers), collections.Counter())
    print(f"seed {options.seed}: twice {options.datagrams} malformed datagrams in {passed:.1f} s")
    print("replies: " + ", ".join(f"{count} x {action}" for action, count in sorted(replies.items())))
    print(
        f"honest client: {honest.answers} right answers, slowest {1000 * honest.slowest:.1f} ms,"
        f" {honest.lost} asked again"
    )
    print(f"tracker: {before} MiB resident after the first time, {after} MiB after the second")
    complaints = tracker.complaints()
    complaints += [thread.complaint for thread in (honest, *attackers) if thread.complaint]
    if honest.answers == 0:
        complaints.append("the honest client was never answered")
    if after - before > GROWTH_MAX:
        complaints.append(f"its memory has grown by {after - before} MiB")
    if complaints:
        print("\n".join(complaints) + f"\n--- log ---\n{tracker.log()[-20000:]}", file=sys.stderr)
    return 1 if complaints else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--executable", required=True)
    parser.add_argument("--plugins", required=True)
    parser.add_argument("--corpus", required=True, type=pathlib.Path)
    parser.add_argument("--datagrams", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return run(options, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
