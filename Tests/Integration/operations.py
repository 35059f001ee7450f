"""What operators rely on: probes, logs, traces, keys, other origins."""

import contextlib
import datetime
import fcntl
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import tempfile
import threading
import time

from metrics import scrape, settle
from support import Server, read_reply, require, require_error, wait_for

KEYS = ["first-key-0123456789", "second-key-0123456789"]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
LEAVING = "x-envoy-immediate-health-check-fail"
LIVE, READY = ["/livez", "/healthz"], ["/readyz", "/health", "/ping"]


def run(suite, models):
    probes(suite, models)
    access_log(suite, models)
    stuck_reader(suite, models)
    own_log(suite, models)
    keys(suite, models)
    origins(suite, models)


def probes(suite, models):
    with suite.case("a full queue leaves every probe at 200"):
        with Server(models, "--workers", "1", "--max-queue", "1") as server:
            end = threading.Event()
            statuses = set()

            def flood():
                while not end.is_set():
                    statuses.add(server.request("GET", "/v1/sample?n=1024")[0])

            threads = [threading.Thread(target=flood) for _ in range(6)]
            for thread in threads:
                thread.start()
            try:
                wait_for(lambda: 429 in statuses, 10, "the queue to be full")
                for _ in range(5):
                    for path in LIVE + READY:
                        require(server.request("GET", path)[0] == 200, path)
            finally:
                end.set()
                for thread in threads:
                    thread.join(60)
            require(statuses == {200, 429}, f"{statuses}")
    with suite.case("before SIGTERM no reply sends clients away; after it every reply does, and liveness stays"):
        with Server(models, "--drain-delay", "3") as server:
            paths = [("GET", path) for path in [*LIVE, *READY, "/metrics", "/v1/sample?n=1", "/v1/models", "/nothing"]]
            paths += [("DELETE", "/v1/models"), ("HEAD", "/livez"), ("GET", "/v1/sample?n=0"), ("BREW!", "/")]
            for method, path in paths:
                headers = server.request(method, path)[1]
                require(headers[LEAVING] is None and headers["Connection"] != "close", f"{method} {path}: {headers}")
            server.process.send_signal(signal.SIGTERM)
            wait_for(lambda: server.request("GET", "/readyz")[0] == 503, 2, "readiness to fall")
            for method, path in paths:
                status, headers, _ = server.request(method, path)
                require(headers[LEAVING] == "true", f"{method} {path}: no {LEAVING}")
                require(headers["Connection"].lower() == "close", f"{method} {path}: {headers['Connection']}")
                if path in LIVE:
                    require(status == 200, f"{path}: {status}")
            for path in READY:
                require_error(server.request("GET", path), 503, "draining", path)
            require(server.process.wait(10) == 0, f"exit status {server.process.returncode}")


class LoggedServer(Server):
    """A server whose standard output is read line by line."""

    def line(self):
        return self.process.stdout.readline()


