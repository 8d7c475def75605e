#!/usr/bin/env python3
"""Draws the results of a run: plots.py RESULTS.json writes SVG files beside it.

Needs matplotlib (Debian: python3-matplotlib), of this Python or the system's.
"""

import json
import subprocess
import sys
from pathlib import Path

SYSTEM_PYTHON = "/usr/bin/python3"


def draw(results):
    """Draws in a process of its own, with a Python that has matplotlib; the files that it wrote."""
    for python in (sys.executable, SYSTEM_PYTHON):
        probe = subprocess.run([python, "-c", "import matplotlib"], capture_output=True,
                               check=False)
        if probe.returncode == 0:
            subprocess.run([python, __file__, results], check=True)
            return sorted(results.parent.glob(f"{results.stem}-*.svg"))
    print("skipped: pictures, python3-matplotlib is not installed", file=sys.stderr)
    return []


def cpu(run):
    return run["server_cpu_seconds"] / max(run["verified"], 1) * 1e6


def least(runs):
    return min(map(cpu, runs))


def by_size(axes, rows, key, label):
    axes.set_xscale("log")
    axes.set_xlabel(label)
    axes.set_ylabel("CPU of an announce, µs")
    sizes = [r[key] for r in rows]
    axes.plot(sizes, [least(r["runs"]) for r in rows], "o-", label="chihaya")
    axes.plot(sizes, [least(r["floor"]) for r in rows], "s--", color="gray",
              label="recvmmsg floor")
    axes.set_ylim(bottom=0)
    axes.legend()


def memory(axes, scaling):
    axes.set_xscale("log")
    axes.set_xlabel("peers of a swarm, or swarms")
    axes.set_ylabel("bytes a peer")
    for key, label, mark in (("swarms", "swarms of 3 peers", "o-"),
                             ("peers", "the same peers in swarms of so many", "s-")):
        rows = scaling[key]
        axes.plot([r[key] for r in rows],
                  [r["grown"] / r["swarms"] / r["peers"] for r in rows], mark, label=label)
    axes.set_ylim(bottom=0)
    axes.legend()


def expiry(axes, latency):
    axes.set_xlabel("seconds after the swarms were filled")
    axes.set_ylabel("latency, µs")
    axes.set_yscale("log")
    at = [s["at"] for s in latency["slices"]]
    for key, label in (("p50_us", "p50"), ("p99_us", "p99"), ("p999_us", "p99.9")):
        axes.plot(at, [s[key] for s in latency["slices"]], "o-", label=label)
    left = axes.twinx()
    left.fill_between(at, [s["left"] * 100 for s in latency["slices"]], alpha=0.15, color="gray")
    left.set_ylabel("peers left, %")
    left.set_ylim(0, 100)
    axes.legend()


def figures(results):
    """(name, title, how to draw it) for everything that was measured."""
    scaling = results.get("scaling") or {}
    if scaling.get("swarms"):
        yield "cpu-by-swarms", "CPU of an announce, swarms of 3 peers", \
            lambda axes: by_size(axes, scaling["swarms"], "swarms", "swarms")
    if scaling.get("peers"):
        yield "cpu-by-peers", "CPU of an announce, the same peers in swarms of so many", \
            lambda axes: by_size(axes, scaling["peers"], "peers", "peers of a swarm")
        yield "memory", "Memory", lambda axes: memory(axes, scaling)
    for mode, latency in (results.get("latency") or {}).items():
        if latency and latency["slices"]:
            yield f"expiry-{mode}", f"Latency while peers expire, {mode}", \
                lambda axes, latency=latency: expiry(axes, latency)


def main():
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "chihaya"
    from matplotlib import pyplot

    path = Path(sys.argv[1])
    for name, title, picture in figures(json.loads(path.read_text())):
        figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
        axes.set_title(title)
        axes.grid(alpha=0.3)
        picture(axes)
        figure.savefig(path.with_name(f"{path.stem}-{name}.svg"), metadata={"Date": None})
        pyplot.close(figure)


if __name__ == "__main__":
    main()
