"""SIGTERM under load: every request that was sent is answered, and the exit status is 0."""

import contextlib
import http.client
import json
import selectors
import signal
import socket
import time

from support import Server, digits, has_bf16, png_bytes, read_reply, require

CONNECTIONS = 64


class KeepAliveClient:
    """A connection that sends its next request as soon as it has the reply to the last, until told to close."""

    def __init__(self, port, request):
        self.request = request
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setblocking(False)
        self.answered = 0
        self.failure = None
        self.done = False
        self.send()

    def send(self):
        self.unsent = self.request
        self.reply = bytearray()
        self.write()

    def write(self):
        with contextlib.suppress(BlockingIOError):
            while self.unsent:
                self.unsent = self.unsent[self.socket.send(self.unsent):]

    def read(self):
        try:
            part = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        if not part:
            return self.end(f"closed after {len(self.reply)} bytes of a reply")
        self.reply += part
        end = self.reply.find(b"\r\n\r\n", 0, 4096)
        if end < 0:
            return
        head = bytes(self.reply[:end])
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        if len(self.reply) < end + 4 + length:
            return
        if not head.startswith(b"HTTP/1.1 200 "):
            return self.end(f"status {head[:40]}")
        self.answered += 1
        if b"\r\nconnection: close" in head.lower():
            return self.end(None)
        self.send()

    def end(self, failure):
        self.failure = failure
        self.done = True
        self.socket.close()


def drive(clients, server, signal_after):
    """Keeps all clients busy in one thread, and sends SIGTERM on the way."""
    selector = selectors.DefaultSelector()
    for client in clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
    signal_at = time.monotonic() + signal_after
    deadline = signal_at + 20
    signalled = False
    while not all(client.done for client in clients):
        require(time.monotonic() < deadline, "clients are still waiting 20 s after SIGTERM")
        if not signalled and time.monotonic() >= signal_at:
            server.process.send_signal(signal.SIGTERM)
            signalled = True
        for key, _ in selector.select(0.01):
            client, connection = key.data, key.fileobj
            try:
                client.read()
                if not client.done:
                    client.write()
            except OSError as error:
                client.end(f"{type(error).__name__} with {len(client.unsent)} bytes unsent")
            if client.done:
                selector.unregister(connection)
    require(signalled, "the clients ended before SIGTERM")


def request(path, body, media):
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def run(suite, models):
    with Server(models) as server:
        listing = json.loads(server.get("/v1/models"))
        card = next(card for card in listing["models"] if card["name"] == listing["default"])
    image = png_bytes(digits(1, *card["input"][1:])[0])
    encode = request("/v1/encode", image, "image/png")
    sample = b"GET /v1/sample?n=16&seed=7 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answered = lost = 0
    turns = [
        ([encode], ["--workers", "1"]), ([encode, sample], ["--io-threads", "2", "--workers", "2"]),
        ([encode, sample], ["--workers", "4"]), ([encode], ["--io-threads", "4"]), ([sample], []), ([encode], []),
    ]
    if has_bf16():
        turns += [([encode, sample], ["--precision", "bf16", "--workers", workers]) for workers in "124"]
    for turn, (requests, flags) in enumerate(turns):
        with suite.case(f"SIGTERM under load, turn {turn} {' '.join(flags)}: nothing lost, exit status 0"):
            with Server(models, *flags) as server:
                clients = [
                    KeepAliveClient(server.port, requests[index % len(requests)]) for index in range(CONNECTIONS)]
                drive(clients, server, signal_after=0.4 + 0.03 * turn)
                failures = [client.failure for client in clients if client.failure]
                answered += sum(client.answered for client in clients)
                lost += len(failures)
                require(not failures, f"{len(failures)} requests lost: {failures[:3]}")
                require(server.process.wait(20) == 0, f"exit status {server.process.returncode}: {server.logged()}")
    print(f"  draining: {answered} requests answered, {lost} lost")

    with suite.case("idle connections do not hold up the end"):
        with Server(models) as server:
            with contextlib.ExitStack() as stack:
                for _ in range(8):
                    idle = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
                    idle.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    require(read_reply(idle)[0] == 200, "no reply")
                started = time.monotonic()
                require(server.stop() == 0, f"exit status {server.process.returncode}: {server.logged()}")
                require(time.monotonic() - started < 3, "it took more than 3 s")

    with suite.case("SIGTERM while big bodies are half sent: they are answered when complete"):
        channels, height, width = card["input"]
        rows = min(1000, (4 << 20) // (4 * channels * height * width))
        body = bytes(4 * channels * height * width * rows)
        data = request("/v1/encode", body, "application/octet-stream")
        with Server(models) as server, contextlib.ExitStack() as stack:
            clients = []
            for _ in range(8):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
                client.sendall(data[:len(data) // 2])
                clients.append(client)
            time.sleep(0.1)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.4)
            require(server.process.poll() is None, "it did not wait for the bodies")
            for client in clients:
                client.sendall(data[len(data) // 2:])
            for client in clients:
                status, headers, reply = read_reply(client)
                require(status == 200, f"status {status}: {reply[:200]}")
                require(headers.get("connection") == "close", "the reply does not say Connection: close")
                require(len(json.loads(reply)["mu"]) == rows, "rows are missing")
            require(server.process.wait(20) == 0, f"exit status {server.process.returncode}: {server.logged()}")

    with suite.case("a body that never comes is given up after --drain-timeout, with exit status 1"):
        with Server(models, "--drain-timeout", "1") as server:
            with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
                client.sendall(data[:len(data) // 2])
                time.sleep(0.1)
                started = time.monotonic()
                require(server.stop() == 1, f"exit status {server.process.returncode}")
                require(0.5 < time.monotonic() - started < 5, "not after the time-out")
                require("not finished" in server.logged(), f"it does not say why: {server.logged()}")

    with suite.case("--drain-delay: not ready, but still serving, before the listener closes"):
        with Server(models, "--drain-delay", "1") as server:
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            status, headers, _ = server.request("GET", "/readyz")
            require(status == 503 and headers["Retry-After"], f"/readyz: {status}")
            require(server.request("GET", "/health")[0] == 503, "/health is not 503")
            require(server.get("/livez"), "/livez fails")
            require(len(server.get("/v1/sample?n=2&seed=1")) > 100, "a sample fails")
            require(server.process.wait(10) == 0, f"exit status {server.process.returncode}")

    with suite.case("--drain-delay: an idle connection is told to close with its next reply"):
        with Server(models, "--drain-delay", "2") as server:
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            client.request("GET", "/v1/sample?n=1")
            require(client.getresponse().read() and client.sock is not None, "it was closed before SIGTERM")
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            client.request("GET", "/v1/sample?n=1")
            reply = client.getresponse()
            require(reply.status == 200 and reply.headers["Connection"] == "close", f"{reply.status} {reply.headers}")
            require(server.process.wait(10) == 0, f"exit status {server.process.returncode}")

    with suite.case("SIGINT stops at once, with exit status 0"):
        with Server(models, "--drain-delay", "60") as server:
            server.process.send_signal(signal.SIGINT)
            require(server.process.wait(5) == 0, f"exit status {server.process.returncode}")
