#!/usr/bin/env python3
"""Measures the tracker beside floors and other trackers; tests/bench/README.md says how."""

import argparse
import datetime
import json
import platform
import subprocess
import sys
from pathlib import Path

import common_parts
import metrics_parts
import overload_parts
import plots
import private_parts
import redis_parts
import report
import scaling
import snapshot_parts
import udp_parts
from running import FillFailed, say

ROOT = Path(__file__).resolve().parents[2]

PARTS = {"http": common_parts.http, "udp": udp_parts.udp, "memory": common_parts.memory,
         "scaling": scaling.scaling, "latency": common_parts.latency, "expiry": scaling.expiry,
         "flood": udp_parts.flood, "fairness": udp_parts.fairness,
         "allocations": common_parts.allocations, "redis": redis_parts.redis,
         "private": private_parts.private, "snapshot": snapshot_parts.snapshot,
         "metrics": metrics_parts.metrics, "overload": overload_parts.overload}


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").open()
                if line.startswith("model name")), "unknown")
    commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
                            capture_output=True, text=True, check=False).stdout.strip()
    return {"date": datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z"),
            "kernel": platform.release(), "cpu": cpu, "commit": commit or "unknown"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part",
                        help=f"of {', '.join(PARTS)}; default all")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--ours", action="store_true", help="the tracker and the floors only")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of each round")
    parser.add_argument("--peers-max", type=int, help="of the scaling part: 30000000")
    parser.add_argument("--flood", type=int, help="datagrams of each flood: 1000000")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}; known are {', '.join(PARTS)}")
    options.tools = options.build.resolve() / "bench"
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (1 if options.quick else 3)
    options.peers_max = options.peers_max or (100_000 if options.quick else 30_000_000)
    options.flood = options.flood or (100_000 if options.quick else 1_000_000)
    return options


def main():
    options = arguments()
    results = {"machine": machine(), "broken_off": {}}
    for part in options.parts or PARTS:
        try:
            results[part] = PARTS[part](options)
        except (FillFailed, RuntimeError, OSError) as error:
            results["broken_off"][part] = str(error)
            say(f"{part} broke off: {error}")
    options.out.mkdir(parents=True, exist_ok=True)
    stem = options.out / datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    stem.with_suffix(".json").write_text(json.dumps(results, indent=1))
    text = report.markdown(results)
    pictures = plots.draw(stem.with_suffix(".json"))
    stem.with_suffix(".md").write_text(text + report.pictures(pictures))
    print(text)
    say(f"written: {stem}.md, .json and {len(pictures)} pictures")
    return 1 if results["broken_off"] or report.failures(results) else 0


if __name__ == "__main__":
    sys.exit(main())
