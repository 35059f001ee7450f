"""The servers that are measured: started, waited for, weighed and ended, whatever happens in between."""

import http.client
import os
import pathlib
import signal
import socket
import subprocess
import time

from . import settings

running = []


class Server:
    """One server program on a port of its own."""

    def __init__(self, name, command, port, ready="/", environment=None, start_limit=60):
        self.name, self.command, self.port, self.ready = name, [str(part) for part in command], port, ready
        self.environment = {**os.environ, **(environment or {})}
        self.start_limit, self.process, self.log = start_limit, None, None

    def start(self, work):
        """Returns the seconds until it answers its first request."""
        self.log = pathlib.Path(work) / f"{self.port}.log"
        with open(self.log, "wb") as log:
            begun = time.perf_counter()
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                cwd=settings.ROOT, process_group=0)  # a new session would be scheduled as a whole against that of wrk
            running.append(self)
        while not self.answers():
            if self.process.poll() is not None or time.perf_counter() - begun > self.start_limit:
                self.stop()
                said = self.log.read_text(errors="replace")[-2000:]
                raise SystemExit(f"error: {self.name} did not start; it said:\n{said}")
            time.sleep(0.0005)
        return time.perf_counter() - begun

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"GET {self.ready} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                return connection.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False

    def stop(self):
        """Politely, and after ten seconds not."""
        if self.process is None:
            return
        for signum, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            try:
                # The group, for uvicorn's workers; a group that is gone is what is wanted.
                os.killpg(self.process.pid, signum)
                self.process.wait(seconds)
                break
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.process = None
        running.remove(self)

    def processes(self):
        """The program and its descendants."""
        parents = {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
        family = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        return family

    def resident_bytes(self, field="VmRSS"):
        total = 0
        for pid in self.processes():
            try:
                for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith(field + ":"):
                        total += int(line.split()[1]) * 1024
            except OSError:
                continue
        return total

    def fetch(self, method, path, body=None, content_type=None):
        """(body, content type) of a reply that must be a 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, {"Content-Type": content_type} if content_type else {})
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        if reply.status != 200:
            raise SystemExit(f"error: {self.name} answers {method} {path} with {reply.status}: {data[:300]!r}")
        return data, reply.headers["Content-Type"]


def stop_all():
    for server in list(running):
        server.stop()


def models():
    """The checkpoints that are measured and there, the dense one first."""
    names = (settings.DENSE_MODEL, settings.CONVOLUTIONAL_MODEL)
    return [path for path in (settings.MODEL_DIRECTORY / f"{name}.safetensors" for name in names) if path.exists()]


def ours(port=0):
    command = [settings.BINARIES / "vae-server", "--port", settings.BASE_PORT + port, "--models",
               settings.MODEL_DIRECTORY, "--default-model", settings.DENSE_MODEL, "--log-level", "error"]
    return Server("vae-server", [*command, *settings.SERVER_FLAGS], settings.BASE_PORT + port, "/readyz")


def echo():
    port = settings.BASE_PORT + 1
    return Server("bare echo", [settings.BINARIES / "echo-server", port], port, "/?2")


def peers():
    """FastAPI on uvicorn with uvloop and httptools, two workers; without those whose packages are missing."""
    python, found = settings.PYTHON_ENVIRONMENT / "bin/python", []
    kinds = {"onnx": ("FastAPI + ONNX Runtime", "onnxruntime"), "torch": ("FastAPI + PyTorch", "torch")}
    for offset, kind in enumerate(settings.PEERS):
        name, package = kinds[kind]
        test = [python, "-c", f"import fastapi, uvicorn, uvloop, httptools, orjson, {package}"]
        if not python.exists() or subprocess.run(test, capture_output=True, check=False).returncode != 0:
            print(f"note: {name} is not measured: its packages are not in {python.parent.parent};"
                  " `scripts/setup.sh bench` installs them\n", flush=True)
            continue
        port = settings.BASE_PORT + 2 + offset
        command = [python, "-W", "ignore", "-m", "uvicorn", "--app-dir", settings.ROOT / "Benchmarks/serving/peers",
                   f"fastapi_{kind}:app", "--port", port, "--workers", 2, "--loop", "uvloop", "--http", "httptools",
                   "--no-access-log", "--log-level", "warning"]
        found.append(Server(name, command, port, "/v1/sample", {"MODELS": " ".join(map(str, models()))}))
    return found
