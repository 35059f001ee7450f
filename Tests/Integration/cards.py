"""What is said of a run: a page and a card that speak of the weights that were kept, in the words of their objective, and
lines for a shell that work."""

import json
import os
import pathlib
import re
import subprocess
import tempfile

from PIL import Image
from safetensors import safe_open

from support import Server, require

TRAINER = os.environ.get("VAE_TRAINER_BINARY", ".build/release/vae-trainer")
SMALL = ["--hidden", "16", "--latent", "4", "--epochs", "2", "--limit", "500", "--threads", "2"]
USERS = ["--data", "interactions:200x200", "--hidden", "16", "--latent", "4", "--epochs", "2", "--batch-size", "20",
         "--threads", "2"]
KINDS = {
    "vae": SMALL,
    "bound": ["--objective", "iwae", "--samples", "3", *SMALL],
    "conditional": ["--conditional", *SMALL],
    "autoencoder": ["--objective", "autoencoder", *SMALL],
    "classifier": ["--objective", "classifier", *SMALL],
    "mult-vae": USERS,
    "mult-dae": ["--objective", "autoencoder", *USERS],
}


def train(output, *flags):
    done = subprocess.run(
        [TRAINER, "train", "--out", str(output), *flags], capture_output=True, text=True, timeout=120)
    require(done.returncode == 0, done.stdout + done.stderr)
    return done.stdout


def calls(card):
    """The lines of a card that begin with curl, those that are continued in one."""
    use = card.partition("## Use")[2].replace("\\\n", " ")
    return [line for line in use.splitlines() if line.startswith("curl ")]


def stopped_early(suite, folder):
    output = folder / "early.safetensors"
    text = train(
        output, "--hidden", "32", "--latent", "4", "--epochs", "400", "--early-stopping", "2", "--validation", "1000",
        "--limit", "500", "--learning-rate", "3e-2", "--threads", "2")
    lines = [json.loads(line) for line in output.with_suffix(".metrics.jsonl").read_text().splitlines()]
    figures = [line["scalars"]["validation_loss"] for line in lines]
    best = lines[figures.index(min(figures))]
    page = output.with_suffix(".report.html").read_text()
    with suite.case("a run that stopped early says how many epochs were run, and which one's weights were kept"):
        require(len(lines) < 400 and best["epoch"] == len(lines) - 2, f"{figures}")
        kept = f"epoch {best['epoch']}, with the best −ELBO {min(figures):.2f} on 1000 validation images"
        require(f"{len(lines)} of at most 400 epochs on" in page and f"after {kept}" in page, page[:3000])
        require(f"| Weights kept | of {kept} |" in output.with_suffix(".md").read_text(), "the card")
        require(f"the weights after epoch {best['epoch']} are the best" in text, text)
        with safe_open(str(output), "numpy") as file:
            record = json.loads(file.metadata()["training"])
        require(record["epochs"] == len(lines), f"{record}")
        require(record["kept"]["epoch"] == best["epoch"], f"{record}")
        require(record["kept"]["measure"] == "validation_loss", f"{record}")
        require(record["train"]["loss"] == best["train_loss"], f"{record} {best}")
    with suite.case("its figures are those of the weights that were kept, and its axes end with the run"):
        require(f"{best['test_loss']:.2f}" != f"{lines[-1]['test_loss']:.2f}", "the two cannot be told apart")
        tiles = re.findall(r"<li><span>(.*?)</span><strong>(.*?)</strong>", page)
        require(("Test −ELBO", f"{best['test_loss']:.2f}") in tiles, f"{tiles}")
        require(f"test, epoch {best['epoch']}</th><td>{best['test_loss']:.2f}" in page, "the table")
        bars = dict(re.findall(r"dimension (\d+): ([\d.]+) nats", page))
        suite.close("KL of a bar", [float(bars[str(index)]) for index in range(4)], record["per_dimension_kl"], 5.1e-4)
        suite.close("KL of the weights kept", record["per_dimension_kl"], best["per_dimension_kl"], 1e-6)
        require(page.count('cx="548.0"') >= 6, "the last points do not lie at the right edge")
        ticks = [int(tick) for tick in re.findall(r'class="across" [^>]* y="261.0">(\d+)<', page)]
        require(ticks and max(ticks) <= len(lines), f"{ticks}")


def kinds(suite, folder):
    said, cards, pages = {}, {}, {}
    for name, flags in KINDS.items():
        place = folder / ("others" if name == "classifier" else "models")
        said[name] = train(place / f"{name}.safetensors", *flags)
        cards[name] = (place / f"{name}.md").read_text()
        pages[name] = (place / f"{name}.report.html").read_text()
    everything = {name: said[name] + cards[name] + pages[name] for name in KINDS}
    with suite.case("every kind of model is called what it is"):
        for name, begin in {
            "vae": "A variational autoencoder trained", "bound": "A variational autoencoder trained",
            "conditional": "A conditional variational autoencoder", "autoencoder": "An autoencoder trained",
            "classifier": "A classifier trained", "mult-vae": "A Mult-VAE (", "mult-dae": "A Mult-DAE (",
        }.items():
            require(cards[name].splitlines()[2].startswith(begin), f"{name}: {cards[name]}")
            require(("ELBO" in everything[name]) == (name in ("vae", "bound", "conditional", "mult-vae")), name)
            require(("nats per user" in everything[name]) == ("mult" in name), name)
        require("minimised: the importance-weighted bound of 3 draws" in said["bound"], said["bound"])
        require("classifier 784-16-4 relu, 3 classes" in said["classifier"], said["classifier"])
        for name in ("mult-vae", "mult-dae"):
            require("users, 200 items, " in said[name] and "users/s" in said[name], said[name])
            require("[C, H, W]" not in cards[name] and not re.search("images|pixels", everything[name]), name)
    with suite.case("pictures are of models that make some"):
        found = {path.name for path in folder.glob("*/*.png")}
        expected = {f"{name}.{kind}.png" for name in ("vae", "bound", "conditional") for kind in
                    ("samples", "reconstructions")} | {"autoencoder.reconstructions.png"}
        require(found == expected, f"{found ^ expected}")
        for name, card in cards.items():
            for path in re.findall(r"!\[.*?\]\((.*?)\)", card):
                require(path in found, f"{name}: {path}")
            require(pages[name].count("<img") == sum(path.startswith(name + ".") for path in found), name)
    with suite.case("every line of a card works"):
        require(not calls(cards["classifier"]), "the server takes no classifiers")
        Image.linear_gradient("L").resize((28, 28)).save(folder / "models" / "image.png")
        with Server(folder / "models") as server:
            for name in KINDS:
                lines = calls(cards[name])
                require(name == "classifier" or len(lines) == 2, f"{name}: {lines}")
                for line in lines:
                    done = subprocess.run(
                        line.replace("curl ", "curl -sS --fail-with-body ", 1)
                        .replace("localhost:8080", f"127.0.0.1:{server.port}"),
                        shell=True, cwd=folder / "models", capture_output=True, timeout=30)
                    require(done.returncode == 0, f"{line}: {done.stdout} {done.stderr}")
                    target = re.search(r" -o (\S+) ", line)
                    if target:
                        Image.open(folder / "models" / target.group(1)).load()
                    else:
                        require(json.loads(done.stdout)["model"] == name, f"{line}: {done.stdout}")


def run(suite, models):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        stopped_early(suite, folder)
        (folder / "kinds").mkdir()
        kinds(suite, folder / "kinds")
