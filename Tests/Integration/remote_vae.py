"""diffusers' remote VAE client against …/remote, in every mode, held against a forward pass of the same weights.

With diffusers and torch the client is the real one, unmodified, and the forward pass is PyTorch's; without them, as in
`make test`, what the client sends and how it reads replies is re-enacted from its source (diffusers 0.42,
utils/remote_utils.py), and the forward pass is numpy's.
"""

import io
import json
import pathlib
import urllib.parse
import warnings

import numpy
from PIL import Image

from reference import ReferenceModel
from support import Server, digits, jpeg_bytes, png_bytes, require, run_readme

try:
    import torch
    from diffusers.image_processor import VaeImageProcessor
    from diffusers.utils.remote_utils import remote_decode, remote_encode
except ImportError:
    torch = None

FORMATS = ["float32", "float16", "bfloat16"]
#: How far a number of magnitude up to 1 may be from what it was rounded from, and the sums on the way.
TOLERANCE = {"float32": 1e-4, "float16": 2**-11, "bfloat16": 2**-8}


def run(suite, models):
    warnings.filterwarnings("ignore")  # the client calls its own default deprecated
    print(f"  with {'diffusers and PyTorch' if torch else 'the client re-enacted and numpy'}")
    with Server(models) as server:
        cards = json.loads(server.get("/v1/models"))
        for card in cards["models"]:
            path = pathlib.Path(models) / f"{card['name']}.safetensors"
            client = (Diffusers if torch else Reenacted)(server, path)
            topic = Topic(suite, server, client, card["name"])
            topic.decode()
            topic.encode()
        topic = Topic(suite, server, (Diffusers if torch else Reenacted)(
            server, pathlib.Path(models) / f"{cards['default']}.safetensors"), cards["default"])
        topic.routes()
        topic.errors()
        if torch:
            with suite.case("README: with diffusers"):
                found = run_readme(server, "remote_utils")
                require(found["z"].shape == (1, 20) and found["pixels"].shape == (1, 1, 28, 28), "other shapes")


def rounded(values, dtype):
    """float32 values as `dtype` holds them."""
    values = numpy.asarray(values, numpy.float32)
    if dtype == "float16":
        return values.astype(numpy.float16).astype(numpy.float32)
    if dtype == "bfloat16":
        bits = values.view(numpy.uint32).astype(numpy.uint64)
        bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
        return bits.astype(numpy.uint32).view(numpy.float32)
    return values


def packed(values, dtype):
    """As bytes, little-endian."""
    if dtype == "uint8":
        return numpy.asarray(values, numpy.uint8).tobytes()
    values = rounded(values, dtype)
    if dtype == "float16":
        return values.astype("<f2").tobytes()
    return (values.view(numpy.uint32) >> 16).astype("<u2").tobytes() if dtype == "bfloat16" else values.astype(
        "<f4").tobytes()


def unpacked(data, dtype, shape):
    if dtype == "bfloat16":
        values = (numpy.frombuffer(data, "<u2").astype(numpy.uint32) << 16).view(numpy.float32)
    else:
        values = numpy.frombuffer(data, {"float32": "<f4", "float16": "<f2", "uint8": "u1"}[dtype])
    return values.reshape(shape)


class Refused(Exception):
    """What the client raises for an error: its text is the JSON of the reply."""


