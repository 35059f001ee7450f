"""Same seed, same bytes; a row alone equals the row in any batch: after a restart, under load, with any workers."""

import contextlib
import http.client
import json
import re
import subprocess
import threading

import support
from support import Server, digits, has_bf16, png_bytes, require

QUERIES = [
    "/v1/sample?n=64&seed=7",
    "/v1/sample?n=64&seed=7&format=png",
    "/v1/interpolate?from_seed=1&to_seed=2&steps=9&method=slerp",
]


@contextlib.contextmanager
def load(server, bodies, clients=16):
    """Clients that post `bodies` in turn as fast as they can, until the block is left."""
    stopping = threading.Event()
    failures = []

    def work(first):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        turn = first
        try:
            while not stopping.is_set():
                connection.request("POST", "/v1/encode", bodies[turn % len(bodies)], {"Content-Type": "image/png"})
                reply = connection.getresponse()
                reply.read()
                require(reply.status == 200, f"status {reply.status}")
                turn += 1
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
            failures.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    require(not failures, f"{len(failures)} clients failed: {failures[:3]}")


def rows_as_text(body, member):
    """The rows of a matrix in a JSON reply, each as the text it was sent as."""
    matrix = re.search(rf'"{member}":\[(\[.*?\])\]', body.decode()).group(1)
    return matrix[1:-1].split("],[")


def run(suite, models):
    tags = {"f32": same_bits(suite, models, "f32")}
    if not has_bf16():
        print("  skipped with --precision bf16: this processor has no AVX512_BF16")
        with suite.case("bf16 is refused, with the reason, where the processor has none"):
            done = subprocess.run(
                [support.BINARY, "--models", models, "--precision", "bf16"], capture_output=True, text=True, timeout=20,
                env=support.clean_environment())
            require(done.returncode > 0 and "AVX512_BF16" in done.stderr, f"{done.returncode} {done.stderr}")
        return
    tags["bf16"] = same_bits(suite, models, "bf16")
    with suite.case("ETags differ between precisions"):
        both = [query for query in QUERIES if tags["f32"][query] == tags["bf16"][query]]
        require(not both, f"the same tag for {both}")


def same_bits(suite, models, precision):
    """Every promise about bits, at one precision; returns the ETags."""
    expected = {}
    tags = {}
    for what, flags in [
        ("first start", ["--workers", "1"]), ("restart", ["--workers", "1"]), ("2 workers", ["--workers", "2"]),
        ("4 workers, 2 I/O threads", ["--workers", "4", "--io-threads", "2"]),
    ]:
        what, flags = f"{precision}, {what}", [*flags, "--precision", precision]
        with Server(models, *flags) as server:
            listing = json.loads(server.get("/v1/models"))
            card = next(card for card in listing["models"] if card["name"] == listing["default"])
            with suite.case(f"the model's card says the precision, {what}"):
                require(card["precision"] == precision, f"it says {card['precision']}")
            channels, height, width = card["input"]
            images = digits(64, height, width, seed=3)
            if channels == 3:
                images = images[..., None].repeat(3, axis=-1)
            files = [png_bytes(image) for image in images]

            def same(moment):
                for query in QUERIES:
                    with suite.case(f"{query}: same bytes, {moment}"):
                        status, headers, body = server.request("GET", query)
                        require(status == 200, f"status {status}")
                        require(body == expected.setdefault(query, body), "other bytes than at the first start")
                        require(headers["ETag"] == tags.setdefault(query, headers["ETag"]), "another ETag")

            same(what)
            alone = [server.post("/v1/encode", file, "image/png") for file in files]
            alone_text = [
                [rows_as_text(server_bytes(server, file), member)[0] for file in files] for member in ("mu", "sigma")]
            floats = (images.astype("f4") / images.dtype.type(255).astype("f4"))
            planes = floats[:, None] if channels == 1 else floats.transpose(0, 3, 1, 2)
            batch = planes.astype("<f4").tobytes()

            def rows_equal(moment):
                with suite.case(f"64 rows of one batch equal each row alone, {moment}"):
                    status, _, body = server.request("POST", "/v1/encode", batch, "application/octet-stream")
                    require(status == 200, f"status {status}: {body[:200]}")
                    for member, texts in zip(("mu", "sigma"), alone_text):
                        rows = rows_as_text(body, member)
                        different = [index for index in range(64) if rows[index] != texts[index]]
                        require(not different, f"{member}: rows {different} differ")

            rows_equal(what)
            with suite.case(f"load with {what}: no reply fails"):
                with load(server, files):
                    for turn in range(3):
                        same(f"{what}, under load, turn {turn}")
                        rows_equal(f"{what}, under load, turn {turn}")
                    with suite.case(f"single encodes under load equal those of an idle server, {what}"):
                        for file, reply in zip(files, alone):
                            require(server.post("/v1/encode", file, "image/png") == reply, "a row changed under load")

            with suite.case(f"first rows do not depend on n, {what}"):
                small, large = (
                    json.loads(server.get(f"/v1/sample?n={n}&seed=7")) for n in (3, 64))
                require(small["z"] == large["z"][:3], "z")
                require(small["images"] == large["images"][:3], "images")
    return tags


def server_bytes(server, file):
    status, _, body = server.request("POST", "/v1/encode", file, "image/png")
    require(status == 200, f"status {status}")
    return body
