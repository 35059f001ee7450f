"""Load: wrk for closed loops, and the generator of Benchmarks/open-loop for open ones."""

import json
import os
import subprocess
from typing import NamedTuple

from . import settings

SCRIPT = settings.ROOT / "Benchmarks/serving/request.lua"


class Load(NamedTuple):
    """What one run of wrk has seen; latencies in milliseconds."""

    requests: int
    rate: float
    p50: float
    p99: float
    longest: float
    failed: int


def closed_loop(server, request, connections, seconds, path=None):
    """wrk with one thread; `path` instead of the request's own."""
    environment = {**os.environ, "METHOD": request.method}
    if request.body:
        environment |= {"BODY": str(request.body), "TYPE": request.content_type}
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", SCRIPT,
               f"http://127.0.0.1:{server.port}{path or request.path}"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=seconds + 60, check=False)
    line = next((line for line in result.stdout.splitlines() if line.startswith("numbers ")), None)
    if line is None:
        raise SystemExit(f"error: wrk against {server.name} failed: {result.stdout}{result.stderr}")
    requests, microseconds, p50, p99, longest, refused, broken = map(int, line.split()[1:])
    return Load(requests, requests / microseconds * 1e6, p50 / 1e3, p99 / 1e3, longest / 1e3, refused + broken)


def open_loop(server, request, work, connections, phases):
    """`phases` are (rate, seconds), one behind the other. The generator's own JSON."""
    raw = work / "request.raw"
    body = request.body.read_bytes() if request.body else b""
    head = f"{request.method} {request.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if request.body:
        head += f"Content-Type: {request.content_type}\r\nContent-Length: {len(body)}\r\n"
    raw.write_bytes(head.encode() + b"\r\n" + body)
    command = [settings.BINARIES / "open-loop", str(server.port), str(connections), raw]
    command += [f"{rate:.1f}:{seconds}" for rate, seconds in phases]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def open_loop_result(process, seconds):
    try:
        output, _ = process.communicate(timeout=seconds)
    finally:
        process.kill()
    if process.returncode != 0:
        raise SystemExit(f"error: the open-loop generator ended with {process.returncode}")
    return json.loads(output)
