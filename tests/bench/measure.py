#!/usr/bin/env python3
"""Measures the tracker beside floors and other trackers; tests/bench/README.md says how."""

import argparse
import datetime
import json
import platform
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import tables
from servers import Absent, AsioFloor, Chihaya, EpollFloor, Opentracker, PocoFloor

ROOT = Path(__file__).resolve().parents[2]
MEMORY_SIZES = ((10_000, 100), (10_000, 300), (1_000_000, 1), (1_000_000, 3))
MEMORY_SIZES_QUICK = ((1_000, 100), (50_000, 1))

IDLE_SECONDS = 3


def say(text):
    print(text, file=sys.stderr, flush=True)


def present(make):
    """The server that `make` makes, or None where it is not installed, which is said."""
    try:
        return make()
    except Absent as absent:
        say(f"skipped: {absent}")
        return None


def check_fill(server, fill):
    if fill and fill["failed"]:
        raise RuntimeError(f"{server.name}: fill failed: {fill['faults']}; {server.words()}")


def http(options):
    """CPU per response of every candidate, in turn, several times over."""
    swarms, peers = (1_000, 50) if options.quick else (10_000, 50)
    result = {}
    for mode in ("keep-alive", "close"):
        candidates = [EpollFloor(options.tools, mode)]
        if not options.ours:
            candidates += [AsioFloor(options.tools, mode), PocoFloor(options.tools, mode)]
        if mode in Opentracker.modes and not options.ours:
            candidates.append(present(lambda: Opentracker(options.tools, swarms=swarms)))
        candidates.append(present(lambda: Chihaya(options.tools, mode)))
        result[mode] = interleave([c for c in candidates if c], swarms, peers, options)
    return {"swarms": swarms, "peers": peers, "modes": result}


def interleave(servers, swarms, peers, options):
    rounds = {server.name: [] for server in servers}
    try:
        for server in servers:
            server.__enter__()
            check_fill(server, server.fill(swarms, peers))
        for number in range(options.rounds):
            for server in servers:
                run = server.load("--swarms", swarms, "--peers", peers, "--seed", number,
                                  "--seconds", options.seconds)["measure"]
                rounds[server.name].append(run)
                cpu = run["server_cpu_seconds"] / max(run["verified"], 1) * 1e6
                say(f"{server.mode:10} round {number + 1} {server.name:22} {cpu:7.2f} us "
                    f"{run['failed']} failed")
    finally:
        for server in servers:
            if server.process:
                server.__exit__()
    return rounds


def memory(options):
    """Growth of memory while swarms fill, and then whether a sample of the swarms is all there."""
    rows = []
    for swarms, peers in MEMORY_SIZES_QUICK if options.quick else MEMORY_SIZES:
        makers = [lambda: Chihaya(options.tools)]
        if not options.ours:
            makers.insert(0, lambda: Opentracker(options.tools, swarms=swarms))
        for server in map(present, makers):
            if server is None:
                continue
            with server:
                check_fill(server, server.fill(64, 1))
                before = server.memory()
                fill = server.fill(swarms, peers)
                check_fill(server, fill)
                after = server.memory()
                sample = server.load("--swarms", swarms, "--peers", peers,
                                     "--requests", 10_000)["measure"]
            row = {"name": server.name, "swarms": swarms, "peers": peers, "before": before,
                   "after": after, "fill": fill, "sample": sample}
            rows.append(row)
            say(f"memory {swarms} x {peers} {server.name}: "
                f"{(after - before) / swarms / peers:.1f} bytes a peer, "
                f"{(after - before) / swarms:.1f} a swarm, {sample['failed']} failed, "
                f"filled in {fill['seconds']:.0f} s")
    return rows


def scraped_peers(port, hashes):
    """Peers that a sample of swarms holds, by scrape."""
    query = "&".join("info_hash=" + urllib.parse.quote(bytes.fromhex(h)) for h in hashes)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/scrape?{query}") as reply:
        body = reply.read()
    return sum(int(part.split(b"e", 1)[0]) for part in body.split(b"10:incompletei")[1:])


