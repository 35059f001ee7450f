"""Trips through latent space against the model in numpy, and every form a reply can have against its JSON."""

import base64
import io
import json
import pathlib
import tempfile

import numpy
from PIL import Image
from safetensors.numpy import save_file

from reference import ReferenceModel, attribute, bilinear, path, prior, structural_similarity
from support import Server, digits, multipart, png_bytes, require, require_error

MEDIA = ("application/x-npy", "application/octet-stream")


def run(suite, models):
    with Server(models) as server:
        for card in json.loads(server.get("/v1/models"))["models"]:
            reference = ReferenceModel(pathlib.Path(models) / f"{card['name']}.safetensors")
            topic = Topic(suite, server, reference, card)
            for check in (topic.traverse, topic.grid, topic.arithmetic, topic.attributes, topic.edit, topic.difference,
                          topic.arrays, topic.coded, topic.animations):
                check()
    with tempfile.TemporaryDirectory() as folder:
        write_conditional(f"{folder}/digits.safetensors")
        write_recommender(f"{folder}/films.safetensors", FILMS)
        write_recommender(f"{folder}/numbers.safetensors", None)
        with Server(folder, "--default-model", "films") as server:
            conditional(suite, server, ReferenceModel(f"{folder}/digits.safetensors"))
            recommendation(suite, server, ReferenceModel(f"{folder}/films.safetensors"))


FILMS = [f"film {number}" for number in range(300)]


def array(reply):
    return numpy.load(io.BytesIO(reply), allow_pickle=False)


