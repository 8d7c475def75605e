"""Redis, alone and as a Cluster, and trackers on it. Redis has a core of its own."""

import os
import shutil
import socket
import time
from contextlib import ExitStack
from pathlib import Path

from servers import LOAD_CORE, SERVER_CORE, Absent, Chihaya, Server, free_port
from udp_servers import UdpChihaya

SLOTS = 16_384
CLUSTER_NODES = 3


def cpu_seconds(pid):
    """User and system time of all threads of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Redis(Server):
    """One server that keeps nothing on disk."""

    name = "redis-server"
    mode_arguments = ()

    def __init__(self, tools):
        self.program = shutil.which("redis-server")
        if not self.program:
            raise Absent("redis-server is not installed")
        super().__init__(tools)

    def command(self):
        return [self.program, "--bind", "127.0.0.1", "--port", self.port, "--dir", self.folder,
                "--save", "", "--appendonly", "no", "--daemonize", "no", *self.mode_arguments]

    def answers(self):
        try:
            return self.ask("PING") == "PONG"
        except OSError:
            return False

    def ask(self, command):
        """The text of a reply that is a bulk string or a simple one; of an error with its mark."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection, \
                connection.makefile("rb") as replies:
            connection.sendall(command.encode() + b"\r\n")
            line = replies.readline().rstrip().decode()
            if line.startswith("$"):
                return replies.read(int(line[1:])).decode()
            return line.removeprefix("+")

    def about(self, section, field):
        text = self.ask(f"INFO {section}")
        return next(line.split(":", 1)[1].strip() for line in text.splitlines()
                    if line.startswith(f"{field}:"))

    def used_memory(self):
        return int(self.about("memory", "used_memory"))

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def urls(self):
        return [f"redis://127.0.0.1:{self.port}"]

    def params(self):
        return {"url": self.urls()[0]}


class ClusterNode(Redis):
    cores = f"{SERVER_CORE},{LOAD_CORE}"

    def __init__(self, tools):
        super().__init__(tools)
        self.bus = free_port()
        self.mode_arguments = ("--cluster-enabled", "yes", "--cluster-port", self.bus)


class RedisCluster:
    """Three masters, on all cores of the machine, for one of them has not enough."""

    name = "3 nodes"

    def __init__(self, tools):
        self.nodes = [ClusterNode(tools) for _ in range(CLUSTER_NODES)]

    def __enter__(self):
        with ExitStack() as starting:
            for node in self.nodes:
                starting.enter_context(node)
            self.introduce()
            self.running = starting.pop_all()
        return self

    def __exit__(self, *_):
        self.running.close()

    def introduce(self):
        bounds = [SLOTS * i // CLUSTER_NODES for i in range(CLUSTER_NODES + 1)]
        first = self.nodes[0]
        for node, begin, end in zip(self.nodes, bounds, bounds[1:]):
            node.ask(f"CLUSTER ADDSLOTSRANGE {begin} {end - 1}")
            first.ask(f"CLUSTER MEET 127.0.0.1 {node.port} {node.bus}")
        deadline = time.monotonic() + 60
        while not all("cluster_state:ok" in node.ask("CLUSTER INFO") for node in self.nodes):
            if time.monotonic() > deadline:
                raise RuntimeError("the Cluster does not come together")
            time.sleep(0.1)

    def used_memory(self):
        return sum(node.used_memory() for node in self.nodes)

    def cpu_seconds(self):
        return sum(node.cpu_seconds() for node in self.nodes)

    def urls(self):
        return [url for node in self.nodes for url in node.urls()]

    def params(self):
        return {"mode": "cluster", "url": self.urls()}


class BesideRedis:
    """Goes before a tracker's class: it shares the load's core, for Redis has the other one."""

    cores = LOAD_CORE


class OnRedis(BesideRedis):
    """The same with its swarms in Redis, whose CPU is read as well.

    Redis must run before the tracker does.
    """

    def __init__(self, tools, redis, **keywords):
        self.redis = redis
        super().__init__(tools, **keywords)
        self.name = f"chihaya on {redis.name}"

    def config(self):
        return super().config() | {"tracker": {"driver": "redis", "params": self.redis.params()}}

    def load(self, *options, mode=None):
        before = self.redis.cpu_seconds()
        phases = super().load(*options, mode=mode)
        for phase in filter(None, phases.values()):
            phase["redis_cpu_seconds"] = self.redis.cpu_seconds() - before
        return phases


class UdpMemory(BesideRedis, UdpChihaya):
    name = "chihaya in memory"


class HttpMemory(BesideRedis, Chihaya):
    name = "chihaya in memory"


class UdpOnRedis(OnRedis, UdpChihaya):
    pass


class HttpOnRedis(OnRedis, Chihaya):
    pass
