#!/usr/bin/env python3
"""Rows per second of a checkpoint's encoder and decoder on one thread: ours, ONNX Runtime and OpenVINO by turns.

Every round measures each of them for a short while; the table has the median of the rounds. The peers get the same
weights as an ONNX graph made here, with inputs that are already in their memory.
"""

import argparse
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import numpy
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file, save_file

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BATCHES = {"encode": [1, 8, 32, 128], "decode": [1, 8, 32, 128]}
ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}


def convolutional_vae(path):
    """The 64×64 VAE of disentanglement_lib with random weights: its speed does not depend on them."""
    def window(kind, inputs, outputs):
        return {"type": kind, "in": inputs, "out": outputs, "kernel": 4, "stride": 2, "padding": 1}

    def linear(inputs, outputs):
        return {"type": "linear", "in": inputs, "out": outputs}

    relu = {"type": "relu"}
    config = {
        "input": [1, 64, 64], "latent": 10,
        "encoder": [
            window("conv2d", 1, 32), relu, window("conv2d", 32, 32), relu, window("conv2d", 32, 64), relu,
            window("conv2d", 64, 64), relu, {"type": "flatten"}, linear(1024, 256), relu],
        "decoder": [
            linear(10, 256), relu, linear(256, 1024), relu, {"type": "unflatten", "shape": [64, 4, 4]},
            window("conv_transpose2d", 64, 64), relu, window("conv_transpose2d", 64, 32), relu,
            window("conv_transpose2d", 32, 32), relu, window("conv_transpose2d", 32, 1)],
        "likelihood": "bernoulli", "sigma": "log_variance", "log_variance_clamp": [-10, 10],
    }
    random = numpy.random.default_rng(1)
    tensors = {}

    def fill(name, shape, fan_in):
        tensors[f"{name}.weight"] = (random.standard_normal(shape) * (2 / fan_in) ** 0.5).astype("f4")

    for part in ("encoder", "decoder"):
        for index, layer in enumerate(config[part]):
            if "in" not in layer:
                continue
            inputs, outputs, kernel = layer["in"], layer["out"], layer.get("kernel")
            shape = [outputs, inputs]
            if layer["type"] == "conv2d":
                shape += [kernel, kernel]
            elif layer["type"] == "conv_transpose2d":
                shape = [inputs, outputs, kernel, kernel]
            fill(f"{part}.{index}", shape, inputs * (kernel or 1) ** 2)
            tensors[f"{part}.{index}.bias"] = numpy.zeros(outputs, "f4")
    for head in ("mu", "sigma"):
        fill(head, [config["latent"], 256], 256)
        tensors[f"{head}.bias"] = numpy.zeros(config["latent"], "f4")
    save_file(tensors, path, metadata={"format": "vae-checkpoint", "version": "1", "config": json.dumps(config)})


def metadata(path):
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(length))["__metadata__"]


