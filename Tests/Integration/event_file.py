"""Reads TensorBoard's event files by their description alone, without TensorBoard: TFRecord frames, CRC-32C, protobuf."""

import struct

POLYNOMIAL = 0x82F63B78  # Castagnoli's 1EDC6F41, reflected (RFC 3720, B.4)


def table_entry(byte):
    for _ in range(8):
        byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
    return byte


TABLE = [table_entry(byte) for byte in range(256)]


def masked_checksum(data):
    register = 0xFFFFFFFF
    for byte in data:
        register = register >> 8 ^ TABLE[(register ^ byte) & 0xFF]
    checksum = register ^ 0xFFFFFFFF
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


assert masked_checksum(b"123456789") == (((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def records(data):
    """The messages of a file, every checksum checked; a frame that is not whole raises."""
    position = 0
    while position < len(data):
        length, length_checksum = struct.unpack_from("<QI", data, position)
        if masked_checksum(data[position:position + 8]) != length_checksum:
            raise ValueError(f"byte {position}: the length's checksum is wrong")
        message = data[position + 12:position + 12 + length]
        (checksum,) = struct.unpack_from("<I", data, position + 12 + length)
        if len(message) != length or masked_checksum(message) != checksum:
            raise ValueError(f"byte {position}: the message's checksum is wrong")
        yield message
        position += 16 + length


def fields(message):
    """(number, value) of a protobuf message: int, float or bytes."""
    position = 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(message):
        key = varint()
        kind = key & 7
        if kind == 0:
            value = varint()
        elif kind in (1, 5):
            (value,) = struct.unpack_from("<d" if kind == 1 else "<f", message, position)
            position += 8 if kind == 1 else 4
        elif kind == 2:
            length = varint()
            value = message[position:position + length]
            position += length
            if len(value) != length:
                raise ValueError("a field is cut short")
        else:
            raise ValueError(f"wire type {kind}")
        yield key >> 3, value


def points(data, known=None):
    """{tag: {step: value}} of a file, added to `known` (of the files before it): floats, or the bytes of pictures and
    histograms. As TensorBoard does, forgets what a run that was started again does again."""
    known = {} if known is None else known
    for number, message in enumerate(records(data)):
        event = dict(fields(message))
        if number == 0 and event.get(3) != b"brain.Event:2":
            raise ValueError("the first event should say which version the file has")
        if dict(fields(event.get(7, b""))).get(1) == 1:
            for values in known.values():
                for step in [step for step in values if step >= event[2]]:
                    del values[step]
        for _, value in fields(event.get(5, b"")):
            parts = dict(fields(value))
            figure = next(parts[kind] for kind in (2, 4, 5) if kind in parts)
            known.setdefault(parts[1].decode(), {})[event[2]] = figure
    return known
