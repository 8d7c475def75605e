"""Overload: a flood at three times what the tracker can do, and what honest clients notice."""

import json
import os
import subprocess
import sys
import threading

import overload_clients
from running import check_fill, present, say
from servers import LOAD_CORE, SERVER_CORE
from tables import head, row
from udp_servers import UdpChihaya

KEY = "00112233445566778899aabbccddeeff"
TIMES = 3
HONEST = 100      # clients a second
SECONDS = 12.0
NICE = 10         # of the tracker, beside somebody who takes all that is left of its core

LIMITED = {"announces_per_address": 200, "announces_per_address_burst": 4000,
           "announces_per_prefix": 2000, "announces_per_prefix_burst": 40000,
           "exempt": ["127.0.0.1"]}  # whoever fills it
UNLIMITED = {"announces_per_address": 0, "announces_per_prefix": 0}


class Slowed(UdpChihaya):
    """A tracker that has a tenth of its core, so that the other core can send it three times as
    much as it can do."""

    def config(self):
        config = super().config()
        config["udp"]["connection_id_key"] = KEY
        return config

    def command(self):
        return ["nice", "-n", NICE, *super().command()]

    def __enter__(self):
        self.rival = subprocess.Popen(["taskset", "-c", SERVER_CORE, sys.executable, "-c",
                                       "while True: pass"])
        return super().__enter__()

    def __exit__(self, *error):
        self.rival.kill()
        self.rival.wait()
        super().__exit__(*error)


def flood(options, server, rate, sources):
    command = ["taskset", "-c", LOAD_CORE, options.tools / "udp_flood", "--port", server.port,
               "--kind", "announce", "--key", KEY, "--rate", int(rate), "--sources", sources,
               "--count", int(rate * SECONDS)]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE)


def capacity(server, seconds):
    run = server.load("--swarms", 1_000, "--peers", 50, "--window", 256, "--seconds", seconds)
    return run["measure"]["verified"] / run["measure"]["seconds"]


def fare(options, name, limits, sources):
    """How honest clients fare beside a flood, which is none where `sources` is 0."""
    server = present(Slowed, options.tools, limits=limits)
    if server is None:
        return None
    with server:
        check_fill(server, server.fill(1_000, 50))
        can = capacity(server, 3)
        process = flood(options, server, TIMES * can, sources) if sources else None
        try:
            honest = overload_clients.run(server.port, HONEST, SECONDS - 2)
        finally:
            sent = json.loads(process.communicate()[0]) if process else {"sent": 0, "seconds": 1}
    result = {"name": name, "sources": sources, "capacity": can,
              "sent": sent["sent"] / sent["seconds"], "honest": honest}
    say(f"overload, {name}: {result}")
    return result


def overload(options):
    os.sched_setaffinity(threading.get_native_id(), {int(LOAD_CORE)})
    off = UNLIMITED | {"shed_after": "0s"}
    try:
        return [fare(options, *what) for what in (
            ("no flood", off, 0),
            ("flood of many addresses, nothing shed", off, 65_536),
            ("the same, shed", UNLIMITED | {}, 65_536),
            ("flood of 50 addresses, nothing limited or shed", off, 50),
            ("the same, limited", LIMITED | {"shed_after": "0s"}, 50),
            ("the same, limited and shed", LIMITED | {}, 50))]
    finally:
        os.sched_setaffinity(threading.get_native_id(), range(os.cpu_count()))


def overload_tables(runs):
    yield f"\n### {HONEST} honest clients a second beside a flood\n"
    yield from head("", "capacity/s", "flood/s", "event", "clients", "served", "told later",
                    "not answered", "p50 ms", "p99 ms")
    for run in filter(None, runs):
        for event, fared in run["honest"].items():
            asked = max(fared["asked"], 1)
            lost = fared["asked"] - fared["served"] - fared["later"]
            times = ["" if fared[key] is None else f"{fared[key]:.1f}"
                     for key in ("p50_ms", "p99_ms")]
            yield row(run["name"], f"{run['capacity']:.0f}", f"{run['sent']:.0f}", event,
                      fared["asked"], f"{fared['served'] / asked * 100:.1f} %",
                      f"{fared['later'] / asked * 100:.1f} %", f"{lost / asked * 100:.1f} %",
                      *times)
