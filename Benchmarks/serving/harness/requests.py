"""The requests that are measured. Their inputs are samples of the server itself."""

import json
from typing import NamedTuple

from . import settings


class Request(NamedTuple):
    """One kind of request, and what is asked of it at 64 connections."""

    key: str
    title: str
    method: str
    path: str
    body: object  # a file, or None
    content_type: str
    ratio_asked: float  # to the best peer
    echo_asked: float  # share of the bare echo, or None


def requests(server, work):
    """All kinds that the server's models allow, with their bodies written to files."""
    dense, convolutional = settings.DENSE_MODEL, settings.CONVOLUTIONAL_MODEL
    shapes = f"/v1/models/{convolutional}"

    def written(name, data):
        (work / name).write_bytes(data)
        return work / name

    digit = as_pixels(json.loads(server.fetch("GET", "/v1/sample?n=1&seed=7")[0])["images"])
    digit_json = written("digit.json", json.dumps({"images": digit}, separators=(",", ":")).encode())
    digit_png = written("digit.png", server.fetch("GET", "/v1/sample?n=1&seed=7&format=png")[0])
    all_requests = [
        Request("json-encode", f"JSON encode ({dense})", "POST", "/v1/encode", digit_json, "application/json", 5, 0.6),
        Request("png-encode", f"PNG encode ({dense})", "POST", "/v1/encode", digit_png, "image/png", 6, 0.6),
        Request("json-sample", f"JSON sample ({dense})", "GET", "/v1/sample?n=1", None, None, None, None),
        Request("png-grid", f"PNG grid of 64 samples ({dense})", "GET", "/v1/sample?n=64&format=png", None, None,
                2.5, None),
    ]
    if (settings.MODEL_DIRECTORY / f"{convolutional}.safetensors").exists():
        sample = json.loads(server.fetch("GET", f"{shapes}/sample?n=1&seed=7")[0])
        shape_png = written("shape.png", server.fetch("GET", f"{shapes}/sample?n=1&seed=7&format=png")[0])
        shape_code = written("shape.json", json.dumps({"z": sample["z"]}).encode())
        all_requests += [
            Request("conv-encode", f"PNG encode ({convolutional})", "POST", f"{shapes}/encode", shape_png,
                    "image/png", 2, None),
            Request("conv-decode", f"decode to PNG ({convolutional})", "POST", f"{shapes}/decode?format=png",
                    shape_code, "application/json", 2, None),
        ]
    chosen = [each for each in all_requests if not settings.OPERATIONS or each.key in settings.OPERATIONS]
    if not chosen:
        raise SystemExit(f"error: none of OPERATIONS={' '.join(settings.OPERATIONS)}; there are "
                         + ", ".join(each.key for each in all_requests))
    return chosen


def as_pixels(image):
    """Bytes over 255, as `(array / 255).tolist()` gives them: what a client that has a picture sends."""
    return [as_pixels(part) for part in image] if isinstance(image, list) else round(image * 255) / 255


def fetch(server, request):
    body = request.body.read_bytes() if request.body else None
    return server.fetch(request.method, request.path, body, request.content_type)
