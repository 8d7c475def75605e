"""A MariaDB of its own with a Gazelle site in it: as many users and torrents as are wanted."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from servers import Absent, free_port, write_hashes

ROOT = Path(__file__).resolve().parents[2]

FIRST_ID = 1_001  # of users and of torrents; load/population.hpp has it, too
ROWS_AT_A_TIME = 5_000

# As plugins/gazelle/README.md says.
GRANTS = {"users_main": "SELECT, UPDATE", "torrents": "SELECT, UPDATE",
          "users_freeleeches": "SELECT, INSERT, UPDATE",
          "xbt_files_users": "SELECT, INSERT, UPDATE", "xbt_snatched": "INSERT",
          "xbt_client_whitelist": "SELECT"}


def passkey(user):
    return f"{FIRST_ID + user:032d}"


class Mariadb:
    """A mariadbd in a folder of its own; leaving the `with` block ends it."""

    def __init__(self, *arguments, core=None):
        self.prefix = ["taskset", "-c", core] if core else []
        self.programs = {name: shutil.which(name)
                         for name in ("mariadbd", "mariadb-install-db", "mariadb")}
        if not all(self.programs.values()):
            raise Absent("mariadb-server is not installed")
        self.arguments = arguments
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="chihaya-mariadb-"))
        self.process = None

    def common(self):
        words = ["--no-defaults", f"--datadir={self.folder / 'data'}"]
        return words + (["--user=root"] if os.geteuid() == 0 else [])

    def __enter__(self):
        try:
            subprocess.run([self.programs["mariadb-install-db"], *self.common(), "--skip-test-db",
                            "--auth-root-authentication-method=normal", "--skip-name-resolve"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, self.programs["mariadbd"], *self.common(),
                 f"--socket={self.folder / 'socket'}", f"--port={self.port}",
                 "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", f"--pid-file={self.folder / 'pid'}",
                 "--innodb-buffer-pool-size=512M", *self.arguments], stdout=log, stderr=log)
        deadline = time.monotonic() + 120
        while True:
            try:
                self.sql("SELECT 1", schema="")
                return
            except RuntimeError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self):
        """SIGTERM, and waits until it has ended."""
        self.process.terminate()
        self.process.wait()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def sql(self, text, schema="gazelle"):
        """The rows that statements have, as lists of text."""
        done = subprocess.run(
            [self.programs["mariadb"], "--no-defaults", "-uroot", "-N", "-B",
             f"--socket={self.folder / 'socket'}", schema], input=text.encode(),
            capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"mariadb: {done.stderr.decode(errors='replace').strip()}")
        return [line.split("\t") for line in done.stdout.decode(errors="replace").splitlines()]

    def url(self):
        return f"mysql://tracker:secret@127.0.0.1:{self.port}/gazelle"

    def create_site(self, tools, users, torrents, kinds=1):
        """Users with `passkey`, torrents with the load's info-hashes; `kinds` 3: a third of them is
        free, a third neutral."""
        schema = (ROOT / "tests" / "gazelle" / "schema_whatcd.sql").read_text()
        self.sql("DROP DATABASE IF EXISTS gazelle; CREATE DATABASE gazelle CHARACTER SET utf8mb4; "
                 f"USE gazelle; {schema}; DELETE FROM xbt_client_whitelist; "
                 "CREATE OR REPLACE USER tracker@'%' IDENTIFIED BY 'secret'; "
                 + " ".join(f"GRANT {rights} ON {table} TO tracker@'%';"
                            for table, rights in GRANTS.items()), schema="")
        self.insert("users_main(ID, Username, Email, PermissionID, Enabled, torrent_pass)",
                    (f"({FIRST_ID + i},'u{i}','',1,'1','{passkey(i)}')" for i in range(users)))
        hashes = self.folder / "hashes"
        write_hashes(tools, torrents, hashes)
        with hashes.open() as lines:
            self.insert("torrents(ID, GroupID, info_hash, Size, FreeTorrent)",
                        (f"({FIRST_ID + i},1,X'{line.strip()}',1,'{i % kinds}')"
                         for i, line in enumerate(lines)))

    def insert(self, table, rows):
        """One transaction of long statements."""
        client = subprocess.Popen(
            [self.programs["mariadb"], "--no-defaults", "-uroot", "gazelle",
             f"--socket={self.folder / 'socket'}"], stdin=subprocess.PIPE, text=True)
        client.stdin.write("SET autocommit=0, unique_checks=0;\n")
        some = []
        for row in rows:
            some.append(row)
            if len(some) == ROWS_AT_A_TIME:
                client.stdin.write(f"INSERT INTO {table} VALUES {','.join(some)};\n")
                some = []
        if some:
            client.stdin.write(f"INSERT INTO {table} VALUES {','.join(some)};\n")
        client.stdin.write("COMMIT;\n")
        client.stdin.close()
        if client.wait():
            raise RuntimeError(f"mariadb could not insert into {table}")