def access_log(suite, models):
    with suite.case("by default standard output is the one line that says where the server is"):
        with Server(models) as server:
            server.get("/v1/sample")
            require(server.stop() == 0 and server.process.stdout.read() == "", "there is more")
    requests = [
        ("GET", "/v1/sample?n=3&seed=1", None, {}, 200, "/v1/models/{model}/sample"),
        ("HEAD", "/v1/sample?n=1", None, {}, 200, "/v1/models/{model}/sample"),
        ("POST", "/v1/decode", b'{"z":[1]}', {"Content-Type": "application/json"}, 422, "/v1/models/{model}/decode"),
        ("GET", "/livez", None, {}, 200, "/livez"), ("GET", "/nothing", None, {}, 404, None),
        ("GET", "/%1b%22%0a", None, {}, 400, None), ("GET", "/caf%c3%a9%20%22", None, {}, 404, None),
        ("PUT", "/v1/models", b"12345", {}, 405, "/v1/models"),
        ("GET", "/livez", None, {"User-Agent": 'evil"} \\ \xe9\xff\x9b', "traceparent": PARENT}, 200, "/livez"),
        ("GET", "/livez", None, {"traceparent": PARENT + "0", "X-Request-Id": "mine-7"}, 200, "/livez"),
        ("GET", "/" + "x" * 5000, None, {"User-Agent": "y" * 3000}, 404, None),
    ]
    with suite.case("--access-log json: one object a request, with all that is known of it"):
        with LoggedServer(models, "--access-log", "json") as server:
            for method, target, body, headers, status, route in requests:
                began = datetime.datetime.now(datetime.timezone.utc)
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
                with contextlib.closing(connection):
                    connection.putrequest(method, target, skip_accept_encoding=True)
                    for name, value in headers.items():
                        connection.putheader(name, value.encode("latin-1"))
                    if body:
                        connection.putheader("Content-Length", len(body))
                    connection.endheaders(body)
                    reply = connection.getresponse()
                    data = reply.read()
                text = server.line()
                require(all(0x20 <= ord(letter) != 0x7f for letter in text[:-1]), f"raw control bytes: {text!r}")
                require(len(text) < 2600, f"{len(text)} bytes in a line")
                entry = json.loads(text)
                require(reply.status == status == entry["status"], f"{target}: {reply.status}, logged {entry['status']}")
                require(entry["method"] == method and entry["client"] == "127.0.0.1" and entry["end"] == "sent", text)
                require(entry["bytes_in"] == len(body or b"") and entry["bytes_out"] == len(data), text)
                require(entry["request_id"] == reply.headers["X-Request-Id"], text)
                require(entry.get("route") == route, f"{target}: route {entry.get('route')}")
                logged = datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00"))
                late = (logged - began).total_seconds()
                require(-0.002 < late < 5, f"logged {late} s after the request")
                timing = reply.headers["Server-Timing"]
                if timing:
                    queue, compute, total = (float(part.split("dur=")[1]) for part in timing.split(", "))
                    require((entry["queue_ms"], entry["compute_ms"]) == (queue, compute), f"{timing} but {text}")
                    require(entry["duration_ms"] >= total >= queue + compute - 0.002, f"{timing} but {text}")
                else:
                    require("queue_ms" not in entry and entry["duration_ms"] > 0, text)
                if len(target) < 100 and "%" not in target:
                    path, _, query = target.partition("?")
                    require(entry["path"] == path and entry.get("query", "") == query, text)
                if "caf" in target:
                    require(entry["path"] == '/café "', text)
                if "evil" in headers.get("User-Agent", ""):
                    require(entry["user_agent"].startswith('evil"} ') and entry["trace_id"] == TRACE, text)
                    require(reply.headers["traceparent"] == PARENT, "it does not come back")
                else:
                    require("trace_id" not in entry and reply.headers["traceparent"] is None, text)
            with suite.case("a client that leaves: status 0, and its end"):
                with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
                    client.sendall(b"POST /v1/encode HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
                                   b"Content-Length: 99\r\n\r\nabc")
                    wait_for(lambda: scrape(server).get("http_server_active_requests") == 2, 5, "the request to begin")
                entry = {}
                while entry.get("path") != "/v1/encode":
                    entry = json.loads(server.line())
                require(entry["status"] == 0 and entry["end"] == "client_lost" and entry["bytes_in"] == 3, f"{entry}")
            require(server.stop() == 0, "exit status")
    with suite.case("--access-log text: one line a request that a shell can take apart"):
        with LoggedServer(models, "--access-log", "text") as server:
            for method, target, status in [("GET", "/v1/sample?n=2&seed=1", 200), ("GET", "/%22%20x", 404)]:
                server.request(method, target, User_Agent='a"b')
                line = server.line()
                found = re.fullmatch(
                    r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 127\.0\.0\.1 GET "(?P<target>(?:[^"\\]|\\.)*)" (?P<status>\d+) '
                    r'end=sent in=0 out=\d+ ms=\d+\.\d{3}( queue=\d+\.\d{3} compute=\d+\.\d{3})? id="[^"]+" '
                    r'agent="a\\"b"\n', line)
                require(found and int(found["status"]) == status, f"{line!r}")
    with suite.case("the last lines are written before the process ends"):
        with LoggedServer(models, "--access-log", "json") as server:
            for _ in range(50):  # few enough for the pipe: nobody reads before the end
                server.get("/livez")
            require(server.stop() == 0, "exit status")
            lines = server.process.stdout.read().splitlines()
            require(len(lines) == 50, f"{len(lines)} lines of 50 requests")


def stuck_reader(suite, models):
    with suite.case("nobody reads the access log: requests are answered as ever, lines are dropped and counted"):
        with LoggedServer(models, "--access-log", "json") as server:
            path, count, slowest = "/" + "x" * 1100, 4000, 0
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            with contextlib.closing(connection):
                for _ in range(count):
                    began = time.monotonic()
                    connection.request("GET", path, headers={"User-Agent": "z" * 256})
                    require(connection.getresponse().read(), "no reply")
                    slowest = max(slowest, time.monotonic() - began)
            require(slowest < 2, f"a request took {slowest:.1f} s")
            dropped = scrape(server).get("vae_log_lines_dropped_total")
            require(0 < dropped < count, f"{dropped} dropped")
            require(server.status_kilobytes("VmRSS") < 70_000, "the log takes more memory than it may")
            # Read again: what was kept comes whole, and nothing else.
            descriptor = server.process.stdout.fileno()
            fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_NONBLOCK)
            kept, deadline = b"", time.monotonic() + 20
            while kept.count(b"xxxx\"") < count - dropped and time.monotonic() < deadline:
                try:
                    kept += os.read(descriptor, 1 << 20)
                except BlockingIOError:
                    time.sleep(0.005)
            logged = [json.loads(line) for line in kept.split(b"\n")[:-1]]
            mine = sum(entry["path"].startswith("/xxx") for entry in logged)
            require(mine == count - dropped, f"{mine} lines, {dropped} dropped, {count} requests")
            os.set_blocking(descriptor, True)


