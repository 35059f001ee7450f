"""The model in numpy, in double precision, read from the checkpoint file alone: what the server's numbers must be."""

import json

import numpy
from PIL import Image
from safetensors import safe_open

ACTIVATIONS = {
    "relu": lambda x, _: numpy.maximum(x, 0),
    "tanh": lambda x, _: numpy.tanh(x),
    "sigmoid": lambda x, _: sigmoid(x),
    "silu": lambda x, _: x * sigmoid(x),
    "leaky_relu": lambda x, layer: numpy.where(x > 0, x, layer.get("slope", 0.01) * x),
    "flatten": lambda x, _: x.reshape(len(x), -1),
    "unflatten": lambda x, layer: x.reshape(len(x), *layer["shape"]),
}


def sigmoid(x):
    return 0.5 * (1 + numpy.tanh(0.5 * x))


def convolution(x, layer, weight, bias):
    """Of images [N, C, H, W]: for each place in the window, the pixels that lie under it in all windows."""
    kernel, stride, padding = layer["kernel"], layer["stride"], layer["padding"]
    padded = numpy.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    height, width = ((extent - kernel) // stride + 1 for extent in padded.shape[2:])
    y = numpy.tile(bias[:, None, None], (len(x), 1, height, width))
    for v, u in numpy.ndindex(kernel, kernel):
        under = padded[:, :, v:v + stride * height:stride, u:u + stride * width:stride]
        y += numpy.einsum("nihw,oi->nohw", under, weight[:, :, v, u])
    return y


def transposed_convolution(x, layer, weight, bias):
    """Of images [N, C, H, W]: every pixel adds a window to the result."""
    kernel, stride, padding = layer["kernel"], layer["stride"], layer["padding"]
    height, width = x.shape[2:]
    extra = kernel + layer.get("output_padding", 0)
    y = numpy.zeros((len(x), len(bias), (height - 1) * stride + extra, (width - 1) * stride + extra))
    for v, u in numpy.ndindex(kernel, kernel):
        y[:, :, v:v + stride * height:stride, u:u + stride * width:stride] += numpy.einsum(
            "nihw,io->nohw", x, weight[:, :, v, u])
    return y[:, :, padding:y.shape[2] - padding, padding:y.shape[3] - padding] + bias[:, None, None]


class ReferenceModel:
    """A VAE of any layer list."""

    def __init__(self, path):
        with safe_open(path, "numpy") as file:
            self.config = json.loads(file.metadata()["config"])
            # What an evaluation has added is not the model's.
            names = [name for name in file.keys() if not name.startswith(("aggregate.", "landmarks."))]
            self.weights = {name: file.get_tensor(name).astype(numpy.float64) for name in names}
            self.measured = {name: file.get_tensor(name) for name in file.keys() if name.startswith("aggregate.")}
        self.channels, self.height, self.width = self.shape = tuple(self.config["input"])
        self.latent = self.config["latent"]
        self.pixels = self.channels * self.height * self.width

    def linear(self, name, x):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def network(self, name, x):
        for index, layer in enumerate(self.config[name]):
            weights = [self.weights.get(f"{name}.{index}.{part}") for part in ("weight", "bias")]
            if layer["type"] == "linear":
                x = self.linear(f"{name}.{index}", x.reshape(len(x), -1))
            elif layer["type"] == "conv2d":
                x = convolution(x, layer, *weights)
            elif layer["type"] == "conv_transpose2d":
                x = transposed_convolution(x, layer, *weights)
            else:
                x = ACTIVATIONS[layer["type"]](x, layer)
        return x.reshape(len(x), -1)

    def encode(self, images):
        """μ, σ and ln σ² of images [N, …] with values 0…1."""
        return self.posterior(numpy.asarray(images, numpy.float64).reshape(-1, *self.shape))

    def posterior(self, x):
        """The same of rows as the encoder takes them."""
        features = self.network("encoder", x)
        head = self.linear("sigma", features)
        log_variance = 2 * head if self.config["sigma"] == "log_sigma" else head
        log_variance = numpy.clip(log_variance, *self.config["log_variance_clamp"])
        return self.linear("mu", features), numpy.exp(0.5 * log_variance), log_variance

    def logits(self, z):
        return self.network("decoder", numpy.asarray(z, numpy.float64).reshape(-1, self.latent))

    def decode(self, z):
        """Images [N, C, H, W]."""
        return sigmoid(self.logits(z)).reshape(-1, *self.shape)

    def aggregate(self):
        """Mean and standard deviation of each dimension over the training images' codes; 0 and 1 if unknown."""
        if "aggregate.mean" not in self.measured:
            return numpy.zeros(self.latent), numpy.ones(self.latent)
        return self.measured["aggregate.mean"], numpy.sqrt(numpy.diag(self.measured["aggregate.covariance"]))

    def nats(self, images):
        """−ln p(x|μ) and KL(q‖p) of each image."""
        x = numpy.asarray(images, numpy.float64).reshape(-1, self.pixels)
        mu, sigma, log_variance = self.encode(x)
        a = self.logits(mu)
        reconstruction = numpy.maximum(a, 0) - a * x + numpy.log1p(numpy.exp(-numpy.abs(a)))
        kl = 0.5 * (mu**2 + sigma**2 - 1 - log_variance)
        return reconstruction.sum(1), kl.sum(1)

    def pixels_of(self, picture):
        """A picture of any size and colour as the server converts it: luma, then Pillow's antialiased BILINEAR."""
        colour = numpy.asarray(picture.convert("RGB"), numpy.float64)
        planes = [colour @ [0.299, 0.587, 0.114]] if self.channels == 1 else [colour[..., c] for c in range(3)]
        size = (self.width, self.height)
        resized = [
            numpy.asarray(Image.fromarray(plane.astype(numpy.float32), mode="F").resize(size, Image.BILINEAR))
            for plane in planes]
        return numpy.clip(numpy.stack(resized).astype(numpy.float64) / 255, 0, 1)


def philox(counter, key):
    """Philox4x32-10 (Salmon et al., SC 2011) of counters [N, 4]."""
    c = [counter[:, i].astype(numpy.uint64) for i in range(4)]
    k = [int(key[0]), int(key[1])]
    mask = numpy.uint64(0xFFFFFFFF)
    half = numpy.uint64(32)
    for _ in range(10):
        p0, p1 = c[0] * numpy.uint64(0xD2511F53), c[2] * numpy.uint64(0xCD9E8D57)
        c = [
            (p1 >> half) ^ c[1] ^ numpy.uint64(k[0]), p1 & mask,
            (p0 >> half) ^ c[3] ^ numpy.uint64(k[1]), p0 & mask]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return numpy.stack(c, axis=1)


# What the server's random numbers are for.
IMPORTANCE = 9  # draws of q(z|x): row = draw, draw = image of the request
COMPONENT = 11  # which component of a mixture: row = sample


def prior(seed, rows, latent):
    """Standard normals [rows, latent] of a seed, from which samples of the prior are made."""
    return normals(seed, rows, latent)


def normals(seed, rows, latent, domain=0, draw=0):
    """Standard normals [rows, latent]: Box & Muller (1958) on Philox blocks keyed by (index, row, draw, domain)."""
    blocks = (latent + 3) // 4
    counter = numpy.zeros((rows * blocks, 4), numpy.uint64)
    counter[:, 2], counter[:, 3] = draw, domain
    counter[:, 0] = numpy.tile(numpy.arange(blocks), rows)
    counter[:, 1] = numpy.repeat(numpy.arange(rows), blocks)
    bits = philox(counter, (seed & 0xFFFFFFFF, seed >> 32)).astype(numpy.float64)
    normals = numpy.empty_like(bits)
    for pair in (0, 2):
        radius = numpy.sqrt(-2 * numpy.log((bits[:, pair] + 0.5) / 2**32))
        angle = 2 * numpy.pi * bits[:, pair + 1] / 2**32
        normals[:, pair], normals[:, pair + 1] = radius * numpy.cos(angle), radius * numpy.sin(angle)
    return normals.reshape(rows, blocks * 4)[:, :latent].astype(numpy.float32)


def uniforms(seed, rows, domain):
    """The first number of each row, uniform in [0, 1) with 24 bits."""
    counter = numpy.zeros((rows, 4), numpy.uint64)
    counter[:, 1], counter[:, 3] = numpy.arange(rows), domain
    return (philox(counter, (seed & 0xFFFFFFFF, seed >> 32))[:, 0] >> numpy.uint64(8)).astype(numpy.float64) / 2**24


def path(a, b, steps, method):
    """Codes from a to b, both included (White 2016 for slerp)."""
    a, b = numpy.asarray(a, numpy.float64), numpy.asarray(b, numpy.float64)
    t = numpy.linspace(0, 1, steps)[:, None]
    if method == "slerp":
        norms = numpy.linalg.norm(a) * numpy.linalg.norm(b)
        angle = numpy.arccos(numpy.clip(a @ b / norms, -1, 1)) if norms > 0 else 0
        if abs(numpy.sin(angle)) > 1e-6:
            return (numpy.sin((1 - t) * angle) * a + numpy.sin(t * angle) * b) / numpy.sin(angle)
    return (1 - t) * a + t * b


def bilinear(corners, rows, columns, method):
    """Codes of a grid: down both sides, then across. Two corners make one line; three, a parallelogram."""
    if len(corners) == 2:
        return path(*corners, columns, method)
    a, b, c = corners[:3]
    d = corners[3] if len(corners) == 4 else b + c - a
    sides = zip(path(a, c, rows, method), path(b, d, rows, method))
    return numpy.concatenate([path(left, right, columns, method) for left, right in sides])


def attribute(positive, negative):
    """The difference of the means, and how well it separates the sets it was made of."""
    v = positive.mean(0) - negative.mean(0)
    norm = numpy.linalg.norm(v)
    right = []
    for sets, sign in (((positive, negative), 1), ((negative, positive), -1)):
        hits = 0
        for index, code in enumerate(sets[0]):
            without, other = numpy.delete(sets[0], index, axis=0).mean(0), sets[1].mean(0)
            hits += (code - (without + other) / 2) @ (without - other) > 0
        right.append(hits / len(sets[0]))
    along = [codes @ v / norm for codes in (positive, negative)]
    pooled = sum(((a - a.mean()) ** 2).sum() for a in along) / (len(positive) + len(negative) - 2)
    return {"direction": v, "norm": norm, "accuracy": numpy.mean(right), "separation": norm / numpy.sqrt(pooled)}


def structural_similarity(x, y):
    """Of two planes (Wang et al. 2004): windows of 11 × 11 inside, Gaussian with σ 1.5, weights that add up to 1."""
    window = numpy.exp(-(numpy.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = numpy.outer(window, window)
    window /= window.sum()
    a, b = (numpy.lib.stride_tricks.sliding_window_view(image, (11, 11)) for image in (x, y))
    mean = [(image * window).sum((2, 3)) for image in (a, b)]
    deviations = [image - m[..., None, None] for image, m in zip((a, b), mean)]
    variance = [(window * d * d).sum((2, 3)) for d in deviations]
    covariance = (window * deviations[0] * deviations[1]).sum((2, 3))
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * mean[0] * mean[1] + c1) * (2 * covariance + c2)
            / ((mean[0] ** 2 + mean[1] ** 2 + c1) * (sum(variance) + c2))).mean()
