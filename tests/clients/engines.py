"""The real clients: how each is told to share one torrent, by the tracker alone.

An engine prepares its configuration in a folder of its own and names the command that runs in the
foreground. Distributed hash table, peer exchange and local discovery are switched off wherever the
client has a switch; the torrent is private besides. Everything else is left as the client ships.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess

PEER_PORT = 6881

# Why clients take no part; each was seen with the versions of Debian 12.
_NO_UDP = "speaks HTTP to a udp:// URL"
_READS_AS_IPV4 = "reads the reply's IPv6 addresses as IPv4"


@dataclasses.dataclass(frozen=True)
class Seat:
    """What a client is given: its address, its torrent file and its folders."""

    address: str
    torrent: pathlib.Path
    payload: pathlib.Path  # where the file arrives; for a seeder it already lies here
    home: pathlib.Path  # configuration and state; also $HOME
    seeds: bool
    protocol: str  # of its tracker

    @property
    def downloads(self):
        """The folder that the payload lies in."""
        return self.payload.parent


class Engine:
    """A client program. `library` tells which programs share one BitTorrent implementation."""

    name = ""
    library = ""
    package = ""  # of Debian 12
    programs = ()
    # (protocol, family) of a tracker that it cannot announce to, and why
    cannot = {}
    # (protocol, family) of a tracker that hands it out, but of whose peers it learns none, and why
    cannot_download = {}
    stop_signal = signal.SIGTERM
    version_words = ("--version",)

    def command(self, seat):
        """Writes the configuration; the command that runs the client in the foreground."""
        raise NotImplementedError

    def later_command(self, seat):
        """A command to repeat, once the client runs, until it succeeds; or None."""
        del seat
        return None

    def leave_command(self, seat):
        """A command that makes the client leave the swarm before it is asked to end, or None."""
        del seat
        return None

    def can_seed(self, protocol, family):
        """Whether others meet it over such a tracker."""
        return (protocol, family) not in self.cannot

    def can_download(self, protocol, family):
        """Whether it meets others over such a tracker."""
        return self.can_seed(protocol, family) and (protocol, family) not in self.cannot_download

    def missing(self):
        """The first of its programs that is not installed, or None."""
        return next((program for program in self.programs if shutil.which(program) is None), None)

    def version(self, home):
        """The version that the program tells, or an empty string."""
        outcome = subprocess.run(
            [self.programs[0], *self.version_words], env=environment(home),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False, text=True,
        )
        words = outcome.stdout.replace(",", " ").split()
        return next((word.strip("v.") for word in words if _is_version(word)), "")


def environment(home):
    """A client's environment: nothing of the caller's, who may have a proxy or settings."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
    }


def _is_version(word):
    return any(letter.isdigit() for letter in word) and "." in word.strip(".")


class Transmission(Engine):
    """Takes its torrents from a watched folder, and is told to stop them over its remote control.

    Stopped so, it tells the tracker; version 3.00 does not when it merely ends, for which reason
    transmission-cli, which can do nothing else, is not among the clients here.

    Over UDP and IPv6, version 3.00 announces to a tracker that has a name, if there is a default
    route; an address in the URL it does not find.
    """

    name = "transmission-daemon"
    library = "libtransmission"
    package = "transmission-daemon, transmission-cli"
    programs = ("transmission-daemon", "transmission-remote")
    cannot_download = {("udp", 6): _READS_AS_IPV4}

    def command(self, seat):
        watched = seat.home / "watched"
        watched.mkdir()
        shutil.copy(seat.torrent, watched)
        settings = {
            "dht-enabled": False, "pex-enabled": False, "lpd-enabled": False, "utp-enabled": False,
            "port-forwarding-enabled": False, "rpc-bind-address": "127.0.0.1",
        }
        (seat.home / "settings.json").write_text(json.dumps(settings))
        return [
            "transmission-daemon", "--foreground", "--config-dir", str(seat.home),
            "--peerport", str(PEER_PORT), "--download-dir", str(seat.downloads),
            "--watch-dir", str(watched), "--no-portmap", "--no-dht", "--no-lpd", "--no-utp",
        ]

    def leave_command(self, seat):
        # By number: where all addresses are IPv6, the name localhost may not lead to 127.0.0.1.
        return ["transmission-remote", "127.0.0.1:9091", "--torrent", "all", "--stop"]


class Aria2(Engine):
    """Keeps its connection to the tracker and sends `stopped` on the one of `started`.

    Its UDP is that of its distributed hash table, which is switched on for a UDP tracker, and has
    nobody to begin with.
    """

    name = "aria2"
    library = "aria2"
    package = "aria2"
    programs = ("aria2c",)
    cannot = {("udp", 6): "its UDP is IPv4 only"}
    stop_signal = signal.SIGINT

    def command(self, seat):
        return [
            "aria2c", "--no-conf", f"--dir={seat.downloads}", f"--listen-port={PEER_PORT}",
            f"--enable-dht={'true' if seat.protocol == 'udp' else 'false'}",
            f"--dht-listen-port={PEER_PORT}", "--enable-dht6=false", "--bt-enable-lpd=false",
            "--enable-peer-exchange=false", "--check-integrity=true", "--seed-ratio=0.0",
            "--summary-interval=0", str(seat.torrent),
        ]