class Topic:
    def __init__(self, suite, server, reference, card):
        self.suite, self.server, self.reference, self.card = suite, server, reference, card
        self.name = card["name"]
        self.route = f"/v1/models/{self.name}"
        grey = digits(6, *reference.shape[1:], seed=4)
        self.bytes = grey if reference.channels == 1 else numpy.stack([grey, grey[::-1], 255 - grey], axis=-1)
        planes = self.bytes[:, None] if reference.channels == 1 else numpy.moveaxis(self.bytes, -1, 1)
        self.images = planes.astype(numpy.float32) / numpy.float32(255)
        self.mu = reference.encode(self.images)[0]

    def case(self, name):
        return self.suite.case(f"{self.name}: {name}")

    def get(self, query):
        return json.loads(self.server.get(f"{self.route}/{query}"))

    def post(self, operation, body, content_type="application/json"):
        return self.server.post(f"{self.route}/{operation}", body, content_type)

    def require_codes(self, reply, z, what):
        """The codes, and the images that numpy makes of them."""
        self.suite.close(f"{what} z", reply["z"], z, 2e-5)
        self.suite.close(f"{what} images", reply["images"], self.reference.decode(reply["z"]), 1e-5)

    def seed(self, number):
        return prior(number, 1, self.reference.latent)[0]

    def traverse(self):
        latent = self.reference.latent
        kl = numpy.asarray(self.card["kl_per_dimension"])
        order = sorted(range(latent), key=lambda j: (-kl[j], j))
        with self.case("the card's order of dimensions is that of the mean KL"):
            require(self.card["dimensions_by_kl"] == order, f"{self.card['dimensions_by_kl']}")
        mean, deviation = self.reference.aggregate()
        for what, reply, start, dimensions, extent, steps in [
            ("seed", self.get("traverse?seed=7"), self.seed(7), order[:10], 3, 11),
            ("image", self.post("traverse?steps=4&range=1.5&dimensions=3,1", png_bytes(self.bytes[0]), "image/png"),
             self.mu[0], [3, 1], 1.5, 4),
        ]:
            with self.case(f"traverse from {what}"):
                values = numpy.linspace(-extent, extent, steps)
                z = numpy.tile(start, (len(dimensions), steps, 1))
                for line, dimension in enumerate(dimensions):
                    z[line, :, dimension] = mean[dimension] + values * deviation[dimension]
                require(reply["dimensions"] == dimensions, f"dimensions {reply['dimensions']}")
                self.suite.close("traverse values", reply["values"], values, 1e-6)
                self.require_codes(reply, z.reshape(-1, latent), "traverse")

    def grid(self):
        corners = [self.mu[1], self.seed(1), self.mu[2], self.seed(2)]
        points = [self.images[1].tolist(), {"seed": 1}, self.images[2].tolist(), {"seed": 2}]
        for count in (2, 3, 4):
            for method in ("linear", "slerp"):
                with self.case(f"grid between {count} corners, {method}"):
                    rows = 1 if count == 2 else 3
                    body = {"corners": points[:count], "rows": rows, "columns": 4, "method": method}
                    reply = self.post("grid", body)
                    require((reply["rows"], reply["columns"]) == (rows, 4), "another size")
                    self.require_codes(reply, bilinear(corners[:count], rows, 4, method), "grid")

    def arithmetic(self):
        with self.case("arithmetic"):
            body = {"plus": [self.images[0].tolist(), {"seed": 3}], "minus": [self.images[1].tolist()]}
            z = self.mu[0] + self.seed(3) - self.mu[1]
            self.require_codes(self.post("arithmetic", body), z[None], "arithmetic")

    def attributes(self):
        with self.case("attributes: direction, norm, accuracy and separation"):
            body = {"positive": self.images[:3].tolist(), "negative": [*self.images[3:].tolist(), {"seed": 9}]}
            reply = self.post("attributes", body)
            expected = attribute(self.mu[:3], numpy.vstack([self.mu[3:], self.seed(9)]))
            for member, value in expected.items():
                self.suite.close(f"attributes {member}", reply[member], value, 1e-4)
        with self.case("attributes as a form"):
            names = ["positive"] * 3 + ["negative"] * 3
            body, kind = multipart([(name, png_bytes(image), "image/png") for name, image in zip(names, self.bytes)])
            expected = attribute(self.mu[:3], self.mu[3:])
            self.suite.close("attributes direction", self.post("attributes", body, kind)["direction"],
                             expected["direction"], 1e-5)

    def edit(self):
        with self.case("edit along the direction that attributes gave"):
            sets = {"positive": self.images[:3].tolist(), "negative": self.images[3:].tolist()}
            direction = self.post("attributes", sets)["direction"]
            reply = self.post("edit", {"from": self.images[5].tolist(), "direction": direction, "steps": 5, "range": 2})
            strengths = numpy.linspace(-2, 2, 5)
            self.suite.close("edit strength", reply["strength"], strengths, 1e-6)
            self.require_codes(reply, self.mu[5] + strengths[:, None] * numpy.asarray(direction), "edit")

    def difference(self):
        reply = self.post("reconstruct?diff=true", self.images[:3].astype("<f4").tobytes(), "application/octet-stream")
        x, found = self.images[:3].astype(numpy.float64), numpy.asarray(reply["images"])
        with self.case("reconstruct?diff=true: difference, PSNR and SSIM"):
            self.suite.close("difference", reply["difference"], numpy.abs(x - found), 1e-6)
            error = ((x - found) ** 2).reshape(3, -1).mean(1)
            self.suite.close("PSNR (dB)", reply["psnr"], -10 * numpy.log10(error), 1e-4)
            expected = [numpy.mean([structural_similarity(*planes) for planes in zip(*pair)]) for pair in zip(x, found)]
            self.suite.close("SSIM", reply["ssim"], expected, 1e-5)
        with self.case("reconstruct?diff=true as a picture: x, its reconstruction and the difference in a line"):
            data = self.server.request("POST", f"{self.route}/reconstruct?diff=true&format=npy",
                                       self.images[:3].astype("<f4").tobytes(), "application/octet-stream")[2]
            triples = array(data)
            require(triples.shape == (3, 3, *self.reference.shape), f"{triples.shape}")
            require((triples[:, 0] == self.images[:3]).all() and (triples[:, 1] == found.astype("f4")).all(), "other images")
            require((triples[:, 2] == numpy.asarray(reply["difference"], "f4")).all(), "another difference")
            picture = self.post("reconstruct?diff=true&format=png", self.images[:3].astype("<f4").tobytes(),
                                "application/octet-stream")
            _, height, width = self.reference.shape
            require(Image.open(io.BytesIO(picture)).size == (3 * width + 4, 3 * height + 4), "another size")

    def requests(self):
        """Operation, query, body → as JSON, as .npy, as octets."""
        images = self.images[:2].astype("<f4").tobytes()
        z = json.dumps({"z": self.mu[:2].tolist()}).encode()
        edit = json.dumps({"from": {"seed": 1}, "direction": [0.5] * self.reference.latent, "steps": 3}).encode()
        return [
            ("encode", "", images, "application/octet-stream", (2, 2, self.reference.latent)),
            ("decode", "", z, "application/json", (2,)), ("sample", "n=2&seed=1", None, None, (2,)),
            ("reconstruct", "", images, "application/octet-stream", (2,)),
            ("interpolate", "from_seed=1&to_seed=2&steps=3", None, None, (3,)),
            ("traverse", "seed=1&dimensions=1,0&steps=3", None, None, (2, 3)),
            ("grid", "seeds=1,2,3&rows=2&columns=3", None, None, (2, 3)),
            ("edit", "", edit, "application/json", (3,)),
        ]

    def ask(self, operation, query, body, kind, **headers):
        method = "GET" if body is None else "POST"
        status, lines, reply = self.server.request(method, f"{self.route}/{operation}?{query}", body, kind, **headers)
        require(status == 200, f"{status} {reply[:300]}")
        return lines, reply

    def arrays(self):
        for operation, query, body, kind, axes in self.requests():
            with self.case(f"{operation} as .npy and as octets: the numbers of its JSON, in the shape it says"):
                reply = json.loads(self.ask(operation, query, body, kind)[1])
                if operation == "encode":
                    expected = numpy.stack([reply["mu"], reply["sigma"]], axis=1)
                else:
                    expected = numpy.asarray(reply["images"]).reshape(*axes, *self.reference.shape)
                expected = expected.astype(numpy.float32)
                for form, accept in zip(("npy", "octets"), MEDIA):
                    headers, data = self.ask(operation, query, body, kind, Accept=accept)
                    require(headers["Content-Type"] == accept, headers["Content-Type"])
                    shape = tuple(map(int, headers["X-VAE-Shape"].split(",")))
                    found = array(data) if form == "npy" else numpy.frombuffer(data, "<f4").reshape(shape)
                    require(found.dtype == numpy.float32 and found.shape == shape == expected.shape, f"{found.shape}")
                    require((found == expected).all(), f"{form}: other numbers")
                    named = self.ask(operation, f"{query}&format={form}", body, kind)[1]
                    require(named == data, f"?format={form} differs from Accept")

    def coded(self):
        for operation, query, body, kind, _ in self.requests():
            with self.case(f"{operation} with encoding_format=base64: the numbers of its JSON"):
                plain = json.loads(self.ask(operation, query, body, kind)[1])
                coded = json.loads(self.ask(operation, f"{query}&encoding_format=base64", body, kind)[1])
                require(list(plain) == list(coded), f"members {list(coded)}")
                for member, value in plain.items():
                    if isinstance(value, list) and member != "dimensions":
                        texts = coded[member] if isinstance(value[0], list) else [coded[member]]
                        found = numpy.concatenate([numpy.frombuffer(base64.b64decode(text), "<f4") for text in texts])
                        expected = numpy.asarray(value, numpy.float32).ravel()
                        require((found == expected).all(), f"{member}: other numbers")
                    else:
                        require(coded[member] == value, f"{member}: {coded[member]}")

    def animations(self):
        for operation, query, body, kind, axes in self.requests():
            if operation not in ("interpolate", "traverse", "edit"):
                continue
            with self.case(f"{operation} as APNG: a frame for each step, as Pillow reads it"):
                images = numpy.asarray(json.loads(self.ask(operation, query, body, kind)[1])["images"], numpy.float32)
                rounded = numpy.floor(images * numpy.float32(255) + numpy.float32(0.5)).astype(numpy.uint8)
                rounded = numpy.moveaxis(rounded, 1, -1).reshape(-1, axes[-1], *rounded.shape[2:], rounded.shape[1])
                headers, data = self.ask(operation, f"{query}&fps=20", body, kind, Accept="image/apng")
                require(headers["Content-Type"] == "image/apng", headers["Content-Type"])
                animation = Image.open(io.BytesIO(data))
                require(animation.n_frames == axes[-1] and animation.info["loop"] == 0, f"{animation.n_frames} frames")
                for frame in range(animation.n_frames):
                    animation.seek(frame)
                    require(animation.info["duration"] == 50, f"{animation.info['duration']} ms")
                    found = numpy.asarray(animation).reshape(*numpy.asarray(animation).shape[:2], -1)
                    tiles = rounded[:, frame]
                    width = tiles.shape[2]
                    for tile, image in enumerate(tiles):
                        part = found[:, tile * (width + 2):tile * (width + 2) + width]
                        require((part == image).all(), f"frame {frame}, tile {tile}")
        with self.case("a picture that does not move is no APNG"):
            require_error(self.server.request("GET", f"{self.route}/sample?format=apng"), 406, "not_acceptable")


