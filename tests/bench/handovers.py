#!/usr/bin/env python3
"""Puts one tracker in the place of another while HTTP and UDP clients announce, and counts who
failed and what was lost. tests/bench/README.md says how."""

import argparse
import json
import os
import signal
import socket
import sys
import time
import urllib.request
from pathlib import Path

from endurance import Load, Tracker
from running import say

ROOT = Path(__file__).resolve().parents[2]


class Watched(Tracker):
    """Says which process it is, as it says it to systemd."""

    def __init__(self, tools):
        super().__init__(tools)
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(str(self.folder / "notify"))
        self.notices.settimeout(60)
        self.environment["NOTIFY_SOCKET"] = str(self.folder / "notify")
        self.pid = None

    def config(self):
        return super().config() | {"state_dir": str(self.folder / "state")}

    def hand_over(self):
        """Returns: how long it took from the signal, in seconds."""
        began = time.monotonic()
        os.kill(self.pid or self.process.pid, signal.SIGUSR2)
        while True:
            message = self.notices.recv(4096).decode()
            if message.startswith("MAINPID="):
                self.pid = int(message.split("=")[1])
                return time.monotonic() - began

    def held(self):
        """What it holds: the counts that two processes must agree on."""
        url = f"http://127.0.0.1:{self.management}/stats?flatten"
        with urllib.request.urlopen(url, timeout=30) as reply:
            stats = json.load(reply)
        return {name: value for name, value in stats.items()
                if name.split(".")[-1] in ("Size", "Current", "Seeds", "swarms", "peers",
                                           "seeders", "leechers")}

    def end(self):
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", type=lambda folder: Path(folder).resolve(),
                        default=ROOT / "build/release/bench")
    parser.add_argument("--handovers", type=int, default=20)
    parser.add_argument("--load-seconds", type=int, default=60)
    parser.add_argument("--swarms", type=int, default=10000)
    parser.add_argument("--peers", type=int, default=10, help="in each swarm")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rate", type=int, default=0,
                        help="announces a second, of both protocols together; 0: no bound")
    return parser.parse_args()


def main():
    options = arguments()
    failed = 0
    with Watched(options.tools) as tracker:
        tracker.fill(options.swarms, options.peers)
        loads = [Load(options.tools, program, tracker, options)
                 for program in ("http_load", "udp_load")]
        time.sleep(2)
        pause = options.load_seconds * 0.8 / options.handovers
        took = []
        under_load = 0
        for _ in range(options.handovers):
            took.append(tracker.hand_over())
            under_load += all(x.runs() for x in loads)
            time.sleep(max(0.0, pause - took[-1]))
        say(f"{options.handovers} hand-overs, {under_load} of them under load; the slowest took "
            f"{max(took) * 1000:.0f} ms")
        for load in loads:
            totals = load.totals()
            say(f"{load.program}: {json.dumps(totals)}")
            failed += totals.get("failed", 0)
        before = tracker.held()
        tracker.hand_over()
        time.sleep(1)
        after = tracker.held()
        same = "the same" if before == after else "NOT the same"
        say(f"what is held before and after one more: {same} {json.dumps(before)}")
        tracker.end()
    say(f"failed requests: {failed}")
    return 1 if failed or before != after else 0


if __name__ == "__main__":
    sys.exit(main())
