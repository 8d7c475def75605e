#!/usr/bin/python3
"""Real BitTorrent clients meet over the tracker and pass a file on. See README.md."""

import argparse
import concurrent.futures
import itertools
import os
import pathlib
import sys
import time

import namespaces
import tracker
from engines import ENGINES
from swarm import Plan, Swarm

SKIPPED = 77  # SKIP_RETURN_CODE in CMakeLists.txt
LEAST_LIBRARIES = 4
PARALLEL_SWARMS = 6


def main():
    options = read_options()
    engines = choose_engines(options.only)
    if not namespaces.is_inside():
        if not is_possible(engines):
            return 1 if os.environ.get("CI") == "true" else SKIPPED
        return namespaces.run_inside()
    namespaces.end_with_parent()
    return 0 if play(options, [engine for engine in engines if not engine.missing()]) else 1


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracker", type=pathlib.Path, help="the executable under test")
    parser.add_argument("--plugins", type=pathlib.Path, help="the folder of its plugins")
    parser.add_argument(
        "--tracker-command",
        help="run another tracker: a command with {address4}, {address6}, {port}, {folder}",
    )
    parser.add_argument("--only", nargs="+", metavar="CLIENT", help="take these clients only")
    parser.add_argument("--family", type=int, choices=(4, 6), help="one address family only")
    options = parser.parse_args()
    if options.tracker_command is None and (options.tracker is None or options.plugins is None):
        parser.error("--tracker and --plugins, or --tracker-command, are needed")
    return options


def choose_engines(names):
    """The clients of these names, or all."""
    known = {engine.name: engine for engine in ENGINES}
    for name in names or ():
        if name not in known:
            sys.exit(f"unknown client {name}; known: {', '.join(known)}")
    return [known[name] for name in names or known]


def is_possible(engines):
    """Whether the test can be run here; says what is missing. In CI nothing may be missing."""
    missing = [engine for engine in engines if engine.missing()]
    for engine in missing:
        print(f"{engine.name}: {engine.missing()} is not installed ({engine.package})")
    libraries = {engine.library for engine in engines if engine not in missing}
    if missing and (os.environ.get("CI") == "true" or len(libraries) < LEAST_LIBRARIES):
        print(f"needed are clients of {LEAST_LIBRARIES} different libraries, and in CI all clients")
        return False
    try:
        namespaces.check_permitted()
    except namespaces.NotPermitted as reason:
        print(f"cannot be run here: {reason}")
        return False
    return True


def make_plans(engines, family):
    """One swarm with everybody, then each client seeds for the next one in a ring."""
    able = [engine for engine in engines if family in engine.families]
    if len(able) < 2:
        return []
    first, *others = able
    everybody = Plan(family, first, tuple(others))
    ring = [
        Plan(family, seeder, (downloader,))
        for seeder, downloader in zip(others, [*others[1:], first])
    ]
    return [everybody, *ring]


def play(options, engines):
    """Plays all swarms and prints what was seen; whether all went well."""
    begin = time.monotonic()
    network = namespaces.Network()
    families = (options.family,) if options.family else (4, 6)
    plans = itertools.chain.from_iterable(make_plans(engines, family) for family in families)
    swarms = [Swarm(number, plan, network) for number, plan in enumerate(plans)]
    faults = play_swarms(options, network, families, swarms)
    print_swarms(swarms)
    print_table(swarms, network.folder)
    print(f"\n{len(swarms)} swarms, {time.monotonic() - begin:.0f} s")
    for fault in faults:
        print(f"\nFAULT {fault}")
    return not faults


def play_swarms(options, network, families, swarms):
    """Plays the swarms a few at a time against one tracker; the faults."""
    if options.tracker_command:
        hashes = [swarm.torrent.info_hash for swarm in swarms]
        command = tracker.foreign_command(options.tracker_command, network.folder, hashes)
    else:
        command = tracker.chihaya_command(options.tracker, options.plugins, network.folder)
    running = tracker.Tracker(command, families, network.folder / "tracker.log")
    with concurrent.futures.ThreadPoolExecutor(PARALLEL_SWARMS) as pool:
        list(pool.map(Swarm.play, swarms))
    status = running.stop()
    faults = [
        f"swarm {number}: {fault}" for number, swarm in enumerate(swarms) for fault in swarm.faults
    ]
    if status != 0 and not options.tracker_command:
        faults.append(f"the tracker ended with {status}, expected 0")
    if faults:
        faults.append(f"the tracker's log:\n{running.log()}")
    return faults


def print_swarms(swarms):
    for number, swarm in enumerate(swarms):
        print(f"swarm {number}")
        for client in swarm.clients:
            marks = ", ".join(f"{mark} {seconds:.1f} s" for mark, seconds in client.marks.items())
            print(f"  {client.engine.name:20} {client.address:15} {marks}")


def print_table(swarms, home):
    """A row for each client and address family; a cell is `yes` only if it holds in every swarm."""
    rows = {}
    for swarm in swarms:
        for client in swarm.clients:
            rows.setdefault((client.family, client.engine), []).append(client)
    print("\n| client | library | over | announced | seeded | downloaded | stopped cleanly |")
    print("|---|---|---|---|---|---|---|")
    for (family, engine), clients in rows.items():
        seeders = [client for client in clients if client.seeds]
        downloaders = [client for client in clients if not client.seeds]
        cells = (
            f"{engine.name} {engine.version(home)}", engine.library, f"IPv{family}",
            tell("announced", clients), tell("seeded", seeders),
            tell("downloaded", downloaders), tell("stopped", clients),
        )
        print("| " + " | ".join(cells) + " |")


def tell(mark, clients):
    if not clients:
        return "–"
    seen = sum(mark in client.marks for client in clients)
    return "yes" if seen == len(clients) else f"**NO** ({seen} of {len(clients)})"


if __name__ == "__main__":
    sys.exit(main())
