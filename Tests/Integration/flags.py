"""Flags, their environment variables, refused values, and the health check."""

import re
import socket
import subprocess

import support
from support import Server, clean_environment, require

VALUES = [
    "host", "port", "tls-certificate", "tls-key", "io-threads", "max-connections",
    "models", "default-model", "precision", "workers", "poll-interval",
    "max-rows", "max-body", "max-pixels", "max-queue", "max-queue-time", "max-buffered", "request-timeout",
    "api-keys-file", "cors-origin", "log-level", "log-format", "access-log",
    "drain-delay", "drain-timeout",
]


def command(*flags, environment=None):
    """Runs the binary to its end: (status, stdout, stderr)."""
    done = subprocess.run(
        [support.BINARY, *flags], capture_output=True, text=True, timeout=20,
        env={**clean_environment(), **(environment or {})})
    return done.returncode, done.stdout, done.stderr


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(suite, models):
    with suite.case("--help names every flag and how environment variables go"):
        status, text, _ = command("--help")
        require(status == 0, f"exit status {status}")
        for flag in [*VALUES, "healthcheck", "version", "help"]:
            require(f"--{flag}" in text, f"--{flag} is missing")
        require("environment variable" in text and "VAE_DRAIN_DELAY" in text, "no word on environment variables")
        found = set(re.findall(r"^\s+(?:-\w, )?--([a-z-]+)", text, re.MULTILINE))
        require(found <= {*VALUES, "healthcheck", "version", "help"}, f"this test does not know {found}")
    with suite.case("--version"):
        status, text, _ = command("--version")
        require(status == 0 and re.fullmatch(r"\d+\.\d+\.\d+", text.strip()), f"{status} {text!r}")

    for flag, values in {
        "port": ["abc", "70000", "-1", "80.5"], "workers": ["0", "-1", "257", "two"],
        "poll-interval": ["-1", "86401", "often"], "io-threads": ["0", "65"],
        "max-rows": ["0", "-5", "many"], "max-body": ["0", "1e9"], "max-pixels": ["0"], "max-queue": ["0"], "max-queue-time": ["0", "1.5"],
        "max-connections": ["0", "x"], "precision": ["f16", "BF16"],
        "drain-delay": ["-1", "soon"], "drain-timeout": ["-1"],
        "request-timeout": ["-1", "1.5", "90000"], "log-level": ["loud"],
        "log-format": ["xml", "off"], "access-log": ["on", "combined"],
        "cors-origin": ["app.example", "https://a.example/path", "https://a.example:x/"],
        "api-keys-file": ["/no/such/file", "/etc"],
    }.items():
        variable = "VAE_" + flag.upper().replace("-", "_")
        for value in values:
            for how, arguments, environment in [
                ("flag", [f"--{flag}={value}"], {}), ("variable", [], {variable: value}),
            ]:
                with suite.case(f"{flag} {value} as a {how}: refused with the value"):
                    status, _, text = command("--models", models, *arguments, environment=environment)
                    require(status not in (0, None) and status > 0, f"exit status {status}")
                    require(value in text and flag in text, f"not mentioned: {text}")
    with suite.case("an unknown flag is refused"):
        status, _, text = command("--wrokers", "2")
        require(status > 0 and "--wrokers" in text, f"{status} {text}")
    with suite.case("a host that is none is refused"):
        status, _, text = command("--models", models, "--host", "no.such.host.example")
        require(status == 1 and "no.such.host.example" in text, f"{status} {text}")

    with suite.case("VAE_PORT and VAE_MODELS"):
        port = free_port()
        server = Server.__new__(Server)
        process = subprocess.Popen(
            [support.BINARY], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**clean_environment(), "VAE_PORT": str(port), "VAE_MODELS": models})
        try:
            line = process.stdout.readline()
            require(f"http://127.0.0.1:{port}/" in line, f"the port is not in {line!r}")
            server.port = port
            require(server.get("/readyz"), "not ready")
        finally:
            process.terminate()
            require(process.wait(20) == 0, f"exit status {process.returncode}")
            process.stdout.close()
    with suite.case("a flag wins over its variable"):
        port = free_port()
        with Server(models, "--port", str(port), environment={"VAE_PORT": "1", "VAE_MAX_ROWS": "3"}) as server:
            require(server.port == port, f"port {server.port}")
            require(server.request("GET", "/v1/sample?n=3")[0] == 200, "n=3 fails")
            require(server.request("GET", "/v1/sample?n=4")[0] == 422, "VAE_MAX_ROWS has no effect")
    with suite.case("an empty variable is as good as none"):
        with Server(models, environment={"VAE_WORKERS": "", "VAE_HOST": ""}) as server:
            require(server.get("/readyz"), "not ready")

    with suite.case("--healthcheck: 0 from a server that is ready, 1 from none and from a draining one"):
        with Server(models, "--drain-delay", "2") as server:
            port = str(server.port)
            require(command("--healthcheck", "--port", port)[0] == 0, "not 0 from a ready server")
            require(command("--healthcheck", environment={"VAE_PORT": port})[0] == 0, "VAE_PORT has no effect")
            server.process.terminate()
            support.wait_for(lambda: server.request("GET", "/readyz")[0] == 503, 2, "readiness to fall")
            require(command("--healthcheck", "--port", port)[0] == 1, "not 1 from a draining server")
            require(server.process.wait(20) == 0, f"exit status {server.process.returncode}")
        require(command("--healthcheck", "--port", str(free_port()))[0] == 1, "not 1 from a closed port")
    with suite.case("a port in use: exit status 1 and the port"):
        with Server(models) as server:
            status, _, text = command("--models", models, "--port", str(server.port))
            require(status == 1 and str(server.port) in text, f"{status} {text}")
    with suite.case("the smallest limits: requests are refused, and the server lives"):
        with Server(models, "--max-rows", "1", "--max-pixels", "1", "--max-body", "1024", "--max-queue", "1",
                    "--max-connections", "4") as server:
            require(server.request("GET", "/v1/sample?n=1")[0] == 200, "n=1 fails")
            ends = "/v1/interpolate?from_seed=1&to_seed=2"
            for query, expected in [("", 200), ("&steps=2", 200), ("&steps=1", 422), ("&steps=3", 422)]:
                status, _, body = server.request("GET", ends + query)
                require(status == expected, f"{query}: {status} {body[:200]}")
            for steps, expected in [(2, 200), (3, 422)]:
                body = b'{"from":{"seed":1},"to":{"seed":2},"steps":%d}' % steps
                status = server.request("POST", "/v1/interpolate", body, "application/json")[0]
                require(status == expected, f"interpolate in {steps} steps by POST: {status}")
            require(server.request("POST", "/v1/encode", bytes(2000), "image/png")[0] == 413, "a large body")
            require(server.request("GET", "/v1/sample?n=1")[0] == 200, "n=1 fails afterwards")
