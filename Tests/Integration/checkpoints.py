"""Malformed checkpoints: refused with what was expected and found, beside a good one that is served; never a crash."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import struct
import tempfile

import numpy
from safetensors.numpy import save

from reference import ReferenceModel
from support import Server, require

#: Every reason names what should be there and what is, in one of these words.
WORDS = re.compile(
    r"expect|should|must|at most|take|found|missing|not have|unknown|neither|impossible|given|not valid|is not", re.I)


def small_checkpoint(seed=1, shape=(1, 6, 5), **changes):
    """The bytes of a VAE for images of `shape` with random weights."""
    generator = numpy.random.default_rng(seed)
    pixels, hidden, latent = int(numpy.prod(shape)), 16, 3
    shapes = {
        "encoder.0": (hidden, pixels), "mu": (latent, hidden), "sigma": (latent, hidden), "decoder.0": (hidden, latent),
        "decoder.2": (pixels, hidden)}
    tensors = {}
    for name, (outputs, inputs) in shapes.items():
        tensors[f"{name}.weight"] = generator.normal(0, inputs**-0.5, (outputs, inputs)).astype(numpy.float32)
        tensors[f"{name}.bias"] = generator.normal(0, 0.1, outputs).astype(numpy.float32)

    def linear(outputs, inputs):
        return {"type": "linear", "in": inputs, "out": outputs}

    config = {
        "input": list(shape), "latent": latent, "encoder": [linear(hidden, pixels), {"type": "relu"}],
        "decoder": [linear(hidden, latent), {"type": "relu"}, linear(pixels, hidden)], "likelihood": "bernoulli",
        "sigma": "log_variance", "log_variance_clamp": [-10, 10], **changes}
    metadata = {"format": "vae-checkpoint", "version": "1", "config": json.dumps(config), "license": "CC0-1.0"}
    return save(tensors, metadata)


def split(data):
    """The header as an object, and the tensors' bytes."""
    length = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + length]), data[8 + length:]


def join(header, tensors):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + tensors


