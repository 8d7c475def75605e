#!/usr/bin/env python3
"""Sends malformed requests by the thousand to a tracker, while an honest client announces all the time.

The honest client has a connection of its own and must get every answer, each right to the byte. What
comes back to the others must be whole replies with the few statuses there are. In the end the tracker
must stop with exit code 0 and have written nothing that a sanitizer or a crash would write.

    barrage.py --executable build/asan/bin/chihaya --plugins build/asan/plugins \\
        --corpus tests/fuzz/corpus --requests 100000
"""

import argparse
import collections
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import mutation
import replies

PATIENCE = 30  # seconds, for anything that must happen
THREADS = 4
HASH = b"honest-client-infoha"
HONEST = (
    b"GET /announce?info_hash=" + HASH + b"&peer_id=-qB4650-AbCdEfGhIjKl&port=6881&uploaded=0"
    b"&downloaded=0&left=65536 HTTP/1.1\r\nHost: tracker.example\r\n\r\n"
)
ANSWER = (
    b"d8:completei0e10:downloadedi0e11:external ip4:\x7f\x00\x00\x0110:incompletei1e"
    b"8:intervali1800e12:min intervali900e5:peers0:e"
)


def free_port():
    """A port that is free for TCP and for UDP, and the socket that keeps it from everybody but the
    tracker: it never listens."""
    while True:
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        try:
            with socket.socket(type=socket.SOCK_DGRAM) as receiver:
                receiver.bind(("127.0.0.1", port))
            return port, holder
        except OSError:
            holder.close()


class Tracker:
    """The executable with a short header timeout, so that what is left half-said goes soon."""

    def __init__(self, executable, plugins, folder):
        self.port, self._holder = free_port()
        self.log_file = folder / "log"
        config = {
            "addr": f"127.0.0.1:{self.port}",
            "udp": {"addr": f"127.0.0.1:{self.port}"},
            "management": {"addr": "127.0.0.1:0"},
            "plugin_dir": str(pathlib.Path(plugins).resolve()),
            "interval_jitter": 0,
            "real_ip_header": "X-Forwarded-For",
            "http": {"head_timeout": "2s"},
        }
        (folder / "tracker.json").write_text(json.dumps(config))
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                [executable, "--config", folder / "tracker.json"], stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise SystemExit(f"the tracker does not start:\n{self.log()}") from None
                time.sleep(0.05)

    def log(self):
        return self.log_file.read_text(errors="replace")

    def resident_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) // 1024
        return 0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def complaints(self):
        """Stops it, and says what is wrong with how it ends and what it has written."""
        alive = self.process.poll() is None
        code = self.stop() if alive else self.process.returncode
        found = [] if code == 0 else [f"the tracker ended with {code}"]
        for word in ("Sanitizer", "runtime error", "terminate called", "Assertion"):
            if word in self.log():
                found.append(f"its log has '{word}'")
        return found


class HonestClient(threading.Thread):
    """Announces again and again over one connection, and looks at each answer."""

    def __init__(self, port):
        super().__init__()
        self._port = port
        self.stopping = threading.Event()
        self.answers = 0
        self.slowest = 0.0
        self.complaint = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self._announce_over_one_connection()
        except (OSError, ValueError, replies.BadReply) as error:
            self.complaint = f"the honest client: {error}"

    def _announce_over_one_connection(self):
        with socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE) as client:
            kept = True
            while kept and not self.stopping.is_set():
                began = time.monotonic()
                client.sendall(HONEST)
                head, body = self._read_reply(client)
                self.slowest = max(self.slowest, time.monotonic() - began)
                if body != ANSWER:
                    raise replies.BadReply(f"found {body!r}, expected {ANSWER!r}")
                self.answers += 1
                kept = b"Connection: close" not in head  # it says so after many requests
                time.sleep(0.001)

    @staticmethod
    def _read_reply(client):
        data = b""
        while b"\r\n\r\n" not in data or len(data.split(b"\r\n\r\n", 1)[1]) < len(ANSWER):
            more = client.recv(65536)
            if not more:
                raise replies.BadReply(f"closed after {data!r}")
            data += more
        return data.split(b"\r\n\r\n", 1)


class Attacker(threading.Thread):
    """Sends `count` damaged requests, several to a connection, and reads what comes back."""

    def __init__(self, port, mutator, count):
        super().__init__()
        self._port = port
        self._mutator = mutator
        self._left = count
        self._abandoned = collections.deque(maxlen=64)
        self.connections = 0
        self.statuses = collections.Counter()
        self.complaint = None

    def run(self):
        try:
            while self._left > 0:
                self._attack()
        except (OSError, replies.BadReply) as error:
            self.complaint = f"an attacker: {error}"
            self._left = 0

    def _attack(self):
        batch = [self._mutator.next() for _ in range(min(self._left, 1 + self._mutator.below(3)))]
        self._left -= len(batch)
        self.connections += 1
        client = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        received = b""
        try:
            client.sendall(b"".join(batch))
            manner = self._mutator.below(10)
            if manner == 0:  # gone without a word
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
                return
            if manner == 1:  # still there, saying nothing
                self._abandoned.append(client)
                return
            client.shutdown(socket.SHUT_WR)
            while more := client.recv(65536):
                received += more
            complete = True
        except (ConnectionResetError, BrokenPipeError):
            complete = False  # refused while still sending
        client.close()
        self.statuses.update(replies.statuses(received, complete))


def run(options, folder):
    tracker = Tracker(options.executable, options.plugins, folder)
    requests = mutation.load(options.corpus)
    honest = HonestClient(tracker.port)
    share = -(-options.requests // THREADS)
    attackers = [
        Attacker(tracker.port, mutation.Mutator(requests, options.seed + i), share) for i in range(THREADS)
    ]
    began = time.monotonic()
    for thread in (honest, *attackers):
        thread.start()
    for attacker in attackers:
        attacker.join()
    passed = time.monotonic() - began
    memory = tracker.resident_mib()
    honest.stopping.set()
    honest.join()
    complaints = tracker.complaints()

    statuses = sum((attacker.statuses for attacker in attackers), collections.Counter())
    print(f"seed {options.seed}: {THREADS * share} malformed requests over "
          f"{sum(attacker.connections for attacker in attackers)} connections in {passed:.1f} s")
    print("replies: " + ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items())))
    print(f"honest client: {honest.answers} right answers, slowest {1000 * honest.slowest:.1f} ms")
    print(f"tracker: {memory} MiB resident, {len(tracker.log().splitlines())} lines of log")
    complaints += [thread.complaint for thread in (honest, *attackers) if thread.complaint]
    if honest.answers == 0:
        complaints.append("the honest client was never answered")
    if complaints:
        print("\n".join(complaints) + f"\n--- log ---\n{tracker.log()[-20000:]}", file=sys.stderr)
    return 1 if complaints else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--executable", required=True)
    parser.add_argument("--plugins", required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return run(options, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