class Reenacted:
    """What the client does, with numpy for its tensors."""

    def __init__(self, server, path):
        self.server, self.reference = server, ReferenceModel(path)

    def mean(self, images):
        """μ of images [N, C, H, W] with values 0…1."""
        return self.reference.encode(images)[0]

    def images(self, z):
        return self.reference.decode(z)

    def post(self, endpoint, data, parameters, headers):
        query = urllib.parse.urlencode(parameters, doseq=True)
        status, lines, body = self.server.request(
            "POST", endpoint + ("&" if "?" in endpoint else "?") + query, data, **headers)
        if status >= 400:
            raise Refused(json.loads(body))
        return lines, body

    @staticmethod
    def tensor(lines, body):
        return unpacked(body, lines["dtype"], json.loads(lines["shape"]))

    def decode(self, endpoint, z, dtype, processor=False, do_scaling=True, scaling_factor=None, shift_factor=None,
               output_type="pil", return_type="pil", image_format="jpg", partial_postprocess=False):
        parameters = {"image_format": image_format, "output_type": output_type,
                      "partial_postprocess": partial_postprocess, "shape": list(z.shape), "dtype": dtype}
        if do_scaling and scaling_factor is not None:
            parameters["scaling_factor"] = scaling_factor
        if do_scaling and shift_factor is not None:
            parameters["shift_factor"] = shift_factor
        if do_scaling and scaling_factor is None:
            parameters["do_scaling"] = do_scaling
        accept = "tensor/binary"
        if output_type == "pil" and not processor:
            accept = "image/jpeg" if image_format == "jpg" else "image/png"
        elif output_type == "mp4":
            accept = "text/plain"
        lines, body = self.post(
            endpoint, packed(z, dtype), parameters, {"Content_Type": "tensor/binary", "Accept": accept})
        if output_type == "pil" and not processor:
            picture = Image.open(io.BytesIO(body))
            found = picture.format.lower()
            picture = picture.convert("RGB")
            picture.format = found
            return picture
        values = self.tensor(lines, body)
        if return_type == "pt":
            return values
        if output_type == "pil":
            return [Image.fromarray(image) for image in
                    (values.astype(numpy.float32).transpose(0, 2, 3, 1) * 255).round().astype("uint8")]
        if partial_postprocess:
            pictures = [Image.fromarray(image) for image in values]
            return pictures[0] if len(pictures) == 1 else pictures
        image = numpy.clip(values.astype(numpy.float32) * 0.5 + 0.5, 0, 1).transpose(0, 2, 3, 1)[0]
        return Image.fromarray((image.squeeze(-1) if image.shape[-1] == 1 else image).__mul__(255).round().astype("uint8"))

    def encode(self, endpoint, image, dtype=None, **scaling):
        parameters = {name: value for name, value in scaling.items() if value is not None}
        if isinstance(image, Image.Image):
            data = png_bytes(image)
        else:
            data = packed(image, dtype)
            parameters.update(shape=list(image.shape), dtype=dtype)
        return self.tensor(*self.post(endpoint, data, parameters, {}))


class Diffusers:
    """The client itself, and PyTorch."""

    def __init__(self, server, path):
        self.base = f"http://127.0.0.1:{server.port}"
        self.reference = ReferenceModel(path)
        self.weights = {name: torch.tensor(value, dtype=torch.float32) for name, value in self.reference.weights.items()}

    def network(self, name, x):
        functional = torch.nn.functional
        for index, layer in enumerate(self.reference.config[name]):
            weights = [self.weights.get(f"{name}.{index}.{part}") for part in ("weight", "bias")]
            kind = layer["type"]
            if kind == "linear":
                x = functional.linear(x.flatten(1), *weights)
            elif kind == "conv2d":
                x = functional.conv2d(x, *weights, stride=layer["stride"], padding=layer["padding"])
            elif kind == "conv_transpose2d":
                x = functional.conv_transpose2d(x, *weights, stride=layer["stride"], padding=layer["padding"],
                                                output_padding=layer.get("output_padding", 0))
            elif kind == "flatten":
                x = x.flatten(1)
            elif kind == "unflatten":
                x = x.reshape(len(x), *layer["shape"])
            else:
                x = getattr(functional, kind)(x)
        return x.flatten(1)

    def mean(self, images):
        features = self.network("encoder", torch.tensor(numpy.asarray(images, numpy.float32)))
        return torch.nn.functional.linear(features, self.weights["mu.weight"], self.weights["mu.bias"]).numpy()

    def images(self, z):
        z = torch.tensor(numpy.asarray(z, numpy.float32))
        return torch.sigmoid(self.network("decoder", z)).reshape(-1, *self.reference.shape).numpy()

    def decode(self, endpoint, z, dtype, processor=False, **options):
        tensor = torch.tensor(numpy.asarray(z, numpy.float32)).to(getattr(torch, dtype))
        return self.plain(remote_decode, self.base + endpoint, tensor,
                          processor=VaeImageProcessor() if processor else None, **options)

    def encode(self, endpoint, image, dtype=None, **scaling):
        if not isinstance(image, Image.Image):
            image = torch.tensor(image).to(getattr(torch, dtype))
        return self.plain(remote_encode, self.base + endpoint, image, **scaling)

    @staticmethod
    def plain(call, *arguments, **options):
        try:
            result = call(*arguments, **options)
        except RuntimeError as error:
            raise Refused(*error.args) from error
        if isinstance(result, torch.Tensor):
            return (result if result.dtype == torch.uint8 else result.float()).numpy()
        return result


