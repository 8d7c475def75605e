"""Bencode (BEP 3): just enough to write a torrent file and to read a tracker's reply.

Written here rather than taken from the tracker, so that a mistake there cannot hide itself.
"""


def encode(value):
    """Bytes of an int, bytes, str, list or dict; dictionaries come out with sorted keys."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encode, value)) + b"e"
    items = sorted((key.encode(), item) for key, item in value.items())
    return b"d" + b"".join(encode(key) + encode(item) for key, item in items) + b"e"


def decode(text):
    """The value of a bencoded text; dictionary keys are bytes. ValueError when malformed."""
    try:
        value, end = _decode_at(text, 0)
    except (IndexError, TypeError) as error:
        raise ValueError(f"not bencode: {text[:80]!r}") from error
    if end != len(text):
        raise ValueError(f"{len(text) - end} bytes after the end of {text[:80]!r}")
    return value


def _decode_at(text, at):
    kind = text[at:at + 1]
    if kind == b"i":
        end = text.index(b"e", at)
        return int(text[at + 1:end]), end + 1
    if kind in (b"l", b"d"):
        items = []
        at += 1
        while text[at] != ord("e"):
            item, at = _decode_at(text, at)
            items.append(item)
        if kind == b"l":
            return items, at + 1
        return dict(zip(items[::2], items[1::2], strict=True)), at + 1
    colon = text.index(b":", at)
    end = colon + 1 + int(text[at:colon])
    if end > len(text):
        raise ValueError(f"string beyond the end of {text[:80]!r}")
    return text[colon + 1:end], end
