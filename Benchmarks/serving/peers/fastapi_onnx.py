"""The same model behind FastAPI and ONNX Runtime: what vae-server is measured against.

    python3 -m venv .peer && .peer/bin/pip install -r Benchmarks/serving/peers/requirements.txt
    MODEL=models/mnist.safetensors .peer/bin/uvicorn --app-dir Benchmarks/serving/peers fastapi_onnx:app \
        --port 18081 --workers 2 --no-access-log

As fast as it is usually made: one intra-op thread a worker, orjson both ways, uvloop and httptools, PNG by Pillow at
compression level 1, no validation beyond what decoding needs.
"""

import io
import json
import os

import numpy
import onnx
import onnxruntime
import orjson
from fastapi import FastAPI, Request, Response
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from safetensors import safe_open

ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}

with safe_open(os.environ.get("MODEL", "models/mnist.safetensors"), framework="numpy") as file:
    CONFIG = json.loads(file.metadata()["config"])
    TENSORS = {name: file.get_tensor(name) for name in file.keys()}
LATENT, SHAPE = CONFIG["latent"], CONFIG["input"]
PIXELS = int(numpy.prod(SHAPE))


def session(layers, prefix, inputs, heads, last=None):
    """A chain of layers as an ONNX graph, ending in the linear `heads` or the activation `last`."""
    nodes, initializers, current = [], [], "input"

    def linear(name, source, target):
        for part in ("weight", "bias"):
            initializers.append(numpy_helper.from_array(TENSORS[f"{name}.{part}"], f"{name}.{part}"))
        nodes.append(helper.make_node("Gemm", [source, f"{name}.weight", f"{name}.bias"], [target], transB=1))

    for index, layer in enumerate(layers):
        target = f"{prefix}{index}"
        if layer["type"] == "linear":
            linear(f"{prefix}.{index}", current, target)
        else:
            nodes.append(helper.make_node(ACTIVATIONS[layer["type"]], [current], [target]))
        current = target
    outputs = []
    for head in heads:
        linear(head, current, f"{head}_out")
        outputs.append((f"{head}_out", LATENT))
    if last:
        nodes.append(helper.make_node(last, [current], ["output"]))
        outputs.append(("output", PIXELS))
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width]) for name, width in outputs]
    graph = helper.make_graph(
        nodes, prefix, [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, inputs])], values, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


ENCODER = session(CONFIG["encoder"], "encoder", PIXELS, ["mu", "sigma"])
DECODER = session(CONFIG["decoder"], "decoder", LATENT, [], "Sigmoid")
app = FastAPI()


@app.post("/v1/encode")
async def encode(request: Request):
    body = await request.body()
    if request.headers["content-type"] == "application/json":
        x = numpy.asarray(orjson.loads(body)["images"], numpy.float32).reshape(-1, PIXELS)
    else:
        image = Image.open(io.BytesIO(body)).convert("L").resize((SHAPE[2], SHAPE[1]))
        x = numpy.asarray(image, numpy.float32).reshape(1, PIXELS) / 255
    mu, log_variance = ENCODER.run(None, {"input": x})
    reply = {"model": "mnist", "mu": mu, "sigma": numpy.exp(0.5 * log_variance)}
    return Response(orjson.dumps(reply, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


@app.get("/v1/sample")
async def sample(n: int = 1, seed: int = 0, format: str = "json"):
    z = numpy.random.default_rng(seed).standard_normal((n, LATENT), numpy.float32)
    images = DECODER.run(None, {"input": z})[0].reshape(n, *SHAPE)
    if format == "json":
        reply = {"model": "mnist", "seed": seed, "z": z, "images": images}
        return Response(orjson.dumps(reply, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")
    side = int(numpy.ceil(n**0.5))
    height, width = SHAPE[1] + 2, SHAPE[2] + 2
    grid = numpy.zeros((side * height, side * width), numpy.uint8)
    for index, image in enumerate((images[:, 0] * 255 + 0.5).astype(numpy.uint8)):
        row, column = divmod(index, side)
        grid[row * height:row * height + SHAPE[1], column * width:column * width + SHAPE[2]] = image
    buffer = io.BytesIO()
    Image.fromarray(grid).save(buffer, "PNG", compress_level=1)
    return Response(buffer.getvalue(), media_type="image/png")
