"""Makes the files of idx/: one small data set of 3 images of 2 × 2 pixels, 0…11, with labels 0, 1, 2, packed in every
way gzip allows. Needs only the standard library. Run: python make_idx_files.py
"""

import gzip
import os
import struct
import zlib

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "idx")
os.makedirs(folder, exist_ok=True)


def write(name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def member(data, level=9, strategy=zlib.Z_DEFAULT_STRATEGY, flags=0, extra=b""):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    body = packer.compress(data) + packer.flush()
    header = struct.pack("<BBBBIBB", 0x1F, 0x8B, 8, flags, 0, 0, 255) + extra
    if flags & 2:  # FHCRC covers the header before it
        header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    return header + body + struct.pack("<II", zlib.crc32(data), len(data))


images = struct.pack(">BBBBIII", 0, 0, 8, 3, 3, 2, 2) + bytes(range(12))
labels = struct.pack(">BBBBI", 0, 0, 8, 1, 3) + bytes(range(3))
# A larger one, so that gzip uses dynamic Huffman tables: 40 images of 8 × 8.
larger = struct.pack(">BBBBIII", 0, 0, 8, 3, 40, 8, 8) + bytes((i * i // 7) % 97 for i in range(40 * 64))

write("images", images)
write("labels", labels)
write("larger", larger)
write("larger.gz", member(larger))
write("stored.gz", member(images, level=0))
write("fixed.gz", member(images, strategy=zlib.Z_FIXED))
write("fields.gz", member(images, flags=2 | 4 | 8 | 16, extra=struct.pack("<H", 4) + b"ab\0\0" + b"name\0" + b"comment\0"))
write("members.gz", member(images[:10]) + member(b"") + member(images[10:]))
write("gzip-module.gz", gzip.compress(images, mtime=0))
