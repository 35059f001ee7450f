"""Recommendation from outside: files of users and items, a model trained on them, its ranking beside the baselines."""

import json
import pathlib
import subprocess
import tempfile

import numpy
from safetensors import safe_open
from safetensors.numpy import save_file

from evaluate import interrupted
from support import require
from trainer import TRAINER

# Users and items whose logits have low rank; what is needed to learn them in seconds.
DATA = "interactions:2000x500"
FLAGS = ["--hidden", "200", "--latent", "50", "--epochs", "20", "--batch-size", "100", "--evaluate-every", "20"]


def call(*arguments, timeout=120):
    done = subprocess.run([TRAINER, *map(str, arguments)], capture_output=True, text=True, timeout=timeout)
    return done.returncode, done.stdout + done.stderr


def table(text):
    """{recommender: [recall@20, recall@50, ndcg@100]}"""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("  ") if cell.strip()]
        if len(cells) == 4 and "±" in cells[1]:
            rows[cells[0].split(",")[0]] = [float(cell.split("±")[0]) for cell in cells[1:]]
    return rows


def metadata(path):
    with safe_open(str(path), "numpy") as file:
        return file.metadata()


def generated(suite, folder):
    model = folder / "mult-vae.safetensors"
    with suite.case("Mult-VAE beats truncated SVD and popularity on users it has not seen"):
        status, text = call("train", "--data", DATA, "--out", model, *FLAGS)
        require(status == 0, text)
        for rank in (8, 12, 16, 30):  # whatever suits the baseline best
            status, text = call("rank", "--data", DATA, "--model", model, "--svd-rank", rank)
            require(status == 0, text)
            rows = table(text)
            require(set(rows) == {"mult-vae.safetensors", "truncated SVD", "popularity"}, text)
            ours, svd, popularity = rows["mult-vae.safetensors"][2], rows["truncated SVD"][2], rows["popularity"][2]
            require(ours > svd + 0.01 and svd > popularity + 0.1, text)
        require("200 test users" in text, text)
    with suite.case("the validation's users are others, and measured by --validation"):
        status, other = call("rank", "--data", DATA, "--model", model, "--svd-rank", 30, "--validation")
        require(status == 0 and "200 validation users" in other and table(other) != table(text), other)
    with suite.case("the weights kept are those with the best NDCG@100 on the validation's users"):
        best = folder / "best.safetensors"
        flags = ["--hidden", "50", "--latent", "10", "--epochs", "12", "--batch-size", "100", "--learning-rate", "1e-2"]
        status, text = call("train", "--data", DATA, "--out", best, *flags)
        require(status == 0, text)
        lines = [json.loads(line) for line in best.with_suffix(".metrics.jsonl").read_text().splitlines()]
        figures = [line["scalars"]["validation_ndcg@100"] for line in lines if line["kind"] == "epoch"]
        require(len(figures) == 12 and max(figures) > figures[-1], f"nothing to choose: {figures}")
        kept = f"the weights after epoch {figures.index(max(figures)) + 1} are the best"
        require(kept in text and f"NDCG@100 {max(figures):.4f} on 200 validation users" in text, text)
        status, text = call("rank", "--data", DATA, "--model", best, "--validation")
        require(abs(table(text)["best.safetensors"][2] - max(figures)) < 1e-4, f"{max(figures)}: {text}")
        last = folder / "last.safetensors"
        status, text = call("train", "--data", DATA, "--out", last, *flags, "--select", "last")
        require(status == 0 and "are the best" not in text, text)
        status, text = call("rank", "--data", DATA, "--model", last, "--validation")
        require(table(text)["last.safetensors"][2] < max(figures) - 1e-4, text)
    with suite.case("the checkpoint carries the items' ids, and no pictures lie beside it"):
        items = json.loads(metadata(model)["items"])
        require(len(items) == 500 and len(set(items)) == 500 and "item7" in items, f"{items[:5]}")
        require(json.loads(metadata(model)["config"])["likelihood"] == "multinomial", metadata(model)["config"])
        require(not list(folder.glob("*.png")), "pictures of rows of items")
        card = (folder / "mult-vae.md").read_text()
        require("--data interactions:2000x500" in card and "choices among 500 items to 50 latent numbers" in card, card)
    with suite.case("Mult-DAE learns, too"):
        autoencoder = folder / "mult-dae.safetensors"
        status, text = call("train", "--data", DATA, "--out", autoencoder, "--objective", "autoencoder", *FLAGS)
        require(status == 0, text)
        status, text = call("rank", "--data", DATA, "--model", autoencoder)
        require(status == 0, text)
        rows = table(text)
        require(rows["mult-dae.safetensors"][2] > rows["popularity"][2] + 0.2, text)
    return model


def ratings(path, separator, header):
    """Triplets of 300 users in three tastes among 60 items; low ratings are noise."""
    random = numpy.random.default_rng(3)
    lines = [separator.join(("userId", "movieId", "rating", "timestamp"))] if header else []
    for user in range(300):
        for item in random.choice(20, 9, replace=False) + 20 * (user % 3):
            lines.append(separator.join((f"u{user}", f"film {item}", str(random.choice([4.0, 4.5, 5.0])), "7")))
        for item in random.choice(60, 3, replace=False):
            lines.append(separator.join((f"u{user}", f"film {item}", str(random.choice([0.5, 3.5])), "7")))
    path.write_text("\n".join(lines) + "\n")
    return path


