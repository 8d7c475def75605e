#!/usr/bin/env python3
"""Changes a tracker while HTTP and UDP clients announce, and counts who failed: the configuration
a thousand times, or the tracker driver. tests/bench/README.md says how."""

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from redis_servers import Redis
from running import say
from servers import Chihaya, free_port, write_hashes

ROOT = Path(__file__).resolve().parents[2]
KEY = "00112233445566778899aabbccddeeff"


def quiet_port():
    """A free port that the load's own sockets are not given meanwhile."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, socket.socket() as other:
            try:
                probe.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def read_bencoded(text):
    """What a scrape consists of: numbers, strings, dictionaries."""

    def read(at):
        if text[at:at + 1] == b"d":
            found, at = {}, at + 1
            while text[at:at + 1] != b"e":
                key, at = read(at)
                found[key], at = read(at)
            return found, at + 1
        if text[at:at + 1] == b"i":
            end = text.index(b"e", at)
            return int(text[at + 1:end]), end + 1
        colon = text.index(b":", at)
        end = colon + 1 + int(text[at:colon])
        return text[colon + 1:end], end

    return read(0)[0]


class Tracker(Chihaya):
    """On all cores, beside its load."""

    cores = "0-1023"

    def __init__(self, tools):
        self.management = free_port()
        self.more = quiet_port()
        super().__init__(tools)

    def config(self):
        return super().config() | {
            "workers": 2, "udp": {"addr": f"127.0.0.1:{self.port}"},
            "management": {"addr": f"127.0.0.1:{self.management}"}}

    def variant(self, number):
        """The configuration as the reload of that number has it: everything that can change live
        does, but for where the load is."""
        config = self.config()
        if number % 2:
            more = f"127.0.0.1:{self.more}"
            here = f"127.0.0.1:{self.port}"
            config |= {"addr": [here, more], "announce": "20m", "interval_jitter": 0.1,
                       "default_num_want": 40, "purge_inactive_torrents": False,
                       "client_whitelist": ["-TR", "-qB"], "preferred_subnet": True,
                       "http": {"idle_timeout": "2m", "max_connections": 5000},
                       "udp": {"addr": [here, more], "connection_id_key": KEY},
                       "limits": {"max_num_want": 100}, "log": {"level": "warning"}}
        if number % 10 == 5:
            config["workers"] = 3
        return config

    def configure(self, config):
        (self.folder / "chihaya.json").write_text(json.dumps(config))

    def reload(self):
        """What the tracker answers, also when it refuses."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.management}/reload",
                                         method="POST")
        try:
            with urllib.request.urlopen(request, timeout=600) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as refusal:
            return json.load(refusal)

    def swarms(self, number, looked_at=200):
        """The counts of all swarms, and of some the peers, by address and port."""
        path = self.folder / "hashes"
        write_hashes(self.tools, number, path)
        hashes = [bytes.fromhex(line) for line in path.read_text().split()]
        counts = {}
        for at in range(0, number, 60):
            query = "&".join("info_hash=" + urllib.parse.quote(one) for one in hashes[at:at + 60])
            url = f"http://127.0.0.1:{self.port}/scrape?{query}"
            with urllib.request.urlopen(url, timeout=60) as reply:
                counts |= read_bencoded(reply.read())[b"files"]
        peers = {}
        for info_hash in random.Random(1).sample(hashes, min(looked_at, number)):
            url = f"http://127.0.0.1:{self.management}/torrents/{info_hash.hex()}"
            with urllib.request.urlopen(url, timeout=60) as reply:
                page = json.load(reply)
            peers[info_hash] = [sorted((peer["ip"], peer["port"]) for peer in page[role].values())
                                for role in ("seeders", "leechers")]
        return counts, peers

    def announces(self):
        """How many have been answered, ever."""
        url = f"http://127.0.0.1:{self.management}/metrics"
        with urllib.request.urlopen(url, timeout=60) as reply:
            lines = reply.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if line.startswith("chihaya_requests_total{") and 'action="announce"' in line
                   and 'outcome="ok"' in line)

    def rss(self):
        """Units: KiB"""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])


class Database(Redis):
    """Likewise."""

    cores = Tracker.cores