def changed_headers(good):
    """(name, bytes): one field of the header made inconsistent at a time."""
    def variant(name, change):
        header, tensors = split(good)
        change(header)
        return name, join(header, tensors)

    def set_tensor(tensor, field, value):
        return lambda header: header[tensor].__setitem__(field, value)

    def set_config(*path_and_value):
        *path, value = path_and_value

        def change(header):
            config = json.loads(header["__metadata__"]["config"])
            target = config
            for step in path[:-1]:
                target = target[step]
            if value is None:
                del target[path[-1]]
            else:
                target[path[-1]] = value
            header["__metadata__"]["config"] = json.dumps(config)
        return change

    def set_metadata(key, value):
        return lambda header: header["__metadata__"].__setitem__(key, value)

    header, tensors = split(good)
    for tensor in (name for name in header if name != "__metadata__"):
        begin, end = header[tensor]["data_offsets"]
        shape = header[tensor]["shape"]
        for field, values in {
            "dtype": ["F64", "F16", "BF16", "I32", "f32", "", 7, None],
            "shape": [shape + [1, 2], shape[:-1], [-1], [2**62, 4], [0], [shape[0] + 1, *shape[1:]], "x", None,
                      [1.5]],
            "data_offsets": [[begin + 4, end + 4], [begin, end + 4], [end, begin], [begin], [-4, end], [begin, 2**63],
                             [0, 1 << 50], "x", None],
        }.items():
            for value in values:
                yield variant(f"{tensor} {field} {value}", set_tensor(tensor, field, value))
        yield variant(f"{tensor} renamed", lambda header, tensor=tensor: header.update(other=header.pop(tensor)))
        yield variant(f"{tensor} left out", lambda header, tensor=tensor: header.pop(tensor))
        yield variant(f"{tensor} without shape", lambda header, tensor=tensor: header[tensor].pop("shape"))
    for key, values in {
        "format": ["vae", ""], "version": ["0", "2", "one", ""], "config": ["", "{}", "[]", "null", "{"],
        "training": ["{", "[]", '{"epochs":"many"}'],
    }.items():
        for value in values:
            yield variant(f"metadata {key} {value!r}", set_metadata(key, value))
    for key in ("format", "version", "config"):
        yield variant(f"metadata without {key}", lambda header, key=key: header["__metadata__"].pop(key))
    yield variant("metadata with a number", set_metadata("more", 1))
    yield variant("no metadata", lambda header: header.pop("__metadata__"))
    for path, value in [
        (("input",), [1, 6, 6]), (("input",), [2, 3, 5]), (("input",), [30]), (("input",), [1, 0, 5]),
        (("input",), [1, -6, -5]), (("input",), [1, 2**40, 2**40]), (("input",), None), (("latent",), 4),
        (("latent",), 0), (("latent",), -3), (("latent",), 2**62), (("latent",), 2.5), (("latent",), None),
        (("encoder",), []), (("encoder",), None), (("encoder", 0, "in"), 31), (("encoder", 0, "out"), 17),
        (("encoder", 0, "out"), 2**60), (("encoder", 0, "out"), -1), (("encoder", 0, "type"), "dense"),
        (("encoder", 0, "type"), None), (("encoder", 1, "type"), "gelu"), (("decoder", 2, "out"), 29),
        (("decoder", 0, "in"), 2), (("decoder",), []), (("likelihood",), "poisson"), (("likelihood",), None),
        (("sigma",), "variance"), (("sigma",), None), (("log_variance_clamp",), [10, -10]),
        (("log_variance_clamp",), [0]), (("log_variance_clamp",), [-1e9, 1e9]), (("log_variance_clamp",), None),
    ]:
        yield variant(f"config {'.'.join(map(str, path))} {value}", set_config(*path, value))
    for name, text in [
        ("empty header", b""), ("header of blanks", b"   "), ("header is a list", b"[]"), ("header is null", b"null"),
        ("header is no JSON", b"{" + b"x" * 40), ("header nested deep", b'{"a":' * 5000), ("no tensors", b"{}"),
        ("header is not UTF-8", b'{"\xff\xfe":1}'),
    ]:
        yield name, join(text, tensors)
    for length in (0, 1, len(good), 2**31, 2**63 - 1, 2**64 - 1):
        yield f"header length {length}", struct.pack("<Q", length) + good[8:]
    for value in (numpy.nan, numpy.inf):
        yield f"a weight of {value}", good[:-4] + numpy.float32(value).tobytes()
    yield "bytes behind the tensors", good + bytes(4)
    yield "empty file", b""
    yield "7 bytes", bytes(7)
    yield "text", b"this is no checkpoint at all, but long enough to look at"


def refusals(log):
    """File name → reason, from the server's log."""
    found = re.findall(r"not serving \S*?([^/\s]+)\.safetensors: (.*)", log)
    return dict(found)


def start_with(files, directory):
    for name, data in files.items():
        (directory / f"{name}.safetensors").write_bytes(data)
    return Server(directory)


