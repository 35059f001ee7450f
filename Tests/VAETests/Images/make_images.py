"""Makes ImageFixtures.swift: small PNG and JPEG files, and what they should decode to.

    pip install pillow numpy && python3 make_images.py

PNG files are put together here chunk by chunk, so that every kind exists whatever a library likes to write, and their
expected values come from the definitions in float64. JPEG files and resized references come from Pillow:
convert('RGB'), luma in float64, then mode 'F' with Image.BILINEAR.
"""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

LUMA = np.array([0.299, 0.587, 0.114])
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def scanlines(samples, depth):
    """[H, W, S] samples as filtered scanlines (filter 0)."""
    out = b""
    for row in samples if samples.size else ():
        bits = "".join(format(int(v), f"0{depth}b") for v in row.reshape(-1))
        bits += "0" * (-len(bits) % 8)
        out += b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    return out


def png(samples, kind, depth, interlaced=False, extra=b""):
    height, width = samples.shape[:2]
    samples = samples.reshape(height, width, -1)
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [samples]
    data = b"".join(scanlines(p, depth) for p in passes)
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data, 9))
            + chunk(b"IEND", b""))


def png_kinds():
    """(name, file, [H, W, 3] values in float64) for every colour type, depth, transparency and interlacing."""
    rng = np.random.default_rng(5)
    height, width = 4, 5
    for interlaced in (False, True):
        tail = ", interlaced" if interlaced else ""
        for depth in (1, 2, 4, 8, 16):
            top = 2**depth - 1
            grey = rng.integers(0, top + 1, (height, width))
            value = np.repeat(grey[..., None] / top, 3, -1)
            yield f"grey {depth} bit{tail}", png(grey, 0, depth, interlaced), value
            key = int(grey[1, 2])
            keyed = np.where((grey == key)[..., None], 0, value)
            extra = chunk(b"tRNS", struct.pack(">H", key))
            yield f"grey {depth} bit with a transparent value{tail}", png(grey, 0, depth, interlaced, extra), keyed
            if depth <= 8:
                size = min(2**depth, 7)
                palette = rng.integers(0, 256, (size, 3))
                index = rng.integers(0, size, (height, width))
                extra = chunk(b"PLTE", palette.astype(np.uint8).tobytes())
                yield f"palette {depth} bit{tail}", png(index, 3, depth, interlaced, extra), palette[index] / 255
                alpha = np.full(size, 255)
                alpha[:2] = 0, 100
                extra += chunk(b"tRNS", bytes([0, 100]))
                shown = palette[index] / 255 * (alpha[index] / 255)[..., None]
                yield f"palette {depth} bit with alpha{tail}", png(index, 3, depth, interlaced, extra), shown
            if depth >= 8:
                pair = rng.integers(0, top + 1, (height, width, 2))
                shown = np.repeat(pair[..., :1] / top, 3, -1) * (pair[..., 1:] / top)
                yield f"grey + alpha {depth} bit{tail}", png(pair, 4, depth, interlaced), shown
                colour = rng.integers(0, top + 1, (height, width, 3))
                yield f"colour {depth} bit{tail}", png(colour, 2, depth, interlaced), colour / top
                extra = chunk(b"tRNS", struct.pack(">HHH", *colour[2, 1]))
                keyed = colour / top
                keyed[2, 1] = 0
                name = f"colour {depth} bit with a transparent value{tail}"
                yield name, png(colour, 2, depth, interlaced, extra), keyed
                four = rng.integers(0, top + 1, (height, width, 4))
                shown = four[..., :3] / top * (four[..., 3:] / top)
                yield f"colour + alpha {depth} bit{tail}", png(four, 6, depth, interlaced), shown


def photograph(width, height):
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    planes = 0.5 + 0.5 * np.sin(9 * x + 3 * y), 0.5 + 0.5 * np.cos(7 * y * x + 1), (x + y) % 1
    return Image.fromarray((np.stack(planes, -1) * 255).astype(np.uint8))


def saved(image, **options):
    file = io.BytesIO()
    image.save(file, **options)
    return file.getvalue()


def pillow(data, channels, height, width):
    """[C, H, W] in float32."""
    values = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(np.float64) / 255
    planes = [values @ LUMA] if channels == 1 else list(np.moveaxis(values, -1, 0))
    images = (Image.fromarray(p.astype(np.float32)).resize((width, height), Image.BILINEAR) for p in planes)
    return np.stack([np.asarray(image) for image in images])


def resized():
    """(name, file, shapes) whose references Pillow makes."""
    photo = photograph(40, 30)
    small = [(1, 4, 5), (3, 3, 4)]
    yield "JPEG grey", saved(photo.convert("L"), format="JPEG", optimize=True), small
    yield "JPEG 4:2:0", saved(photo, format="JPEG", quality=60, optimize=True), small
    yield "JPEG 4:4:4", saved(photo, format="JPEG", quality=60, subsampling=0, optimize=True), small
    yield "JPEG progressive", saved(photo, format="JPEG", quality=60, progressive=True), small
    yield "JPEG CMYK", saved(photo.convert("CMYK"), format="JPEG", quality=40, optimize=True), small
    yield "PNG shrunk", saved(photo, format="PNG"), [(1, 4, 5), (3, 1, 2), (1, 30, 2), (1, 2, 40)]
    yield "PNG enlarged", saved(photograph(4, 3), format="PNG"), [(1, 7, 9), (3, 3, 11), (1, 5, 2)]
    yield "PNG of one line", saved(photograph(33, 1), format="PNG"), [(1, 2, 6)]


def wrapped(text, indent):
    """The text in a multi-line Swift literal that has no line breaks in its value."""
    lines = [text[i:i + 100] for i in range(0, len(text), 100)]
    return '"""\n' + "\\\n".join(indent + line for line in lines) + "\n" + indent + '"""'


def swift(name, data, cases):
    """One `ImageFixture` literal. `cases` is [(shape, values)]. Numbers in strings, as literals they take minutes."""
    text = f'        ImageFixture(\n            "{name}",\n            hex: ' + wrapped(data.hex(), " " * 16)
    text += ",\n            expected: [\n"
    for shape, values in cases:
        numbers = " ".join(f"{v:.8g}" for v in np.asarray(values, np.float32).reshape(-1))
        text += f"                ({list(shape)}, " + wrapped(numbers, " " * 20) + "),\n"
    return text + "            ]\n        ),"


def main():
    kinds = [swift(n, d, [((1, 4, 5), v @ LUMA), ((3, 4, 5), np.moveaxis(v, -1, 0))]) for n, d, v in png_kinds()]
    others = [swift(n, d, [(s, pillow(d, *s)) for s in shapes]) for n, d, shapes in resized()]
    out = ["// Made by make_images.py, which says how. Do not edit.", "// swift-format-ignore-file", "",
           "extension ImageFixture {",
           "    /// Every kind of PNG at 5x4; expected from the definition in float64.",
           "    static let pngKinds: [ImageFixture] = [", *kinds, "    ]", "",
           "    /// JPEG kinds and other sizes; expected from Pillow.",
           "    static let resized: [ImageFixture] = [", *others, "    ]", "}", ""]
    pathlib.Path(__file__).with_name("ImageFixtures.swift").write_text("\n".join(out))


main()