class Topic:
    def __init__(self, suite, server, client, name):
        self.suite, self.server, self.client, self.name = suite, server, client, name
        self.reference = client.reference
        self.endpoint = f"/v1/models/{name}/remote"
        self.z = numpy.random.default_rng(5).normal(size=(3, self.reference.latent)).astype(numpy.float32)

    def case(self, name):
        return self.suite.case(f"{self.name}: {name}")

    def pixels(self, found, images, what):
        """Requires bytes [N, H, W] or [N, H, W, C] to be the images, rounded."""
        expected = numpy.asarray(images, numpy.float64).transpose(0, 2, 3, 1) * 255
        found = numpy.asarray(found, numpy.float64).reshape(expected.shape)
        worst = float(numpy.abs(found - expected).max())
        require(worst <= 0.5 + 1e-3, f"{what}: a pixel is {worst} levels off")

    def grey(self, picture):
        """The bytes of a picture, [1, H, W, C] with the model's channels; all three must be equal for grey ones."""
        values = numpy.asarray(picture)
        if values.ndim == 3 and self.reference.channels == 1:
            require((values == values[..., :1]).all(), "a grey picture with colours")
            values = values[..., 0]
        return values[None]

    def decode(self):
        channels, height, width = self.reference.shape
        for dtype in FORMATS:
            for shape in [(3, self.reference.latent), (3, self.reference.latent, 1, 1)]:
                z = rounded(self.z, dtype)
                images = self.client.images(z)
                tensor = z.reshape(shape)
                one = tensor[:1]
                what = f"{dtype} [{', '.join(map(str, shape))}]"

                def ask(values=tensor, **options):
                    return self.client.decode(self.endpoint, values, dtype, **options)

                with self.case(f"decode {what}: pt"):
                    found = ask(output_type="pt", return_type="pt")
                    require(found.shape == images.shape, f"{found.shape}")
                    self.suite.close(f"remote decode in {dtype}", found, 2 * images - 1, TOLERANCE[dtype])
                with self.case(f"decode {what}: pt, partial postprocess"):
                    found = ask(output_type="pt", return_type="pt", partial_postprocess=True)
                    expected = (3, height, width) if channels == 1 else (3, height, width, 3)
                    require(found.dtype == numpy.uint8 and found.shape == expected, f"{found.dtype} {found.shape}")
                    self.pixels(found, images, "bytes")
                    pictures = ask(output_type="pt", partial_postprocess=True)
                    require(len(pictures) == 3, "not three pictures")
                    self.pixels([numpy.asarray(picture) for picture in pictures], images, "pictures")
                    self.pixels(self.grey(ask(one, output_type="pt", partial_postprocess=True)), images[:1], "a picture")
                with self.case(f"decode {what}: pt with a processor"):
                    found = ask(one, output_type="pt", processor=True)
                    slack = 0.5 + 255 * TOLERANCE[dtype]
                    difference = self.grey(found).reshape(1, height, width, channels) - 255 * images[:1].transpose(0, 2, 3, 1)
                    require(numpy.abs(difference).max() <= slack, f"{numpy.abs(difference).max()}")
                with self.case(f"decode {what}: pil with a processor"):
                    found = ask(output_type="pil", return_type="pt", processor=True)
                    require(found.shape == (3, 3, height, width), f"{found.shape}")
                    colour = numpy.broadcast_to(images, (3, 3, height, width))
                    self.suite.close(f"remote decode in {dtype}", found, colour, TOLERANCE[dtype])
                    pictures = ask(output_type="pil", processor=True)
                    require([picture.size for picture in pictures] == 3 * [(width, height)], "other sizes")
                with self.case(f"decode {what}: pil"):
                    png = ask(one, image_format="png")
                    require(png.format == "png" and png.size == (width, height), f"{png.format} {png.size}")
                    self.pixels(self.grey(png), images[:1], "PNG")
                    jpeg = ask(one)  # the client's default
                    require(jpeg.format == "jpeg" and jpeg.size == (width, height), f"{jpeg.format} {jpeg.size}")
                    off = numpy.abs(numpy.asarray(jpeg, numpy.float64) - numpy.asarray(png, numpy.float64)).mean()
                    require(off < 6, f"JPEG is {off} levels off")
                    grid = ask(image_format="png")
                    require(grid.size == (2 * width + 2, 2 * height + 2), f"three images make a picture of {grid.size}")
        with self.case("decode: scaling and shift"):
            factor, shift = 0.18215, 0.1159
            images = self.client.images(self.z)
            scaled = (self.z - numpy.float32(shift)) * numpy.float32(factor)
            found = self.client.decode(self.endpoint, scaled, "float32", scaling_factor=factor, shift_factor=shift,
                                       output_type="pt", return_type="pt")
            self.suite.close("remote decode with scaling", found, 2 * images - 1, 1e-4)
            found = self.client.decode(self.endpoint, self.z, "float32", do_scaling=False, scaling_factor=factor,
                                       output_type="pt", return_type="pt")
            self.suite.close("remote decode with scaling", found, 2 * images - 1, 1e-4)

    def encode(self):
        channels, height, width = self.reference.shape
        levels = digits(3, height, width, seed=4)
        planes = numpy.repeat(levels[:, None], channels, axis=1)
        images = planes.astype(numpy.float32) / numpy.float32(255)
        with self.case("encode: a picture"):
            picture = Image.fromarray(levels[0])
            for given in (picture, picture.convert("RGB")):
                found = self.client.encode(self.endpoint, given)
                require(found.shape == (1, self.reference.latent), f"{found.shape}")
                self.suite.close("remote encode", found, self.client.mean(images[:1]), 1e-4)
        for dtype in FORMATS:
            with self.case(f"encode: a tensor in {dtype}"):
                signed = rounded(2 * images - 1, dtype)
                expected = self.client.mean((signed + 1) / 2)
                found = self.client.encode(self.endpoint, signed, dtype)
                self.suite.close(f"remote encode in {dtype}", found, expected,
                                 TOLERANCE[dtype] * max(1, float(numpy.abs(expected).max())))
        with self.case("encode: a tensor of bytes"):
            found = self.client.encode(self.endpoint, planes, "uint8")
            self.suite.close("remote encode", found, self.client.mean(images), 1e-4)
        with self.case("encode: scaling and shift"):
            expected = (self.client.mean(images) - 0.1159) * 0.3611
            found = self.client.encode(self.endpoint, 2 * images - 1, "float32", scaling_factor=0.3611, shift_factor=0.1159)
            self.suite.close("remote encode with scaling", found, expected, 1e-4)
        with self.case("encode and back"):
            z = self.client.encode(self.endpoint, 2 * images - 1, "float32", scaling_factor=0.5, shift_factor=0.25)
            found = self.client.decode(self.endpoint, z, "float32", scaling_factor=0.5, shift_factor=0.25,
                                       output_type="pt", return_type="pt")
            self.suite.close("remote encode and back", found, 2 * self.client.images(self.client.mean(images)) - 1, 1e-4)
        with self.case("encode: draws"):
            def draw(query, values=2 * images - 1):
                return self.client.encode(f"{self.endpoint}?{query}", values, "float32")

            mean, first = draw("sample=0"), draw("sample=1&seed=5")
            require(numpy.array_equal(first, draw("sample=true&seed=5")), "one seed, two draws")
            require(not numpy.array_equal(first, draw("sample=1&seed=6")), "two seeds, one draw")
            require(numpy.array_equal(first[:1], draw("sample=1&seed=5", 2 * images[:1] - 1)), "a row alone differs")
            sigma = self.reference.encode(images)[1]
            noise = (first - mean) / sigma
            require(numpy.abs(noise).max() < 6 and 0.6 < noise.std() < 1.4, f"noise of deviation {noise.std()}")

    def routes(self):
        picture = Image.fromarray(digits(1, *self.reference.shape[1:])[0])
        expected = self.client.encode(self.endpoint, picture)
        for endpoint in ("/v1/remote", "/v1/remote/", self.endpoint + "/",
                         self.endpoint + "?input_tensor_type=binary&height=28&width=28&nonsense=1&nonsense=2"):
            with self.case(f"encode and decode at {endpoint}"):
                require(numpy.array_equal(self.client.encode(endpoint, picture), expected), "another code")
                found = self.client.decode(endpoint, expected, "float32", output_type="pt", return_type="pt")
                self.suite.close("remote decode in float32", found, 2 * self.client.images(expected) - 1, 1e-4)
        with self.case("a JPEG is encoded too"):
            status, lines, body = self.server.request("POST", "/v1/remote?dtype=float16", jpeg_bytes(picture))
            require(status == 200 and lines["dtype"] == "float16" and len(body) == 2 * expected.size, f"{status} {body[:200]}")
        with self.case("a draw without a seed says which it took"):
            body = png_bytes(picture)
            _, lines, first = self.server.request("POST", "/v1/remote?sample=1", body)
            _, _, again = self.server.request("POST", f"/v1/remote?sample=1&seed={lines['X-VAE-Seed']}", body)
            require(first == again and len(first) > 0, "that seed gives another draw")

    def errors(self):
        latent = self.reference.latent
        for what, words, call in [
            ("video", "mp4", lambda: self.client.decode(self.endpoint, self.z, "float32", output_type="mp4", return_type="mp4")),
            ("another latent size", f"[N, {latent}]", lambda: self.client.decode(
                self.endpoint, self.z[:, 1:], "float32")),
            ("four-dimensional codes", f"[N, {latent}, 1, 1]", lambda: self.client.decode(
                self.endpoint, numpy.zeros((1, 4, 8, 8), numpy.float32), "float32")),
            ("an image of another size", "tensor of shape", lambda: self.client.encode(
                self.endpoint, numpy.zeros((1, 3, 7, 7), numpy.float32), "float32")),
            ("pixels beyond 1", "−1…1", lambda: self.client.encode(
                self.endpoint, numpy.full((1, *self.reference.shape), 2, numpy.float32), "float32")),
            ("no such model", "nothing", lambda: self.client.decode("/v1/models/nothing/remote", self.z, "float32")),
            ("scaling by zero", "scaling_factor", lambda: self.client.decode(
                self.endpoint, self.z, "float32", scaling_factor=0.0)),
        ]:
            with self.case(f"refused: {what}"):
                try:
                    call()
                except Refused as error:
                    require(words in error.args[0]["error"], f"{error}")
                else:
                    require(False, "nothing was raised")
        tensor = {"Content_Type": "tensor/binary"}
        size = 4 * latent
        for what, query, body, headers, status in [
            ("no shape", "dtype=float32", bytes(size), tensor, 422),
            ("no dtype", f"shape=1&shape={latent}", bytes(size), tensor, 422),
            ("an unknown dtype", f"shape=1&shape={latent}&dtype=int8", bytes(size), tensor, 422),
            ("a shape that is none", f"shape=1,{latent}&dtype=float32", bytes(size), tensor, 422),
            ("a huge shape", f"shape=9223372036854775807&shape={latent}&dtype=float32", bytes(size), tensor, 413),
            ("no row", f"shape=0&shape={latent}&dtype=float32", b"", tensor, 422),
            ("too few bytes", f"shape=1&shape={latent}&dtype=float32", bytes(size - 1), tensor, 422),
            ("too many bytes", f"shape=1&shape={latent}&dtype=float16", bytes(size), tensor, 422),
            ("NaN", f"shape=1&shape={latent}&dtype=float32", b"\xff" * size, tensor, 422),
            ("an unknown output", f"shape=1&shape={latent}&dtype=float32&output_type=gif", bytes(size), tensor, 422),
            ("JSON", "", b"{}", {"Content_Type": "application/json"}, 415),
            ("no image", "", b"hello", {}, 400),
            ("nothing", "", b"", {}, 400),
            ("a seed without a draw", "seed=3", png_bytes(digits(1, 28, 28)[0]), {}, 422),
            ("a code beyond float16", "dtype=float16&scaling_factor=1e9", png_bytes(digits(1, 28, 28)[0]), {}, 422),
        ]:
            with self.case(f"refused: {what}"):
                found, lines, reply = self.server.request("POST", f"{self.endpoint}?{query}", body, **headers)
                require(found == status and lines["Content-Type"] == "application/json", f"{found} {reply[:200]}")
                require(json.loads(reply)["status"] == status, f"{reply[:200]}")