def weights(generator, shapes):
    """Tensors of these shapes, about as large as trained ones."""
    return {
        name: (generator.normal(size=shape) / numpy.sqrt(shape[-1])).astype(numpy.float32)
        for name, shape in shapes.items()}


def dense(inputs, hidden, latent, outputs, label=0):
    """Layers and shapes of a VAE with a hidden layer on each side, and perhaps a label behind what both are given."""
    encoder = [{"type": "linear", "in": inputs + label, "out": hidden}, {"type": "tanh"}]
    decoder = [{"type": "linear", "in": latent + label, "out": hidden}, {"type": "tanh"},
               {"type": "linear", "in": hidden, "out": outputs}]
    shapes = {
        "encoder.0.weight": (hidden, inputs + label), "encoder.0.bias": (hidden,), "mu.weight": (latent, hidden),
        "mu.bias": (latent,), "sigma.weight": (latent, hidden), "sigma.bias": (latent,),
        "decoder.0.weight": (hidden, latent + label), "decoder.0.bias": (hidden,),
        "decoder.2.weight": (outputs, hidden), "decoder.2.bias": (outputs,)}
    return {"encoder": encoder, "decoder": decoder, "latent": latent, "sigma": "log_variance",
            "log_variance_clamp": [-10, 10]}, shapes


