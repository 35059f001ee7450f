"""Before anything is measured: do the peers compute what we compute?"""

import json
import struct
import zlib

from .requests import fetch

TOLERANCE = 1e-4


def check(ours, peers, requests):
    """Ends the run where a peer's answer differs, for then the comparison would say nothing. Samples are drawn from
    other generators there, so of these only the sizes are compared."""
    for request in requests:
        expected = values(*fetch(ours, request))
        for peer in peers:
            found = values(*fetch(peer, request))
            sampled = request.method == "GET"
            for name in expected.keys() | found.keys():
                wrong = f"error: {peer.name} answers {request.key} with another {name}"
                if name not in expected or name not in found or len(expected[name]) != len(found[name]):
                    raise SystemExit(wrong)
                if name == "size" or not sampled:
                    # A step of a byte is 1/255: two programs may round to different sides of it.
                    limit = TOLERANCE + (1 / 255 if name == "pixels" else 0)
                    error = max((abs(a - b) for a, b in zip(expected[name], found[name])), default=0)
                    if error > limit:
                        raise SystemExit(f"{wrong}: off by {error:.2g}")


def values(data, content_type):
    """All numbers of a reply, by name."""
    if content_type == "image/png":
        return png(data)
    reply = json.loads(data)
    return {name: list(flat(reply[name])) for name in ("mu", "sigma", "z", "images") if name in reply}


def flat(value):
    if isinstance(value, list):
        for each in value:
            yield from flat(each)
    else:
        yield value


def png(data):
    """Size and pixels, 0…1, of a PNG of 8 bits that is not interlaced."""
    position, packed, header = 8, b"", None
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position:position + 8])
        content = data[position + 8:position + 8 + length]
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", content)
        elif kind == b"IDAT":
            packed += content
        position += 12 + length
    width, height, depth, colour, _, _, interlaced = header
    channels = {0: 1, 2: 3}.get(colour)
    if depth != 8 or interlaced or channels is None:
        raise SystemExit(f"error: a PNG of depth {depth} and colour type {colour} is not expected here")
    raw, stride, pixels, above = zlib.decompress(packed), width * channels, [], bytearray(width * channels)
    for row in range(height):
        start = row * (stride + 1)
        line = bytearray(raw[start + 1:start + 1 + stride])
        for i in range(stride):
            left = line[i - channels] if i >= channels else 0
            up, corner = above[i], above[i - channels] if i >= channels else 0
            line[i] = (line[i] + predicted(raw[start], left, up, corner)) & 255
        pixels += [byte / 255 for byte in line]
        above = line
    return {"size": [width, height, channels], "pixels": pixels}


def predicted(filter_type, left, up, corner):
    if filter_type == 4:
        guess = left + up - corner
        return min((left, up, corner), key=lambda value: abs(guess - value))
    return (0, left, up, (left + up) // 2)[filter_type]