def own_log(suite, models):
    with suite.case("--log-format json: every line on standard error is an object"):
        with Server(models, "--log-format", "json") as server:
            server.raw(b"GET / HTTP/1.1\r\nbroken\r\n\r\n")
            require(server.stop() == 0, "exit status")
            entries = [json.loads(line) for line in server.logged().splitlines()]
            require(len(entries) >= 2, f"{entries}")
            for entry in entries:
                require(set(entry) == {"time", "level", "logger", "message"}, f"{entry}")
                require(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["time"]), f"{entry}")
            require("every request was answered" in entries[-1]["message"], f"{entries[-1]}")
    with suite.case("text is the default, and --log-level quietens it"):
        with Server(models) as server:
            require(server.stop() == 0, "exit status")
            for line in server.logged().splitlines():
                require(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info vae-server: \w", line), f"{line!r}")
        with Server(models, "--log-level", "error") as server:
            require(server.stop() == 0 and server.logged() == "", f"{server.logged()!r}")


def keys(suite, models):
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "keys"
        file.write_text("# team\n" + "\n".join(KEYS) + "\n")
        file.chmod(0o600)
        with suite.case("--api-keys-file: each key opens, nothing else does, operations stay public"):
            with Server(models, "--api-keys-file", str(file)) as server:
                for key in KEYS:
                    for scheme in ("Bearer", "bearer"):
                        status = server.request("GET", "/v1/sample?n=1", Authorization=f"{scheme} {key}")[0]
                        require(status == 200, f"{scheme} {key}: {status}")
                for value in ["", "Bearer", "Bearer ", f"Basic {KEYS[0]}", KEYS[0], f"Bearer {KEYS[0]}x",
                              f"Bearer {KEYS[0][:-1]}", "Bearer " + "k" * 9000, "Bearer # team", f"Bearer {KEYS[0]} x"]:
                    reply = server.request("GET", "/v1/sample?n=1", Authorization=value)
                    require_error(reply, 401, "unauthorized", value[:40])
                    require(reply[1]["WWW-Authenticate"].startswith("Bearer"), f"{reply[1]['WWW-Authenticate']}")
                for method, path in [("GET", "/v1/models"), ("GET", "/v1/models/none"), ("GET", "/nothing"),
                                     ("DELETE", "/v1/models"), ("OPTIONS", "/v1/encode")]:
                    reply = server.request(method, path)
                    require_error(reply, 401, "unauthorized", f"{method} {path}")
                    require(reply[1]["WWW-Authenticate"] == "Bearer", f"{reply[1]['WWW-Authenticate']}")
                for path in [*LIVE, *READY, "/metrics", "/openapi.yaml", "/", "/docs", "/page/main.js"]:
                    require(server.request("GET", path)[0] == 200, f"{path} is not public")
                settle(server)
                require(scrape(server).get("vae_rejected_total", reason="unauthorized") == 15, "not 15 were rejected")
                refused = server.raw(b"POST /v1/encode HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n")
                require(refused[0] == 401, f"a body was waited for: {refused[0]}")
        with suite.case("SIGHUP takes over a changed key file; a bad one changes nothing and is reported"):
            changing = pathlib.Path(directory) / "changing"

            def write(text):
                changing.touch(0o600)
                changing.write_text(text)

            write(KEYS[0] + "\n")
            with Server(models, "--api-keys-file", str(changing)) as server:
                def opens(key):
                    return server.request("GET", "/v1/models", Authorization=f"Bearer {key}")[0] == 200

                require(opens(KEYS[0]) and not opens(KEYS[1]), "the first keys")
                write(KEYS[1] + "\n")
                require(opens(KEYS[0]), "the file was read without being asked")
                server.process.send_signal(signal.SIGHUP)
                wait_for(lambda: opens(KEYS[1]), 5, "the new key")
                require(not opens(KEYS[0]), "the old key still opens")
                write("short\n")
                server.process.send_signal(signal.SIGHUP)
                wait_for(lambda: "stay as they were" in server.logged(), 5, "the report")
                require(opens(KEYS[1]) and "short" not in server.logged(), "a bad file did harm")
        with suite.case("VAE_API_KEY: one key; a short one ends the start, and is not shown"):
            with Server(models, environment={"VAE_API_KEY": KEYS[0]}) as server:
                require(server.request("GET", "/v1/models")[0] == 401, "open without a key")
                require(server.request("GET", "/v1/models", Authorization=f"Bearer {KEYS[0]}")[0] == 200, "closed")
            with Server(models, environment={"VAE_API_KEY": "hunter2"}, wait=False) as server:
                require(server.process.wait(20) == 1, f"exit status {server.process.returncode}")
                log = server.logged()
                require("VAE_API_KEY" in log and "hunter2" not in log and "found 7" in log, log)
        for what, content, word in [
            ("an empty file", "", "at least one key"), ("comments only", "# x\n\n", "at least one key"),
            ("a short key", KEYS[0] + "\nshort-key\n", "line 2"), ("a key with a blank", "first key 0123456789\n", "line 1"),
            ("a key that is not ASCII", "schlüssel-0123456789\n", "line 1"), ("too much", "#" * 70_000, "65536 bytes"),
        ]:
            with suite.case(f"a key file with {what} ends the start and says why, not what"):
                bad = pathlib.Path(directory) / "bad"
                bad.write_text(content)
                with Server(models, "--api-keys-file", str(bad), wait=False) as server:
                    require(server.process.wait(20) == 1, f"exit status {server.process.returncode}")
                    log = server.logged()
                    require(str(bad) in log and word in log, log)
                    require("short-key" not in log and KEYS[0] not in log, "the key is in the log")
        with suite.case("a key file that everyone can read is warned of"):
            file.chmod(0o644)
            with Server(models, "--api-keys-file", str(file)) as server:
                wait_for(lambda: "chmod 600" in server.logged(), 2, "the warning")


def origins(suite, models):
    first, second = "https://app.example.com", "http://localhost:3000"
    ask = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization,content-type"}
    for how, flags, environment in [
        ("twice", ["--cors-origin", first, "--cors-origin", second], {}),
        ("with a comma", ["--cors-origin", f"{first},{second}"], {}),
        ("as a variable", [], {"VAE_CORS_ORIGIN": f"{first}, {second}"}),
    ]:
        with suite.case(f"--cors-origin {how}: what a browser asks for is granted to these pages only"):
            with Server(models, *flags, environment=environment) as server:
                for origin in (first, second):
                    status, headers, body = server.request("OPTIONS", "/v1/encode", Origin=origin, **ask)
                    require(status == 204 and body == b"", f"{status}")
                    require(headers["Access-Control-Allow-Origin"] == origin, f"{headers}")
                    require(headers["Access-Control-Allow-Methods"] == "POST", f"{headers}")
                    allowed = {name.strip().lower() for name in headers["Access-Control-Allow-Headers"].split(",")}
                    require({"authorization", "content-type", "x-request-id", "traceparent"} <= allowed, f"{allowed}")
                    for path in ("/v1/sample?n=1", "/v1/sample?n=0", "/nothing", "/readyz"):
                        headers = server.request("GET", path, Origin=origin)[1]
                        require(headers["Access-Control-Allow-Origin"] == origin, f"{path}: {headers}")
                        exposed = headers["Access-Control-Expose-Headers"]
                        for name in ("X-Request-Id", "X-VAE-Seed", "X-VAE-Shape", "ETag", "Server-Timing"):
                            require(name in exposed, f"{name} is not exposed")
                        require("Origin" in ", ".join(headers.get_all("Vary")), f"{path}: Vary {headers.get_all('Vary')}")
                for headers in (server.request("OPTIONS", "/v1/encode", Origin="https://evil.example", **ask)[1],
                                server.request("GET", "/v1/models", Origin="https://evil.example")[1],
                                server.request("GET", "/v1/models")[1]):
                    require(headers["Access-Control-Allow-Origin"] is None, "granted to another page")
                    require("Origin" in headers["Vary"], "a cache may mix up pages")
    with suite.case("--cors-origin '*': every page"):
        with Server(models, "--cors-origin", "*") as server:
            require(server.request("GET", "/livez", Origin="null")[1]["Access-Control-Allow-Origin"] == "*", "not every")
            require(server.request("GET", "/livez", Origin="null")[1]["Vary"] is None, "Vary without need")
    with suite.case("without the flag OPTIONS is 405 and no reply speaks of origins"):
        with Server(models) as server:
            require_error(server.request("OPTIONS", "/v1/encode", Origin=first, **ask), 405, "method_not_allowed")
            headers = server.request("GET", "/v1/models", Origin=first)[1]
            require(not [name for name in headers if name.lower().startswith("access-control")], f"{headers}")
