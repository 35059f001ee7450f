"""Two ways to read a PNG, the plain kind's and libspng's, agree in every pixel and every refusal."""

import random
import struct
import zlib

from support import Server, png_chunk, require

SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}


def png(width, height, colour_type, rows, *extra):
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return b"".join([
        b"\x89PNG\r\n\x1a\n", png_chunk(b"IHDR", header), *extra, png_chunk(b"IDAT", zlib.compress(rows)),
        png_chunk(b"IEND", b"")])


def run(suite, models):
    generator = random.Random(5)
    text = png_chunk(b"tEXt", b"Comment\0sends the file to libspng")
    with Server(models) as server, suite.case("300 random PNGs, each read both ways: every filter, damaged ones too"):
        refused = 0
        for index in range(300):
            colour_type = generator.choice(list(SAMPLES))
            width, height = generator.choice([(28, 28), (1, 1), (generator.randint(1, 90), generator.randint(1, 90))])
            rows = b"".join(
                bytes([generator.randint(0, 4)]) + generator.randbytes(width * SAMPLES[colour_type]) for _ in range(height))
            if index % 20 == 0:
                rows = generator.choice([rows[:-1], rows + b"x", b"\x07" + rows[1:]])
            plain, other = png(width, height, colour_type, rows), png(width, height, colour_type, rows, text)
            if index % 10 == 5:  # one bit flipped behind the header
                place = generator.randrange(33, len(plain))
                plain = plain[:place] + bytes([plain[place] ^ 1]) + plain[place + 1:]
                place += len(text)
                other = other[:place] + bytes([other[place] ^ 1]) + other[place + 1:]
            answers = [server.post("/v1/encode", body, "image/png") for body in (plain, other)]
            seen = [(reply.status, reply.body if reply.status == 200 else reply.json()["error"]) for reply in answers]
            require(seen[0] == seen[1], f"image {index}, {width}×{height}, colour type {colour_type}: {seen}")
            refused += answers[0].status != 200
        require(20 <= refused <= 60, f"{refused} of 300 were refused")
