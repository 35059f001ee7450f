"""The same models behind FastAPI and ONNX Runtime: what vae-server is measured against.

    scripts/setup.sh bench
    MODELS="models/mnist.safetensors models/shapes.safetensors" .venv-bench/bin/uvicorn \
        --app-dir Benchmarks/serving/peers fastapi_onnx:app --port 18081 --workers 2 --no-access-log
"""

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from service import make_app

ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}


class Graph:
    """A chain of layers as an ONNX graph."""

    def __init__(self, checkpoint, part):
        self.tensors, self.nodes, self.initializers = checkpoint.tensors, [], []
        self.input, self.current = checkpoint.input_shape(part), "input"
        for name, layer in checkpoint.layers(part):
            self.current = self.add(name, layer, self.current, f"after{len(self.nodes)}")

    def add(self, name, layer, source, target):
        match layer["type"]:
            case "linear":
                self.node("Gemm", [source, *self.parameters(name)], target, transB=1)
            case "conv2d" | "conv_transpose2d" as kind:
                self.node({"conv2d": "Conv", "conv_transpose2d": "ConvTranspose"}[kind],
                          [source, *self.parameters(name)], target, kernel_shape=[layer["kernel"]] * 2,
                          strides=[layer["stride"]] * 2, pads=[layer["padding"]] * 4)
            case "flatten":
                self.node("Flatten", [source], target)
            case "unflatten":
                shape = numpy_helper.from_array(numpy.array([-1, *layer["shape"]]), f"{target}.shape")
                self.initializers.append(shape)
                self.node("Reshape", [source, shape.name], target)
            case "silu":
                self.node("Sigmoid", [source], f"{target}.gate")
                self.node("Mul", [source, f"{target}.gate"], target)
            case activation:
                self.node(ACTIVATIONS[activation], [source], target)
        return target

    def node(self, kind, sources, target, **attributes):
        self.nodes.append(helper.make_node(kind, sources, [target], **attributes))

    def parameters(self, name):
        names = [f"{name}.weight", f"{name}.bias"]
        self.initializers += [numpy_helper.from_array(self.tensors[each], each) for each in names]
        return names

    def session(self, outputs):
        """`outputs` says how many dimensions each has."""
        def value(name, shape):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        graph = helper.make_graph(self.nodes, "part", [value("input", [None, *self.input])],
                                  [value(name, [None] * rank) for name, rank in outputs.items()], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


class Engine:
    """One intra-op thread a worker."""

    def __init__(self, checkpoint):
        encoder = Graph(checkpoint, "encoder")
        for head in ("mu", "sigma"):
            encoder.add(head, {"type": "linear"}, encoder.current, head)
        self.encoder = encoder.session({"mu": 2, "sigma": 2})
        decoder = Graph(checkpoint, "decoder")
        decoder.node("Sigmoid", [decoder.current], "pixels")
        self.decoder = decoder.session({"pixels": checkpoint.output_rank()})

    def encode(self, x):
        return self.encoder.run(None, {"input": x})

    def decode(self, z):
        return self.decoder.run(None, {"input": z})[0]


app = make_app(Engine)
