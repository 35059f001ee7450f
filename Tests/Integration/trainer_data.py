"""Every kind of data that vae-trainer reads: a small model is trained from each, and every wrong file is refused by name."""

import gzip
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image

from support import digits, require
from trainer import TRAINER, train, weights_of

TINY = ["--hidden", "16", "--latent", "2", "--epochs", "1", "--threads", "2", "--batch-size", "16"]


class Runs:
    """Trainings into one folder, each a new file."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def target(self):
        self.count += 1
        return self.folder / f"{self.count}.safetensors"

    def train(self, data, *flags):
        """(what was printed, the checkpoint) of a training that must succeed."""
        target = self.target()
        status, text = train(target, "--data", str(data), *TINY, *flags)
        require(status == 0, text)
        return text, target

    def shape_of(self, data, *flags):
        """`60 + 12 images [1, 8, 8]` of the line that a training begins with."""
        text, _ = self.train(data, *flags)
        line = next(line for line in text.splitlines() if " images [" in line)
        return line.split(": ", 1)[1].split("]")[0] + "]"

    def refuses(self, data, *words, flags=()):
        """Requires a refusal in one line that holds all `words`, before anything is written."""
        target = self.target()
        status, text = train(target, "--data", str(data), *TINY, *flags)
        require(status != 0, f"{data}: it trained: {text}")
        line = text.splitlines()[0]
        require(line.startswith("Error: "), f"{data}: {text}")
        for word in words:
            require(word in line, f"{data}: expected {word!r} in {line!r}")
        require(not target.exists(), f"{data}: it left a file behind")


def write_idx(path, array, packed=False):
    extents = b"".join(extent.to_bytes(4, "big") for extent in array.shape)
    data = bytes([0, 0, 8, array.ndim]) + extents + array.tobytes()
    path.write_bytes(gzip.compress(data) if packed else data)


def idx_folder(folder, labels=60):
    folder.mkdir(parents=True, exist_ok=True)
    write_idx(folder / "train-images-idx3-ubyte.gz", digits(60, 8, 8), packed=True)
    write_idx(folder / "train-labels-idx1-ubyte", numpy.arange(labels, dtype=numpy.uint8) % 10)
    write_idx(folder / "t10k-images-idx3-ubyte", digits(12, 8, 8, seed=1))
    return folder


def image_folder(folder, kind="png", side=8, colour=True, parts=("train", "test")):
    """Folders of two classes below each part."""
    for part in parts:
        for number, name in enumerate(("cats", "dogs")):
            place = folder / part / name
            place.mkdir(parents=True)
            count = 30 if part != "test" else 6
            for index, image in enumerate(digits(count, side, side, seed=number)):
                picture = Image.fromarray(image)
                if colour:
                    picture = Image.merge("RGB", (picture, picture.rotate(90), picture.rotate(180)))
                picture.save(place / f"{index:04}.{kind}")
    return folder


def cifar_folder(folder):
    folder.mkdir()
    generator = numpy.random.default_rng(3)
    for name in ("data_batch_1", "data_batch_2", "test_batch"):
        records = generator.integers(0, 256, (20, 3073), dtype=numpy.uint8)
        records[:, 0] %= 10
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    return folder


def kinds(suite, folder, runs):
    images = digits(60, 8, 8)
    with suite.case("IDX files, plain and packed"):
        require(runs.shape_of(idx_folder(folder / "idx")) == "60 + 12 images [1, 8, 8]", "the shape")
    with suite.case("folders of PNG and JPEG, grey and colour, with and without a test folder"):
        for kind, colour, parts, expected in [
            ("png", True, ("train", "test"), "60 + 12 images [3, 8, 8]"),
            ("jpg", True, ("train", "test"), "60 + 12 images [3, 8, 8]"),
            ("jpeg", False, ("",), "54 + 6 images [1, 8, 8]"),
        ]:
            place = image_folder(folder / f"images-{kind}", kind, colour=colour, parts=parts)
            found = runs.shape_of(place)
            require(found == expected, f"{kind}: {found}")
    with suite.case(".npy and .npz of bytes and floats"):
        numpy.save(folder / "bytes.npy", images)
        numpy.save(folder / "floats.npy", images.astype("float32") / 255)
        numpy.save(folder / "doubles.npy", images.reshape(60, 64) / 255)
        colour = numpy.stack([images, images, images], axis=3)
        numpy.save(folder / "last.npy", colour)
        numpy.save(folder / "first.npy", colour.transpose(0, 3, 1, 2).copy())
        labels = numpy.arange(60) % 10
        numpy.savez(folder / "stored.npz", x_train=images, y_train=labels, x_test=images[:12], y_test=labels[:12])
        numpy.savez_compressed(folder / "packed.npz", train=images, test=images[:12])
        numpy.savez_compressed(folder / "alone.npz", images)
        for name, expected in [
            ("bytes.npy", "54 + 6 images [1, 8, 8]"), ("floats.npy", "54 + 6 images [1, 8, 8]"),
            ("doubles.npy", "54 + 6 images [1, 1, 64]"), ("last.npy", "54 + 6 images [3, 8, 8]"),
            ("first.npy", "54 + 6 images [3, 8, 8]"), ("stored.npz", "60 + 12 images [1, 8, 8]"),
            ("packed.npz", "60 + 12 images [1, 8, 8]"), ("alone.npz", "54 + 6 images [1, 8, 8]"),
        ]:
            found = runs.shape_of(folder / name)
            require(found == expected, f"{name}: {found}")
    with suite.case("bytes and floats of the same images give the same weights"):
        first, second = (runs.train(folder / name)[1] for name in ("bytes.npy", "floats.npy"))
        require(weights_of(first) == weights_of(second), "the weights differ")
        first, second = (runs.train(folder / name)[1] for name in ("last.npy", "first.npy"))
        require(weights_of(first) == weights_of(second), "channels last and first differ")
    with suite.case("CIFAR-10, drawn shapes"):
        require(runs.shape_of(cifar_folder(folder / "cifar")) == "40 + 20 images [3, 32, 32]", "CIFAR-10")
        require(runs.shape_of("shapes:28", "--limit", "64") == "64 + 2000 images [1, 28, 28]", "shapes")
    with suite.case("the values are those that Pillow reads and resizes"):
        # A model with next to no weights: what it learns in no step at all is the mean image, its output bias.
        place = folder / "images-png"
        text, target = runs.train(place, "--image-size", "5x7", "--learning-rate", "1e-30")
        rows = []
        for path in sorted((place / "train").glob("*/*.png")):
            small = Image.open(path).resize((5, 7), Image.BILINEAR, reducing_gap=None)
            rows.append(numpy.asarray(small, dtype=numpy.float64).transpose(2, 0, 1).ravel() / 255)
        from safetensors.numpy import load_file
        weights = load_file(target)
        biases = [value for name, value in weights.items() if name.startswith("decoder") and value.shape == (105,)]
        require(len(biases) == 1, f"tensors {[(name, value.shape) for name, value in weights.items()]}")
        mean = 1 / (1 + numpy.exp(-biases[0].astype(numpy.float64)))
        suite.close("mean of resized images", mean, numpy.mean(rows, axis=0), tolerance=3e-3)


def options(suite, folder, runs):
    place = folder / "images-jpg"
    with suite.case("size, crop, colour, splits and limits"):
        for flags, expected in [
            (["--image-size", "6"], "60 + 12 images [3, 6, 6]"), (["--image-size", "6x4"], "60 + 12 images [3, 4, 6]"),
            (["--crop", "5", "--colour", "grey"], "60 + 12 images [1, 5, 5]"),
            (["--validation", "10"], "50 + 12 images [3, 8, 8]"),
            (["--validation", "10", "--limit", "20"], "20 + 12 images [3, 8, 8]"),
        ]:
            found = runs.shape_of(place, *flags)
            require(found == expected, f"{flags}: {found}")
        require(runs.shape_of(folder / "idx", "--image-size", "10", "--colour", "rgb") == "60 + 12 images [3, 10, 10]",
                "images in memory")
        require(runs.shape_of(folder / "bytes.npy", "--test-fraction", "0.5") == "30 + 30 images [1, 8, 8]", "a half")
    with suite.case("the card's command reads the same data again"):
        flags = ["--image-size", "6x4", "--crop", "7", "--colour", "grey", "--validation", "7", "--limit", "40"]
        _, target = runs.train(place, *flags)
        card = target.with_suffix(".md").read_text()
        require("--crop 7 --image-size 6x4 --colour grey --validation 7 --limit 40" in card, card)
        _, other = runs.train(place, *flags)
        require(weights_of(target) == weights_of(other), "the same flags gave other weights")
    with suite.case("what is kept in memory does not change what is learned"):
        first, second = (runs.train(place, "--image-memory", size)[1] for size in ("0", "64"))
        require(weights_of(first) == weights_of(second), "the weights differ")
    with suite.case("a model is evaluated on data of every kind, if they are converted to its shape"):
        _, target = runs.train(place)
        def evaluate(*flags):
            done = subprocess.run([TRAINER, "evaluate", "--model", str(target), *flags], capture_output=True,
                                  text=True, timeout=60)
            return done.returncode, done.stdout + done.stderr
        status, text = evaluate("--data", str(folder / "idx"), "--colour", "rgb")
        require(status == 0 and "12 test images" in text, text)
        status, text = evaluate("--data", str(folder / "idx"))
        require(status != 0 and "[3, 8, 8]" in text and "[1, 8, 8]" in text and "--colour" in text, text)
    with suite.case("values of any range are scaled"):
        numpy.save(folder / "symmetric.npy", digits(60, 8, 8).astype("float32") / 127.5 - 1)
        first = runs.train(folder / "symmetric.npy", "--value-range", "-1:1")[0]
        require("value-range" not in first.splitlines()[0], first)
    with suite.case("flags that cannot work are refused with what would"):
        for flags, words in [
            (["--image-size", "0"], ["--image-size 0", "64x48"]), (["--crop", "9"], ["--crop 9", "8×8"]),
            (["--colour", "sepia"], ["sepia", "grey", "rgb"]), (["--validation", "60"], ["--validation 60", "60"]),
            (["--test-fraction", "0.2"], ["--test-fraction", "test set"]),
            (["--augment", "flip,spin"], ["flip,spin", "shift:N"]), (["--limit", "0"], ["--limit 0"]),
            (["--value-range", "0:255"], ["--value-range 0:255", ".npy"]),
            (["--image-memory", "-1"], ["--image-memory"]),
        ]:
            runs.refuses(place, *words, flags=flags)


def wrong_files(suite, folder, runs):
    def changed(name, change, source):
        """A copy of a file with `change` applied to its bytes."""
        data = bytearray((folder / source).read_bytes())
        path = folder / name
        path.write_bytes(change(data))
        return path

    with suite.case("wrong IDX files"):
        place = idx_folder(folder / "idx-labels", labels=59)
        runs.refuses(place, "train-labels-idx1-ubyte should have 60 labels", "it has 59")
        place = idx_folder(folder / "idx-short")
        images = place / "t10k-images-idx3-ubyte"
        images.write_bytes(images.read_bytes()[:-1])
        runs.refuses(place, str(images), "at byte 783", "expected 768 elements", "end of the file after 767")
    with suite.case("wrong arrays"):
        floats = digits(60, 8, 8).astype("float32") / 255
        for name, place, value, words in [
            ("nan", (3, 1, 2), numpy.nan, ["found nan in row 4, column 11", "nan_to_num"]),
            ("inf", (59, 7, 7), numpy.inf, ["found inf in row 60, column 64"]),
            ("large", (0, 0, 1), 255, ["found 255.0 in row 1, column 2", "--value-range 0:255"]),
        ]:
            broken = floats.copy()
            broken[place] = value
            numpy.save(folder / f"{name}.npy", broken)
            offset = 128 + 4 * numpy.ravel_multi_index(place, broken.shape)
            runs.refuses(folder / f"{name}.npy", f"{name}.npy: at byte {offset}: expected a value 0…1", *words)
            numpy.savez_compressed(folder / f"{name}.npz", x_train=broken, x_test=floats)
            runs.refuses(folder / f"{name}.npz", f"{name}.npz(x_train.npy): at byte {offset}", *words)
        numpy.save(folder / "wide.npy", digits(60, 8, 8).astype("int32"))
        runs.refuses(folder / "wide.npy", "expected uint8, float32 or float64", "found int32", "astype")
        numpy.save(folder / "cube.npy", numpy.zeros((2, 2, 2, 2, 2), dtype="uint8"))
        runs.refuses(folder / "cube.npy", "[N, C, H, W]", "found [2, 2, 2, 2, 2]")
        numpy.savez(folder / "labels.npz", x_train=digits(9, 8, 8), y_train=numpy.arange(8))
        runs.refuses(folder / "labels.npz", "labels.npz(y_train.npy) should have 9 labels", "it has 8")
        numpy.savez(folder / "negative.npz", x_train=digits(2, 8, 8), y_train=numpy.array([0, -3]))
        runs.refuses(folder / "negative.npz", "negative.npz(y_train.npy): at byte 136", "a label 0…255", "found -3")
        numpy.savez(folder / "names.npz", apples=digits(9, 8, 8), pears=digits(9, 8, 8))
        runs.refuses(folder / "names.npz", "x_train", "apples.npy, pears.npy")
        runs.refuses(changed("cut.npy", lambda data: data[:-5], "bytes.npy"), "at byte 3963", "end of the file")
        runs.refuses(changed("cut.npz", lambda data: data[:-9], "packed.npz"), "zip archive", "cut short")
        def damage(data):
            data[200] ^= 0xFF
            return data
        runs.refuses(changed("damaged.npz", damage, "packed.npz"), "train.npy undamaged", "fetch it again")
    with suite.case("wrong folders"):
        (folder / "empty").mkdir()
        runs.refuses(folder / "empty", "expected .png, .jpg or .jpeg files", "found an empty folder")
        (folder / "empty" / "notes.txt").write_text("none here")
        runs.refuses(folder / "empty", "found 1 other files, such as notes.txt")
        runs.refuses(folder / "nowhere", "nowhere", "there is no such file")
        (folder / "cifar" / "data_batch_2.bin").write_bytes(b"\x0b" * 3073)
        runs.refuses(folder / "cifar", "data_batch_2.bin: at byte 0", "a label 0…9", "found 11")
        (folder / "cifar" / "data_batch_2.bin").write_bytes(b"\x01" * 3072)
        runs.refuses(folder / "cifar", "data_batch_2.bin: at byte 3072", "whole records of 3073 bytes")
        archive = folder / "images.tar.gz"
        archive.write_bytes(gzip.compress(b"anything"))
        runs.refuses(archive, "images.tar.gz: is an archive; unpack it")
    with suite.case("wrong images"):
        place = image_folder(folder / "mixed", side=8)
        Image.new("RGB", (9, 6)).save(place / "train" / "cats" / "zzz.png")
        runs.refuses(place, "expected images of one size", "8×8", "zzz.png has 9×6 pixels", "--image-size 64")
        require(runs.shape_of(place, "--image-size", "8") == "61 + 12 images [3, 8, 8]", "resized")
        place = image_folder(folder / "broken", kind="jpg")
        victim = place / "train" / "dogs" / "0007.jpg"
        victim.write_bytes(victim.read_bytes()[:-40])
        runs.refuses(place, str(victim), "JPEG is corrupt")
        (place / "test" / "dogs" / "text.jpg").write_text("no picture")
        runs.refuses(place, "text.jpg: expected a PNG or JPEG, found 10 bytes that begin 6e 6f 20 70")
        text, _ = runs.train(place, "--skip-bad-images")
        require("60 + 12" not in text and "59 + 12 images" in text, text)
        for part, words in [("train", "1 of 60 images cannot be read"), ("test", "1 of 13 images cannot be read")]:
            require(words in text, f"{part}: {text}")
        require("note: " in text.splitlines()[0] and "0007.jpg" in text, text)


def run(suite, models):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        runs = Runs(folder / "out")
        kinds(suite, folder, runs)
        options(suite, folder, runs)
        wrong_files(suite, folder, runs)
