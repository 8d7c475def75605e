"""The part that looks at a tracker whose state survives: what saving costs and how fast it is back."""

import json
import time
import urllib.request

from running import check_fill, present, say
from udp_servers import UdpChihaya

SIZES = ((100_000, 100), (33_000, 300))
QUICK_SIZES = ((2_000, 100),)

INTERVAL = 20  # seconds between snapshots: most slices see none
SLICE = 1


class KeptChihaya(UdpChihaya):
    """Saves its swarms in its own folder; can be stopped and started again there."""

    def config(self):
        self.state = self.folder / "state"
        return super().config() | {
            "state_dir": str(self.state),
            "tracker": {"driver": "memory", "params": {"snapshot_interval": f"{INTERVAL}s"}}}

    def file(self, suffix=""):
        return self.state / ("memory.snapshot" + suffix)

    def report(self):
        """The driver's own numbers."""
        addr = json.loads((self.folder / "chihaya.json").read_text())["management"]["addr"]
        with urllib.request.urlopen(f"http://{addr}/stats") as reply:
            return json.load(reply)["Drivers"]["memory"]

    def restart(self):
        """Seconds until it has ended, and then until it answers again."""
        begin = time.monotonic()
        self.process.terminate()
        self.process.wait(120)
        ended = time.monotonic()
        self.log.close()
        self.__enter__()
        return ended - begin, time.monotonic() - ended


def snapshot(options):
    rows = []
    for swarms, peers in QUICK_SIZES if options.quick else SIZES:
        server = present(KeptChihaya, options.tools)
        if server is not None:
            with server:
                rows.append(snapshot_row(server, swarms, peers, options))
    return rows


def snapshot_row(server, swarms, peers, options):
    check_fill(server, server.fill(swarms, peers))
    slices = slices_of(server, swarms, peers, 30 if options.quick else 120)
    # A file that has been saved is in the system's cache; the process's own memory is what counts.
    before = server.memory()
    writing = server.report()["snapshot_seconds"]
    stopping, starting = server.restart()
    after = server.memory()
    sample = server.load("--swarms", swarms, "--peers", peers, "--requests", 10_000)["measure"]
    row = {"swarms": swarms, "peers": peers, "slices": slices, "before": before, "after": after,
           "write_seconds": writing, "stop_seconds": stopping, "start_seconds": starting,
           "bytes": server.file().stat().st_size, "sample": sample, "report": server.report()}
    say(f"snapshot {swarms} x {peers}: {row['bytes'] / 2**20:.0f} MiB, start {starting:.2f} s, "
        f"memory {after / before:.3f} times, {sample['failed']} failed")
    return row


def slices_of(server, swarms, peers, seconds):
    """A closed loop, slice by slice; a slice belongs to a snapshot that was written all the time."""
    slices = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = server.file(".new").exists()
        run = server.load("--swarms", swarms, "--peers", peers, "--seconds", SLICE)["measure"]
        ended = server.file(".new").exists()
        if began == ended:
            slices.append(run | {"saving": began})
    during = sum(run["saving"] for run in slices)
    say(f"snapshot {swarms} x {peers}: {during} of {len(slices)} slices during a snapshot")
    return slices
