"""Private trackers: one that counts into a site's database, and one that counts for nobody."""

import http.client
import json
import os
import socket
import time
import urllib.request
from pathlib import Path

from mariadb import FIRST_ID, passkey
from servers import Chihaya, free_port
from udp_servers import OverUdp


class Private(Chihaya):
    """`users` must be no fewer than the peers of a swarm: nobody is given himself."""

    users = 2_000

    def __init__(self, tools, mode="keep-alive", **settings):
        self.management = free_port()
        super().__init__(tools, mode, **settings)

    def config(self):
        return super().config() | {"private": True, "create_on_announce": False,
                                   "management": {"addr": f"127.0.0.1:{self.management}"}}

    def generator(self, mode):
        return [*super().generator(mode), "--users", self.users]

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.management), timeout=1).close()
        except OSError:
            return False
        return super().answers()

    def thread_seconds(self):
        """CPU of each thread, by the thread's id."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        return {task: int((tasks / task / "schedstat").read_text().split()[0]) / 1e9
                for task in os.listdir(tasks)}

    def worker(self):
        """The thread that answers: nothing else has to do with users that nobody knows."""
        before = self.thread_seconds()
        calls = http.client.HTTPConnection("127.0.0.1", self.port)
        for _ in range(500):
            calls.request("GET", f"/{'0' * 32}/announce")
            calls.getresponse().read()
        calls.close()
        after = self.thread_seconds()
        return max(after, key=lambda task: after[task] - before.get(task, 0))

    def drain(self):
        """Waits until everything is in the database; here there is none."""


class HttpNoop(Private):
    name = "noop"

    def prepare(self, swarms):
        """Puts users and torrents, one by one."""
        calls = http.client.HTTPConnection("127.0.0.1", self.management)
        for user in range(self.users):
            self.put(calls, f"/users/{passkey(user)}", {"id": FIRST_ID + user})
        for number, info_hash in enumerate(self.sample_hashes(swarms, number=swarms)):
            self.put(calls, f"/torrents/{info_hash}", {"id": FIRST_ID + number})
        calls.close()

    @staticmethod
    def put(calls, path, record):
        calls.request("PUT", path, json.dumps(record))
        reply = calls.getresponse()
        reply.read()
        if reply.status >= 300:
            raise RuntimeError(f"PUT {path}: {reply.status}")


class HttpGazelle(Private):
    name = "gazelle"

    def __init__(self, tools, database, mode="keep-alive", **settings):
        self.database = database
        super().__init__(tools, mode, **settings)

    def config(self):
        return super().config() | {
            "state_dir": str(self.folder / "state"),
            "backend": {"driver": "gazelle", "params": {"url": self.database.url()}}}

    def prepare(self, _):
        self.wait_for_site()

    def wait_for_site(self, number=0):
        """Until this user of the site may announce."""
        url = f"http://127.0.0.1:{self.port}/{passkey(number)}/announce?info_hash=" + "%00" * 20
        url += "&peer_id=-LT2080-000000000000&port=6881&uploaded=0&downloaded=0&left=1&compact=1"
        deadline = time.monotonic() + 300
        while True:
            with urllib.request.urlopen(url) as reply:
                if b"Unregistered torrent" in reply.read():
                    return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not read its site: {self.words()}")
            time.sleep(0.01)

    def metric(self, name):
        """A number of the driver's."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.management}/stats") as reply:
            return int(json.load(reply)["Drivers"]["gazelle"][name])

    def spool_waits(self):
        """Has it, having ended, left anything for its next start?"""
        own = {"confirmed", "id", "lock"}
        folder = self.folder / "state" / "spool" / "gazelle"
        return any(path.name not in own for path in folder.iterdir())

    def drain(self):
        deadline = time.monotonic() + 600
        while self.metric("spooled_deltas"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not write what it has: {self.words()}")
            time.sleep(0.02)


class PrivateOverUdp(OverUdp):
    def config(self):
        return super().config() | {"udp": {"addr": f"127.0.0.1:{self.port}"}}

    def generator(self, mode):
        return [*super().generator(mode), "--users", self.users]


class UdpNoop(PrivateOverUdp, HttpNoop):
    pass


class UdpGazelle(PrivateOverUdp, HttpGazelle):
    def __init__(self, tools, database, mode="udp", **settings):
        HttpGazelle.__init__(self, tools, database, mode, **settings)
