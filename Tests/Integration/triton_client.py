"""Triton's own client, unmodified, against /v2: JSON and bytes, sync, gevent and asyncio, and the errors it raises."""

import asyncio
import gzip
import json
import pathlib
import shutil
import subprocess
import tempfile
import zlib

import numpy
import yaml

import support
from reference import ReferenceModel
from support import Server, digits, require, run_readme

try:
    import tritonclient.http
    import tritonclient.http.aio
    from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
    from tritonclient.utils import InferenceServerException
except ImportError:
    tritonclient = None

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def run(suite, models):
    if tritonclient is None:
        print("  skipped: tritonclient is not installed (pip install 'tritonclient[http]')")
        return
    with tempfile.TemporaryDirectory() as folder:
        for file in pathlib.Path(models).glob("*.safetensors"):
            shutil.copy(file, folder)
        with Server(folder) as server:
            topic = Topic(suite, server, folder)
            for check in (topic.metadata, topic.inference, topic.sampling, topic.raw, topic.errors, topic.statistics,
                          topic.concurrent, topic.compression, topic.asynchronous, topic.repository):
                check()
            topic.client.close()
            with suite.case("README: with Triton's and KServe's clients"):
                found = run_readme(server, "tritonclient.http")["result"]
                require(found.as_numpy("z").shape == found.as_numpy("mu").shape == (2, 20), "other shapes")
            check_manifest(suite, server)
            check_examples(suite, server, topic.card["content_hash"])


