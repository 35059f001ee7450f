"""vae-trainer from outside: a model made, stopped and resumed, read by Python's safetensors, and served."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from support import Server, require

TRAINER = os.environ.get("VAE_TRAINER_BINARY", ".build/release/vae-trainer")
READER = pathlib.Path(__file__).resolve().parents[1] / "VAETests" / "Fixtures" / "read_checkpoint.py"
SMALL = ["--hidden", "32", "--latent", "4", "--epochs", "3", "--threads", "2"]


def train(output, *flags):
    """Runs the trainer to its end on the shapes that it draws itself: (status, printed)."""
    done = subprocess.run(
        [TRAINER, "train", "--out", str(output), *flags], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def interrupted(output):
    """Starts the same run, stops it with SIGINT inside an epoch, and returns its exit status."""
    run = subprocess.Popen([TRAINER, "train", "--out", str(output), *SMALL], stdout=subprocess.PIPE, text=True)
    for line in run.stdout:
        if line.startswith("epoch"):
            break
    run.send_signal(signal.SIGINT)
    run.stdout.read()
    return run.wait(timeout=60)


def run(suite, models):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        first = folder / "first" / "shapes.safetensors"
        with suite.case("training without data makes a checkpoint, a card and two pictures"):
            status, text = train(first, *SMALL)
            require(status == 0, text)
            for name in ["shapes.safetensors", "shapes.md", "shapes.samples.png", "shapes.reconstructions.png"]:
                require((first.parent / name).stat().st_size > 0, f"{name} is empty")
            require(not list(first.parent.glob("*.resume*")), "the state to resume from was left behind")
        with suite.case("the loss falls from epoch to epoch"):
            losses = [float(line.split(" test ")[1].split()[0]) for line in text.splitlines() if line.startswith("epoch")]
            require(len(losses) == 3 and losses[0] > losses[1] > losses[2], f"test losses {losses}")
        with suite.case("the same seed gives the same weights, also stopped and resumed"):
            again = folder / "again" / "shapes.safetensors"
            status = interrupted(again)
            require(status == 130, f"exit status {status} after SIGINT")
            require((again.parent / "shapes.resume.safetensors").exists(), "no state to resume from")
            status, text = train(again, "--resume")
            require(status == 0, text)
            weights = [weights_of(path) for path in (first, again)]
            require(weights[0] == weights[1], "the weights differ")
        with suite.case("the trained model is served"):
            with Server(first.parent) as server:
                body = server.get("/v1/sample?n=2&seed=1")
                require(b'"model":"shapes"' in body, f"{body[:200]}")
        with suite.case("a target that cannot be written is refused before any work"):
            started = time.monotonic()
            status, text = train("/proc/shapes.safetensors", *SMALL)
            require(status != 0 and "/proc" in text, text)
            require(time.monotonic() - started < 10, "it trained first")
    for path in sorted(pathlib.Path(models).glob("*.safetensors")):
        with suite.case(f"Python's safetensors opens {path.name}"):
            done = subprocess.run([sys.executable, str(READER), str(path)], capture_output=True, text=True, timeout=60)
            require(done.returncode == 0, done.stdout + done.stderr)


def weights_of(path):
    """The data section: the header differs, since it quotes the command."""
    data = path.read_bytes()
    return data[8 + int.from_bytes(data[:8], "little"):]
