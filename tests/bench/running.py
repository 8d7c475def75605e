"""What all parts have in common: candidates that may be absent, and rounds in turn."""

import sys
from contextlib import ExitStack, contextmanager

from servers import Absent


def say(text):
    print(text, file=sys.stderr, flush=True)


def present(make, *arguments, **keywords):
    """The server that `make` makes, or None where it is not installed, which is said."""
    try:
        return make(*arguments, **keywords)
    except Absent as absent:
        say(f"skipped: {absent}")
        return None


class FillFailed(Exception):
    """Not every peer was taken: what follows would measure something else."""


def check_fill(server, fill):
    if fill and fill["failed"]:
        raise FillFailed(f"{server.name}: fill failed: {fill['faults']}; {server.words()}")


@contextmanager
def left_out_if_foreign(server):
    """A tracker of other people that does not take its peers is skipped, ours is not."""
    try:
        yield
    except FillFailed as failed:
        if not server.foreign:
            raise
        say(f"skipped: {failed}")


def cpu(run):
    """Microseconds of the server's CPU for each verified answer."""
    return run["server_cpu_seconds"] / max(run["verified"], 1) * 1e6


class Candidate:
    """A server with the population that it is filled with and asked about."""

    def __init__(self, server, swarms, peers, *load_options):
        self.server = server
        self.size = ("--swarms", swarms, "--peers", peers)
        self.population = (swarms, peers)
        self.load_options = load_options
        self.runs = []

    def fill(self):
        check_fill(self.server, self.server.fill(*self.population))

    def measure(self, number, seconds):
        run = self.server.load(*self.size, *self.load_options, "--seed", number,
                               "--seconds", seconds)["measure"]
        self.runs.append(run)
        say(f"{self.server.mode:10} round {number + 1} {self.server.name:24} {cpu(run):7.2f} us "
            f"{run['failed']} failed")


def interleave(candidates, options):
    """Fills all, then measures them in turn, several times over; runs by the server's name."""
    ready = []
    with ExitStack() as running:
        for candidate in candidates:
            running.enter_context(candidate.server)
            with left_out_if_foreign(candidate.server):
                candidate.fill()
                ready.append(candidate)
        take_turns(ready, options.rounds, options.seconds)
    return {candidate.server.name: candidate.runs for candidate in ready}


def take_turns(candidates, rounds, seconds):
    for number in range(rounds):
        for candidate in candidates:
            candidate.measure(number, seconds)