def write(path, config, tensors, **metadata):
    save_file(tensors, path, {"format": "vae-checkpoint", "version": "1", "config": json.dumps(config), **metadata})


def write_conditional(path, classes=10):
    config, shapes = dense(64, 32, 5, 64, classes)
    config |= {"input": [1, 8, 8], "likelihood": "bernoulli", "classes": classes}
    write(path, config, weights(numpy.random.default_rng(1), shapes))


def write_recommender(path, items):
    config, shapes = dense(300, 24, 6, 300)
    config |= {"input": [1, 1, 300], "likelihood": "multinomial"}
    names = {} if items is None else {"items": json.dumps(items)}
    write(path, config, weights(numpy.random.default_rng(2), shapes), **names)


def conditional(suite, server, reference):
    route = "/v1/models/digits"
    images = digits(4, 8, 8).astype(numpy.float32) / numpy.float32(255)
    labels = [3, 9, 0, 3]
    one_hot = numpy.eye(10)[labels]
    x = numpy.hstack([images.reshape(4, 64), one_hot])
    mu, sigma, _ = reference.posterior(x)
    with suite.case("a conditional model's encode is given a label for each row"):
        reply = server.post(f"{route}/encode", {"images": images.tolist(), "label": labels})
        suite.close("conditional mu", reply["mu"], mu)
        suite.close("conditional sigma", reply["sigma"], sigma)
        body = images.astype("<f4").tobytes()
        query = server.post(f"{route}/encode?label=3,9,0,3", body, "application/octet-stream")
        require(query == reply, "the query's labels give other numbers")
    with suite.case("a conditional model's decode, sample and reconstruct are given the labels, too"):
        z = numpy.random.default_rng(3).normal(size=(4, 5)).astype(numpy.float32)

        def decoded(codes):
            logits = reference.network("decoder", numpy.hstack([numpy.asarray(codes, numpy.float64), one_hot]))
            return (0.5 * (1 + numpy.tanh(0.5 * logits))).reshape(4, 1, 8, 8)

        reply = server.post(f"{route}/decode", {"z": z.tolist(), "label": labels})
        suite.close("conditional images", reply["images"], decoded(z))
        reply = json.loads(server.get(f"{route}/sample?seed=1&label=3,9,0,3"))
        suite.close("conditional samples", reply["images"], decoded(prior(1, 4, 5)))
        reply = server.post(f"{route}/reconstruct", {"images": images.tolist(), "label": labels})
        suite.close("conditional reconstructions", reply["images"], decoded(mu))
    with suite.case("a conditional model wants a label, and others do not"):
        require_error(server.request("GET", f"{route}/sample"), 422, "invalid_value")
        require_error(server.request("GET", f"{route}/sample?label=10"), 422, "invalid_value")