def latency(options):
    """A closed loop on a few swarms that stay, while all the others expire."""
    swarms, peers, lifetime = (2_000, 100, 15) if options.quick else (10_000, 100, 30)
    stay = 10  # few enough that each of their peers comes again long before it would expire
    server = present(lambda: Chihaya(options.tools, announce=f"{lifetime}s", min_announce="1s",
                                    peer_lifetime=f"{lifetime}s"))
    if server is None:
        return None
    slices = []
    hashes = server.folder / "hashes"
    subprocess.run([options.tools / "http_load", "--swarms", str(swarms),
                    "--write-hashes", hashes], check=True)
    probe = hashes.read_text().split()[stay::max(1, (swarms - stay) // 50)][:50]
    with server:
        check_fill(server, server.fill(swarms, peers))
        before = whole = scraped_peers(server.port, probe)
        while before > 0 and len(slices) < 200:
            run = server.load("--swarms", stay, "--peers", peers, "--seconds", 2)["measure"]
            after = scraped_peers(server.port, probe)
            slices.append(run | {"expiring": after < before, "left": after / whole})
            say(f"latency: {after} of {whole} peers left, p50 {run['p50_us']:.0f} us, "
                f"p99.9 {run['p999_us']:.0f} us, {run['failed']} failed")
            before = after
    return {"swarms": swarms, "peers": peers, "lifetime": lifetime, "slices": slices}


def allocations(options):
    """Calls for memory per announce on the steady state, without what timers call for anyway."""
    swarms, peers, requests = 1_000, 50, 100_000
    result = {}
    for mode in ("keep-alive", "close"):
        server = present(lambda: Chihaya(options.tools, mode))
        if server is None:
            return None
        server.count_allocations()
        with server:
            check_fill(server, server.fill(swarms, peers))
            size = ("--swarms", swarms, "--peers", peers, "--requests")
            server.load(*size, requests)
            idle = server.allocations()
            time.sleep(IDLE_SECONDS)
            idle = (server.allocations() - idle) / IDLE_SECONDS
            runs = []
            for factor in (1, 2):
                before = server.allocations()
                run = server.load(*size, requests * factor)["measure"]
                runs.append({"calls": server.allocations() - before, "seconds": run["seconds"],
                             "failed": run["failed"]})
        calls, seconds = (runs[1][key] - runs[0][key] for key in ("calls", "seconds"))
        result[mode] = {"requests": requests, "runs": runs, "idle_per_second": idle,
                        "failed": sum(run["failed"] for run in runs),
                        "per_announce": (calls - idle * seconds) / requests}
        say(f"allocations, {mode}: {result[mode]['per_announce']:.5f} per announce, "
            f"{idle:.0f} per second when idle")
    return result


PARTS = {"http": http, "memory": memory, "latency": latency, "allocations": allocations}


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").open()
                if line.startswith("model name")), "unknown")
    commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
                            capture_output=True, text=True, check=False).stdout.strip()
    return {"date": datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z"),
            "kernel": platform.release(), "cpu": cpu, "commit": commit or "unknown"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; default all")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--ours", action="store_true", help="the tracker and the epoll floor only")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of each round")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}; known are {', '.join(PARTS)}")
    options.tools = options.build.resolve() / "bench"
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (1 if options.quick else 3)

    results = {"machine": machine()}
    for part in options.parts or PARTS:
        results[part] = PARTS[part](options)
    options.out.mkdir(parents=True, exist_ok=True)
    stem = options.out / datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    stem.with_suffix(".json").write_text(json.dumps(results, indent=1))
    text = tables.markdown(results)
    stem.with_suffix(".md").write_text(text)
    print(text)
    say(f"written: {stem}.md and .json")
    return 1 if tables.failures(results) else 0


if __name__ == "__main__":
    sys.exit(main())
