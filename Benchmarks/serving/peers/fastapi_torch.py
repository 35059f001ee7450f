"""The same models behind FastAPI and PyTorch: what vae-server is measured against. Started like fastapi_onnx.py."""

import torch
from service import make_app
from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "silu": nn.SiLU}
torch.set_num_threads(1)
torch.set_num_interop_threads(1)


def module(layer):
    match layer["type"]:
        case "linear":
            return nn.Linear(layer["in"], layer["out"])
        case "conv2d" | "conv_transpose2d" as kind:
            make = {"conv2d": nn.Conv2d, "conv_transpose2d": nn.ConvTranspose2d}[kind]
            return make(layer["in"], layer["out"], layer["kernel"], layer["stride"], layer["padding"])
        case "flatten":
            return nn.Flatten()
        case "unflatten":
            return nn.Unflatten(1, layer["shape"])
        case activation:
            return ACTIVATIONS[activation]()


class Chain(nn.Module):
    """The layers of one half, then its heads beside each other (none for the decoder, which ends in a sigmoid)."""

    def __init__(self, checkpoint, part, heads):
        super().__init__()
        layers = nn.Sequential()
        for index, (name, layer) in enumerate(checkpoint.layers(part)):
            layers.append(self.filled(module(layer), checkpoint.tensors, name))
        self.layers = layers if heads else layers.append(nn.Sigmoid())
        self.heads = nn.ModuleList()
        for head in heads:
            weight = checkpoint.tensors[f"{head}.weight"]
            self.heads.append(self.filled(nn.Linear(*weight.shape[::-1]), checkpoint.tensors, head))

    @staticmethod
    def filled(layer, tensors, name):
        if list(layer.parameters()):
            layer.load_state_dict({part: torch.tensor(tensors[f"{name}.{part}"]) for part in ("weight", "bias")})
        return layer

    def forward(self, x):
        x = self.layers(x)
        return [head(x) for head in self.heads] if len(self.heads) > 0 else [x]


class Engine:
    """One intra-op thread a worker. Traced, frozen and fused, with channels last: of what PyTorch offers this was the
    fastest for one row (`torch.compile` took 1.5 times as long, in its guards; eager 1.1 to 1.4 times)."""

    def __init__(self, checkpoint):
        def prepared(part, heads):
            chain = Chain(checkpoint, part, heads).eval().to(memory_format=torch.channels_last)
            with torch.inference_mode():
                row = torch.zeros(1, *checkpoint.input_shape(part))
                return torch.jit.optimize_for_inference(torch.jit.trace(chain, row))

        self.encoder, self.decoder = prepared("encoder", ("mu", "sigma")), prepared("decoder", ())

    def encode(self, x):
        with torch.inference_mode():
            return [part.numpy() for part in self.encoder(torch.from_numpy(x))]

    def decode(self, z):
        with torch.inference_mode():
            return self.decoder(torch.from_numpy(z))[0].numpy()


app = make_app(Engine)