def without(model, target, *keys):
    """Copies a checkpoint without some of what its training record says."""
    with safe_open(str(model), "numpy") as file:
        kept = file.metadata()
        training = {key: value for key, value in json.loads(kept["training"]).items() if key not in keys}
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        save_file(tensors, target, metadata={**kept, "training": json.dumps(training)})


def files(suite, folder, model):
    flags = ["--hidden", "16", "--latent", "4", "--epochs", "2", "--batch-size", "64", "--threads", "2"]
    with suite.case("the same triplets in any notation give the same model"):
        made = []
        for name, separator, header in [("a.csv", ",", True), ("b.dat", "::", False), ("c.tsv", "\t", False)]:
            output = folder / (name + ".safetensors")
            status, text = call("train", "--data", ratings(folder / name, separator, header), "--out", output, *flags)
            require(status == 0 and "240 + 30" in text, text)
            made.append(output.read_bytes()[8 + int.from_bytes(output.read_bytes()[:8], "little"):])
        require(made[0] == made[1] == made[2], "the weights differ")
        require(json.loads(metadata(folder / "a.csv.safetensors")["items"])[0] == "film 0", "the ids")
    with suite.case("a model is ranked on the data it was trained with, split as it was"):
        data = folder / "a.csv"
        for more, words in [
            (["--data", DATA, "--model", folder / "a.csv.safetensors"], ["60", "500"]),
            (["--data", data, "--model", model], ["500", "60"]),
            (["--data", data, "--model", folder / "a.csv.safetensors", "--minimum-items", "40"], ["--minimum-items"]),
            (["--data", data, "--model", folder / "a.csv.safetensors", "--svd-rank", "0"], ["--svd-rank 0"]),
        ]:
            status, text = call("rank", *more)
            require(status != 0 and all(word in text for word in words), f"{more}: {text}")
    with suite.case("rank asks about the users that the model has not learned from, without being told which"):
        data, split = folder / "a.csv", folder / "split.safetensors"
        status, text = call("train", "--data", data, "--out", split, *flags, "--split-seed", "5", "--held-out-users", "40")
        require(status == 0, text)
        kept = {"rating_above": 3.5, "minimum_items": 5, "held_out_users": 40, "split_seed": 5}
        require(json.loads(metadata(split)["training"])["interactions"] == kept, metadata(split)["training"])
        status, text = call("rank", "--data", data, "--model", split)
        require(status == 0 and "220 training users" in text and "40 for the test" in text, text)
        require(call("rank", "--data", data, "--model", split, "--split-seed", "5")[1] == text, "the same split")
        without(split, folder / "old.safetensors", "interactions")  # as before they were kept: the command has them
        status, old = call("rank", "--data", data, "--model", folder / "old.safetensors")
        require(status == 0 and table(old)["old.safetensors"] == table(text)["split.safetensors"], old)
        without(split, folder / "unknown.safetensors", "interactions", "command")
        for name, more, words in [
            ("split", ["--split-seed", "98765"], ["--split-seed 98765", "trained with 5", "learned from"]),
            ("old", ["--split-seed", "6"], ["--split-seed 6", "trained with 5"]),
            ("split", ["--rating-above", "3"], ["--rating-above 3", "3.5"]),
            ("a.csv", ["--held-out-users", "20"], ["--held-out-users 20", "a tenth"]),
            ("unknown", [], ["220 users", "240"]),
        ]:
            status, text = call("rank", "--data", data, "--model", folder / f"{name}.safetensors", *more)
            require(status != 0 and all(word in text for word in words), f"{more}: {text}")
    with suite.case("Ctrl-C ends a ranking: what is complete is printed, and what is not is named"):
        large, made = "interactions:3000x1000", folder / "large.safetensors"
        status, text = call("train", "--data", large, "--out", made, "--hidden", "8", "--latent", "2", "--epochs", "1")
        require(status == 0, text)
        for seconds in (2, 5, 15):  # until the machine is at the long part
            status, text = interrupted("rank", "--data", large, "--model", made, "--svd-rank", "300", seconds=seconds)
            if "without truncated SVD" in text:
                break
        require(status == 130 and "stopped, without truncated SVD, popularity" in text, f"{status}: {text}")
        require(list(table(text)) == ["large.safetensors"], text)
    with suite.case("what does not belong together is refused with the reason"):
        bad = folder / "bad.csv"
        bad.write_text("user,item,rating\nu1,i1,4\nu1,i2,five\n")
        for more, words in [
            (["--data", bad], ["bad.csv", "line 3", '"five"']),
            (["--data", folder / "a.csv", "--image-size", "28"], ["--image-size", "users and items"]),
            (["--data", "shapes:28", "--minimum-items", "3"], ["--minimum-items 3", "users and items only"]),
            (["--data", folder / "a.csv", "--minimum-items", "0"], ["--minimum-items 0"]),
            (["--data", folder / "a.csv", "--held-out-users", "150"], ["150", "--held-out-users"]),
            (["--data", folder / "none.csv"], ["none.csv"]),
        ]:
            status, text = call("train", "--out", folder / "none.safetensors", *more)
            require(status != 0 and all(word in text for word in words), f"{more}: {text}")


def run(suite, models):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files(suite, folder, generated(suite, folder))
