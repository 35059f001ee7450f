"""vae-trainer under kill −9 and on a full disk: the file it makes is the same, and what was there stays."""

import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

from support import digits, require
from trainer import TRAINER

KILLS = 20
FLAGS = ["--data", "../images", "--hidden", "64", "--latent", "8", "--batch-size", "32", "--epochs", "16",
         "--keep-every", "7", "--threads", "2", "--average", "0.99", "--corrupt", "masking:0.2", "--schedule", "cosine",
         "--out", "model.safetensors"]


def write_images(folder):
    folder.mkdir()
    for name, count in (("train", 6000), ("t10k", 100)):
        extents = b"".join(extent.to_bytes(4, "big") for extent in (count, 28, 28))
        (folder / f"{name}-images-idx3-ubyte").write_bytes(
            bytes([0, 0, 8, 3]) + extents + digits(count, 28, 28).tobytes())


def start(folder, *flags):
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [TRAINER, "train", *flags], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process):
    text, _ = process.communicate(timeout=300)
    require(process.returncode == 0, text[-2000:])
    return text


def killed_again_and_again(folder, expected, seconds):
    moments = random.Random(5)
    kills = 0
    while kills < KILLS:
        resume = folder / "model.resume.safetensors"
        flags = ["--resume", "--out", "model.safetensors"] if resume.exists() else FLAGS
        process = start(folder, *flags)
        try:
            text, _ = process.communicate(timeout=moments.uniform(0.1, 1.5) * seconds / 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            continue
        require(process.returncode == 0, f"after {kills} kills: {text[-2000:]}")
        require((folder / "model.safetensors").read_bytes() == expected, f"another file after {kills} kills")
        (folder / "model.safetensors").unlink()
    if (folder / "model.resume.safetensors").exists():
        finish(start(folder, "--resume", "--out", "model.safetensors"))
    else:
        finish(start(folder, *FLAGS))
    require((folder / "model.safetensors").read_bytes() == expected, "another file than the uninterrupted run's")
    left = {path.name for path in folder.iterdir() if "resume" in path.name or "temporary" in path.name}
    require(not left, f"left behind: {left}")


def full_disk(suite, folder, images):
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(disk)], capture_output=True, text=True)
    if mounted.returncode != 0:
        print(f"  skipped: a full disk ({mounted.stderr.strip()})")
        return
    try:
        with suite.case("a full disk: an error that says so, and the earlier checkpoint as it was"):
            small = ["--data", str(images), "--hidden", "16", "--latent", "2", "--epochs", "1", "--threads", "1"]
            finish(start(disk, *small, "--out", "model.safetensors"))
            before = (disk / "model.safetensors").read_bytes()
            large = ["--data", str(images), "--hidden", "400", "--latent", "2", "--epochs", "1", "--threads", "1"]
            process = start(disk, *large, "--out", "model.safetensors")
            text, _ = process.communicate(timeout=120)
            require(process.returncode not in (0, -signal.SIGKILL), text)
            require("No space left" in text and "model" in text, text[-2000:])
            require((disk / "model.safetensors").read_bytes() == before, "the earlier checkpoint has changed")
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def run(suite, models):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        images = folder / "images"
        write_images(images)
        began = time.monotonic()
        finish(start(folder / "whole", *FLAGS))
        seconds = time.monotonic() - began
        expected = (folder / "whole" / "model.safetensors").read_bytes()
        with suite.case(f"killed {KILLS} times at random moments and resumed: the same file, byte for byte"):
            killed_again_and_again(folder / "killed", expected, seconds)
        full_disk(suite, folder, images)
        with suite.case("a run that is killed leaves an earlier checkpoint as it was"):
            target = folder / "whole" / "model.safetensors"
            process = start(folder / "whole", *FLAGS, "--seed", "2")
            time.sleep(seconds / 3)
            process.kill()
            process.communicate()
            require(target.read_bytes() == expected, "the earlier checkpoint has changed")
