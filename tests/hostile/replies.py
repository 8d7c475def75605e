"""What may come back over a connection, whatever was sent."""

import re

HEAD = re.compile(
    rb"HTTP/1\.[01] (\d{3}) [A-Za-z ]+\r\n"
    rb"Content-Type: text/plain\r\nContent-Length: (\d+)\r\n"
    rb"(?:Allow: GET, HEAD\r\n)?(?:Connection: (?:close|keep-alive)\r\n)?\r\n"
)
STATUSES = {200, 400, 404, 405, 413, 414, 431, 505}


class BadReply(Exception):
    """Something that no client should ever see."""


def statuses(stream, complete):
    """The statuses of the replies in `stream`, all of which must be well formed.

    `complete`: the tracker has ended the connection in order, so that no reply is cut short.
    """
    found = []
    while stream:
        head = HEAD.match(stream)
        if head is None:
            if complete or b"\r\n\r\n" in stream:
                raise BadReply(f"no reply: {stream[:200]!r}")
            break
        status, size = int(head[1]), int(head[2])
        if status not in STATUSES:
            raise BadReply(f"status {status}")
        body = stream[head.end() : head.end() + size]
        if body.startswith(b"HTTP/1.") or (not body and size):
            size = 0  # the reply to HEAD
        elif len(body) < size and complete:
            raise BadReply(f"half a reply: {stream[:200]!r}")
        elif len(body) == size and status == 200 and not (body.startswith(b"d") and body.endswith(b"e")):
            raise BadReply(f"not bencode: {body[:200]!r}")
        found.append(status)
        stream = stream[head.end() + size :]
    return found