class Qbittorrent(Engine):
    """Closes each connection, escapes in lower case and names its own address (`ipv4=`)."""

    name = "qbittorrent-nox"
    library = "libtorrent-rasterbar"
    package = "qbittorrent-nox"
    programs = ("qbittorrent-nox",)

    def command(self, seat):
        folder = seat.home / "qBittorrent" / "config"
        folder.mkdir(parents=True)
        (folder / "qBittorrent.conf").write_text(
            "[LegalNotice]\nAccepted=true\n"
            "[BitTorrent]\n"
            "Session\\DHTEnabled=false\nSession\\PeXEnabled=false\nSession\\LSDEnabled=false\n"
            f"Session\\Port={PEER_PORT}\n"
            "[Network]\nPortForwardingEnabled=false\n"
            "[Preferences]\nWebUI\\Address=127.0.0.1\nWebUI\\UseUPnP=false\n"
        )
        return [
            "qbittorrent-nox", f"--profile={seat.home}", f"--save-path={seat.downloads}",
            str(seat.torrent),
        ]


class Deluge(Engine):
    """A daemon that is given its torrent over its console.

    By itself, version 2.0.3 listens on, and announces from, IPv4 addresses only; a network
    interface by name has both families.
    """

    name = "deluge"
    library = "libtorrent-rasterbar"
    package = "deluged, deluge-console"
    programs = ("deluged", "deluge-console")

    def command(self, seat):
        core = {
            "dht": False, "utpex": False, "lsd": False, "upnp": False, "natpmp": False,
            "listen_ports": [PEER_PORT, PEER_PORT], "random_port": False,
            "listen_interface": "eth0",
            "download_location": str(seat.downloads), "new_release_check": False,
        }
        (seat.home / "core.conf").write_text(
            json.dumps({"file": 1, "format": 1}) + json.dumps(core)
        )
        return ["deluged", "--do-not-daemonize", "--config", str(seat.home)]

    def later_command(self, seat):
        # The console takes seconds of a core, even when the daemon does not listen yet.
        return [
            "sh", "-c", 'test -e "$1/deluged.pid" && exec deluge-console --config "$1" "$2"', "sh",
            str(seat.home), f"add --path {seat.downloads} {seat.torrent}",
        ]


class Rtorrent(Engine):
    """Opens a new connection for each request and reads a reply whatever its status.

    Where it checks a finished download again, as it does by itself, version 0.9.8 keeps `completed`
    for its next regular announce, ten minutes later at the earliest: that check is switched off.
    It has IPv6 unless it is bound to an address, which can only be of IPv4.

    For each UDP announce it takes a new port and a new connection id.
    """

    name = "rtorrent"
    library = "libtorrent-rakshasa"
    package = "rtorrent"
    programs = ("rtorrent",)
    cannot_download = {("udp", 6): _READS_AS_IPV4}
    stop_signal = signal.SIGINT
    version_words = ("-h",)

    def command(self, seat):
        session = seat.home / "session"
        session.mkdir()
        configuration = seat.home / "rtorrent.rc"
        configuration.write_text(
            "system.daemon.set = true\n"
            "dht.mode.set = disable\n"
            "protocol.pex.set = no\n"
            "pieces.hash.on_completion.set = no\n"
            f"session.path.set = {session}\n"
            f"directory.default.set = {seat.downloads}\n"
            f"network.port_range.set = {PEER_PORT}-{PEER_PORT}\n"
            f"schedule2 = load, 0, 0, ((load.start, {seat.torrent}))\n"
        )
        return ["rtorrent", "-n", "-o", f"import={configuration}"]


class Ctorrent(Engine):
    """HTTP/1.0 without a Host header, whatever the scheme of the URL.

    It announces before it has checked the file and so calls itself a leecher; told to believe that
    the file is complete (`-f`), it announces what it is.
    """

    name = "ctorrent"
    library = "ctorrent"
    package = "ctorrent"
    programs = ("ctorrent",)
    cannot = {("http", 6): "no IPv6", ("udp", 4): _NO_UDP, ("udp", 6): _NO_UDP}
    stop_signal = signal.SIGINT
    version_words = ("-h",)

    def command(self, seat):
        believe = ["-f"] if seat.seeds else []
        return [
            "ctorrent", *believe, "-p", str(PEER_PORT), "-s", str(seat.payload), str(seat.torrent)
        ]


# The first seeds for all the others; each other seeds for the next, and the last for the first.
# ctorrent and rtorrent serve some clients a block a second or stall; not those that follow them.
ENGINES = (Aria2(), Qbittorrent(), Deluge(), Ctorrent(), Rtorrent(), Transmission())
