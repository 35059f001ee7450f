"""vae-trainer import: state_dicts made with numpy, and with PyTorch where there is one, as checkpoints; and back.

PyTorch is that of the Python in VAE_TORCH_PYTHON, or else of the Python that runs the suite."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy
from safetensors.numpy import load_file, save_file

from checkpoints import join
from reference import ReferenceModel
from support import Server, require

TRAINER = os.environ.get("VAE_TRAINER_BINARY", ".build/release/vae-trainer")
TORCH_PYTHON = os.environ.get("VAE_TORCH_PYTHON", sys.executable)
README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
RENAMES = ["--rename", "fc1=encoder.0", "fc21=mu", "fc22=sigma", "fc3=decoder.0", "fc4=decoder.2"]
#: Of pytorch/examples, vae/main.py.
PYTORCH_EXAMPLE = """
import torch
from torch import nn
from torch.nn import functional as F

class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc21 = nn.Linear(400, 20)
        self.fc22 = nn.Linear(400, 20)
        self.fc3 = nn.Linear(20, 400)
        self.fc4 = nn.Linear(400, 784)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)
"""


def config(pixels=(1, 4, 5), hidden=7, latent=3):
    def linear(inputs, outputs):
        return {"type": "linear", "in": inputs, "out": outputs}

    count = int(numpy.prod(pixels))
    return {"input": list(pixels), "latent": latent, "likelihood": "bernoulli", "sigma": "log_variance",
            "log_variance_clamp": [-10, 10], "encoder": [linear(count, hidden), {"type": "relu"}],
            "decoder": [linear(latent, hidden), {"type": "relu"}, linear(hidden, count)]}


def state_dict(generator, pixels=20, hidden=7, latent=3):
    """The example's names, with other sizes."""
    shapes = {"fc1": (hidden, pixels), "fc21": (latent, hidden), "fc22": (latent, hidden), "fc3": (hidden, latent),
              "fc4": (pixels, hidden)}
    tensors = {}
    for name, (outputs, inputs) in shapes.items():
        tensors[f"{name}.weight"] = generator.normal(0, inputs**-0.5, (outputs, inputs)).astype(numpy.float32)
        tensors[f"{name}.bias"] = generator.normal(0, 0.1, outputs).astype(numpy.float32)
    return tensors