class Load:
    """Clients over one protocol, until they are told to end."""

    def __init__(self, tools, program, tracker, options):
        command = [tools / program, "--port", tracker.port, "--swarms", options.swarms, "--peers",
                   options.peers, "--expect", "any", "--seconds", options.load_seconds]
        if options.rate:
            command += ["--rate", options.rate // 2]
        command += (["--connections", options.connections] if program == "http_load" else
                    ["--window", options.connections])
        self.program = program
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE)

    def totals(self):
        """When its time is over."""
        return json.loads(self.process.communicate()[0])["measure"]

    def end(self):
        if self.runs():
            self.process.kill()
            self.process.wait()

    def runs(self):
        return self.process.poll() is None


def reloads(tracker, options, loads):
    """Reloads so often, evenly over the time of the load."""
    pause = options.load_seconds * 0.9 / options.reloads
    began = time.monotonic()
    slowest = 0.0
    for number in range(options.reloads):
        tracker.configure(tracker.variant(number))
        asked = time.monotonic()
        answer = tracker.reload()
        slowest = max(slowest, time.monotonic() - asked)
        if answer.get("errors") or answer["restart"] or answer["warnings"]:
            raise SystemExit(f"reload {number}: {answer}")
        if number == options.reloads // 10:
            say(f"after {number} reloads: {tracker.rss()} KiB")
        time.sleep(max(0.0, began + pause * (number + 1) - time.monotonic()))
    say(f"{options.reloads} reloads, the slowest took {slowest * 1000:.0f} ms; "
        f"{tracker.rss()} KiB; the load {'runs' if all(x.runs() for x in loads) else 'is over'}")


def switches(tracker, options, loads):
    """Memory to Redis and back, so often. Returns: was it done, all of it under load?"""
    is_done = True
    with Database(options.tools) as redis:
        there = {"driver": "redis", "params": {"url": f"redis://127.0.0.1:{redis.port}"}}
        for number in range(2 * options.switches):
            driver = {"driver": "memory"} if number % 2 else there
            tracker.configure(tracker.config() | {"tracker": driver})
            before = tracker.announces()
            asked = time.monotonic()
            answer = tracker.reload()
            took = time.monotonic() - asked
            rate = (tracker.announces() - before) / took
            say(f"to {driver['driver']}: {took:.2f} s, {answer.get('errors') or 'done'}, "
                f"{rate:.0f} announces/s meanwhile, load average {os.getloadavg()[0]:.1f}")
            is_done = is_done and not answer.get("errors") and all(x.runs() for x in loads)
            time.sleep(2)
        for line in (tracker.folder / "log").read_text().splitlines():
            if "another driver has taken over" in line:
                say(line.partition("tracker: ")[2])
    say(f"the load {'runs' if all(x.runs() for x in loads) else 'is over'}")
    return is_done


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", type=lambda folder: Path(folder).resolve(),
                        default=ROOT / "build/release/bench")
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--switches", type=int, default=0, help="of the driver, there and back")
    parser.add_argument("--load-seconds", type=int, default=150)
    parser.add_argument("--swarms", type=int, default=10000)
    parser.add_argument("--peers", type=int, default=10, help="in each swarm")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rate", type=int, default=0,
                        help="announces a second, of both protocols together; 0: no bound")
    return parser.parse_args()


def main():
    options = arguments()
    failed = 0
    with Tracker(options.tools) as tracker, ExitStack() as at_end:
        tracker.fill(options.swarms, options.peers)
        before = tracker.swarms(options.swarms)
        loads = [Load(options.tools, program, tracker, options)
                 for program in ("http_load", "udp_load")]
        for load in loads:
            at_end.callback(load.end)
        time.sleep(2)
        say(f"before: {tracker.rss()} KiB")
        if options.switches:
            failed += not switches(tracker, options, loads)
        else:
            reloads(tracker, options, loads)
        for load in loads:
            totals = load.totals()
            say(f"{load.program}: {json.dumps(totals)}")
            failed += totals.get("failed", 0)
        same = tracker.swarms(options.swarms) == before
        say(f"{len(before[0])} swarms, {'the same' if same else 'NOT THE SAME'} as before")
        failed += not same
    say(f"failed requests: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
