"""The tracker under test as a process, and the swarm as the tracker shows it to the world."""

import json
import shlex
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import bencode
from namespaces import TRACKER_ADDRESSES

PORT = 6881
MANAGEMENT_PORT = 6880
START_SECONDS = 20
STOP_SECONDS = 20
REPLY_SECONDS = 10


def url(protocol, host, function="announce"):
    """The URL of the tracker at one of its addresses or names."""
    host = f"[{host}]" if ":" in host else host
    return f"{protocol}://{host}:{PORT}/{function}"


def chihaya_command(executable, plugins, folder):
    """Writes a configuration for a public tracker in memory; the command that runs it.

    It listens on all addresses at once, so that a reply's address is for it to choose.
    """
    configuration = {
        "addr": f":{PORT}",
        "udp": {"addr": f":{PORT}"},
        "tracker": {"driver": "memory"},
        "backend": {"driver": "noop"},
        "plugin_dir": str(plugins),
        "management": {"addr": f"127.0.0.1:{MANAGEMENT_PORT}"},
        "announce": "30s",
        "min_announce": "10s",
    }
    file = folder / "chihaya.json"
    file.write_text(json.dumps(configuration, indent=2))
    return [str(executable), "--config", str(file)]


def foreign_command(template, folder, info_hashes):
    """Another tracker's command, to find out whether a fault is the client's or ours.

    `{address4}`, `{address6}`, `{second4}`, `{second6}`, `{port}` and `{folder}` are filled in. In
    the folder, `hashes` lists the info-hashes in hexadecimal, one a line: some trackers serve
    listed torrents only.
    """
    (folder / "hashes").write_text("".join(f"{info_hash.hex()}\n" for info_hash in info_hashes))
    fields = {"port": PORT, "folder": folder}
    for family, (first, second) in TRACKER_ADDRESSES.items():
        fields |= {f"address{family}": first, f"second{family}": second}
    return shlex.split(template.format(**fields))


class Tracker:
    """A running tracker."""

    def __init__(self, command, families, log_file):
        self._addresses = [TRACKER_ADDRESSES[family][0] for family in families]
        self._log_file = log_file
        with open(log_file, "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the tracker does not listen:\n{self.log()}")
            time.sleep(0.05)

    def _listens(self):
        try:
            for address in self._addresses:
                socket.create_connection((address, PORT), timeout=REPLY_SECONDS).close()
            return True
        except ConnectionRefusedError:
            return False

    def stop(self):
        """Asks it to end and returns its exit status; None when it had to be killed."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return None

    @staticmethod
    def statistics():
        """What our tracker has counted since its start: names with dots, and numbers."""
        with _open(f"http://127.0.0.1:{MANAGEMENT_PORT}/stats?flatten=1") as reply:
            return json.load(reply)

    def log(self):
        """What the tracker wrote so far."""
        with open(self._log_file, encoding="utf-8", errors="replace") as log:
            return log.read()


class SwarmView:
    """One swarm as the tracker tells it to anybody who asks over HTTP."""

    # Looks like no client, and port 1 is never handed out: no client tries to connect to the probe.
    _PEER_ID = b"-XX0000-probe-------"
    _PORT = 1

    def __init__(self, info_hash, family):
        self._info_hash = info_hash
        self._family = family
        self._address = TRACKER_ADDRESSES[family][0]

    def counts(self):
        """(seeders, leechers, completed downloads) from a scrape; zeros for an unknown swarm."""
        reply = _get(url("http", self._address, "scrape"), info_hash=self._info_hash)
        entry = reply[b"files"].get(self._info_hash, {})
        return tuple(entry.get(key, 0) for key in (b"complete", b"incomplete", b"downloaded"))

    def peers(self):
        """The addresses of all peers, as they are handed out to a leecher."""
        reply = self._announce(event="started", numwant=200)
        self._announce(event="stopped", numwant=0)
        key, size, family = {
            4: (b"peers", 4, socket.AF_INET),
            6: (b"peers6", 16, socket.AF_INET6),
        }[self._family]
        peers = reply.get(key, b"")
        return {
            socket.inet_ntop(family, peers[at:at + size]) for at in range(0, len(peers), size + 2)
        }

    def _announce(self, **fields):
        return _get(
            url("http", self._address),
            info_hash=self._info_hash,
            peer_id=self._PEER_ID,
            port=self._PORT,
            uploaded=0,
            downloaded=0,
            left=1,
            compact=1,
            **fields,
        )


def _get(address, **fields):
    query = urllib.parse.urlencode(fields, quote_via=urllib.parse.quote)
    with _open(f"{address}?{query}") as reply:
        body = bencode.decode(reply.read())
    if b"failure reason" in body:
        raise RuntimeError(f"the tracker refused {address}: {body[b'failure reason'].decode()}")
    return body


def _open(address):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(address, timeout=REPLY_SECONDS)
