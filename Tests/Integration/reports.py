"""What a training leaves to look at: JSON lines, TensorBoard's event files and a page, also after kill -9 and with a
full disk."""

import base64
import html.parser
import io
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import tempfile

import numpy
from PIL import Image

import event_file
from support import require, wait_for

TRAINER = os.environ.get("VAE_TRAINER_BINARY", ".build/release/vae-trainer")
FLAGS = ["--hidden", "160", "--latent", "4", "--epochs", "8", "--threads", "2", "--log-every", "40"]
TIMES = ("time", "seconds", "images_per_second")
VOID = {"meta", "img", "br", "link"}


class Page(html.parser.HTMLParser):
    """Collects tags, the attributes that could fetch something, and what is closed in the wrong order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.sources, self.problems = [], [], [], []
        self.feed(text)
        self.problems += [f"<{tag}> is not closed" for tag in self.open]

    def handle_startendtag(self, tag, attributes):
        self.note(tag, attributes)

    def handle_starttag(self, tag, attributes):
        self.note(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def note(self, tag, attributes):
        self.tags.append(tag)
        self.sources += [value for name, value in attributes if name in ("src", "href", "data", "srcset", "action")]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()}")


def train(output, *flags, **options):
    done = subprocess.run(
        [TRAINER, "train", "--out", str(output), *flags], capture_output=True, text=True, timeout=120, **options)
    return done.returncode, done.stdout + done.stderr


def killed(output):
    """Starts a run and kills it, with nothing said before, inside its third epoch."""
    run = subprocess.Popen([TRAINER, "train", "--out", str(output), *FLAGS], stdout=subprocess.DEVNULL)
    metrics = output.with_suffix(".metrics.jsonl")
    wait_for(lambda: metrics.exists() and metrics.read_bytes().count(b'"kind":"epoch"') >= 2, 60, "two epochs")
    run.send_signal(signal.SIGKILL)
    return run.wait(timeout=60)


def lines(output):
    """The metrics without what the clock decides."""
    text = output.with_suffix(".metrics.jsonl").read_text()
    require(text.endswith("\n"), "the last line is not whole")
    found = [json.loads(line) for line in text.splitlines()]
    for line in found:
        require(all(line[name] > 0 for name in TIMES if name in line), f"times of {line}")
    return [{name: value for name, value in line.items() if name not in TIMES} for line in found]


def events(output):
    known = {}
    for path in sorted(output.with_suffix(".tensorboard").iterdir()):
        event_file.points(path.read_bytes(), known)
    known.pop("speed/images_per_second")
    return known


def check_page(output, epochs):
    text = output.with_suffix(".report.html").read_text()
    page = Page(text)
    require(not page.problems, f"{page.problems}")
    require("script" not in page.tags and "link" not in page.tags, "a script or a link")
    require(page.sources and all(source.startswith("data:image/png;base64,") for source in page.sources),
            f"{[source[:40] for source in page.sources]}")
    require(not re.search(r"https?:|@import|url\(", text), "an address on the page")
    for source in page.sources:
        picture = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2], validate=True)))
        picture.load()
        require(picture.size == (238, 238), f"a picture of {picture.size}")
    # Loss, its two terms, the KL by dimension, and from the second epoch on the gradient's norm.
    curves = 6 + (epochs > 1)
    require(page.tags.count("svg") == 4 + (epochs > 1), f"{page.tags.count('svg')} figures")
    require(page.tags.count("circle") == curves * epochs, f"{page.tags.count('circle')} points")
    require(page.tags.count("rect") == 4, f"{page.tags.count('rect')} bars for 4 dimensions")
    require(len(text) <= 400_000, f"{len(text)} bytes")
    return text


def run(suite, models):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        whole = folder / "whole" / "shapes.safetensors"
        status, text = train(whole, *FLAGS)
        require(status == 0, text)
        figures = lines(whole)
        with suite.case("every epoch is a line of metrics, with the figures that were printed"):
            require([line["epoch"] for line in figures if line["kind"] == "epoch"] == list(range(1, 9)), f"{figures}")
            printed = [float(word) for word in re.findall(r" test ([\d.]+) =", text)]
            suite.close(
                "printed test loss", printed, [line["test_loss"] for line in figures if line["kind"] == "epoch"], 0.0051)
            for line in figures:
                if line["kind"] == "epoch":
                    require(len(line["per_dimension_kl"]) == 4, f"{line}")
                    suite.close("sum of the KL per dimension", sum(line["per_dimension_kl"]), line["test_kl"], 1e-4)
        with suite.case("one step in so many is a line, too, and a point in the event file"):
            steps = [line for line in figures if line["kind"] == "step"]
            # 12 000 shapes in minibatches of 128: 94 steps an epoch.
            require([line["step"] for line in steps] == list(range(40, 8 * 94, 40)), f"{steps}")
            known = events(whole)
            for line in steps:
                require(line["epoch"] == (line["step"] - 1) // 94 + 1, f"{line}")
                require(line["beta"] == 1 and line["learning_rate"] == 1e-3 and line["gradient_norm"] > 0, f"{line}")
                for name, column in (("loss", "train_loss"), ("gradient_norm", "gradient_norm")):
                    require(known[f"step/{name}"][line["step"]] == numpy.float32(line[column]), f"{name}: {line}")
            # A step's loss is that of its minibatch: like its epoch's, and not the same.
            for line in steps[2:]:
                epoch = next(other for other in figures if other["kind"] == "epoch" and other["epoch"] == line["epoch"])
                require(0 < abs(line["train_loss"] - epoch["train_loss"]) < 0.3 * epoch["train_loss"], f"{line} {epoch}")
        with suite.case("the event file holds the same curves and a picture an epoch, every checksum right"):
            known = events(whole)
            for line in (line for line in figures if line["kind"] == "epoch"):
                for name in ("loss", "reconstruction", "kl"):
                    for part in ("train", "test"):
                        require(
                            known[f"{name}/{part}"][line["step"]] == numpy.float32(line[f"{part}_{name}"]),
                            f"{name}/{part} at step {line['step']}")
                for name in ("samples", "reconstructions"):
                    image = dict(event_file.fields(known[name][line["step"]]))
                    picture = Image.open(io.BytesIO(image[4]))
                    require((image[2], image[1], image[3]) == (*picture.size, 1), f"{name}: {picture.size}")
                histogram = dict(event_file.fields(known["kl/per_dimension"][line["step"]]))
                require(sum(numpy.frombuffer(histogram[7], "<f8")) == 4 == histogram[3], "the histogram counts four")
                suite.close("sum of the histogram", histogram[4], line["test_kl"], 1e-4)
            require(image[4] == whole.with_suffix(".reconstructions.png").read_bytes(), "the last picture is the file")
        with suite.case("the report is a page of its own"):
            require("8 epochs on" in check_page(whole, epochs=8), "its first line")
        with suite.case("killed and resumed, the reports are those of an uninterrupted run"):
            again = folder / "again" / "shapes.safetensors"
            require(killed(again) == -signal.SIGKILL, "the run ended by itself")
            with open(again.with_suffix(".metrics.jsonl"), "a", encoding="utf-8") as file:
                file.write('{"active_units":4,"be')
            status, text = train(again, "--resume")
            require(status == 0, text)
            require(lines(again) == figures, f"{lines(again)}\n{figures}")
            require(events(again) == known, "the events differ")
            check_page(again, epochs=8)
        with suite.case("an interrupted run has its report, with the way to go on"):
            stopped = folder / "stopped" / "shapes.safetensors"
            process = subprocess.Popen(
                [TRAINER, "train", "--out", str(stopped), *FLAGS], stdout=subprocess.PIPE, text=True)
            for line in process.stdout:
                if line.startswith("epoch"):
                    break
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            require(process.wait(timeout=60) == 130, "its exit status")
            done = len([line for line in lines(stopped) if line["kind"] == "epoch"])
            page = check_page(stopped, epochs=done)
            require("was interrupted" in page and "vae-trainer train --resume --out" in page, "the way to go on")
        with suite.case("a disk that is full costs reports, not the run"):
            def limited():
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

            full = folder / "full" / "shapes.safetensors"
            limit = 400_000  # the state to resume from is 312 kB, the pictures of 40 epochs some 1.4 MB
            flags = ["--hidden", "16", "--latent", "4", "--epochs", "40", "--threads", "2"]
            status, text = train(full, *flags, preexec_fn=limited, restore_signals=False)
            require(status == 0, text)
            require(text.count("warning: ") == 1 and ".tensorboard" in text and "File too large" in text, text)
            (path,) = full.with_suffix(".tensorboard").iterdir()
            require(0 < path.stat().st_size <= limit, f"{path.stat().st_size} bytes")
            require("loss/test" in event_file.points(path.read_bytes()), "the records that fitted are whole")
            require(full.exists() and full.with_suffix(".report.html").exists(), "checkpoint and page")