def graph(config, tensors, part):
    """The encoder with its head, or the decoder, as an ONNX model."""
    nodes, constants = [], []
    current = "x"

    def constant(name, values):
        constants.append(numpy_helper.from_array(numpy.ascontiguousarray(values), name))
        return name

    def add(operation, inputs, **attributes):
        nonlocal current
        current = f"value{len(nodes)}"
        nodes.append(helper.make_node(operation, inputs, [current], **attributes))

    shape = config["input"] if part == "encoder" else [config["latent"]]
    for index, layer in enumerate(config[part]):
        kind, name = layer["type"], f"{part}.{index}"
        if "in" in layer:
            weights = [constant(f"{name}.{which}", tensors[f"{name}.{which}"]) for which in ("weight", "bias")]
        if kind == "linear":
            add("Gemm", [current, *weights], transB=1)
        elif kind in ("conv2d", "conv_transpose2d"):
            attributes = {"kernel_shape": [layer["kernel"]] * 2, "strides": [layer["stride"]] * 2,
                          "pads": [layer["padding"]] * 4}
            if layer.get("output_padding"):
                attributes["output_padding"] = [layer["output_padding"]] * 2
            add("Conv" if kind == "conv2d" else "ConvTranspose", [current, *weights], **attributes)
        elif kind == "flatten":
            add("Flatten", [current])
        elif kind == "unflatten":
            add("Reshape", [current, constant(f"{name}.shape", numpy.array([-1, *layer["shape"]], "i8"))])
        elif kind == "leaky_relu":
            add("LeakyRelu", [current], alpha=layer.get("slope", 0.01))
        elif kind == "silu":
            before = current
            add("Sigmoid", [before])
            add("Mul", [before, current])
        else:
            add(ACTIVATIONS[kind], [current])
    outputs = ["rows", 2 * config["latent"]]
    if part == "decoder":
        *_, last = (layer for layer in config["decoder"] if "in" in layer)
        outputs = ["rows", last["out"]] if last["type"] == "linear" else ["rows", *config["input"]]
    if part == "encoder":
        if config["encoder"][0]["type"] == "linear":
            nodes.insert(0, helper.make_node("Flatten", ["x"], ["flat"]))
            nodes[1].input[0] = "flat"
        weight, bias = (numpy.concatenate([tensors[f"mu.{which}"], tensors[f"sigma.{which}"]])
                        for which in ("weight", "bias"))
        add("Gemm", [current, constant("head.weight", weight), constant("head.bias", bias)], transB=1)
    model = helper.make_model(
        helper.make_graph(
            nodes, part, [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", *shape])],
            [helper.make_tensor_value_info(current, TensorProto.FLOAT, outputs)], constants),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString(), shape


def rate(run, rows, seconds):
    """Rows per second of the fastest of five stretches, as the Swift side measures it."""
    run()
    best = 0.0
    for _ in range(5):
        runs, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds / 5:
            run()
            runs += 1
        best = max(best, runs * rows / elapsed)
    return best


class Peers:
    """Prepared runs of every peer for a checkpoint: {peer: {(direction, rows): function}}."""

    def __init__(self, path):
        config, tensors = json.loads(metadata(path)["config"]), load_file(path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        core = openvino.Core()
        self.runs = {"ONNX Runtime": {}, "OpenVINO f32": {}, "OpenVINO bf16": {}}
        random = numpy.random.default_rng(2)
        for direction, part in (("encode", "encoder"), ("decode", "decoder")):
            model, shape = graph(config, tensors, part)
            session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            for rows in BATCHES[direction]:
                x = random.random((rows, *shape)).astype("f4")
                self.runs["ONNX Runtime"][direction, rows] = lambda s=session, x=x: s.run(None, {"x": x})
            for precision in ("f32", "bf16"):
                compiled = core.compile_model(core.read_model(model), "CPU", {
                    "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision})
                for rows in BATCHES[direction]:
                    request = compiled.create_infer_request()
                    x = random.random((rows, *shape)).astype("f4")
                    request.set_input_tensor(openvino.Tensor(x, shared_memory=True))
                    self.runs[f"OpenVINO {precision}"][direction, rows] = lambda r=request, x=x: r.infer()


def ours(binary, path, precision, seconds):
    batches = [argument for rows in BATCHES["encode"] for argument in ("--batch", str(rows))]
    text = subprocess.run(
        [binary, path, "--precision", precision, "--seconds", str(seconds), *batches], check=True, capture_output=True,
        text=True, timeout=300).stdout
    found = {}
    for line in text.splitlines():
        words = line.split()
        if words[0] in BATCHES:
            found[words[0], int(words[1])] = float(words[2])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="vae-inference-benchmark")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="for each direction and batch size in a round")
    parser.add_argument("checkpoints", nargs="*")
    arguments = parser.parse_args()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        has_bf16 = "avx512_bf16" in file.read()
    with tempfile.TemporaryDirectory() as scratch:
        paths = arguments.checkpoints
        if not paths:
            shapes = REPOSITORY / "models" / "shapes.safetensors"
            if not shapes.exists():
                shapes = pathlib.Path(scratch) / "convolutional.safetensors"
                convolutional_vae(shapes)
            paths = [str(REPOSITORY / "models" / "mnist.safetensors"), str(shapes)]
        print(f"one thread; ONNX Runtime {onnxruntime.__version__}, OpenVINO {openvino.__version__.split('-')[0]}; "
              f"median of {arguments.rounds} rounds\n")
        print("| model | rows | ours f32 /s | ONNX Runtime /s | ratio | OpenVINO f32 /s | ratio | ours bf16 /s "
              "| OpenVINO bf16 /s | ratio |\n|---|---|---|---|---|---|---|---|---|---|")
        for path in paths:
            peers = Peers(path).runs
            rates = {}
            for number in range(arguments.rounds):
                print(f"{os.path.basename(path)}: round {number + 1} of {arguments.rounds}", file=sys.stderr)
                for precision in ("f32", "bf16") if has_bf16 else ("f32",):
                    for case, value in ours(arguments.binary, path, precision, arguments.seconds).items():
                        rates.setdefault((f"ours {precision}", case), []).append(value)
                for peer, runs in peers.items():
                    for case, run in runs.items():
                        rates.setdefault((peer, case), []).append(rate(run, case[1], arguments.seconds))
            name = os.path.basename(path).removesuffix(".safetensors")
            for direction, batches in BATCHES.items():
                for rows in batches:
                    median = {peer: statistics.median(values)
                              for (peer, case), values in rates.items() if case == (direction, rows)}

                    def against(mine, peer):
                        if mine not in median:
                            return "—"
                        return f"{median[mine] / median[peer]:.2f}×"

                    print(f"| {name} {direction} | {rows} | {median['ours f32']:,.0f} | {median['ONNX Runtime']:,.0f} "
                          f"| {against('ours f32', 'ONNX Runtime')} | {median['OpenVINO f32']:,.0f} "
                          f"| {against('ours f32', 'OpenVINO f32')} | {median.get('ours bf16', float('nan')):,.0f} "
                          f"| {median['OpenVINO bf16']:,.0f} | {against('ours bf16', 'OpenVINO bf16')} |", flush=True)


if __name__ == "__main__":
    main()
