"""vae-trainer from outside: a model made, stopped and resumed, read by Python's safetensors, and served."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import numpy

from reference import ReferenceModel
from support import Server, digits, require

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


def write_images(folder, side):
    """The two IDX files that training needs, with 48 and 8 images of side × side."""
    folder.mkdir()
    for name, count in (("train", 48), ("t10k", 8)):
        extents = b"".join(extent.to_bytes(4, "big") for extent in (count, side, side))
        (folder / f"{name}-images-idx3-ubyte").write_bytes(
            bytes([0, 0, 8, 3]) + extents + digits(count, side, side).tobytes())
    return str(folder)


def convolutions(suite, folder):
    with suite.case("a convolutional model is trained, described and served"):
        target = folder / "conv" / "large.safetensors"
        flags = ["--architecture", "conv64", "--latent", "5", "--epochs", "2", "--batch-size", "16", "--threads", "2"]
        status, text = train(target, "--data", write_images(folder / "large", 64), *flags)
        require(status == 0, text)
        losses = [float(line.split(" test ")[1].split()[0]) for line in text.splitlines() if line.startswith("epoch")]
        require(len(losses) == 2 and losses[0] > losses[1], f"test losses {losses}")
        require("--architecture conv64 --latent 5" in (target.parent / "large.md").read_text(), "the card's command")
        done = subprocess.run([sys.executable, str(READER), str(target)], capture_output=True, text=True, timeout=60)
        require(done.returncode == 0, done.stdout + done.stderr)
        image = digits(1, 64, 64).astype(numpy.float32) / 255
        with Server(target.parent) as server:
            reply = server.post("/v1/encode", {"images": image.tolist()})
        suite.close("mu of a model just trained", reply["mu"], ReferenceModel(target).encode(image)[0])
    with suite.case("what does not go with convolutions is refused with the reason"):
        small = write_images(folder / "small", 28)
        for flags, words in [
            (["--data", small, "--architecture", "conv64"], ["[1, 64, 64]", "[1, 28, 28]", "shapes:64"]),
            (["--architecture", "conv64"], ["[1, 64, 64]", "[1, 28, 28]"]),
            (["--architecture", "conv64", "--hidden", "100"], ["--hidden", "conv64"]),
            (["--architecture", "conv64", "--activation", "tanh"], ["--activation", "conv64"]),
            (["--architecture", "conv32"], ["conv32", "mlp", "conv64"]),
            (["--data", "shapes:7"], ["shapes:7", "28…256"]), (["--data", "shapes:1e9"], ["shapes:1e9", "28…256"]),
        ]:
            status, text = train(folder / "none.safetensors", *flags)
            require(status != 0 and all(word in text for word in words), f"{flags}: {text}")


def signals(suite, folder):
    flags = ["--objective", "autoencoder", "--layerwise", "5000", "--hidden", "8", "--latent", "4", "--epochs", "1"]
    layered = folder / "layered.safetensors"
    with suite.case("a terminal that goes away stops a run in a layer, and nothing is lost"):
        # As from a terminal, even where the suite itself runs under nohup.
        run = subprocess.Popen([TRAINER, "train", "--out", str(layered), *flags], stdout=subprocess.PIPE, text=True,
                               preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        learned = [next(line for line in run.stdout if line.startswith("layer 1/2")) for _ in range(3)]
        require("epoch 3/5000" in learned[-1], f"{learned}")
        run.send_signal(signal.SIGHUP)
        text = run.stdout.read()
        require(run.wait(timeout=60) == 130 and "stopped in layer 1; to go on: " in text, text)
        run = subprocess.Popen([TRAINER, "train", "--out", str(layered), "--resume"], stdout=subprocess.PIPE, text=True)
        first = next(line for line in run.stdout if line.startswith("layer"))
        run.send_signal(signal.SIGINT)
        run.stdout.read()
        require(run.wait(timeout=60) == 130, "its exit status")
        require(int(first.split("epoch ")[1].split("/")[0]) > 3, f"it began anew: {first}")
    with suite.case("inspect says how far an interrupted run has come"):
        done = subprocess.run([TRAINER, "inspect", str(layered.with_suffix(".resume.safetensors"))],
                              capture_output=True, text=True, timeout=60)
        require(done.returncode == 0 and "a run that is not over" in done.stdout and "--resume" in done.stdout,
                done.stdout + done.stderr)
    with suite.case("under nohup the end of the terminal is none of its business, and a reader that left no reason to die"):
        target = folder / "alone.safetensors"
        words = [TRAINER, "train", "--out", str(target), *SMALL]
        run = subprocess.Popen(["nohup", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        run.stdout.readline()
        run.send_signal(signal.SIGHUP)
        run.stdout.close()
        require(run.wait(timeout=60) == 0 and target.exists(), f"status {run.returncode}")


def variables(suite, folder):
    with suite.case("flags come from the environment, too, and those on the command line win"):
        target = folder / "variables.safetensors"
        variables = {"VAE_TRAINER_OUT": str(target), "VAE_TRAINER_EPOCHS": "1", "VAE_TRAINER_HIDDEN": "9 7"}
        done = subprocess.run([TRAINER, "train", "--hidden", "5", "--latent", "3"], capture_output=True, text=True,
                              timeout=60, env=os.environ | variables)
        require(done.returncode == 0 and target.exists(), done.stdout + done.stderr)
        require("784-5-3" in done.stdout and "epoch 1/1" in done.stdout, done.stdout)
        done = subprocess.run([TRAINER, "train"], capture_output=True, text=True, timeout=60,
                              env=os.environ | variables | {"VAE_TRAINER_EPOCHS": "0"})
        require(done.returncode != 0 and "--epochs 0" in done.stderr, done.stderr)


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
        convolutions(suite, folder)
        signals(suite, folder)
        variables(suite, folder)
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
