"""Requests that clients really send, damaged in ways that parsers get wrong."""

import pathlib
import random

INTERESTING = (
    b"\x00", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"%", b"%0", b"%zz", b"%00", b"&", b"=", b"?", b";",
    b"+", b" ", b"\t", b":", b"\xff", b"\x80", b"-1", b"0", b"4294967296", b"9223372036854775808",
    b"99999999999999999999999999", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"HEAD ", b"POST ", b"http://",
    b"Connection: close\r\n", b"Content-Length: 5\r\n", b"Content-Length: -5\r\n",
    b"Content-Length: 65536\r\n", b"Transfer-Encoding: chunked\r\n", b"X-Forwarded-For: ::1, 1.2.3.4\r\n",
    b"X-Forwarded-For: \"[::ffff:0:0]:1\"\r\n", b"&info_hash=", b"&left=", b"&compact=0", b"&numwant=999",
    b"&event=stopped", b"&event=paused", b"&ip=::", b"/scrape?", b"/announce?",
)  # fmt: skip
WHOLE_MAX = 12_000  # bytes of one damaged request: somewhat more than is ever accepted


def load(corpus):
    """The recorded requests, whole, and the queries of the corpus made into requests."""
    folder = pathlib.Path(corpus)
    requests = [file.read_bytes() for file in sorted((folder / "http_request").iterdir())]
    for kind, path in (("announce_query", b"/announce?"), ("scrape_query", b"/scrape?")):
        for file in sorted((folder / kind).iterdir()):
            requests.append(b"GET " + path + file.read_bytes() + b" HTTP/1.1\r\n\r\n")
    if not requests:
        raise SystemExit(f"{corpus}: no requests there")
    return requests


class Mutator:
    """The same requests in the same order for the same seed."""

    def __init__(self, requests, seed, interesting=INTERESTING, whole_max=WHOLE_MAX):
        self._requests = requests
        self._interesting = interesting
        self._whole_max = whole_max
        self._random = random.Random(seed)
        self._ways = (
            self._flip, self._put_byte, self._insert, self._delete, self._repeat, self._truncate,
            self._splice, self._swell,
        )  # fmt: skip

    def next(self):
        """One damaged request."""
        data = bytearray(self._random.choice(self._requests))
        for _ in range(self._random.choice((1, 1, 1, 2, 2, 3, 5, 8))):
            self._random.choice(self._ways)(data)
        return bytes(data[: self._whole_max])

    def below(self, limit):
        """A number, for decisions that belong to the same seed."""
        return self._random.randrange(limit)

    def _place(self, data):
        return self._random.randrange(len(data) + 1)

    def _slice(self, data):
        start = self._place(data)
        return start, min(len(data), start + self._random.choice((1, 2, 5, 20, 100)))

    def _flip(self, data):
        if data:
            data[self._random.randrange(len(data))] ^= 1 << self._random.randrange(8)

    def _put_byte(self, data):
        if data:
            data[self._random.randrange(len(data))] = self._random.randrange(256)

    def _insert(self, data):
        place = self._place(data)
        data[place:place] = self._random.choice(self._interesting)

    def _delete(self, data):
        start, end = self._slice(data)
        del data[start:end]

    def _repeat(self, data):
        start, end = self._slice(data)
        data[start:start] = data[start:end] * self._random.choice((1, 2, 10, 150))

    def _truncate(self, data):
        del data[self._place(data) :]

    def _splice(self, data):
        other = self._random.choice(self._requests)
        data[self._place(data) :] = other[self._random.randrange(len(other)) :]

    def _swell(self, data):
        place = self._place(data)
        data[place:place] = bytes([self._random.randrange(256)]) * self._random.choice((99, 4000, 9000))
