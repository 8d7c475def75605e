#!/usr/bin/env python3
"""Breaks everything under a site's tracker while its users announce, and then counts: what they
have reported must be in the database, to the byte. tests/bench/README.md says how."""

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import soak_check
from gazelle_servers import HttpGazelle
from mariadb import Mariadb
from running import say

ROOT = Path(__file__).resolve().parents[2]

KILL_PAUSE = (3, 10)  # seconds between connections that are killed


class SoakedTracker(HttpGazelle):
    """On all cores, beside everything else; it may be killed and started again."""

    cores = "0-1023"
    name = "chihaya"

    def config(self):
        return super().config() | {"workers": 2}

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM. Returns: its exit code"""
        self.process.terminate()
        return self.process.wait(120)


class Load:
    """Peers that tell the truth."""

    def __init__(self, options, tracker, folder):
        self.out = folder / "reported"
        self.out.mkdir()
        self.process = subprocess.Popen(
            list(map(str, [options.tools / "soak_load", "--port", tracker.port, "--out", self.out,
                           "--peers", options.peers, "--users", options.users, "--torrents",
                           options.torrents, "--seed", options.seed])),
            stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def finish(self):
        """Every peer announces once more. Returns: what it all came to"""
        self.process.terminate()
        return json.loads(self.process.communicate(timeout=600)[0])


class Soak:
    def __init__(self, options, database, tracker, load):
        self.options = options
        self.database = database
        self.tracker = tracker
        self.load = load
        self.start = time.monotonic()
        self.events = []
        self.killed_connections = 0
        self.dice = random.Random(options.seed)

    def note(self, text):
        at = time.monotonic() - self.start
        self.events.append((at, text))
        say(f"{at:6.1f} s {text}")

    def run(self):
        seconds = self.options.minutes * 60
        away = max(2, seconds / 20)
        plan = [(0.15, lambda: self.stop_database(away)), (0.35, self.kill_database),
                (0.55, self.kill_tracker), (0.75, lambda: self.stop_database(away))]
        for share, step in plan:
            self.kill_connections(self.start + share * seconds)
            step()
        self.kill_connections(self.start + seconds)
        return self.end()

    def kill_connections(self, until):
        """The tracker's, one now and then."""
        while True:
            pause = self.dice.uniform(*KILL_PAUSE)
            if time.monotonic() + pause >= until:
                time.sleep(max(0, until - time.monotonic()))
                return
            time.sleep(pause)
            self.alive()
            there = self.database.sql(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'tracker'")
            if there:
                try:
                    self.database.sql(f"KILL {self.dice.choice(there)[0]}")
                    self.killed_connections += 1
                except RuntimeError:
                    pass  # it has ended by itself

    def alive(self):
        for name, process in (("tracker", self.tracker.process), ("load", self.load.process)):
            if process.poll() is not None:
                raise RuntimeError(f"the {name} has ended: {process.returncode}; "
                                   f"{self.tracker.words()}")

    def stop_database(self, away):
        self.database.stop()
        self.note(f"database stopped, for {away:.0f} s")
        time.sleep(away)
        self.database.start()
        self.note(f"database started; {self.waiting()} deltas wait")

    def kill_database(self):
        deadline = time.monotonic() + 30
        while self.database.sql(
                "SELECT COUNT(*) FROM information_schema.INNODB_TRX t JOIN "
                "information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id WHERE "
                "p.USER = 'tracker' AND t.trx_rows_modified > 0") == [["0"]]:
            if time.monotonic() > deadline:
                raise RuntimeError("the tracker writes nothing")
        self.database.kill()
        self.note("database killed in the middle of a transaction")
        time.sleep(1)
        self.database.start()
        self.note(f"database started; {self.waiting()} deltas wait")

    def kill_tracker(self):
        waiting = self.waiting()
        self.tracker.kill()
        self.load.process.send_signal(signal.SIGUSR1)
        self.note(f"tracker killed; {waiting} deltas waited")
        time.sleep(1)
        self.tracker.__enter__()
        self.note("tracker started")

    def waiting(self):
        return self.tracker.metric("spooled_deltas")

    def end(self):
        self.note("every peer announces once more")
        totals = self.load.finish()
        self.note(f"all have; {self.waiting()} deltas wait, SIGTERM to the tracker")
        code = self.tracker.stop()
        self.note(f"tracker ended with {code}")
        if self.tracker.spool_waits():
            self.tracker.__enter__()
            self.note("tracker started once more, for what was left in its spool")
            self.tracker.drain()
            self.tracker.stop()
        return totals


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, help="10")
    parser.add_argument("--quick", action="store_true", help="one minute, 20000 peers")
    parser.add_argument("--peers", type=int, help="100000")
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--torrents", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--keep", type=Path, help="a folder for what was reported and the log")
    options = parser.parse_args()
    options.minutes = options.minutes or (1 if options.quick else 10)
    options.peers = options.peers or (20_000 if options.quick else 100_000)
    options.torrents = options.torrents or options.peers // 10
    options.tools = options.build.resolve() / "bench"
    return options


def main():
    options = arguments()
    with ExitStack() as running:
        database = running.enter_context(Mariadb())
        database.create_site(options.tools, options.users, options.torrents, kinds=3)
        tracker = running.enter_context(SoakedTracker(options.tools, database))
        load = running.enter_context(Load(options, tracker, tracker.folder))
        soak = Soak(options, database, tracker, load)
        totals = soak.run()
        differences = soak_check.differences(database, load.out)
        if options.keep:
            subprocess.run(["cp", "-r", tracker.folder, options.keep], check=True)
    report(soak, totals, differences)
    wrong = sum(differences["wrong"].values()) + sum(totals["wrong"].values())
    return 1 if wrong else 0


def report(soak, totals, differences):
    print(f"\n{totals['answered']} announces answered in {totals['seconds']:.0f} s, "
          f"{totals['answered'] / totals['seconds']:.0f} a second; {totals['refused']} refused, "
          f"{totals['unanswered']} unanswered; {soak.options.peers} peers, "
          f"{totals['sessions']} sessions, {totals['completions']} completions")
    print(f"reported: uploaded {totals['uploaded']}, downloaded {totals['downloaded']} bytes; "
          f"wrong answers: {totals['wrong'] or 'none'}")
    print(f"killed connections of the tracker: {soak.killed_connections}")
    for at, text in soak.events:
        print(f"  {at:6.1f} s  {text}")
    soak_check.show(differences)


if __name__ == "__main__":
    sys.exit(main())
