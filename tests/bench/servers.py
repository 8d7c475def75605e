"""The HTTP servers that are measured: how each is started, filled, and asked what it uses."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

SERVER_CORE = "0"
LOAD_CORE = "1"
LOAD_CONNECTIONS = 64


class Absent(Exception):
    """A candidate is not installed here."""


def free_port():
    """A port that is free for TCP and for UDP."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            stream.bind(("127.0.0.1", 0))
            try:
                datagrams.bind(stream.getsockname())
            except OSError:
                continue
            return stream.getsockname()[1]


def cargo_program(name):
    """Where `cargo install` has put a program."""
    found = shutil.which(name) or shutil.which(name, path=Path.home() / ".cargo" / "bin")
    if not found:
        raise Absent(f"{name} is not installed")
    return found


def write_hashes(tools, swarms, path):
    subprocess.run([tools / "http_load", "--swarms", str(swarms), "--write-hashes", path],
                   check=True)


class Server:
    """A process on its own core; leaving the `with` block ends it."""

    name = "server"
    expect = "any"
    modes = ("keep-alive", "close")
    foreign = False  # other people's: the run goes on without it
    cores = SERVER_CORE
    pipeline = 16  # requests in flight on one connection, where the server takes that

    def __init__(self, tools, mode="keep-alive"):
        self.tools = tools
        self.mode = mode
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="chihaya-bench-"))
        self.environment = dict(os.environ)
        self.process = None

    def command(self):
        raise NotImplementedError

    def answers(self):
        """Whether it takes connections yet."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def __enter__(self):
        command = ["taskset", "-c", self.cores, *map(str, self.command())]
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(command, cwd=self.folder, env=self.environment,
                                        stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"{self.name} does not start: {self.words()}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        self.last_words = self.words()
        shutil.rmtree(self.folder, ignore_errors=True)

    def words(self):
        log = self.folder / "log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else self.last_words

    def generator(self, mode):
        """The load generator and what it must know of this server."""
        return ["http_load", "--mode", mode or self.mode, "--connections", LOAD_CONNECTIONS]

    def load(self, *options, mode=None):
        """Runs the load generator against this server; returns its phases as a dictionary."""
        program, *about = self.generator(mode)
        command = ["taskset", "-c", LOAD_CORE, self.tools / program, "--port", self.port, *about,
                   "--expect", self.expect, "--server-pid", self.process.pid, *options]
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=False)
        if done.returncode not in (0, 1) or not done.stdout:
            raise RuntimeError(f"{program} ended with {done.returncode}; {self.name} said: "
                               f"{self.words()}")
        return json.loads(done.stdout)

    def fill(self, swarms, peers):
        """Announces every peer once, in the fastest way that the server understands."""
        options = ["--fill", "--swarms", swarms, "--peers", peers]
        if "keep-alive" in self.modes:
            return self.load(*options, "--pipeline", self.pipeline, mode="keep-alive")["fill"]
        return self.load(*options, mode="close")["fill"]

    def memory(self):
        """Bytes of memory in use: the proportional set size."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
        return int(line.split()[1]) * 1024


class EpollFloor(Server):
    name = "epoll floor"
    program = "floor_epoll"

    def command(self):
        return [self.tools / self.program, self.port] + (["close"] if self.mode == "close" else [])

    def fill(self, swarms, peers):
        return None


class AsioFloor(EpollFloor):
    name = "Boost.Asio floor"
    program = "floor_asio"


class PocoFloor(EpollFloor):
    name = "Poco::Net::HTTPServer"
    program = "floor_poco"


class Opentracker(Server):
    name = "opentracker"
    foreign = True
    expect = "everyone"
    modes = ("close",)

    def __init__(self, tools, mode="close", swarms=1):
        self.program = shutil.which("opentracker")
        if not self.program:
            raise Absent("opentracker is not installed")
        super().__init__(tools, mode)
        write_hashes(tools, swarms, self.folder / "whitelist")
        self.folder.chmod(0o755)

    def __enter__(self):
        super().__enter__()
        deadline = time.monotonic() + 60  # it reads the whitelist while it already answers
        while self.fill(1, 1)["failed"] and time.monotonic() < deadline:
            time.sleep(0.1)
        return self

    def command(self):
        return [self.program, "-i", "127.0.0.1", "-p", self.port, "-d", self.folder,
                "-u", "nobody", "-w", "whitelist"]


class Aquatic(Server):
    """aquatic_http 0.9: a worker for sockets and one for swarms, both on the server's core."""

    name = "aquatic_http"
    foreign = True
    expect = "uncounted"
    pipeline = 1

    def __init__(self, tools, mode="keep-alive"):
        self.program = cargo_program("aquatic_http")
        super().__init__(tools, mode)
        keep_alive = str(mode == "keep-alive").lower()
        (self.folder / "aquatic.toml").write_text(
            'socket_workers = 1\nswarm_workers = 1\n'
            f'[network]\naddress = "127.0.0.1:{self.port}"\nkeep_alive = {keep_alive}\n'
            '[protocol]\nmax_peers = 50\n'
            '[cleaning]\nmax_peer_age = 3600\n')

    def command(self):
        return [self.program, "-c", self.folder / "aquatic.toml"]

    def fill(self, swarms, peers):
        return self.load("--fill", "--swarms", swarms, "--peers", peers)["fill"]


class Chihaya(Server):
    name = "chihaya"
    expect = "others"

    def __init__(self, tools, mode="keep-alive", **settings):
        self.program = tools.parent / "bin" / "chihaya"
        if not self.program.exists():
            raise Absent(f"{self.program} is not built")
        super().__init__(tools, mode)
        self.config_written = self.config() | settings
        (self.folder / "chihaya.json").write_text(json.dumps(self.config_written))

    def config(self):
        return {"addr": f"127.0.0.1:{self.port}", "workers": 1,
                "tracker": {"driver": "memory"}, "backend": {"driver": "noop"},
                "management": {"addr": f"127.0.0.1:{free_port()}"}}

    def command(self):
        return [self.program, "--config", self.folder / "chihaya.json"]

    def sample_hashes(self, swarms, after=0, number=50):
        """So many info-hashes out of those after the first ones."""
        path = self.folder / "hashes"
        write_hashes(self.tools, swarms, path)
        return path.read_text().split()[after::max(1, (swarms - after) // number)][:number]

    def scraped_peers(self, hashes):
        """Peers that these swarms hold."""
        query = "&".join("info_hash=" + urllib.parse.quote(bytes.fromhex(h)) for h in hashes)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/scrape?{query}") as reply:
            body = reply.read()
        return sum(int(part.split(b"e", 1)[0]) for part in body.split(b"10:incompletei")[1:])

    def count_allocations(self):
        """To be called before the start; `allocations` then reads the counter."""
        self.environment["LD_PRELOAD"] = str(self.tools / "count_alloc.so")
        self.environment["CHIHAYA_COUNT_ALLOC"] = str(self.folder / "allocations")

    def allocations(self):
        return int.from_bytes((self.folder / "allocations").read_bytes()[:8], "little")
