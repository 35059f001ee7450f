"""Every wrong request gets its status and a JSON error, and the next request on a new connection works."""

import json
import socket

import numpy
from PIL import Image

from support import (Server, base64_text, digits, jpeg_bytes, multipart, png_bomb, png_bytes, png_chunk, read_reply,
                     require, require_error)


def head(method, path, *lines, host=True):
    """A request's header as bytes."""
    all_lines = [f"{method} {path} HTTP/1.1", *(["Host: localhost"] if host else []), *lines]
    return ("\r\n".join(all_lines) + "\r\n\r\n").encode()


def post(path, body, media=None, *lines):
    """A whole POST as bytes."""
    if not isinstance(body, bytes):
        body = body.encode()
    types = [f"Content-Type: {media}"] if media else []
    return head("POST", path, *types, f"Content-Length: {len(body)}", *lines) + body


def cases(card, limits):
    """(name, bytes on the wire, status, code)."""
    channels, height, width = card["input"]
    latent, pixels = card["latent"], channels * height * width
    image = png_bytes(digits(1, height, width)[0])
    photo = jpeg_bytes(Image.fromarray(digits(1, 48, 64)[0]).convert("RGB"))
    # A scan's data may not hold FF C0: a frame header where there can be none.
    middle = photo.index(b"\xff\xda") + 40
    broken = photo[:middle] + b"\xff\xc0\x00\x04" + photo[middle + 4:]
    other_kind = photo.replace(b"\xff\xc0", b"\xff\xc5", 1)
    bad_sum = bytearray(image)
    bad_sum[image.index(b"IDAT") + 6] ^= 0x55
    json_type, octets = "application/json", "application/octet-stream"
    z = json.dumps([0.5] * latent)
    row = numpy.full(pixels, 0.5, "<f4")

    def form(*parts):
        body, media = multipart(list(parts))
        return post("/v1/encode", body, media)

    def encode(body, media=json_type):
        return post("/v1/encode", body, media)

    def decode(body, media=json_type):
        return post("/v1/decode", body, media)

    def interpolate(body):
        return post("/v1/interpolate", body, json_type)

    def get(path, *lines):
        return head("GET", path, *lines)

    wrong = row.copy()
    wrong[3] = numpy.nan
    return [
        # Bodies that are no images.
        ("empty body", encode(b"", "image/png"), 400, "malformed_body"),
        ("empty JSON body", encode(b""), 400, "malformed_body"),
        ("truncated PNG", encode(image[:len(image) // 2], "image/png"), 400, "malformed_image"),
        ("PNG of 8 bytes", encode(image[:8], "image/png"), 400, "malformed_image"),
        ("PNG with a wrong checksum", encode(bytes(bad_sum), "image/png"), 400, "malformed_image"),
        ("PNG of 20000×20000", encode(png_bomb(20000), "image/png"), 413, "image_too_large"),
        ("PNG of 2³¹ rows", encode(
            b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", b"\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\0\0\0\0")
            + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b""), "image/png"), 413, "image_too_large"),
        ("JPEG with a broken marker", encode(broken, "image/jpeg"), 400, "malformed_image"),
        ("JPEG of an unsupported kind", encode(other_kind, "image/jpeg"), 415, "unsupported_media_type"),
        ("truncated JPEG", encode(photo[:len(photo) // 2], "image/jpeg"), 400, "malformed_image"),
        ("JPEG of 3 bytes", encode(photo[:3], "image/jpeg"), 400, "malformed_image"),
        ("text as image/png", encode("no picture at all", "image/png"), 400, "malformed_image"),
        ("GIF", encode(b"GIF89a" + bytes(32), "image/png"), 415, "unsupported_media_type"),
        # JSON.
        ("JSON that ends early", encode('{"images": [[0.1, 0.2'), 400, "malformed_body"),
        ("JSON that is none", encode("images=1"), 400, "malformed_body"),
        ("JSON nested 10000 deep", encode('{"images":' + "[" * 10000), 400, "malformed_body"),
        ("JSON array", encode("[1, 2]"), 422, "invalid_value"),
        ("no images member", encode("{}"), 422, "invalid_value"),
        ("no image", encode('{"images": []}'), 422, "invalid_value"),
        ("unknown member", encode('{"images": [], "image": 1}'), 400, "unknown_parameter"),
        ("image of another shape", encode('{"images": [[0.5, 0.5]]}'), 422, "invalid_shape"),
        ("image too large by one", encode(json.dumps({"images": [[0.5] * (pixels + 1)]})), 422, "invalid_shape"),
        ("ragged image", encode('{"images": [[[0.5], [0.5, 0.5]]]}'), 422, None),
        ("pixel of 1.5", encode(json.dumps({"images": [[1.5] + [0] * (pixels - 1)]})), 422, "invalid_value"),
        ("negative pixel", encode(json.dumps({"images": [[-0.1] + [0] * (pixels - 1)]})), 422, "invalid_value"),
        ("null as an image", encode('{"images": [null]}'), 422, "invalid_value"),
        ("base64 of no image", encode(json.dumps({"images": [base64_text(b"text")]})), 400, "malformed_image"),
        ("broken base64", encode('{"images": ["***"]}'), 400, "malformed_image"),
        ("base64 of a PNG bomb", encode(json.dumps({"images": [base64_text(png_bomb(20000))]})), 413,
         "image_too_large"),
        # Latent codes.
        ("NaN in z", decode('{"z": [[NaN]]}'), 400, "malformed_body"),
        ("1e999 in z", decode(json.dumps({"z": [[0.5] * latent]}).replace("0.5", "1e999", 1)), None, None),
        ("1e39 in z", decode(json.dumps({"z": [[0.5] * latent]}).replace("0.5", "1e39", 1)), 422, "invalid_value"),
        ("strings in z", decode(json.dumps({"z": [["0.5"] * latent]})), 422, "invalid_value"),
        ("null in z", decode(json.dumps({"z": [[None] * latent]})), 422, "invalid_value"),
        ("z too short", decode(json.dumps({"z": [[0.5] * (latent - 1)]})), 422, "invalid_shape"),
        ("z too long", decode(json.dumps({"z": [[0.5] * (latent + 1)]})), 422, "invalid_shape"),
        ("empty z", decode('{"z": []}'), 422, None),
        ("z of empty rows", decode('{"z": [[]]}'), 422, "invalid_shape"),
        ("z is a number", decode('{"z": 1}'), 422, "invalid_value"),
        ("no z", decode("{}"), 422, "invalid_value"),
        ("z three deep", decode(json.dumps({"z": [[[0.5] * latent]]})), 422, None),
        ("too many rows of z", decode(json.dumps({"z": [[0] * latent] * (limits + 1)})), 413, "too_many_rows"),
        ("decode of a PNG", decode(image, "image/png"), 415, "unsupported_media_type"),
        ("NaN in octets", decode(numpy.full(latent, numpy.nan, "<f4").tobytes(), octets), 422, "invalid_value"),
        ("octets that are no whole row", encode(row.tobytes()[:-1], octets), 422, "invalid_shape"),
        ("NaN pixel in octets", encode(wrong.tobytes(), octets), 422, "invalid_value"),
        # Queries.
        ("n=0", get("/v1/sample?n=0"), 422, "invalid_value"),
        ("n=10⁹", get("/v1/sample?n=1000000000"), 422, "invalid_value"),
        ("n=10³⁰", get("/v1/sample?n=1" + "0" * 30), 422, "invalid_value"),
        ("n=-1", get("/v1/sample?n=-1"), 422, "invalid_value"),
        ("n=four", get("/v1/sample?n=four"), 422, "invalid_value"),
        ("empty n", get("/v1/sample?n="), 422, "invalid_value"),
        ("seed=-1", get("/v1/sample?seed=-1"), 422, "invalid_value"),
        ("seed=2⁶⁴", get(f"/v1/sample?seed={2**64}"), 422, "invalid_value"),
        ("temperature=nan", get("/v1/sample?temperature=nan"), 422, "invalid_value"),
        ("temperature=-1", get("/v1/sample?temperature=-1"), 422, "invalid_value"),
        ("columns=0", get("/v1/sample?columns=0&format=png"), 422, "invalid_value"),
        ("format=gif", get("/v1/sample?format=gif"), 422, "invalid_value"),
        ("unknown query parameter", get("/v1/sample?sed=7"), 400, "unknown_parameter"),
        ("steps=1", get("/v1/interpolate?from_seed=1&to_seed=2&steps=1"), 422, "invalid_value"),
        ("steps=1 in JSON", interpolate('{"from":{"seed":1},"to":{"seed":2},"steps":1}'), 422, "invalid_value"),
        ("steps=2.5", interpolate('{"from":{"seed":1},"to":{"seed":2},"steps":2.5}'), 422, "invalid_value"),
        ("steps=10⁹", interpolate('{"from":{"seed":1},"to":{"seed":2},"steps":1000000000}'), 422, "invalid_value"),
        ("method=cubic", get("/v1/interpolate?from_seed=1&to_seed=2&method=cubic"), 422, "invalid_value"),
        ("no to_seed", get("/v1/interpolate?from_seed=1"), 422, "invalid_value"),
        ("no to", interpolate('{"from":{"seed":1}}'), 422, "invalid_value"),
        ("z and seed at once", interpolate('{"from":{"z":%s,"seed":1},"to":{"seed":2}}' % z), 422, "invalid_value"),
        ("two codes as one end", interpolate('{"from":{"z":[%s,%s]},"to":{"seed":2}}' % (z, z)), 422,
         "invalid_shape"),
        ("interpolate with one image", post("/v1/interpolate", image, "image/png"), 415, "unsupported_media_type"),
        # Routes, methods and types.
        ("unknown model", get("/v1/models/nobody/sample"), 404, "unknown_model"),
        ("unknown model's card", get("/v1/models/nobody"), 404, "unknown_model"),
        ("unknown route", get("/v1/dream"), 404, "unknown_route"),
        ("page file", get("/page/none.js"), 404, "unknown_route"),
        ("dots", get("/v1/../etc/passwd"), 404, "unknown_route"),
        ("encoded slash", get("/v1%2Fsample"), 404, "unknown_route"),
        ("DELETE", head("DELETE", "/v1/sample"), 405, "method_not_allowed"),
        ("GET encode", get("/v1/encode"), 405, "method_not_allowed"),
        ("PUT sample", head("PUT", "/v1/sample"), 405, "method_not_allowed"),
        ("unknown method", head("BREW", "/v1/sample"), 405, "method_not_allowed"),
        ("text/plain", encode("hello", "text/plain"), 415, "unsupported_media_type"),
        ("no content type", post("/v1/encode", image), 415, "unsupported_media_type"),
        ("curl's default type", encode(image, "application/x-www-form-urlencoded"), 415, "unsupported_media_type"),
        ("encode as PNG", post("/v1/encode", image, "image/png", "Accept: image/png"), 406, "not_acceptable"),
        ("sample as text", get("/v1/sample", "Accept: text/html"), 406, "not_acceptable"),
        # Forms.
        ("form without boundary", encode("x", "multipart/form-data"), 400, "malformed_body"),
        ("form that is none", encode("x", "multipart/form-data; boundary=b"), 400, "malformed_body"),
        ("form without parts", encode("--b--\r\n", "multipart/form-data; boundary=b"), 422, "invalid_value"),
        ("form cut short", encode(
            '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nabc', "multipart/form-data; boundary=b"), 400,
         "malformed_body"),
        ("form with a part that is no image", form(("a", image, "image/png"), ("b", b"no", "image/png")), 400,
         "malformed_image"),
        # Framing.
        ("1 GB Content-Length", head("POST", "/v1/encode", "Content-Type: image/png", "Content-Length: 1073741824"),
         413, "body_too_large"),
        ("Content-Length and Transfer-Encoding",
         post("/v1/encode", image, "image/png", "Transfer-Encoding: chunked"), 400, "ambiguous_length"),
        ("two Content-Lengths", post("/v1/encode", image, "image/png", "Content-Length: 5"), 400, None),
        ("missing Host", head("GET", "/livez", host=False), 400, "invalid_host"),
        ("two Hosts", head("GET", "/livez", "Host: other"), 400, "invalid_host"),
    ]


def run(suite, models):
    with Server(models) as server:
        listing = json.loads(server.get("/v1/models"))
        card = next(card for card in listing["models"] if card["name"] == listing["default"])
        good_reply = server.get("/v1/sample?n=2&seed=1")
        peak = server.status_kilobytes("VmHWM")
        bombs = 0
        for name, data, status, code in cases(card, 1024):
            with suite.case(f"{name}: {status or '4xx'} {code or ''}"):
                reply = server.raw(data)
                if status is None or code is None:
                    require(400 <= reply[0] < 500 and reply[1].get("content-type") == "application/json",
                            f"status {reply[0]}: {reply[2][:200]}")
                    error = json.loads(reply[2])
                    require(status in (None, reply[0]), f"status {reply[0]}: {reply[2][:200]}")
                    require_error(reply, error["status"], error["code"], name)
                else:
                    require_error(reply, status, code, name)
                if reply[0] == 405:
                    require(reply[1].get("allow"), "no Allow header")
            with suite.case(f"after {name}: the next request works"):
                require(server.get("/v1/sample?n=2&seed=1") == good_reply, "another reply than before")
            bombs += code == "image_too_large"
        for length in ("-1", "1x", "1" + "0" * 30):
            # libmicrohttpd answers these itself, with HTML: the status is all that can be required.
            with suite.case(f"Content-Length {length}: refused"):
                found = server.raw(head("POST", "/v1/encode", "Content-Type: image/png", f"Content-Length: {length}"))
                require(found[0] in (400, 413), f"status {found[0]}")
                require(found[1].get("connection") == "close", "the connection stays open")
                require(server.get("/v1/sample?n=2&seed=1") == good_reply, "another reply than before")
        with suite.case("bombs take no memory for their pixels"):
            grown = server.status_kilobytes("VmHWM") - peak
            require(bombs >= 2 and grown < 100_000, f"the peak grew by {grown} kB")
        with suite.case("a body that stops half-way ends with the client's connection"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
                lines = ["Content-Type: image/png", "Content-Length: 1000"]
                client.sendall(head("POST", "/v1/encode", *lines) + b"\x89PNG")
                client.shutdown(socket.SHUT_WR)
                read_reply(client)
            require(server.get("/v1/sample?n=2&seed=1") == good_reply, "another reply than before")
        with suite.case("a chunked upload works"):
            image = png_bytes(digits(1, *card["input"][1:])[0])
            chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (image[:50], image[50:]))
            lines = ["Content-Type: image/png", "Transfer-Encoding: chunked"]
            status, _, body = server.raw(head("POST", "/v1/encode", *lines) + chunks + b"0\r\n\r\n")
            require(status == 200, f"status {status}: {body[:200]}")
            require(json.loads(body) == server.post("/v1/encode", image, "image/png"), "another reply than unchunked")