def check_manifest(suite, server):
    """deploy/kserve.yaml: what it says of the server is so."""
    with suite.case("the KServe runtime's probes, flags and variables are the server's"):
        documents = list(yaml.safe_load_all((REPOSITORY / "deploy/kserve.yaml").read_text()))
        kinds = {document["kind"]: document["spec"] for document in documents}
        container = kinds["ServingRuntime"]["containers"][0]
        for probe in ("readinessProbe", "livenessProbe"):
            server.get(container[probe]["httpGet"]["path"])
        known = subprocess.run([support.BINARY, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        flags = [argument.partition("=")[0] for argument in container["args"]]
        flags += ["--" + item["name"].removeprefix("VAE_").lower().replace("_", "-") for item in container["env"]]
        for flag in flags:
            require(f"{flag} <" in known, f"there is no flag {flag}")
        model = kinds["InferenceService"]["predictor"]["model"]
        formats = [entry["name"] for entry in kinds["ServingRuntime"]["supportedModelFormats"]]
        require(model["modelFormat"]["name"] in formats, f"{model['modelFormat']}")
        require(model["runtime"] == documents[0]["metadata"]["name"], f"{model['runtime']}")


def check_examples(suite, server, version):
    """The examples of openapi.yaml under /v2, in its order: all are answered with 200 and a described type."""
    document = yaml.safe_load((REPOSITORY / "openapi.yaml").read_text())
    for template, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation["tags"] != ["inference"]:
                continue
            with suite.case(f"{operation['operationId']}: the example is answered"):
                model = "fashion" if "repository" in template else "mnist_decoder"
                path = template.replace("{model}", model).replace("{version}", version)
                body = operation.get("requestBody", {})
                body = document["components"]["requestBodies"]["InferenceBody"] if "$ref" in body else body
                example = body.get("content", {}).get("application/json", {}).get("example")
                data = None if example is None else json.dumps(example).encode()
                status, headers, reply = server.request(method.upper(), path, data, data and "application/json")
                require(status == 200, f"{status} {reply[:300]}")
                described = operation["responses"]["200"]
                if "$ref" in described:
                    described = document["components"]["responses"][described["$ref"].split("/")[-1]]
                require(headers["Content-Type"] in described["content"], f"{headers['Content-Type']}")
                schema = described["content"]["application/json"]["schema"]
                found = json.loads(reply)
                if schema.get("type") == "array":
                    schema, found = schema["items"], found[0]
                missing = set(schema.get("required", [])) - set(found)
                require(not missing, f"{missing} missing in {reply[:300]}")


class Topic:
    def __init__(self, suite, server, folder):
        self.suite, self.server = suite, server
        self.listing = json.loads(server.get("/v1/models"))
        self.card = next(card for card in self.listing["models"] if card["name"] == self.listing["default"])
        self.name = self.card["name"]
        self.reference = ReferenceModel(pathlib.Path(folder) / f"{self.name}.safetensors")
        self.client = InferenceServerClient(f"127.0.0.1:{server.port}", concurrency=64)
        _, height, width = self.reference.shape
        self.x = (digits(64, height, width).astype(numpy.float32) / numpy.float32(255)).reshape(
            -1, *self.reference.shape)
        self.z = numpy.random.default_rng(2).normal(size=(9, self.reference.latent)).astype(numpy.float32)

    def tensor(self, values, name="x", binary=True, shape=None, datatype="FP32"):
        tensor = InferInput(name, shape or list(values.shape), datatype)
        tensor.set_data_from_numpy(values, binary_data=binary)
        return tensor

    def infer(self, part, values, name="x", binary=True, outputs=None, **options):
        return self.client.infer(
            self.name + part, [self.tensor(values, name, binary)], outputs=outputs, **options)

    def refused(self, what, status, words, call):
        """Requires the client's exception, with our status and message."""
        with self.suite.case(f"refused: {what}"):
            try:
                call()
            except InferenceServerException as error:
                require(error.status() == str(status), f"status {error.status()}: {error.message()}")
                for word in words:
                    require(word in error.message(), f"{word!r} is not in {error.message()!r}")
            else:
                require(False, "nothing was raised")

    def plain(self, images):
        return self.server.post("/v1/reconstruct", {"images": images.tolist()})

    def metadata(self):
        client, name, reference = self.client, self.name, self.reference
        version = self.card["content_hash"]
        image = [-1, *reference.shape]
        code = [-1, reference.latent]
        with self.suite.case("health"):
            require(client.is_server_live() and client.is_server_ready(), "not live, or not ready")
            require(client.is_model_ready(name) and client.is_model_ready(name + "_decoder", version), "a model is not ready")
            require(not client.is_model_ready("nothing") and not client.is_model_ready(name, "7"), "one too many is ready")
        with self.suite.case("server metadata"):
            found = client.get_server_metadata()
            require(found["name"] == "vae-server" and found["version"], f"{found}")
            require({"binary_tensor_data", "statistics", "model_repository"} <= set(found["extensions"]), f"{found}")
        with self.suite.case("model metadata"):
            tensors = {"x": image, "x_hat": image, "mu": code, "sigma": code, "z": code}
            for part, inputs, outputs in [
                ("", ["x"], ["x_hat", "mu", "sigma", "z"]), ("_encoder", ["x"], ["mu", "sigma", "z"]),
                ("_decoder", ["z"], ["x_hat"]),
            ]:
                found = client.get_model_metadata(name + part, version)
                require(found["name"] == name + part and found["versions"] == [version], f"{found}")
                for member, names in (("inputs", inputs), ("outputs", outputs)):
                    expected = [{"name": n, "datatype": "FP32", "shape": tensors[n]} for n in names]
                    require(found[member] == expected, f"{part}: {found[member]}")
        with self.suite.case("model configuration"):
            found = client.get_model_config(name)
            require(found["max_batch_size"] >= 64 and found["input"][0]["dims"] == image[1:], f"{found}")
        with self.suite.case("list of models"):
            names = json.loads(self.server.get("/v2/models"))["models"]
            require({name, name + "_encoder", name + "_decoder"} <= set(names), f"{names}")

    def inference(self):
        plain = self.plain(self.x)
        expected = {"x_hat": plain["images"], "mu": plain["mu"], "sigma": plain["sigma"]}
        for binary_in in (True, False):
            for binary_out in (True, False):
                with self.suite.case(f"infer, bytes in: {binary_in}, bytes out: {binary_out}"):
                    outputs = [InferRequestedOutput(name, binary_data=binary_out) for name in expected]
                    result = self.infer("", self.x, binary=binary_in, outputs=outputs, request_id="my-7")
                    require(result.get_response()["id"] == "my-7", "the id did not come back")
                    require(result.get_response()["model_version"] == self.card["content_hash"], "another version")
                    for name, values in expected.items():
                        found = result.as_numpy(name)
                        require(found.dtype == numpy.float32, f"{name}: {found.dtype}")
                        require(numpy.array_equal(found, numpy.float32(values)), f"{name} is not that of /v1")
        with self.suite.case("infer against numpy"):
            mu, sigma, _ = self.reference.encode(self.x)
            result = self.infer("", self.x)
            self.suite.close("v2 mu", result.as_numpy("mu"), mu)
            self.suite.close("v2 sigma", result.as_numpy("sigma"), sigma)
            self.suite.close("v2 x_hat", result.as_numpy("x_hat"), self.reference.decode(mu))
        with self.suite.case("without outputs: all, as bytes, without z"):
            result = self.infer("", self.x[:2])
            found = result.get_response()["outputs"]
            require([o["name"] for o in found] == ["x_hat", "mu", "sigma"], f"{found}")
            require(all("binary_data_size" in o["parameters"] for o in found), f"{found}")
        with self.suite.case("some outputs, in the order asked for, some as bytes"):
            outputs = [InferRequestedOutput("sigma", binary_data=False), InferRequestedOutput("mu", binary_data=True)]
            result = self.infer("_encoder", self.x[:3], outputs=outputs)
            require([o["name"] for o in result.get_response()["outputs"]] == ["sigma", "mu"], "another order")
            require(numpy.array_equal(result.as_numpy("mu"), numpy.float32(plain["mu"][:3])), "mu")
            require(numpy.array_equal(result.as_numpy("sigma"), numpy.float32(plain["sigma"][:3])), "sigma")
        with self.suite.case("x_hat alone"):
            result = self.infer("", self.x[:3], outputs=[InferRequestedOutput("x_hat")])
            require(numpy.array_equal(result.as_numpy("x_hat"), numpy.float32(plain["images"][:3])), "x_hat")
        with self.suite.case("the decoder"):
            images = self.server.post("/v1/decode", {"z": self.z.tolist()})["images"]
            for binary in (True, False):
                found = self.infer("_decoder", self.z, "z", binary).as_numpy("x_hat")
                require(numpy.array_equal(found, numpy.float32(images)), "x_hat is not that of /v1/decode")
        with self.suite.case("flat images"):
            flat = self.x[:3].reshape(3, -1)
            found = self.infer("_encoder", flat).as_numpy("mu")
            require(numpy.array_equal(found, numpy.float32(plain["mu"][:3])), "mu")
        with self.suite.case("the version may be named"):
            self.infer("", self.x[:1], model_version=self.card["content_hash"])

    def sampling(self):
        mu = self.infer("_encoder", self.x[:5]).as_numpy("mu")
        sigma = self.infer("_encoder", self.x[:5]).as_numpy("sigma")
        with self.suite.case("z without sample is mu"):
            z = self.infer("_encoder", self.x[:5], outputs=[InferRequestedOutput("z")]).as_numpy("z")
            require(numpy.array_equal(z, mu), "z is not mu")
        with self.suite.case("sample: z = mu + sigma·noise of the seed, the same in every part and batch"):
            options = {"parameters": {"sample": True, "seed": 2**64 - 1}}
            z = self.infer("_encoder", self.x[:5], **options).as_numpy("z")
            noise = (z - mu) / sigma
            require(0.5 < noise.std() < 1.5 and numpy.abs(noise).max() < 6, f"noise of deviation {noise.std()}")
            first = self.infer("_encoder", self.x[:1], **options).as_numpy("z")
            require(numpy.array_equal(first, z[:1]), "the first row alone has another z")
            whole = self.infer("", self.x[:5], **options)
            require(numpy.array_equal(whole.as_numpy("z"), z), "the whole model has another z")
            images = self.server.post("/v1/decode", {"z": z.tolist()})["images"]
            require(numpy.array_equal(whole.as_numpy("x_hat"), numpy.float32(images)), "x_hat is not that of z")
            other = self.infer("_encoder", self.x[:5], parameters={"sample": True, "seed": 3}).as_numpy("z")
            require(not numpy.array_equal(other, z), "two seeds, one z")
        with self.suite.case("temperature"):
            seed = {"sample": True, "seed": 5}
            z, half, cold = (
                self.infer("_encoder", self.x[:5], parameters={**seed, "temperature": t}).as_numpy("z") for t in (1, 0.5, 0))
            self.suite.close("v2 half the temperature", half, mu + (z - mu) / 2, tolerance=1e-6)
            require(numpy.array_equal(cold, mu), "at temperature 0 z is not mu")
        with self.suite.case("without a seed the reply says which it took"):
            result = self.infer("_encoder", self.x[:5], parameters={"sample": True})
            seed = result.get_response()["parameters"]["seed"]
            again = self.infer("_encoder", self.x[:5], parameters={"sample": True, "seed": seed})
            require(numpy.array_equal(again.as_numpy("z"), result.as_numpy("z")), "that seed gives another z")

    def raw(self):
        with self.suite.case("the raw form: bytes alone, header length 0"):
            body = self.x[:3].tobytes()
            status, headers, reply = self.server.request(
                "POST", f"/v2/models/{self.name}_encoder/infer", body, Inference_Header_Content_Length="0")
            require(status == 200, f"{status} {reply[:200]}")
            length = int(headers["Inference-Header-Content-Length"])
            outputs = json.loads(reply[:length])["outputs"]
            require([o["name"] for o in outputs] == ["mu", "sigma"], f"{outputs}")
            found = numpy.frombuffer(reply[length:], "<f4").reshape(2, 3, -1)
            expected = self.infer("_encoder", self.x[:3])
            require(numpy.array_equal(found[0], expected.as_numpy("mu")), "mu")
            require(numpy.array_equal(found[1], expected.as_numpy("sigma")), "sigma")
        for length in ("1000000", "-1", "x"):
            with self.suite.case(f"header length {length}"):
                status, _, reply = self.server.request(
                    "POST", f"/v2/models/{self.name}/infer", b"{}", Inference_Header_Content_Length=length)
                require(status == 400 and "Inference-Header" in json.loads(reply)["error"], f"{status} {reply}")

    def errors(self):
        one = self.x[:1]
        self.refused("shape", 400, ["[N, ", "found [1, 7]"], lambda: self.infer("", one.reshape(1, -1)[:, :7].copy()))
        self.refused("no row", 400, ["at least 1 image"], lambda: self.infer("", self.x[:0]))
        self.refused("no rows at all", 400, ["found [784]"], lambda: self.infer("", one.reshape(-1)[:784].copy()))
        self.refused("too many rows", 413, ["at most"], lambda: self.infer(
            "_decoder", numpy.zeros((5000, self.reference.latent), numpy.float32), "z"))
        self.refused("input name", 400, ['no input "y"', '"x"'], lambda: self.infer("", one, "y"))
        self.refused("datatype", 400, ["expected datatype FP32", "FP64"], lambda: self.client.infer(
            self.name, [self.tensor(one.astype(numpy.float64), datatype="FP64")]))
        self.refused("two inputs", 400, ["one input", "found 2"], lambda: self.client.infer(
            self.name, [self.tensor(one), self.tensor(one, "y")]))
        self.refused("pixels beyond 1", 400, ["pixels must be 0…1", "255"], lambda: self.infer("", one * 0 + 255))
        self.refused("NaN", 400, ["pixels must be 0…1"], lambda: self.infer("", one * numpy.float32("nan")))
        self.refused("output name", 400, ['no output "q"', "x_hat, mu, sigma, z"], lambda: self.infer(
            "", one, outputs=[InferRequestedOutput("q")]))
        self.refused("classification", 400, ["classification"], lambda: self.infer(
            "", one, outputs=[InferRequestedOutput("mu", class_count=3)]))
        self.refused("unknown parameter", 400, ["temprature", "temperature"], lambda: self.infer(
            "", one, parameters={"temprature": 2}))
        self.refused("seed without sample", 400, ["sample"], lambda: self.infer("", one, parameters={"seed": 2}))
        self.refused("temperature out of range", 400, ["0…100"], lambda: self.infer(
            "", one, parameters={"sample": True, "temperature": -1}))
        self.refused("unknown model", 404, ["nothing"], lambda: self.client.infer("nothing", [self.tensor(one)]))
        self.refused("unknown version", 404, ["version"], lambda: self.infer("", one, model_version="9"))
        self.refused("shared memory", 400, ["shares no memory"], self.shared_memory)
        for what, body in [
            ("no JSON", b"{"), ("nothing", b""), ("no inputs", b"{}"), ("inputs no list", b'{"inputs":3}'),
            ("input without a name", b'{"inputs":[{"shape":[1,784],"datatype":"FP32","data":[]}]}'),
            ("no data", b'{"inputs":[{"name":"x","shape":[1,784],"datatype":"FP32"}]}'),
            ("too few numbers", b'{"inputs":[{"name":"x","shape":[1,784],"datatype":"FP32","data":[1]}]}'),
            ("a huge shape", b'{"inputs":[{"name":"x","shape":[9223372036854775807,784],"datatype":"FP32","data":[1]}]}'),
            ("a negative shape", b'{"inputs":[{"name":"x","shape":[-1,784],"datatype":"FP32","data":[1]}]}'),
            ("bytes that are not there",
             b'{"inputs":[{"name":"x","shape":[1,784],"datatype":"FP32","parameters":{"binary_data_size":3136}}]}'),
        ]:
            with self.suite.case(f"refused: {what}"):
                status, _, reply = self.server.request("POST", f"/v2/models/{self.name}/infer", body)
                error = json.loads(reply)
                require(status in (400, 413) and isinstance(error["error"], str) and error["error"], f"{status} {error}")
                require(error["status"] == status, f"{error}")

    def shared_memory(self):
        tensor = InferInput("x", list(self.x.shape), "FP32")
        tensor.set_shared_memory("region", self.x.nbytes)
        self.client.infer(self.name, [tensor])

    def statistics(self):
        def of(part):
            return self.client.get_inference_statistics(self.name + part)["model_stats"][0]

        with self.suite.case("statistics"):
            before = of("_encoder")
            for _ in range(3):
                self.infer("_encoder", self.x[:4])
            after = of("_encoder")
            require(after["inference_count"] - before["inference_count"] == 12, f"{before} {after}")
            require(after["execution_count"] - before["execution_count"] == 3, f"{before} {after}")
            was, now = before["inference_stats"], after["inference_stats"]
            require(now["success"]["count"] - was["success"]["count"] == 3, f"{was} {now}")
            require(now["compute_infer"]["ns"] > was["compute_infer"]["ns"], f"{was} {now}")
            require(after["last_inference"] > 1.7e12, f"{after}")
            try:
                self.infer("_encoder", self.x, "wrong")
            except InferenceServerException:
                pass
            require(of("_encoder")["inference_stats"]["fail"]["count"] == now["fail"]["count"] + 1, "a failure")
            every = self.client.get_inference_statistics()["model_stats"]
            require(len(every) == 3 * len(self.listing["models"]), f"{len(every)}")

    def concurrent(self):
        with self.suite.case("64 inferences at once equal the plain endpoint bit for bit"):
            plain = [self.plain(self.x[i:i + 1]) for i in range(64)]
            pending = [
                self.client.async_infer(self.name, [self.tensor(self.x[i:i + 1], binary=bool(i % 2))]) for i in range(64)]
            for i, request in enumerate(pending):
                result = request.get_result(timeout=30)
                for name, values in (("x_hat", plain[i]["images"]), ("mu", plain[i]["mu"]), ("sigma", plain[i]["sigma"])):
                    require(numpy.array_equal(result.as_numpy(name), numpy.float32(values)), f"{name} of {i}")

    def compression(self):
        expected = self.infer("", self.x[:9])
        for binary in (True, False):
            for coding in ("gzip", "deflate"):
                with self.suite.case(f"{coding} requests, bytes: {binary}"):
                    found = self.infer("", self.x[:9], binary=binary, request_compression_algorithm=coding,
                                       response_compression_algorithm=coding)
                    for name in ("x_hat", "mu", "sigma"):
                        require(numpy.array_equal(found.as_numpy(name), expected.as_numpy(name)), name)
        image = {"images": self.x[:3].tolist()}
        body = json.dumps(image).encode()
        plain = self.server.post("/v1/encode", image)
        for coding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body)),
                               ("GZIP", gzip.compress(body[:99]) + gzip.compress(body[99:]))):
            with self.suite.case(f"{coding} at /v1/encode"):
                found = self.server.post("/v1/encode", packed, Content_Encoding=coding)
                require(found == plain, "another reply")
        bomb = gzip.compress(bytes(33 << 20))
        for what, coding, packed, status in [
            ("a bomb", "gzip", bomb, 413), ("cut short", "gzip", gzip.compress(body)[:-9], 400),
            ("a wrong checksum", "gzip", gzip.compress(body)[:-8] + bytes(8), 400), ("not gzip", "gzip", body, 400),
            ("gzip said to be deflate", "deflate", gzip.compress(body), 400), ("brotli", "br", body, 415),
            ("something behind", "deflate", zlib.compress(body) + b"x", 400),
        ]:
            with self.suite.case(f"compressed body: {what}"):
                found, _, reply = self.server.request(
                    "POST", "/v1/encode", packed, "application/json", Content_Encoding=coding)
                require(found == status, f"{found} {reply[:200]}")
        with self.suite.case("unpacked bodies are given back"):
            line = next(line for line in self.server.get("/metrics").decode().splitlines()
                        if line.startswith("vae_buffered_bytes "))
            require(float(line.split()[1]) < 1e6, line)

    def asynchronous(self):
        async def ask():
            async with tritonclient.http.aio.InferenceServerClient(f"127.0.0.1:{self.server.port}") as client:
                require(await client.is_server_live() and await client.is_model_ready(self.name), "not ready")
                return await asyncio.gather(*(
                    client.infer(self.name, [self.tensor(self.x[i:i + 1])]) for i in range(64)))

        with self.suite.case("64 inferences at once with asyncio"):
            together = self.infer("", self.x)
            for i, result in enumerate(asyncio.run(ask())):
                for name in ("x_hat", "mu", "sigma"):
                    require(numpy.array_equal(result.as_numpy(name), together.as_numpy(name)[i:i + 1]), f"{name} of {i}")

    def repository(self):
        other = next((card["name"] for card in self.listing["models"] if card["name"] != self.name), None)

        def states():
            return {entry["name"]: entry["state"] for entry in self.client.get_model_repository_index()}

        with self.suite.case("index of the repository"):
            require(states()[self.name + "_decoder"] == "READY", f"{states()}")
        self.refused("to unload the default model", 400, ["default"], lambda: self.client.unload_model(self.name))
        self.refused("to load what is not there", 404, ["nothing"], lambda: self.client.load_model("nothing"))
        self.refused("to load a part", 400, ["part of"], lambda: self.client.load_model(self.name + "_encoder"))
        self.refused("to load with another configuration", 400, ["config"], lambda: self.client.load_model(
            self.name, config="{}"))
        if other is None:
            return
        with self.suite.case("unload and load"):
            self.client.unload_model(other)
            require(states()[other] == "UNAVAILABLE" and not self.client.is_model_ready(other), f"{states()}")
            self.client.load_model(other)
            require(states()[other] == "READY" and self.client.is_model_ready(other), f"{states()}")
