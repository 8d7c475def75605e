#!/usr/bin/python3
"""Real BitTorrent clients meet over the tracker and pass a file on. See README.md."""

import argparse
import concurrent.futures
import os
import pathlib
import sys
import time

import namespaces
import tracker
from engines import ENGINES
from plans import FAMILIES, KINDS, make_plans
from report import print_swarms, print_tables
from swarm import Swarm

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
        help="run another tracker: a command with {address4}, {address6}, {second4}, {second6}, "
        "{port}, {folder}",
    )
    parser.add_argument("--only", nargs="+", metavar="CLIENT", help="take these clients only")
    parser.add_argument(
        "--family", type=int, choices=FAMILIES, nargs="+", default=FAMILIES, dest="families",
        help="these address families only",
    )
    parser.add_argument(
        "--kind", choices=KINDS, nargs="+", default=KINDS, dest="kinds",
        help="swarms of these protocols only; mixed are those with both",
    )
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


def play(options, engines):
    """Plays all swarms and prints what was seen; whether all went well."""
    begin = time.monotonic()
    network = namespaces.Network()
    plans = make_plans(engines, options.kinds, options.families)
    swarms = [Swarm(number, plan, network) for number, plan in enumerate(plans)]
    faults = play_swarms(options, network, swarms)
    print_swarms(swarms)
    options.home = network.folder
    print_tables(swarms, engines, options)
    print(f"\n{len(swarms)} swarms, {time.monotonic() - begin:.0f} s")
    for fault in faults:
        print(f"\nFAULT {fault}")
    return not faults


def play_swarms(options, network, swarms):
    """Plays the swarms a few at a time against one tracker; the faults."""
    if options.tracker_command:
        hashes = [swarm.torrent.info_hash for swarm in swarms]
        command = tracker.foreign_command(options.tracker_command, network.folder, hashes)
    else:
        command = tracker.chihaya_command(options.tracker, options.plugins, network.folder)
    running = tracker.Tracker(command, options.families, network.folder / "tracker.log")
    with concurrent.futures.ThreadPoolExecutor(PARALLEL_SWARMS) as pool:
        list(pool.map(Swarm.play, swarms))
    faults = [
        f"swarm {number}: {fault}" for number, swarm in enumerate(swarms) for fault in swarm.faults
    ]
    if not options.tracker_command:
        faults += check_statistics(running.statistics(), swarms)
    status = running.stop()
    if status != 0 and not options.tracker_command:
        faults.append(f"the tracker ended with {status}, expected 0")
    if faults:
        faults.append(f"the tracker's log:\n{running.log()}")
    return faults


def check_statistics(counted, swarms):
    """What the tracker counted over all swarms that is not as it was played."""
    clients = [client for swarm in swarms for client in swarm.clients]
    expected = {"UDP.BadConnectionIDs": 0, "UDP.Dropped": 0, "UDP.Unanswered": 0, "Requests.Bad": 0}
    for family in FAMILIES:
        completed = sum(client.part.family == family and not client.seeds for client in clients)
        expected[f"Peers.IPv{family}.Completed"] = completed
        expected[f"Peers.IPv{family}.Peers.Current"] = 0
    faults = [
        f"/stats tells {key} {counted.get(key)}, expected {value}"
        for key, value in expected.items()
        if counted.get(key) != value
    ]
    over_udp = sum(client.part.protocol == "udp" for client in clients)
    if counted["UDP.Connects"] < over_udp:
        faults.append(f"/stats tells UDP.Connects {counted['UDP.Connects']}, expected {over_udp}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
