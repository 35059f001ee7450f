"""Large requests make way for small ones, and nobody works for a client that has gone or has given up."""

import http.client
import json
import re
import socket
import threading
import time

from support import Server, digits, png_bytes, require, require_error, wait_for

LARGE = "/v1/sample?n=1024&seed=5"


def get(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def dropped(server, reason):
    found = re.search(rf'^vae_dropped_total\{{reason="{reason}"\}} (\d+)', server.get("/metrics").decode(), re.MULTILINE)
    return int(found.group(1)) if found else 0


def run(suite, models):
    with Server(models, "--workers", "1") as server:
        alone = server.get(LARGE)
        image = png_bytes(digits(1, 28, 28)[0])
        code = server.request("POST", "/v1/encode", image, "image/png")[2]
        with suite.case("on one worker, small requests are answered while large ones are under way; same bits for both"):
            finished, bodies = [], []

            def large():
                bodies.append(get(server.port, LARGE))
                finished.append("large")

            threads = [threading.Thread(target=large) for _ in range(4)]
            for thread in threads:
                thread.start()
            wait_for(lambda: "vae_inflight 1" in server.get("/metrics").decode()
                     or len(finished) > 0, 10, "a large request to be under way")
            small = 0
            while len(finished) < 2 and small < 10000:
                require(server.request("POST", "/v1/encode", image, "image/png")[2] == code, "another code")
                small += 1
            for thread in threads:
                thread.join()
            require(small >= 5, f"{small} small requests were answered before two of four large ones")
            require(all(body == (200, alone) for body in bodies), "a large reply differs from the one made alone")
        with suite.case("X-Request-Timeout: 504, counted, and the work is given up"):
            before = dropped(server, "deadline")
            threads = [threading.Thread(target=get, args=(server.port, LARGE)) for _ in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(0.01)
            status, body = get(server.port, LARGE, X_Request_Timeout="5ms")
            for thread in threads:
                thread.join()
            require(status == 504 and json.loads(body)["code"] == "deadline_exceeded", f"{status} {body[:200]}")
            require(dropped(server, "deadline") == before + 1, "not counted")
        with suite.case("a client that has gone: its large request is given up"):
            before = dropped(server, "client_gone")
            for _ in range(8):
                client = socket.create_connection(("127.0.0.1", server.port))
                client.sendall(f"GET {LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                client.close()
            wait_for(lambda: dropped(server, "client_gone") > before, 10, "a request to be dropped")
            require(server.get(LARGE) == alone, "another reply afterwards")
        for value in ["0", "-1", "soon", "1h", "nan", "1e9"]:
            with suite.case(f"X-Request-Timeout: {value} is refused"):
                require_error(server.request("GET", "/v1/sample?n=1", X_Request_Timeout=value), 422, "invalid_value")
    with suite.case("--max-queue-time: 429 with Retry-After once the wait is expected to be longer"):
        with Server(models, "--workers", "1", "--max-queue-time", "1") as server:
            replies = []

            def grids():
                for _ in range(8):
                    replies.append(get(server.port, "/v1/sample?n=128&seed=3&format=png")[0])

            threads = [threading.Thread(target=grids) for _ in range(32)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            require(set(replies) == {200, 429}, f"{sorted(set(replies))}")
