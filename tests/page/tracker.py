"""The tracker that the page is of, and a little load for it to show."""

import json
import os
import random
import signal
import socket
import struct
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

START_SECONDS = 30
STOP_SECONDS = 20
REPLY_SECONDS = 10
SWARMS = 12
PAUSE = 0.01  # seconds between two announces of one front end
PEER_IDS = [b"-TR4060-", b"-qB4630-", b"-DE211s-", b"-lt0D80-", b"-UT3560-"]


def free_port():
    """A port of loopback that was free a moment ago, over TCP and UDP."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(tcp.getsockname())
        return tcp.getsockname()[1]


class Tracker:
    """A running tracker in a folder; `changes` are put over sections of its configuration."""

    def __init__(self, executable, plugins, folder, **changes):
        self.port, self.management_port = free_port(), free_port()
        configuration = {
            "addr": f"127.0.0.1:{self.port}",
            "udp": {"addr": f"127.0.0.1:{self.port}"},
            "tracker": {"driver": "memory"},
            "backend": {"driver": "noop"},
            "plugin_dir": str(plugins),
            "management": {"addr": f"127.0.0.1:{self.management_port}"},
            "allow_ip_spoofing": True,
        }
        for section, values in changes.items():
            configuration[section] = configuration.get(section, {}) | values
        self._command = [str(executable), "--config", str(folder / "chihaya.json")]
        (folder / "chihaya.json").write_text(json.dumps(configuration))
        self._log_file = folder / "chihaya.log"
        self._process = None
        self.start()

    def start(self):
        """Starts it, also again, on the same ports."""
        with open(self._log_file, "ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the tracker does not answer:\n{self._log_file.read_text()}")
            time.sleep(0.05)

    def _answers(self):
        try:
            self.ask("check")
            return True
        except (urllib.error.URLError, ConnectionError):
            return False

    def kill(self):
        """Ends it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        """Asks it to end; its exit status, None when it was not running or had to be killed."""
        if self._process.poll() is not None:
            return None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    @property
    def page(self):
        """The address of the page."""
        return f"http://127.0.0.1:{self.management_port}/"

    def ask(self, path, method="GET"):
        """A reply of the management port: (headers, body)."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(self.page + path, method=method)
        with opener.open(request, timeout=REPLY_SECONDS) as reply:
            return reply.headers, reply.read()

    def stats(self):
        """What `/stats` says."""
        return json.loads(self.ask("stats")[1])


class Load:
    """Announces and scrapes by HTTP and UDP until it is stopped."""

    def __init__(self, port, seed=7):
        self._port = port
        self._stopping = threading.Event()
        self._udp = None
        self._connection = 0
        chance = random.Random(seed)
        self._hashes = [chance.randbytes(20) for _ in range(SWARMS)]
        self._threads = [
            threading.Thread(target=self._run, args=(part, seed), daemon=True)
            for part in (self._announce_by_http, self._announce_by_udp)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Ends it; figures stand still from then on."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._hang_up()

    def _run(self, part, seed):
        chance = random.Random(seed)
        while not self._stopping.wait(PAUSE):
            try:
                part(chance)
            except (OSError, struct.error):
                if part == self._announce_by_udp:
                    self._hang_up()  # the tracker is away: a test has killed it

    def _hang_up(self):
        if self._udp is not None:
            self._udp.close()
        self._udp = None

    def _peer(self, chance):
        number = chance.randrange(400)
        swarm = self._hashes[min(SWARMS - 1, int(chance.expovariate(0.4)))]
        peer_id = (PEER_IDS[number % len(PEER_IDS)] + b"%012d" % number)[:20]
        return number, swarm, peer_id, 0 if number % 3 else 1000

    def _announce_by_http(self, chance):
        number, swarm, peer_id, left = self._peer(chance)
        address = f"10.1.{number // 250}.{number % 250 + 1}" if number % 4 else f"2001:db8::{number:x}"
        action = "scrape" if number % 7 == 0 else "announce"
        fields = {"info_hash": swarm, "peer_id": peer_id, "port": 2000 + number, "uploaded": 0,
                  "downloaded": 0, "left": left, "compact": 1, "ip": address}
        if number % 31 == 0:
            del fields["port"]  # refused: the page has something to tell
        query = urllib.parse.urlencode(fields, quote_via=urllib.parse.quote)
        with socket.create_connection(("127.0.0.1", self._port), timeout=REPLY_SECONDS) as link:
            link.sendall(f"GET /{action}?{query} HTTP/1.0\r\n\r\n".encode())
            while link.recv(65536):
                pass

    def _announce_by_udp(self, chance):
        if self._udp is None:
            self._udp = socket.socket(type=socket.SOCK_DGRAM)
            self._udp.settimeout(1)
            self._udp.connect(("127.0.0.1", self._port))
            self._udp.send(struct.pack("!QII", 0x41727101980, 0, 1))
            self._connection = struct.unpack("!IIQ", self._udp.recv(16))[2]
        number, swarm, peer_id, left = self._peer(chance)
        head = struct.pack("!QII", self._connection, 1, number)
        counts = struct.pack("!QQQI", 0, left, 0, 0)
        ends = struct.pack("!IIiH", 0, number, 50, 3000 + number)
        self._udp.send(head + swarm + peer_id + counts + ends)
        self._udp.recv(4096)
        if number % 41 == 0:
            self._udp.send(os.urandom(5))  # no request: dropped
