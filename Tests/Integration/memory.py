"""What bounds the server's memory: rows of wide models, and replies that nobody reads."""

import pathlib
import socket
import tempfile
import time

from checkpoints import small_checkpoint
import numpy

from support import Server, png_bytes, require


def resident_megabytes(server):
    """Of the server's process, now."""
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    return 0


def run(suite, models):
    with suite.case("a model with large images takes fewer rows, and says how many"):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "wide.safetensors").write_bytes(small_checkpoint(shape=(3, 256, 256)))
            with Server(folder) as server:
                status, _, body = server.request("GET", "/v1/sample?n=1024")
                require(status == 422 and b"1\xe2\x80\xa621" in body, f"{status}: {body[:200]}")
                status, _, body = server.request("GET", "/v1/sample?n=21&format=png")
                require(status == 200, f"{status}: {body[:200]}")

    with suite.case("many large pictures in a small body are refused before they cost seconds"):
        with Server(models) as server:
            picture = png_bytes(numpy.zeros((4000, 4000), numpy.uint8))
            lines = [b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + picture + b"\r\n"] * 12
            started = time.monotonic()
            status, _, body = server.request("POST", "/v1/encode", b"".join(lines) + b"--b--", "multipart/form-data; boundary=b")
            require(status == 413 and b"together" in body, f"{status}: {body[:200]}")
            require(time.monotonic() - started < 5, "it decoded them all")

    with suite.case("replies that nobody reads are bounded, and serving goes on when they are gone"):
        with Server(models, "--max-buffered", str(32 << 20)) as server:
            before = resident_megabytes(server)
            clients = []
            for _ in range(40):
                client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.sendall(b"GET /v1/sample?n=1024 HTTP/1.1\r\nHost: x\r\n\r\n")
                clients.append(client)
                time.sleep(0.05)
            status, headers, body = server.request("GET", "/v1/sample?n=1")
            require(status == 503 and b'"overloaded"' in body and headers["Retry-After"], f"{status}: {body[:200]}")
            require(server.request("GET", "/livez")[0] == 200, "/livez depends on it")
            growth = resident_megabytes(server) - before
            require(growth < 150, f"{growth} MB more for 32 MB of replies")
            for client in clients:
                client.close()
            for _ in range(100):
                if server.request("GET", "/v1/sample?n=1")[0] == 200:
                    break
                time.sleep(0.1)
            else:
                require(False, "still refused ten seconds after the clients had left")
