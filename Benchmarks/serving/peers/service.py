"""The HTTP side of both peers, on FastAPI. As fast as it is usually made: orjson both ways, PNG by Pillow at
compression level 1, no validation beyond what decoding needs, and the model run in the coroutine, where a hop to a
thread pool would cost more than it does."""

import io
import os

import numpy
import orjson
from checkpoint import Checkpoint
from fastapi import FastAPI, Request, Response
from PIL import Image


def picture(pixels):
    """Images [N, C, H, W], 0…1, as a PNG: one as it is, several as a grid with black gaps of 2 between."""
    pixels = (pixels * 255 + 0.5).astype(numpy.uint8)
    count, channels, height, width = pixels.shape
    if count == 1:
        image = pixels[0]
    else:
        side = int(numpy.ceil(count**0.5))
        image = numpy.zeros((channels, side * (height + 2) - 2, side * (width + 2) - 2), numpy.uint8)
        for index, tile in enumerate(pixels):
            top, left = index // side * (height + 2), index % side * (width + 2)
            image[:, top:top + height, left:left + width] = tile
    image = image[0] if channels == 1 else image.transpose(1, 2, 0)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=1)
    return Response(buffer.getvalue(), media_type="image/png")


def json_reply(reply):
    return Response(orjson.dumps(reply, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


def add_routes(app, prefix, checkpoint, engine):
    """`engine.encode` maps pixels [N, …] to μ and the σ head's numbers, `engine.decode` z [N, latent] to pixels."""
    rows, shape = (-1, *checkpoint.input_shape("encoder")), checkpoint.shape
    mode, size = {1: "L", 3: "RGB"}[shape[0]], (shape[2], shape[1])

    def read_picture(body):
        image = Image.open(io.BytesIO(body))
        image = image if image.mode == mode else image.convert(mode)
        image = numpy.asarray(image if image.size == size else image.resize(size), numpy.float32) / 255
        return (image if mode == "L" else image.transpose(2, 0, 1)).reshape(rows)

    @app.post(f"{prefix}/encode")
    async def encode(request: Request):
        body = await request.body()
        if request.headers["content-type"] == "application/json":
            x = numpy.asarray(orjson.loads(body)["images"], numpy.float32).reshape(rows)
        else:
            x = read_picture(body)
        mu, spread = engine.encode(x)
        return json_reply({"model": checkpoint.name, "mu": mu, "sigma": numpy.exp(checkpoint.sigma_scale * spread)})

    @app.post(f"{prefix}/decode")
    async def decode(request: Request, format: str = "json"):
        z = numpy.asarray(orjson.loads(await request.body())["z"], numpy.float32)
        images = engine.decode(z).reshape(-1, *shape)
        return picture(images) if format == "png" else json_reply({"model": checkpoint.name, "images": images})

    @app.get(f"{prefix}/sample")
    async def sample(n: int = 1, seed: int = 0, format: str = "json"):
        z = numpy.random.default_rng(seed).standard_normal((n, checkpoint.latent), numpy.float32)
        images = engine.decode(z).reshape(-1, *shape)
        if format == "png":
            return picture(images)
        return json_reply({"model": checkpoint.name, "seed": seed, "z": z, "images": images})


def make_app(engine):
    """Serves every checkpoint of $MODELS, separated by blanks; the first is also the default model."""
    app = FastAPI()
    for index, path in enumerate(os.environ.get("MODELS", "models/mnist.safetensors").split()):
        checkpoint = Checkpoint(path)
        ready = engine(checkpoint)
        if index == 0:
            add_routes(app, "/v1", checkpoint, ready)
        add_routes(app, f"/v1/models/{checkpoint.name}", checkpoint, ready)
    return app
