"""The network in which tracker and clients meet: namespaces joined by one bridge.

Everything happens inside one outer set of namespaces (network, mounts, processes), which the test
enters by starting itself again below `unshare`. When that process ends, however it ends, the kernel
takes down all clients, all networks and the temporary folder with it: there is no other cleaning
up, and names and addresses need not be unique on the machine.

The outer network holds the tracker and the bridge, which has two addresses of each family: what is
sent to the second must be answered from there. Each client has a network of its own with one
address on the bridge, and nothing leads out of the bridge. The addresses come from the ranges for
documentation: unlike loopback and private ones, clients and trackers treat them as any other.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

TRACKER_ADDRESSES = {4: ("203.0.113.1", "203.0.113.254"), 6: ("2001:db8::1", "2001:db8::ffff")}
TRACKER_NAMES = {
    4: ("first4.example.org", "second4.example.org"),
    6: ("first6.example.org", "second6.example.org"),
}
PREFIX_LENGTHS = {4: 24, 6: 64}
NAMESPACE_TOOLS = ("unshare", "nsenter", "ip", "mount")

_INSIDE = "CHIHAYA_CLIENTS_INSIDE"
_BRIDGE = "swarm"


class NotPermitted(Exception):
    """The machine lacks something that the network needs; the text says what."""


def is_inside():
    """Whether this process already runs in the outer namespaces."""
    return _INSIDE in os.environ


def check_permitted():
    """Raises NotPermitted unless namespaces, bridge and veth can be made here."""
    for tool in NAMESPACE_TOOLS:
        if shutil.which(tool) is None:
            raise NotPermitted(f"{tool} is not installed")
    trial = (
        "mount -t tmpfs none /run && ip netns add trial && "
        "ip link add bridge0 type bridge && ip link add veth0 type veth peer name eth0 netns trial"
    )
    outcome = subprocess.run(
        [*_unshare(), "sh", "-c", trial], capture_output=True, text=True, check=False
    )
    if outcome.returncode != 0:
        raise NotPermitted("no network namespaces, bridge or veth: " + outcome.stderr.strip())


def run_inside():
    """Runs this program again inside the outer namespaces, and returns its exit status.

    What runs inside ends with this process: it watches a pipe whose other end is open only here.
    """
    watched, held = os.pipe()
    with subprocess.Popen(
        [*_unshare(), sys.executable, *sys.argv],
        env={**os.environ, _INSIDE: str(watched)}, pass_fds=(watched,),
    ) as inside:
        try:
            return inside.wait()
        except KeyboardInterrupt:
            os.close(held)
            return 128 + signal.SIGINT


def end_with_parent():
    """To be called inside, first: from then on this process ends when the one outside does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch():
        os.read(int(os.environ[_INSIDE]), 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _unshare():
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


class Network:
    """The bridge with the tracker's addresses, and the clients' networks behind it."""

    def __init__(self):
        # A private /run: for the names of the networks and for the test's own files.
        _run("mount", "-t", "tmpfs", "none", "/run")
        self.folder = pathlib.Path("/run/clients")
        self.folder.mkdir()
        _name_hosts(self.folder / "hosts")
        _ip("link", "set", "lo", "up")
        _ip("link", "add", _BRIDGE, "type", "bridge")
        for family, addresses in TRACKER_ADDRESSES.items():
            for address in addresses:
                _add_address(address, family, _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        self._places = 0

    def add_place(self, family):
        """A new network with one address of the given family."""
        self._places += 1
        number = self._places
        name = f"client{number}"
        address = f"203.0.113.{number + 1}" if family == 4 else f"2001:db8::{number + 1:x}"
        _ip("netns", "add", name)
        _ip("link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("link", "set", f"port{number}", "master", _BRIDGE, "up")
        _ip("-n", name, "link", "set", "lo", "up")
        # The resolver takes a host whose only IPv4 address is 127.0.0.1 for one without IPv4, and
        # a client without IPv6 control port then cannot be spoken to.
        _ip("-n", name, "addr", "add", "127.0.0.2/8", "dev", "lo")
        # Without a link-local address a client has exactly one address to announce from.
        _ip("-n", name, "link", "set", "eth0", "addrgenmode", "none")
        _ip("-n", name, "link", "set", "eth0", "up")
        _add_address(address, family, "eth0", "-n", name)
        if family == 6:
            # Without a default route, Transmission takes a machine for one without IPv6.
            _ip("-6", "-n", name, "route", "add", "default", "dev", "eth0")
        return Place(name, address)


class Place:
    """One client's network."""

    def __init__(self, name, address):
        self.name = name
        self.address = address

    def command(self, words):
        """The command that runs the given one in this network."""
        return ["nsenter", f"--net=/run/netns/{self.name}", "--", *words]


def _name_hosts(file):
    """Lets programs find the tracker by its names, and no other host but their own."""
    lines = ["127.0.0.1 localhost", "::1 localhost"]
    for family, addresses in TRACKER_ADDRESSES.items():
        lines += map(" ".join, zip(addresses, TRACKER_NAMES[family]))
    file.write_text("".join(f"{line}\n" for line in lines))
    _run("mount", "--bind", str(file), "/etc/hosts")


def _add_address(address, family, device, *options):
    # nodad: an IPv6 address is otherwise unusable for the first seconds.
    no_wait = ("nodad",) if family == 6 else ()
    _ip(*options, "addr", "add", f"{address}/{PREFIX_LENGTHS[family]}", "dev", device, *no_wait)


def _ip(*words):
    _run("ip", *words)


def _run(*words):
    outcome = subprocess.run(words, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {outcome.stderr.strip()}")
