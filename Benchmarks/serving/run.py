#!/usr/bin/env python3
"""Measures vae-server on this machine, against a bare echo and against the same models in Python, and prints Markdown.

    Benchmarks/serving/run.py [compare] [sweep] [memory] [start] [overload] [inference]      (all, without a name)

Settings come from the environment: SECONDS_EACH=3 ROUNDS=3 OPERATIONS="json-encode png-grid" PEERS="onnx torch"
SWEEP_SECONDS=1 MEMORY_REQUESTS=1000000 STARTS=11 OVERLOAD_SECONDS=60 OVERLOAD_OPERATION=png-grid MODEL_DIR=models
SERVER_FLAGS="--workers 1"; harness/settings.py has the rest. The load generator shares the processors with the servers:
on a quiet machine, and never twice at a time. Ctrl-C ends everything that was started.
"""

import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

from harness import agreement, compare, memory, overload, report, servers, settings, start, sweep
from harness.requests import fetch, requests

SECTIONS = ("start", "compare", "sweep", "memory", "overload", "inference")


def main():
    wanted = sys.argv[1:] or os.environ.get("SECTIONS", "").split() or SECTIONS
    if unknown := [name for name in wanted if name not in SECTIONS]:
        raise SystemExit(f"error: unknown section {unknown[0]}; there are {', '.join(SECTIONS)}")
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda *_: sys.exit(130))
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with tempfile.TemporaryDirectory() as name:
        try:
            measure([section for section in SECTIONS if section in wanted], pathlib.Path(name))
        finally:
            report.progress("")
            servers.stop_all()


def measure(wanted, work):
    report.paragraph(report.machine())
    peers = servers.peers() if {"compare", "start"} & set(wanted) else []
    if "start" in wanted:
        start.run(servers.ours, peers, work)
    if set(wanted) - {"start", "inference"}:
        load(wanted, peers, work)
    if "inference" in wanted:
        in_process()
    if report.asked:
        report.table(["asked", "", "found", "kept"], report.asked)


def load(wanted, peers, work):
    ours = servers.ours()
    ours.start(work)
    kinds = requests(ours, work)
    if "compare" in wanted:
        echo = servers.echo()
        for server in (echo, *peers):
            server.start(work)
        agreement.check(ours, peers, kinds)
        compare.run(ours, echo, peers, kinds, {kind.key: len(fetch(ours, kind)[0]) for kind in kinds})
        for server in (echo, *peers):
            server.stop()
    if "sweep" in wanted:
        sweep.run(ours, kinds[0])
    ours.stop()
    if "memory" in wanted:
        memory.run(servers.ours, kinds, work)
    if "overload" in wanted:
        chosen = [kind for kind in kinds if kind.key == settings.OVERLOAD_OPERATION]
        overload.run(servers.ours, (chosen or kinds)[0], work)


def in_process():
    """The kernels without a server, against the libraries of the peers, is another program's work."""
    script = settings.ROOT / "Benchmarks/inference/run.sh"
    if script.exists():
        report.progress("inference in process")
        environment = {name: value for name, value in os.environ.items() if name != "SECONDS_EACH"}  # its own are shorter
        subprocess.run([script], check=True, timeout=900, env=environment)
        print(flush=True)


if __name__ == "__main__":
    main()
