"""Every operation against the model in numpy: encode in all input forms, decode, sample, interpolate, reconstruct."""

import io
import json
import pathlib

import numpy
from PIL import Image

from reference import ReferenceModel, path, prior
from support import Server, base64_text, digits, jpeg_bytes, multipart, png_bytes, require


def run(suite, models):
    with Server(models) as server:
        cards = json.loads(server.get("/v1/models"))
        for card in cards["models"]:
            name = card["name"]
            reference = ReferenceModel(pathlib.Path(models) / f"{name}.safetensors")
            topic = Topic(suite, server, reference, f"/v1/models/{name}", name)
            for check in (topic.encode, topic.converted, topic.decode, topic.sample, topic.interpolate,
                          topic.reconstruct, topic.card):
                check()
        with suite.case("default model: same numbers under its name and without"):
            name = cards["default"]
            here = server.get("/v1/sample?n=2&seed=3")
            require(here == server.get(f"/v1/models/{name}/sample?n=2&seed=3"), "the two replies differ")
            require(json.loads(here)["model"] == name, "the reply names another model")


class Topic:
    def __init__(self, suite, server, reference, route, name):
        self.suite, self.server, self.reference, self.route, self.name = suite, server, reference, route, name
        _, height, width = reference.shape
        grey = digits(5, height, width)
        self.bytes = grey if reference.channels == 1 else numpy.stack([grey, grey[::-1], 255 - grey], axis=-1)
        planes = self.bytes[:, None] if reference.channels == 1 else numpy.moveaxis(self.bytes, -1, 1)
        #: [N, C, H, W], exactly what the server makes of the files
        self.images = (planes.astype(numpy.float32) / numpy.float32(255))
        self.files = [png_bytes(image) for image in self.bytes]

    def case(self, name):
        return self.suite.case(f"{self.name}: {name}")

    def post(self, operation, body, content_type="application/json", **headers):
        return self.server.post(f"{self.route}/{operation}", body, content_type, **headers)

    def require_encoded(self, reply, images, kind="encode"):
        mu, sigma, _ = self.reference.encode(images)
        require(list(reply) == ["model", "mu", "sigma"] and reply["model"] == self.name, f"members {list(reply)}")
        self.suite.close(f"{kind} mu", reply["mu"], mu)
        self.suite.close(f"{kind} sigma", reply["sigma"], sigma)

    def require_picture(self, png, images, columns, what):
        """A PNG is the JSON images, rounded, in a grid with gaps of two black pixels."""
        channels, height, width = self.reference.shape
        found = numpy.asarray(Image.open(io.BytesIO(png)))
        count = len(images)
        lines = -(-count // columns)
        expected = numpy.zeros((lines * (height + 2) - 2, columns * (width + 2) - 2, channels), numpy.uint8)
        rounded = numpy.floor(numpy.asarray(images, numpy.float32) * numpy.float32(255) + numpy.float32(0.5))
        for index, image in enumerate(rounded.astype(numpy.uint8)):
            top, left = (index // columns) * (height + 2), (index % columns) * (width + 2)
            expected[top:top + height, left:left + width] = numpy.moveaxis(image, 0, -1)
        expected = expected[..., 0] if channels == 1 else expected
        require(found.shape == expected.shape, f"{what}: a picture of {found.shape}, expected {expected.shape}")
        different = int((found != expected).sum())
        require(different == 0, f"{what}: {different} pixels differ from the JSON images rounded")

    def encode(self):
        first = self.images[:1]
        nested, flat = self.images.tolist(), self.images.reshape(len(self.images), -1).tolist()
        form, form_type = multipart([(f"i{i}", data, "image/png") for i, data in enumerate(self.files)])
        texts = [base64_text(data) for data in self.files]
        rows = [
            ("PNG body", self.files[0], "image/png", first),
            ("JSON [C][H][W]", {"images": nested}, "application/json", self.images),
            ("JSON flat", {"images": flat}, "application/json", self.images),
            ("JSON base64", {"images": texts}, "application/json", self.images),
            ("JSON data URL", {"images": ["data:image/png;base64," + texts[0]]}, "application/json", first),
            ("JSON mixed forms", {"images": [flat[0], nested[1], texts[2]]}, "application/json", self.images[:3]),
            ("multipart", form, form_type, self.images),
            ("octet-stream", self.images.astype("<f4").tobytes(), "application/octet-stream", self.images),
        ]
        if self.reference.channels == 1:
            rows.append(("JSON [H][W]", {"images": self.images[:, 0].tolist()}, "application/json", self.images))
        for what, body, media, images in rows:
            with self.case(f"encode {what}"):
                self.require_encoded(self.post("encode", body, media), images)
        with self.case("encode gives the same numbers for every input form"):
            replies = [self.post("encode", body, media) for _, body, media, images in rows if len(images) == 5]
            require(all(reply == replies[0] for reply in replies), "the forms disagree")

    def converted(self):
        generator = numpy.random.default_rng(7)
        y, x = numpy.mgrid[0:480, 0:640]
        photo = numpy.stack(
            [255 * x / 639, 255 * y / 479, 127 + 120 * numpy.sin(x / 17) * numpy.cos(y / 23)], axis=-1)
        photo = Image.fromarray(numpy.clip(photo + generator.normal(0, 6, photo.shape), 0, 255).astype(numpy.uint8))
        odd = photo.resize((101, 37))
        files = [
            ("640×480 colour JPEG", jpeg_bytes(photo, quality=90), "image/jpeg"),
            ("640×480 progressive JPEG", jpeg_bytes(photo, quality=75, progressive=True), "image/jpeg"),
            ("grey JPEG", jpeg_bytes(photo.convert("L"), quality=90), "image/jpeg"),
            ("640×480 colour PNG", png_bytes(photo), "image/png"),
            ("101×37 colour PNG", png_bytes(odd), "image/png"),
            ("palette PNG", png_bytes(odd.quantize(16)), "image/png"),
            ("13×9 PNG, enlarged", png_bytes(photo.resize((13, 9))), "image/png"),
        ]
        for what, data, media in files:
            with self.case(f"encode {what}"):
                pixels = self.reference.pixels_of(Image.open(io.BytesIO(data)))
                self.require_encoded(self.post("encode", data, media), pixels[None], "encode of a converted picture:")

    def decode(self):
        z = numpy.random.default_rng(3).normal(size=(7, self.reference.latent)).astype(numpy.float32)
        expected = self.reference.decode(z)
        for what, body, media, images in [
            ("JSON [N][latent]", {"z": z.tolist()}, "application/json", expected),
            ("JSON [latent]", {"z": z[0].tolist()}, "application/json", expected[:1]),
            ("octet-stream", z.astype("<f4").tobytes(), "application/octet-stream", expected),
        ]:
            with self.case(f"decode {what}"):
                reply = self.post("decode", body, media)
                require(list(reply) == ["model", "images"], f"members {list(reply)}")
                self.suite.close("decode", reply["images"], images)
        with self.case("decode as PNG"):
            images = self.post("decode", {"z": z.tolist()})["images"]
            for flag, columns in [("?format=png", 3), ("?format=png&columns=2", 2), ("?format=png&columns=7", 7)]:
                self.require_picture(self.post("decode" + flag, {"z": z.tolist()}), images, columns, flag)
            picture = self.post("decode", {"z": z[0].tolist()}, Accept="image/png")
            self.require_picture(picture, images[:1], 1, "Accept: image/png")

    def sample(self):
        latent = self.reference.latent
        for n, seed in [(1, 0), (5, 7), (64, 2**64 - 1), (3, 2**53 + 1), (130, 1 << 32)]:
            with self.case(f"sample n={n} seed={seed}"):
                reply = json.loads(self.server.get(f"{self.route}/sample?n={n}&seed={seed}"))
                require(list(reply) == ["model", "seed", "z", "images"], f"members {list(reply)}")
                require(reply["seed"] == seed, f"seed {reply['seed']}")
                expected = prior(seed, n, latent)
                found = numpy.asarray(reply["z"], numpy.float32)
                unequal = int((found != expected).sum())
                # Both sides round the same double, computed differently: a tie may fall either way.
                require(unequal * 1000 <= found.size, f"{unequal} of {found.size} normals differ")
                self.suite.close("sample z", found, expected, tolerance=1e-6)
                self.suite.close("sample", reply["images"], self.reference.decode(found))
        with self.case("sample with temperature"):
            plain = json.loads(self.server.get(f"{self.route}/sample?n=4&seed=9"))
            cool = json.loads(self.server.get(f"{self.route}/sample?n=4&seed=9&temperature=0.5"))
            require(
                numpy.array_equal(numpy.float32(plain["z"]) * numpy.float32(0.5), numpy.float32(cool["z"])),
                "z is not half of the z at temperature 1")
            cold = json.loads(self.server.get(f"{self.route}/sample?n=2&seed=9&temperature=0"))
            require(not numpy.any(cold["z"]), "temperature 0 is not the prior's mean")
            self.suite.close("sample", cool["images"], self.reference.decode(cool["z"]))
        with self.case("sample as PNG"):
            images = json.loads(self.server.get(f"{self.route}/sample?n=10&seed=7"))["images"]
            for query, columns in [("n=10&seed=7", 4), ("n=10&seed=7&columns=5", 5), ("n=10&seed=7&columns=100", 10)]:
                self.require_picture(
                    self.server.get(f"{self.route}/sample?{query}&format=png"), images, columns, query)
        with self.case("sample without a seed says which it took"):
            reply = json.loads(self.server.get(f"{self.route}/sample?n=2"))
            again = json.loads(self.server.get(f"{self.route}/sample?n=2&seed={reply['seed']}"))
            require(reply == again, "the seed of the reply does not give the reply again")

    def require_path(self, reply, ends, steps, method, kind):
        require(list(reply) == ["model", "method", "z", "images"], f"members {list(reply)}")
        require(reply["method"] == method and len(reply["z"]) == steps, f"{reply['method']} of {len(reply['z'])}")
        z = numpy.asarray(reply["z"])
        self.suite.close(f"interpolate {kind} z", z, path(ends[0], ends[1], steps, method), tolerance=1e-5)
        self.suite.close(f"interpolate {kind}", reply["images"], self.reference.decode(z))

    def interpolate(self):
        latent = self.reference.latent
        a, b = numpy.random.default_rng(5).normal(size=(2, latent)).astype(numpy.float32)
        for method in ("linear", "slerp"):
            with self.case(f"interpolate z, {method}"):
                for steps in (2, 3, 11):
                    body = {"from": {"z": a.tolist()}, "to": {"z": b.tolist()}, "steps": steps, "method": method}
                    reply = self.post("interpolate", body)
                    self.require_path(reply, (a, b), steps, method, "of codes:")
                    ends = numpy.float32([reply["z"][0], reply["z"][-1]])
                    require(numpy.array_equal(ends, [a, b]), "the ends are not the given codes, bit for bit")
            with self.case(f"interpolate seeds, {method}"):
                ends = prior(11, 1, latent)[0], prior(12, 1, latent)[0]
                body = {"from": {"seed": 11}, "to": {"seed": 12}, "steps": 5, "method": method}
                reply = self.post("interpolate", body)
                self.require_path(reply, ends, 5, method, "of seeds:")
                query = f"{self.route}/interpolate?from_seed=11&to_seed=12&steps=5&method={method}"
                require(json.loads(self.server.get(query)) == reply, "GET and POST of the same seeds differ")
            with self.case(f"interpolate images, {method}"):
                mu, _, _ = self.reference.encode(self.images[:2])
                form, form_type = multipart([("to", self.files[1], "image/png"), ("from", self.files[0], "image/png")])
                replies = [
                    self.post("interpolate", {"from": self.images[0].tolist(), "to": base64_text(self.files[1]),
                                              "steps": 6, "method": method}),
                    self.post(f"interpolate?steps=6&method={method}", form, form_type),
                ]
                for reply in replies:
                    self.require_path(reply, mu, 6, method, "of images:")
                require(replies[0] == replies[1], "JSON and multipart of the same images differ")
        with self.case("interpolate from an image to a seed"):
            reply = self.post("interpolate", {"from": base64_text(self.files[0]), "to": {"seed": 4}, "steps": 4})
            mu, _, _ = self.reference.encode(self.images[:1])
            self.require_path(reply, (mu[0], prior(4, 1, latent)[0]), 4, "linear", "of images:")
        with self.case("slerp of parallel, opposite and zero codes is finite and keeps both ends"):
            zero = numpy.zeros_like(a)
            for start, end in [(a, a), (a, 2 * a), (a, -a), (zero, a), (a, zero), (zero, zero)]:
                body = {"from": {"z": start.tolist()}, "to": {"z": end.tolist()}, "steps": 5, "method": "slerp"}
                z = numpy.float32(self.post("interpolate", body)["z"])
                require(numpy.isfinite(z).all(), "not finite")
                require(numpy.array_equal(z[[0, -1]], numpy.float32([start, end])), "the ends are not kept")
        with self.case("interpolate as PNG is one line unless told otherwise"):
            body = {"from": {"seed": 1}, "to": {"seed": 2}, "steps": 6}
            images = self.post("interpolate", body)["images"]
            self.require_picture(self.post("interpolate?format=png", body), images, 6, "one line")
            self.require_picture(self.post("interpolate?format=png&columns=3", body), images, 3, "three columns")

    def reconstruct(self):
        with self.case("reconstruct"):
            reply = self.post("reconstruct", {"images": self.images.tolist()})
            require(
                list(reply) == ["model", "mu", "sigma", "images", "reconstruction", "kl"], f"members {list(reply)}")
            mu, sigma, _ = self.reference.encode(self.images)
            reconstruction, kl = self.reference.nats(self.images)
            self.suite.close("reconstruct mu", reply["mu"], mu)
            self.suite.close("reconstruct sigma", reply["sigma"], sigma)
            self.suite.close("reconstruct", reply["images"], self.reference.decode(mu))
            self.suite.close("reconstruction nats (relative)", reply["reconstruction"], reconstruction, relative=True)
            self.suite.close("KL nats (relative)", reply["kl"], kl, relative=True)
        with self.case("reconstruct a PNG as PNG"):
            images = self.post("reconstruct", self.files[0], "image/png")["images"]
            picture = self.post("reconstruct?format=png", self.files[0], "image/png")
            self.require_picture(picture, images, 1, "one image")

    def card(self):
        with self.case("model card"):
            card = json.loads(self.server.get(self.route))
            require(card["input"] == list(self.reference.shape), f"input {card['input']}")
            require(card["latent"] == self.reference.latent, f"latent {card['latent']}")
            require(card["config"] == self.reference.config, "the configuration is not the checkpoint's")
            count = sum(weight.size for weight in self.reference.weights.values())
            require(card["parameters"] == count, f"{card['parameters']} parameters, the file has {count}")