def recommendation(suite, server, reference):
    lists = [[5, 17, 250, 3], [0], []]
    x = numpy.zeros((3, 300))
    for row, items in zip(x, lists):
        row[items] = 1
    lengths = numpy.linalg.norm(x, axis=1, keepdims=True)
    mu, sigma, _ = reference.posterior(x / numpy.maximum(lengths, 1e-30))
    logits = reference.network("decoder", mu)
    scores = logits - numpy.log(numpy.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True)) - logits.max(
        1, keepdims=True)
    with suite.case("recommend ranks the items a user has not seen as numpy does"):
        reply = server.post("/v1/recommend", {"items": [[FILMS[i] for i in items] for items in lists], "n": 20})
        for row, items in enumerate(lists):
            left = numpy.where(x[row] > 0, -numpy.inf, scores[row])
            order = numpy.argsort(-left, kind="stable")[:20]
            require(reply["items"][row] == [FILMS[i] for i in order], f"user {row}: {reply['items'][row]}")
            suite.close("recommendation scores", reply["scores"][row], scores[row][order])
        numbers = server.post("/v1/models/numbers/recommend", {"items": lists, "n": 20})
        require(numbers["scores"] == reply["scores"], "numbers give other scores than ids")
        require(numbers["items"] == [[FILMS.index(name) for name in row] for row in reply["items"]], "other items")
    with suite.case("recommend with everything: seen items, and as many as there are"):
        reply = server.post("/v1/recommend", {"items": FILMS[:4], "n": 300, "exclude_seen": False})
        require(sorted(reply["items"][0]) == sorted(FILMS), "an item is missing")
        suite.close("sum of probabilities", numpy.exp(reply["scores"][0]).sum(), 1, 1e-5)
        require(len(server.post("/v1/recommend", {"items": FILMS[:250]})["items"][0]) == 50, "seen ones are among them")
    with suite.case("encode takes lists of items"):
        reply = server.post("/v1/encode", {"items": lists})
        suite.close("recommender mu", reply["mu"], mu)
        suite.close("recommender sigma", reply["sigma"], sigma)
    with suite.case("what a recommendation model cannot do is refused by name"):
        for path in ("sample", "traverse?seed=1", "interpolate?from_seed=1&to_seed=2", "grid?seeds=1,2"):
            error = require_error(server.request("GET", f"/v1/{path}"), 422, "invalid_value")
            require("recommendation model" in error["error"], error["error"])
        body = json.dumps({"items": ["film 1", "no such film"]}).encode()
        require_error(server.request("POST", "/v1/recommend", body, "application/json"), 422, "invalid_value")
        body = json.dumps({"items": [0]}).encode()
        require_error(
            server.request("POST", "/v1/models/digits/recommend", body, "application/json"), 422, "invalid_value")