def save_bfloat16(tensors, path):
    """numpy has no bfloat16: the upper halves of float32, under a header written by hand."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        upper = (tensor.view(numpy.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": "BF16", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(upper)]}
        data += upper
    path.write_bytes(join(header, data))


def import_model(folder, *flags, state="state.safetensors", out="out/model.safetensors", renames=RENAMES):
    """(status, printed)."""
    done = subprocess.run(
        [TRAINER, "import", str(folder / state), "--config", str(folder / "config.json"), "--out", str(folder / out),
         *renames, *flags], capture_output=True, text=True, timeout=120)
    require("Fatal" not in done.stderr, done.stderr)
    return done.returncode, done.stdout + done.stderr


def from_numpy(suite, folder):
    generator = numpy.random.default_rng(5)
    tensors = state_dict(generator)
    (folder / "config.json").write_text(json.dumps(config()))
    x = generator.random((6, 20), numpy.float32)
    kinds = {
        "F32": lambda path: save_file(tensors, path),
        "F64": lambda path: save_file({name: tensor.astype(numpy.float64) for name, tensor in tensors.items()}, path),
        "F16": lambda path: save_file({name: tensor.astype(numpy.float16) for name, tensor in tensors.items()}, path),
        "BF16": lambda path: save_bfloat16(tensors, path),
    }
    for kind, save in kinds.items():
        with suite.case(f"a state_dict of {kind} is imported, agrees with numpy, and is served"):
            save(folder / "state.safetensors")
            status, text = import_model(folder)
            require(status == 0 and kind in text, text)
            model = ReferenceModel(folder / "out" / "model.safetensors")
            for old, new in (rename.split("=") for rename in RENAMES[1:]):
                exact = tensors[f"{old}.weight"]
                exact = exact.astype(numpy.float16) if kind == "F16" else exact
                if kind == "BF16":
                    exact = (exact.view(numpy.uint32) & 0xFFFF0000).view(numpy.float32)
                require(numpy.array_equal(model.weights[f"{new}.weight"], exact.astype(numpy.float64)), f"{new}.weight")
            mu, sigma, _ = model.encode(x)
            expected = {"x": x, "mu": mu, "sigma": sigma, "decoded": model.logits(mu)}
            save_file({name: numpy.ascontiguousarray(value) for name, value in expected.items()}, folder / "expected")
            status, text = import_model(folder, "--expected", str(folder / "expected"))
            require(status == 0 and all(name in text for name in ("mu", "sigma", "decoded", "6 images")), text)
            with Server(folder / "out") as server:
                suite.close("mu of an imported model", server.post("/v1/encode", {"images": x.tolist()})["mu"], mu)

    save_file(tensors, folder / "state.safetensors")
    (folder / "out" / "model.safetensors").unlink()
    with suite.case("what is expected may lie apart from the images"):
        save_file({"x": x.reshape(6, 1, 4, 5)}, folder / "x")
        model = state_reference(folder, tensors)
        save_file({"mu": numpy.ascontiguousarray(model.encode(x)[0])}, folder / "mu")
        flags = ["--input-example", str(folder / "x"), "--expected", str(folder / "mu")]
        status, text = import_model(folder, *flags)
        require(status == 0 and "mu: as expected" in text, text)
        (folder / "out" / "model.safetensors").unlink()

    def refused(what, words, *flags, renames=RENAMES, state="state.safetensors", **changes):
        with suite.case(f"{what}: refused, and nothing is written"):
            (folder / "config.json").write_text(json.dumps({**config(), **changes}))
            status, text = import_model(folder, *flags, renames=renames, state=state)
            require(status != 0 and all(word in text for word in words), f"{status}: {text}")
            require(not list((folder / "out").iterdir()), f"{list((folder / 'out').iterdir())}")

    refused("other numbers than expected", ["mu differs", "row", "should be", "--tolerance"], "--expected", str(folder / "mu"),
            "--input-example", str(folder / "x"), sigma="log_sigma", encoder=[*config()["encoder"][:1], {"type": "tanh"}])
    refused("no renames", ["missing: decoder.0.bias [7]", "unexpected: fc1.bias [7]", "fc1=encoder.0"], renames=[])
    refused("a rename of nothing", ["fc9=mu", "fc1.bias"], renames=[*RENAMES, "fc9=mu"])
    refused("two renames of one", ["fc1=mu", "already"], renames=[*RENAMES, "fc1=mu"])
    refused("another shape", ["decoder.2.weight (fc4.weight) should have shape [20, 7]", "[7, 20]"],
            state=broken(folder, tensors, "fc4.weight", tensors["fc4.weight"].T))
    refused("whole numbers", ["mu.bias (fc21.bias)", "BF16, F16, F32, F64", "I64"],
            state=broken(folder, tensors, "fc21.bias", numpy.arange(3)))
    refused("a number that is none", ["fc3.bias", "element 2", "nan"],
            state=broken(folder, tensors, "fc3.bias", numpy.array([0, 0, *[numpy.nan] * 5], numpy.float32)))
    refused("a number beyond float32", ["fc3.bias", "element 0", "inf"],
            state=broken(folder, tensors, "fc3.bias", numpy.full(7, 1e300)))
    refused("an unknown layer", ["config.json", "gelu", "relu"], encoder=[{"type": "gelu"}])
    refused("a file that is not there", ["nowhere.safetensors", "No such file"], state="nowhere.safetensors")
    refused("a reference without images", ["\"x\" is missing"], "--expected", str(folder / "mu"))
    (folder / "config.json").write_text(json.dumps(config()))
    with suite.case("the folders of --out are created"):
        status, text = import_model(folder, out="new/er/model.safetensors")
        require(status == 0 and (folder / "new" / "er" / "model.safetensors").exists(), text)
    with suite.case("an --out that cannot be written is refused before anything is read"):
        (folder / "file").write_text("")
        status, text = import_model(folder, out="file/model.safetensors", state="nowhere.safetensors")
        require(status != 0 and "--out" in text and "is a file; expected a folder" in text and "nowhere" not in text, text)
    with suite.case("a name that the server would not find is refused"):
        status, text = import_model(folder, out="out/model.bin")
        require(status != 0 and ".safetensors" in text, text)


def state_reference(folder, tensors):
    """The numpy model of renamed tensors."""
    renames = dict(rename.split("=") for rename in RENAMES[1:])
    named = {f"{renames[name.split('.')[0]]}.{name.split('.')[1]}": tensor for name, tensor in tensors.items()}
    save_file(named, folder / "named.safetensors", metadata={"config": json.dumps(config())})
    return ReferenceModel(folder / "named.safetensors")


def broken(folder, tensors, name, tensor):
    """The name of a file in which one tensor is another."""
    save_file({**tensors, name: numpy.ascontiguousarray(tensor)}, folder / "broken.safetensors")
    return "broken.safetensors"


def snippets():
    """The blocks of the README's section about PyTorch: to save, the configuration, to import, and to load."""
    section = README.read_text().split("### From PyTorch and back")[1].split("\n### ")[0]
    return re.findall(r"^```\w+\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


def torch_python(text, folder):
    """Runs `text` where there is a PyTorch."""
    done = subprocess.run([TORCH_PYTHON, "-c", text], cwd=folder, capture_output=True, text=True, timeout=300)
    require(done.returncode == 0, done.stderr)


def all_layers(**changes):
    """A checkpoint with a layer of every kind, a learned scale, and tensors of an evaluation: (tensors, metadata)."""
    window = {"kernel": 3, "stride": 2, "padding": 1}
    configuration = {
        "input": [1, 6, 6], "latent": 4, "likelihood": {"type": "gaussian", "scale": "learned"},
        "sigma": "log_variance", "log_variance_clamp": [-10, 10],
        "encoder": [{"type": "conv2d", "in": 1, "out": 2, **window}, {"type": "leaky_relu", "slope": 0.2}, {"type": "silu"},
                    {"type": "flatten"}, {"type": "linear", "in": 18, "out": 4}, {"type": "tanh"}],
        "decoder": [{"type": "linear", "in": 4, "out": 18}, {"type": "sigmoid"}, {"type": "unflatten", "shape": [2, 3, 3]},
                    {"type": "relu"}, {"type": "conv_transpose2d", "in": 2, "out": 1, "output_padding": 1, **window}],
        **changes}
    shapes = {"encoder.0": (2, 1, 3, 3), "encoder.4": (4, 18), "mu": (4, 4), "sigma": (4, 4), "decoder.0": (18, 4),
              "decoder.4": (2, 1, 3, 3)}
    if configuration["sigma"] == "none":
        del shapes["mu"], shapes["sigma"], configuration["log_variance_clamp"]
    generator = numpy.random.default_rng(7)
    tensors = {"likelihood.log_scale": numpy.zeros(1, numpy.float32), "landmarks.prototypes": numpy.zeros((3, 4), numpy.float32)}
    for name, shape in shapes.items():
        tensors[f"{name}.weight"] = generator.normal(0, 0.4, shape).astype(numpy.float32)
        tensors[f"{name}.bias"] = generator.normal(0, 0.2, shape[1 if name == "decoder.4" else 0]).astype(numpy.float32)
    landmarks = {"prototypes": ["a", "b", "c"], "directions": []}
    return tensors, {"format": "vae-checkpoint", "version": "1", "config": json.dumps(configuration),
                     "landmarks": json.dumps(landmarks)}


def to_pytorch(suite, folder, models):
    """The README's way back, on the models that are served and on ones with whatever these do not have."""
    load = snippets()[3]
    require(load.count("models/vae.safetensors") == 1, load)
    files = sorted(pathlib.Path(models).resolve().glob("*.safetensors"))
    require(len(files) > 0, f"no models in {models}")
    for name, changes in {"all-layers": {}, "autoencoder": {"sigma": "none"}}.items():
        tensors, metadata = all_layers(**changes)
        save_file(tensors, folder / f"{name}.safetensors", metadata=metadata)
        done = subprocess.run([TRAINER, "inspect", folder / f"{name}.safetensors"], capture_output=True, text=True, timeout=60)
        require(done.returncode == 0, done.stdout + done.stderr)
        files.append(folder / f"{name}.safetensors")
    for path in files:
        with suite.case(f"the README's way to PyTorch gives numpy's codes and images: {path.name}"):
            reference = ReferenceModel(path)
            x = numpy.random.default_rng(3).random((3, *reference.shape), numpy.float32)
            linear = reference.config["encoder"][0]["type"] == "linear"
            save_file({"x": x.reshape(3, -1) if linear else x}, folder / "x.safetensors")
            torch_python(load.replace("models/vae.safetensors", str(path)) + "\n".join([
                "", "from safetensors.torch import load_file, save_file",
                "with torch.no_grad():",
                "    features = model['encoder'](load_file('x.safetensors')['x'])",
                "    mu = model['mu'](features) if 'mu' in model else features",
                "    decoded = model['decoder'](mu).flatten(1)",
                "save_file({'mu': mu, 'decoded': decoded.contiguous()}, 'found.safetensors')"]), folder)
            found = load_file(folder / "found.safetensors")
            features = reference.network("encoder", x.astype(numpy.float64))
            mu = features if reference.config["sigma"] == "none" else reference.linear("mu", features)
            suite.close("mu of a checkpoint in PyTorch", found["mu"], mu, 1e-4)
            suite.close("decoder's numbers of a checkpoint in PyTorch", found["decoded"], reference.logits(mu), 1e-3)


def from_pytorch(suite, folder):
    with suite.case("the README's way from PyTorch and back"):
        save, configuration, command, load = snippets()
        (folder / "vae.py").write_text(PYTORCH_EXAMPLE)
        (folder / "vae.json").write_text(configuration)
        (folder / "models").mkdir()
        torch_python(save, folder)
        words = command.replace("\\\n", " ").split()
        require(words[:2] == ["vae-trainer", "import"], command)
        done = subprocess.run(
            [pathlib.Path(TRAINER).resolve(), *words[1:]], cwd=folder, capture_output=True, text=True, timeout=120)
        require(done.returncode == 0 and "decoded: as expected" in done.stdout, done.stdout + done.stderr)
        torch_python(load + "\n".join([
            "", "from safetensors.torch import load_file", "reference = load_file('expected.safetensors')",
            "mu = model['mu'](model['encoder'](reference['x']))",
            "torch.testing.assert_close(mu, reference['mu'])",
            "torch.testing.assert_close(model['decoder'](mu), reference['decoded'])"]), folder)


def run(suite, models):
    with tempfile.TemporaryDirectory() as scratch:
        from_numpy(suite, pathlib.Path(scratch))
    with suite.case("the README has the snippets that are tested"):
        require(len(snippets()) == 4, f"{len(snippets())} blocks")
    if subprocess.run([TORCH_PYTHON, "-c", "import torch, safetensors"], capture_output=True).returncode != 0:
        print(f"  SKIPPED the README's way from PyTorch and back: no torch and safetensors in {TORCH_PYTHON}; "
              "VAE_TORCH_PYTHON may name a Python that has them")
        return
    with tempfile.TemporaryDirectory() as scratch:
        from_pytorch(suite, pathlib.Path(scratch))
    with tempfile.TemporaryDirectory() as scratch:
        to_pytorch(suite, pathlib.Path(scratch), models)
