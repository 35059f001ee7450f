"""What every topic needs: a server to talk to, ways to talk to it, and a count of what passed."""

import base64
import contextlib
import http.client
import io
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import traceback
import zlib

import numpy
from PIL import Image

BINARY = os.environ.get("VAE_SERVER_BINARY", ".build/release/vae-server")


class Suite:
    """Counts cases and keeps the largest error seen of each kind."""

    def __init__(self):
        self.passed = 0
        self.failures = []
        self.errors = {}

    @contextlib.contextmanager
    def case(self, name):
        """One case: passes unless something is raised inside. The others go on."""
        try:
            yield
        except Exception as error:
            self.failures.append(name)
            place = traceback.extract_tb(error.__traceback__)[-1]
            print(f"  FAILED {name}: {type(error).__name__}: {str(error)[:2000]} ({place.filename}:{place.lineno})")
        else:
            self.passed += 1

    def close(self, kind, found, expected, tolerance=1e-5, relative=False):
        """Requires `found` to be `expected` within `tolerance` and remembers how far apart they were."""
        found = numpy.asarray(found, dtype=numpy.float64)
        expected = numpy.asarray(expected, dtype=numpy.float64)
        require(found.shape == expected.shape, f"{kind}: shape {found.shape}, expected {expected.shape}")
        difference = numpy.abs(found - expected)
        if relative:
            difference = difference / numpy.maximum(numpy.abs(expected), 1e-30)
        worst = float(difference.max())
        self.errors[kind] = max(self.errors.get(kind, 0.0), worst)
        require(worst <= tolerance, f"{kind}: {worst:.3g} apart, at most {tolerance:g} is right")


def require(condition, message):
    if not condition:
        raise AssertionError(message)


class Server:
    """A running vae-server on a free port; ended by leaving the `with` block."""

    def __init__(self, models, *flags, environment=None, wait=True):
        self.models = models
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [BINARY, "--models", str(models), *(flags if "--port" in flags else ("--port", "0", *flags))],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env={**clean_environment(), **(environment or {})})
        self.port = 0
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self):
        watchdog = threading.Timer(60, self.process.kill)  # a server that neither starts nor ends would hold up all
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        found = re.search(r"https?://[^/]*:(\d+)/", line)
        require(found, f"the server did not start: {line!r} {self.logged()}")
        self.port = int(found.group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self, timeout=30):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def status_kilobytes(self, field):
        """A line of /proc/PID/status in kB, such as VmHWM."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(rf"^{field}:\s+(\d+)", status.read(), re.MULTILINE).group(1))

    def request(self, method, path, body=None, content_type=None, **headers):
        """One request on a connection of its own: (status, headers, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            lines = {name.replace("_", "-"): value for name, value in headers.items()}
            if content_type:
                lines["Content-Type"] = content_type
            connection.request(method, path, body, lines)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        """The body of a GET that must succeed."""
        status, _, body = self.request("GET", path, **headers)
        require(status == 200, f"GET {path}: {status} {body[:300]}")
        return body

    def post(self, path, body, content_type="application/json", **headers):
        """The JSON or the bytes of a POST that must succeed."""
        if not isinstance(body, (bytes, bytearray)):
            body = json.dumps(body).encode()
        status, lines, reply = self.request("POST", path, body, content_type, **headers)
        require(status == 200, f"POST {path}: {status} {reply[:300]}")
        return json.loads(reply) if lines["Content-Type"] == "application/json" else reply

    def raw(self, data, timeout=20):
        """Sends bytes as they are; returns all that comes back until the server closes or the reply is complete."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as client:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(data)
            return read_reply(client)


def run_readme(server, words):
    """Runs the Python of README.md in which `words` stand, against `server`; returns its variables."""
    text = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text()
    blocks = [block.split("```")[0] for block in text.split("```python\n")[1:]]
    code = next(block for block in blocks if words in block)
    variables = {}
    exec(compile(code.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}"), "README.md", "exec"), variables)
    return variables


def clean_environment():
    """The environment without the server's own variables."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VAE_")}


def read_reply(client):
    """One reply of a socket: (status, headers in lower case, body). Status 0 when there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(65536)
        if not part:
            return 0, {}, data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    length = int(headers.get("content-length", 0))
    while len(body) < length:
        part = client.recv(65536)
        if not part:
            return 0, headers, body
        body += part
    return int(lines[0].split()[1]), headers, body


def require_error(reply, status, code, what=""):
    """Requires the JSON error that every refusal is."""
    found, headers, body = reply
    headers = {name.lower(): value for name, value in headers.items()}
    require(found == status, f"{what}: status {found}, expected {status}: {body[:300]}")
    require(headers.get("content-type") == "application/json", f"{what}: {headers.get('content-type')}")
    error = json.loads(body)
    require(list(error) == ["error", "code", "status", "request_id"], f"{what}: members {list(error)}")
    require(error["status"] == status, f"{what}: the body says {error['status']}")
    require(error["code"] == code, f"{what}: code {error['code']}, expected {code}: {error['error']}")
    require(error["error"] and error["request_id"], f"{what}: an empty member")
    require(error["request_id"] == headers.get("x-request-id"), f"{what}: two request ids")
    return error


def png_bytes(image):
    """A PIL image, or [H, W] or [H, W, 3] bytes, as PNG."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def jpeg_bytes(picture, **options):
    file = io.BytesIO()
    picture.save(file, "JPEG", **options)
    return file.getvalue()


def base64_text(data):
    return base64.b64encode(data).decode()


def multipart(parts, boundary="vae-test-boundary"):
    """(body, content type) of a form with (name, bytes, media type) parts."""
    body = b""
    for name, data, media in parts:
        body += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.png"\r\n'
            f"Content-Type: {media}\r\n\r\n").encode() + data + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(side):
    """A sound grey PNG of side × side zeros: small as a file, side² bytes in memory."""
    packer = zlib.compressobj(1)
    line = bytes(side + 1)
    packed = b"".join(packer.compress(line * 100) for _ in range(side // 100)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b""))


def digits(count, height, width, seed=0):
    """Byte images [count, height, width] with strokes, as a model of digits might see them."""
    generator = numpy.random.default_rng(seed)
    images = numpy.zeros((count, height, width), dtype=numpy.uint8)
    for image in images:
        for _ in range(3):
            row, column = generator.integers(0, height), generator.integers(0, width)
            image[row, :] = generator.integers(0, 256, width)
            image[:, column] = generator.integers(0, 256, height)
    return images


def has_bf16():
    """Whether this processor can serve with --precision bf16."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return "avx512_bf16" in file.read()


def wait_for(condition, seconds, what):
    """Polls until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        require(time.monotonic() < deadline, f"waited {seconds} s for {what}")
        time.sleep(0.01)
