#!/usr/bin/env python3
"""Makes the README's pictures of the page: docs/page-light.png and docs/page-dark.png.

    VAE_SERVER_BINARY=.build/release/vae-server .venv/bin/python Tests/Integration/screenshots.py [--models DIR]
"""

import argparse
import io
import pathlib

from PIL import Image

from browser import Browser
from support import Server, require

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
#: A pen's way over the pad, in fractions of its side.
THREE = [(0.3, 0.27), (0.42, 0.19), (0.57, 0.2), (0.66, 0.29), (0.62, 0.4), (0.5, 0.48), (0.63, 0.53), (0.7, 0.65),
         (0.63, 0.77), (0.48, 0.82), (0.33, 0.75)]
PICTURES = {"page-light": ("mnist", False), "page-dark": ("shapes", True)}
WIDTH, HEIGHT, MOST = 1180, 1390, 150_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=str(REPOSITORY / "models"))
    arguments = parser.parse_args()
    with Server(arguments.models) as server, Browser() as browser:
        for name, (model, dark) in PICTURES.items():
            with browser.page(width=WIDTH, height=HEIGHT, dark=dark) as page:
                page.open(f"http://127.0.0.1:{server.port}/?model={model}")
                page.until("document.querySelector('#scores dd')", "scores")
                page.settle()
                if model == "mnist":
                    page.evaluate("document.querySelector('#pad-width').value = 9")
                    page.drag("#pad .drawing", THREE)
                    page.settle()
                page.evaluate("scrollTo(0, 0)")
                picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            file = REPOSITORY / "docs" / f"{name}.png"
            file.parent.mkdir(exist_ok=True)
            # Text and flat colours: a palette is enough.
            picture.quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
            require(file.stat().st_size < MOST, f"{file} has {file.stat().st_size} bytes")
            print(f"{file}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
