"""The UDP servers that are measured. Each is started and asked like those of servers.py."""

import socket

from servers import Chihaya, Opentracker, Server, cargo_program

CONNECT = bytes.fromhex("0000041727101980" "00000000" "62656e63")
LOAD_WINDOW = 64


class OverUdp:
    """Goes before a server's class: the same program, spoken to over UDP."""

    modes = ("udp",)
    sockets = 8

    def __init__(self, tools, mode="udp", **keywords):
        super().__init__(tools, mode, **keywords)

    def answers(self):
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.settimeout(0.1)
            try:
                client.connect(("127.0.0.1", self.port))
                client.send(CONNECT)
                return client.recv(2048)[4:8] == CONNECT[12:]
            except OSError:
                return False

    def generator(self, mode):
        if (mode or self.mode) != "udp":
            return super().generator(mode)
        return ["udp_load", "--window", LOAD_WINDOW, "--sockets", self.sockets]

    def fill(self, swarms, peers):
        return self.load("--fill", "--swarms", swarms, "--peers", peers)["fill"]


class UdpFloor(OverUdp, Server):
    name = "recvfrom floor"

    def command(self):
        return [self.tools / "floor_udp", self.port]

    def fill(self, swarms, peers):
        return None


class UdpBatchFloor(UdpFloor):
    name = "recvmmsg floor"

    def command(self):
        return super().command() + ["batch"]


class UdpOpentracker(OverUdp, Opentracker):
    def command(self):
        return [self.program, "-i", "127.0.0.1", "-P", self.port, "-d", self.folder,
                "-u", "nobody", "-w", "whitelist"]


class UdpAquatic(OverUdp, Server):
    """aquatic_udp 0.9: with the mio backend one socket worker does everything."""

    name = "aquatic_udp"
    foreign = True
    expect = "uncounted"

    def __init__(self, tools, **keywords):
        self.program = cargo_program("aquatic_udp")
        super().__init__(tools, **keywords)
        (self.folder / "aquatic.toml").write_text(
            'socket_workers = 1\n'
            f'[network]\naddress = "127.0.0.1:{self.port}"\n'
            '[protocol]\nmax_response_peers = 50\n'
            '[cleaning]\nmax_peer_age = 3600\n')

    def command(self):
        return [self.program, "-c", self.folder / "aquatic.toml"]


class UdpChihaya(OverUdp, Chihaya):
    """Serves HTTP on the same port, so that it can be asked about its swarms."""

    def config(self):
        return super().config() | {"udp": {"addr": f"127.0.0.1:{self.port}"}}