def run(suite, models):
    good = small_checkpoint()
    generator = random.Random(4)
    with tempfile.TemporaryDirectory() as scratch:
        directory = pathlib.Path(scratch)
        started = start_with({"good": good}, directory)
        with suite.case("the checkpoint that the bad ones are made from is good"), started as server:
            require(json.loads(server.get("/v1/models"))["default"] == "good", "it is not served")
            body = {"images": [[0.25] * 30]}
            reference = ReferenceModel(directory / "good.safetensors")
            suite.close("encode mu", server.post("/v1/encode", body)["mu"], reference.encode([[0.25] * 30])[0])

        variants = list(changed_headers(good))
        cuts = sorted(generator.sample(range(len(good)), 200))
        groups = {
            "cut at 200 places": [(f"cut at byte {cut}", good[:cut]) for cut in cuts],
            "one header field changed": variants,
        }
        for group, bad in groups.items():
            names = {f"bad{index:04}": what for index, (what, _) in enumerate(bad)}
            files = {name: data for name, (_, data) in zip(names, bad)}
            with suite.case(f"{group}: the good model is served"), start_with(files, directory) as server:
                listing = json.loads(server.get("/v1/models"))
                reasons = refusals(server.logged())
                for name, what in names.items():
                    with suite.case(f"{what}: refused with what was expected and found"):
                        require(name in reasons, "it was not refused")
                        require(WORDS.search(reasons[name]), f"the reason says neither: {reasons[name]!r}")
                require([model["name"] for model in listing["models"]] == ["good"], f"{listing['models']}")
                require(server.stop() == 0, "the exit status is not 0")
            for name in files:
                (directory / f"{name}.safetensors").unlink()
        print(f"  checkpoints: {sum(map(len, groups.values()))} malformed files")

        with suite.case("random bytes in the header: refused or served, never a crash"):
            length = 8 + struct.unpack("<Q", good[:8])[0]
            files = {}
            for index in range(400):
                data = bytearray(good)
                for _ in range(generator.choice((1, 1, 2, 8))):
                    data[generator.randrange(length)] = generator.randrange(256)
                files[f"noise{index:03}"] = bytes(data)
            with start_with(files, directory) as server:
                served = {model["name"] for model in json.loads(server.get("/v1/models"))["models"]}
                refused = refusals(server.logged())
                require("good" in served and not served & set(refused), "good is not served, or another is both")
                require(served | set(refused) >= set(files), "a file is neither served nor refused")
                require(server.stop() == 0, "the exit status is not 0")
            for name in files:
                (directory / f"{name}.safetensors").unlink()

        with suite.case("a directory, a dangling link and an unreadable name are refused, the good one is served"):
            (directory / "folder.safetensors").mkdir()
            (directory / "dangling.safetensors").symlink_to("nowhere")
            os.mkfifo(directory / "pipe.safetensors")
            with Server(directory) as server:
                require(
                    set(refusals(server.logged())) == {"folder", "dangling", "pipe"}, f"refused: {server.logged()}")
                require(server.get("/v1/sample?n=1&seed=1"), "the good model is not served")
            (directory / "folder.safetensors").rmdir()
            (directory / "dangling.safetensors").unlink()
            (directory / "pipe.safetensors").unlink()

        with suite.case("default.safetensors as a link names the default model"):
            (directory / "zebra.safetensors").write_bytes(small_checkpoint(2))
            (directory / "default.safetensors").symlink_to("zebra.safetensors")
            with Server(directory) as server:
                listing = json.loads(server.get("/v1/models"))
                require(listing["default"] == "zebra", f"default {listing['default']}")
                require([model["name"] for model in listing["models"]] == ["good", "zebra"], "the link is a model too")
            with Server(directory, "--default-model", "good") as server:
                require(json.loads(server.get("/v1/models"))["default"] == "good", "the flag does not win")
            (directory / "default.safetensors").unlink()

        with suite.case("an unknown --default-model is refused with the names there are"):
            fails(directory, "--default-model", "nobody", mentions=["nobody", "good", "zebra"])

        for file in directory.iterdir():
            file.unlink()
        with suite.case("no checkpoint: exit status 1 and what to do"):
            fails(directory, mentions=[str(directory), "vae-trainer"])
        with suite.case("only bad ones: exit status 1 and every reason"):
            (directory / "short.safetensors").write_bytes(good[:100])
            (directory / "text.safetensors").write_bytes(b"this is text")
            fails(directory, mentions=["short.safetensors", "text.safetensors"])
        with suite.case("a default model that is refused: the reason is told"):
            (directory / "good.safetensors").write_bytes(good)
            (directory / "default.safetensors").symlink_to("short.safetensors")
            fails(directory, mentions=["short", "header"])
        shutil.rmtree(directory / "none", ignore_errors=True)
        with suite.case("no such directory: exit status 1 and the reason"):
            fails(directory / "none", mentions=["No such file"])


def fails(directory, *flags, mentions):
    with Server(directory, *flags, wait=False) as server:
        status = server.process.wait(20)
        log = server.logged()
        require(status == 1, f"exit status {status}: {log}")
        for part in mentions:
            require(part in log, f"{part!r} is not mentioned: {log}")
        require(status != -signal.SIGSEGV and "Fatal error" not in log, log)
