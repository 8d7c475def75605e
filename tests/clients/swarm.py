"""One swarm played from its first announce to its last: a seeder and those who download from it."""

import dataclasses
import subprocess
import time

from client import Client
from namespaces import TRACKER_ADDRESSES, TRACKER_NAMES
from torrent_file import Torrent
from tracker import SwarmView, url

PAYLOAD_SIZE = 1_500_000  # no multiple of the piece size: the last piece is short
POLL_SECONDS = 0.3
# Generous, because a client that misses its first connection tries again after a minute, and
# because some take seconds of a core to start, which others may have.
ANNOUNCE_SECONDS = 300
DOWNLOAD_SECONDS = 150
STOP_SECONDS = 120  # a seeding ctorrent takes a minute
COUNT_SECONDS = 30  # ctorrent keeps 15 s between its announces


@dataclasses.dataclass(frozen=True)
class Part:
    """A client's part in a swarm: the program, and how it reaches the tracker."""

    engine: object
    protocol: str  # "http" or "udp"
    family: int
    door: int = 0  # which of the tracker's addresses

    @property
    def url(self):
        """Where this client announces: a name over UDP, where Transmission knows names only."""
        hosts = TRACKER_NAMES if self.protocol == "udp" else TRACKER_ADDRESSES
        return url(self.protocol, hosts[self.family][self.door])


@dataclasses.dataclass(frozen=True)
class Plan:
    """Who seeds and who downloads. The kind is the protocol of all of them, or "mixed"."""

    kind: str
    seeder: Part
    downloaders: tuple

    @classmethod
    def of(cls, kind, seeder, *downloaders):
        """The plan for these parts."""
        return cls(kind, seeder, downloaders)


class Swarm:
    """Plays a plan and notes for each client what the tracker and the disk showed of it.

    announced   the tracker hands out the client's address
    downloaded  the file is there, byte for byte
    seeded      all downloaders have the file, and this client was the only source
    stopped     asked politely, the program ended with success, and the tracker no longer hands it
                out: it announced `stopped`, or its entry would have stayed for minutes

    Besides, the scrape must tell of as many seeders and completed downloads as there are.
    """

    def __init__(self, number, plan, network):
        self.plan = plan
        self.torrent = Torrent(number, PAYLOAD_SIZE)
        self.faults = []
        self._view = SwarmView(self.torrent.info_hash, plan.seeder.family)
        self._seeder = Client(plan.seeder, network, self.torrent, seeds=True)
        self._downloaders = [
            Client(part, network, self.torrent, seeds=False) for part in plan.downloaders
        ]
        self.clients = [self._seeder, *self._downloaders]

    def play(self):
        """Runs the swarm to its end; what went wrong is left in `faults`, nothing is raised."""
        try:
            self._share()
            self._leave()
        except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
            self.faults.append(str(error))
        finally:
            for client in self.clients:
                client.kill()

    def _share(self):
        self._seeder.start()
        self._wait("announced", [self._seeder], ANNOUNCE_SECONDS, self._is_listed)
        # A libtorrent client asks again after five minutes at the earliest: the seeder comes first.
        for client in self._downloaders:
            client.start()
        self._wait("announced", self._downloaders, ANNOUNCE_SECONDS, self._is_listed)
        self._wait("downloaded", self._downloaders, DOWNLOAD_SECONDS, self._has_downloaded)
        if all("downloaded" in client.marks for client in self._downloaders):
            self._seeder.marks["seeded"] = max(
                client.marks["downloaded"] for client in self._downloaders
            )
        # Every downloader has announced `completed` once, and nobody is left as a leecher.
        self._expect_counts(seeders=len(self.clients), downloads=len(self._downloaders))

    def _leave(self):
        for leaving in (self._downloaders, [self._seeder]):
            for client in leaving:
                client.ask_to_stop()
            self._wait("stopped", leaving, STOP_SECONDS, self._has_stopped)
        # A tracker may forget an empty swarm with its downloads, or go on telling them.
        self._expect_counts(seeders=0, downloads=None)

    def _wait(self, mark, clients, seconds, condition):
        """Polls until `condition` holds for all clients; gives the mark to those it holds for."""
        begin = time.monotonic()
        waiting = list(clients)
        while waiting and time.monotonic() - begin < seconds:
            time.sleep(POLL_SECONDS)
            listed = self._view.peers()
            for client in list(waiting):
                if condition(client, listed):
                    client.marks[mark] = time.monotonic() - begin
                    waiting.remove(client)
        for client in waiting:
            self.faults.append(
                f"{client.engine.name} ({client.address}) not {mark} after {seconds} s; "
                f"its last words:\n{client.log()}"
            )

    @staticmethod
    def _is_listed(client, listed):
        client.attend()
        return client.address in listed

    @staticmethod
    def _has_downloaded(client, _listed):
        client.attend()
        return client.has_payload()

    @staticmethod
    def _has_stopped(client, listed):
        return client.has_stopped(listed)

    def _expect_counts(self, seeders, downloads):
        """Polls until the scrape tells these counts and no leechers; None stands for any."""
        deadline = time.monotonic() + COUNT_SECONDS
        while True:
            found = self._view.counts()
            expected = (seeders, 0, found[2] if downloads is None else downloads)
            if found == expected:
                return
            if time.monotonic() > deadline:
                self.faults.append(
                    f"the scrape tells (seeders, leechers, downloads) {found}, expected {expected}"
                )
                return
            time.sleep(POLL_SECONDS)
