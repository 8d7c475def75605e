"""One client as a process in its own network, and what was seen of it."""

import subprocess
import time

from engines import Seat, environment

COMMAND_SECONDS = 240  # a few seconds of a core, which others may have


class Client:
    """A client that takes part in one swarm.

    `marks` holds what the test has seen the client do, each with the seconds it took: `announced`,
    `downloaded` or `seeded`, `stopped`. What is missing there did not happen.
    """

    def __init__(self, part, network, torrent, seeds):
        self.part = part
        self.engine = part.engine
        self.seeds = seeds
        self.marks = {}
        self._place = network.add_place(part.family)
        self._torrent = torrent
        self._seat = self._prepare_seat(network.folder / self._place.name)
        self._process = None
        self._later_command = None
        self._later = None
        self._later_deadline = 0.0
        self._signalled = False
        self._log_file = self._seat.home.parent / "log"

    def _prepare_seat(self, folder):
        seat = Seat(
            address=self._place.address,
            torrent=folder / "share.torrent",
            payload=folder / "downloads" / self._torrent.payload_name,
            home=folder / "home",
            seeds=self.seeds,
            protocol=self.part.protocol,
        )
        seat.home.mkdir(parents=True)
        seat.downloads.mkdir()
        seat.torrent.write_bytes(self._torrent.metainfo(self.part.url))
        if self.seeds:
            seat.payload.write_bytes(self._torrent.payload)
        return seat

    @property
    def address(self):
        """The address by which the tracker knows this client."""
        return self._place.address

    def start(self):
        """Starts the program; what it prints goes to its log."""
        self._process = self._spawn(self.engine.command(self._seat))
        self._later_command = self.engine.later_command(self._seat)

    def _spawn(self, command):
        with open(self._log_file, "ab") as log:
            return subprocess.Popen(
                self._place.command(command), cwd=self._seat.home, env=environment(self._seat.home),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )

    def attend(self):
        """Does what is still to be done for a start; RuntimeError when the program has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(
                f"{self.engine.name} ended by itself with {self._process.returncode}; "
                f"its last words:\n{self.log()}"
            )
        if self._later_command is not None:
            self._try_later_command()

    def _try_later_command(self):
        # Never waited for: the other clients of the swarm are looked after by the same thread.
        if self._later is None or time.monotonic() > self._later_deadline:
            self._end_later_command()
            self._later = self._spawn(self._later_command)
            self._later_deadline = time.monotonic() + COMMAND_SECONDS
        elif self._later.poll() is not None:
            if self._later.returncode == 0:
                self._later_command = None
            self._later = None

    def _end_later_command(self):
        if self._later is not None:
            self._later.kill()
            self._later.wait()

    def has_payload(self):
        """Whether the complete file lies where the client was told to put it."""
        try:
            return self._seat.payload.read_bytes() == self._torrent.payload
        except FileNotFoundError:
            return False

    def ask_to_stop(self):
        """Makes the client leave its swarm, in the polite way that it offers."""
        command = self.engine.leave_command(self._seat)
        if command is None or self._spawn(command).wait(COMMAND_SECONDS) != 0:
            self._signal()

    def has_stopped(self, listed):
        """Whether it has left the swarm and its program has ended well; called until it has."""
        if self.address in listed:
            return False
        if not self._signalled:
            self._signal()
        return self._process.poll() == 0

    def _signal(self):
        self._process.send_signal(self.engine.stop_signal)
        self._signalled = True

    def kill(self):
        """Ends the program whatever it does."""
        self._end_later_command()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def log(self):
        """The last lines that the program printed."""
        if not self._log_file.exists():
            return "(never started)"
        lines = self._log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-8:])
