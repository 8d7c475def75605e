"""The payload that the clients pass on, and the torrent file that describes it."""

import hashlib
import random

import bencode

PIECE_SIZE = 64 * 1024


class Torrent:
    """A generated payload with its metainfo.

    The same seed always gives the same bytes, so a failure can be looked at again. The torrent is
    private (BEP 27): every client that honours the flag then meets peers through the tracker alone.
    """

    def __init__(self, seed, size):
        self.payload_name = f"payload-{seed}.bin"
        self.payload = random.Random(seed).randbytes(size)
        self._info = {
            "length": size,
            "name": self.payload_name,
            "piece length": PIECE_SIZE,
            "pieces": b"".join(
                hashlib.sha1(self.payload[at:at + PIECE_SIZE]).digest()
                for at in range(0, size, PIECE_SIZE)
            ),
            "private": 1,
        }
        self.info_hash = hashlib.sha1(bencode.encode(self._info)).digest()

    def metainfo(self, tracker_url):
        """The torrent file for a client that is to announce there, and nowhere else."""
        return bencode.encode({"announce": tracker_url, "info": self._info})
