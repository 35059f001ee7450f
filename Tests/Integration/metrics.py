"""/metrics: sound by promtool, and adding up to a known load, to the request, the row and the byte."""

import collections
import contextlib
import http.client
import json
import math
import re
import shutil
import socket
import subprocess
import threading

from support import Server, digits, jpeg_bytes, multipart, png_bytes, read_reply, require, wait_for

from PIL import Image

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')
DURATION = "http_server_request_duration_seconds"


class Page:
    """A scrape: samples by name and labels."""

    def __init__(self, text):
        self.samples = {}
        self.help, self.type = {}, {}
        for line in text.splitlines():
            if line.startswith("# "):
                _, kind, name, rest = line.split(" ", 3)
                table = self.help if kind == "HELP" else self.type
                require(name not in table, f"{name} has two {kind} lines")
                table[name] = rest
                continue
            found = SAMPLE.match(line)
            require(found, f"no sample: {line!r}")
            labels = found.group(2) or ""
            pairs = LABEL.findall(labels)
            require(",".join(f'{name}="{value}"' for name, value in pairs) == labels, f"labels of {line!r}")
            key = (found.group(1), frozenset(pairs))
            require(key not in self.samples, f"twice: {line!r}")
            self.samples[key] = float(found.group(3))

    def get(self, name, **labels):
        return self.samples.get((name, frozenset(labels.items())), 0)

    def total(self, name, **labels):
        """Sum over all samples of `name` with these labels, whatever the others."""
        return sum(value for (found, pairs), value in self.samples.items()
                   if found == name and set(labels.items()) <= set(pairs))

    def family(self, name):
        for suffix in ("_bucket", "_sum", "_count"):
            if name.endswith(suffix) and self.type.get(name[:-len(suffix)]) == "histogram":
                return name[:-len(suffix)]
        return name


def scrape(server):
    return Page(server.get("/metrics").decode())


def require_sound(page):
    """Every sample has HELP and TYPE; buckets rise to their count; nothing is negative."""
    buckets = collections.defaultdict(list)
    for (name, labels), value in page.samples.items():
        family = page.family(name)
        require(family in page.help and family in page.type, f"{name} has no HELP or no TYPE")
        require(value >= 0 and math.isfinite(value), f"{name}{dict(labels)} is {value}")
        if name.endswith("_bucket"):
            bound = float(dict(labels)["le"].replace("+Inf", "inf"))
            rest = frozenset(pair for pair in labels if pair[0] != "le")
            buckets[(family, rest)].append((bound, value))
    for family in page.type:
        require(any(page.family(name) == family for name, _ in page.samples) or page.type[family] == "histogram",
                f"{family} has no samples")
    for (family, labels), pairs in buckets.items():
        pairs.sort()
        values = [value for _, value in pairs]
        require(values == sorted(values), f"{family}{dict(labels)}: buckets fall")
        require(pairs[-1][0] == math.inf, f"{family}: no bucket +Inf")
        require(values[-1] == page.get(family + "_count", **dict(labels)), f"{family}{dict(labels)}: +Inf is not the count")
        if family.endswith("_seconds"):
            require(pairs[0][0] == 50e-6, f"{family}: buckets begin at {pairs[0][0]}")
        sum_, count = (page.get(family + suffix, **dict(labels)) for suffix in ("_sum", "_count"))
        finite = [bound for bound, _ in pairs[:-1]]
        least = sum((value - before) * bound for value, before, bound in
                    zip(values, [0, *values], [0, *finite]))
        require(sum_ >= least * (1 - 1e-9), f"{family}{dict(labels)}: the sum {sum_} is below what the buckets say")
        require(count > 0 or sum_ == 0, f"{family}{dict(labels)}: a sum of nothing")


class Load:
    """Requests of every kind, with what each must have added to the page."""

    def __init__(self, card, other):
        channels, height, width = card["input"]
        image = png_bytes(digits(1, height, width)[0])
        jpeg = jpeg_bytes(Image.fromarray(digits(1, 40, 30)[0]))
        form, form_type = multipart([("a", image, "image/png"), ("b", jpeg, "image/jpeg")])
        pixels = channels * height * width
        floats = bytes(4 * pixels * 3)
        json_type = "application/json"
        codes = json.dumps({"z": [[0.5] * card["latent"]] * 5}).encode()
        seeds = b'{"from":{"seed":1},"to":{"seed":2},"steps":7}'
        between, between_type = multipart([("from", image, "image/png"), ("to", image, "image/png")])
        e, d, s, i, r = (f"/v1/models/{{model}}/{name}"
                         for name in ("encode", "decode", "sample", "interpolate", "reconstruct"))
        # method, path, type, body, status, route, rows encoded, rows decoded
        self.requests = [
            ("POST", "/v1/encode", "image/png", image, 200, e, 1, 0),
            ("POST", "/v1/encode", "image/jpeg", jpeg, 200, e, 1, 0),
            ("POST", "/v1/encode", "application/octet-stream", floats, 200, e, 3, 0),
            ("POST", f"/v1/models/{other}/encode", form_type, form, 200, e, 2, 0),
            ("POST", "/v1/encode", json_type, b"{", 400, e, 0, 0),
            ("POST", "/v1/encode", "image/png", b"\x89PNG\r\n\x1a\nbroken", 400, e, 0, 0),
            ("POST", "/v1/encode", "text/plain", b"hello", 415, e, 0, 0),
            ("GET", "/v1/encode", None, None, 405, e, 0, 0),
            ("POST", "/v1/decode", json_type, codes, 200, d, 0, 5),
            ("POST", "/v1/decode?format=png", json_type, codes, 200, d, 0, 5),
            ("POST", "/v1/decode", json_type, b'{"z":[1,2]}', 422, d, 0, 0),
            ("GET", "/v1/sample?n=4&seed=1", None, None, 200, s, 0, 4),
            ("HEAD", "/v1/sample?n=2&seed=1", None, None, 200, s, 0, 2),
            ("GET", f"/v1/models/{other}/sample?n=3&format=png", None, None, 200, s, 0, 3),
            ("GET", "/v1/sample?n=0", None, None, 422, s, 0, 0),
            ("GET", "/v1/sample?m=1", None, None, 400, s, 0, 0),
            ("DELETE", "/v1/sample", None, None, 405, s, 0, 0),
            ("GET", "/v1/interpolate?from_seed=1&to_seed=2&steps=6", None, None, 200, i, 0, 6),
            ("POST", "/v1/interpolate", json_type, seeds, 200, i, 0, 7),
            ("POST", "/v1/interpolate?steps=4", between_type, between, 200, i, 2, 4),
            ("POST", "/v1/reconstruct", "image/png", image, 200, r, 1, 1),
            ("POST", "/v1/reconstruct?format=png", form_type, form, 200, r, 2, 2),
            ("GET", "/v1/models", None, None, 200, "/v1/models", 0, 0),
            ("GET", f"/v1/models/{other}", None, None, 200, "/v1/models/{model}", 0, 0),
            ("GET", "/v1/models/none/sample", None, None, 404, "unmatched", 0, 0),
            ("GET", "/nothing", None, None, 404, "unmatched", 0, 0),
            ("BREW", "/livez", None, None, 405, "/livez", 0, 0),
            ("GET", "/livez", None, None, 200, "/livez", 0, 0),
            ("GET", "/healthz", None, None, 200, "/livez", 0, 0),
            ("GET", "/readyz", None, None, 200, "/readyz", 0, 0),
            ("GET", "/ping", None, None, 200, "/health", 0, 0),
            ("GET", "/openapi.yaml", None, None, 200, "/openapi.yaml", 0, 0),
            ("GET", "/", None, None, 200, "/", 0, 0),
            ("GET", "/docs", None, None, 200, "/docs", 0, 0),
            ("GET", "/page/main.js", None, None, 200, "/page/{file}", 0, 0),
            ("GET", "/page/none.js", None, None, 404, "unmatched", 0, 0),
        ]


def send_all(port, load, order, tally, lock):
    """One keep-alive connection sends the whole load once, in an order of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        for number in range(len(load)):
            method, path, kind, body, status, route, encoded, decoded = load[(number * 7 + order) % len(load)]
            connection.request(method, path, body, {"Content-Type": kind} if kind else {})
            reply = connection.getresponse()
            data = reply.read()
            with lock:
                if reply.status != status:
                    tally["wrong"].append(f"{method} {path}: {reply.status} {data[:100]}")
                known = method if method in ("GET", "HEAD", "POST", "DELETE") else "_OTHER"
                tally["requests"][(known, route, str(status))] += 1
                tally["in"][route] += len(body or b"")
                tally["out"][route] += len(data)
                tally["encode"] += encoded
                tally["decode"] += decoded


def worked(request):
    """Whether a worker sees the request: not one that is refused by its headers."""
    _, path, _, _, status, route, _, _ = request
    return route.count("/") == 4 and status not in (405, 415)


def run(suite, models):
    with suite.case("promtool is there to check with"):
        require(shutil.which("promtool"), "install Debian's prometheus package")
    with Server(models, "--workers", "2", "--io-threads", "2") as server:
        listing = json.loads(server.get("/v1/models"))
        card = next(card for card in listing["models"] if card["name"] == listing["default"])
        other = next(name for name in (card["name"] for card in listing["models"]) if name != listing["default"])
        load = Load(card, other).requests
        with suite.case("before any request the page is sound"):
            require_sound(scrape(server))
        settle(server)
        before = scrape(server)
        tally = {"requests": collections.Counter(), "in": collections.Counter(), "out": collections.Counter(),
                 "encode": 0, "decode": 0, "wrong": []}
        lock = threading.Lock()
        connections = 8
        threads = [threading.Thread(target=send_all, args=(server.port, load, order, tally, lock))
                   for order in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        settle(server)
        after = scrape(server)

        def grown(name, **labels):
            return after.total(name, **labels) - before.total(name, **labels)

        with suite.case("the load itself went as it should"):
            require(not tally["wrong"], f"{len(tally['wrong'])}: {tally['wrong'][:5]}")
            require(sum(tally["requests"].values()) == connections * len(load), f"{sum(tally['requests'].values())}")
        with suite.case("requests by method, route and status are those sent, and no others"):
            found = collections.Counter()
            for (name, labels), value in after.samples.items():
                if name == DURATION + "_count":
                    labels = dict(labels)
                    value -= before.get(name, **labels)
                    key = tuple(labels[f"http_{part}"] for part in ("request_method", "route", "response_status_code"))
                    if value and key[1] != "/metrics":
                        found[key] = value
            require(found == tally["requests"], f"{found - tally['requests']} {tally['requests'] - found}")
        with suite.case("bytes of bodies by route are those sent and received"):
            for route in tally["in"]:
                sent = grown("http_server_request_body_size_bytes_sum", http_route=route)
                received = grown("http_server_response_body_size_bytes_sum", http_route=route)
                require(sent == tally["in"][route], f"{route}: {sent} bytes in, {tally['in'][route]} sent")
                require(received == tally["out"][route], f"{route}: {received} out, {tally['out'][route]} received")
        with suite.case("rows are those asked for"):
            for stage in ("encode", "decode"):
                rows = grown("vae_rows_total", stage=stage)
                require(rows == tally[stage], f"{stage}: {rows}, {tally[stage]} asked for")
                require(rows == grown("vae_batch_rows_sum", stage=stage), f"{stage}: the batches say otherwise")
        with suite.case("every request that a worker saw waited, was computed and was in a batch, once"):
            for operation in ("encode", "decode", "sample", "interpolate", "reconstruct"):
                seen = connections * sum(worked(request) for request in load if request[5].endswith("/" + operation))
                for name in ("vae_inference_queue_seconds", "vae_inference_compute_seconds"):
                    require(grown(name + "_count", op=operation) == seen, f"{name} of {operation}: not {seen}")
            boarded = grown("vae_batch_requests_sum")
            wrong = connections * sum(worked(request) and request[4] != 200 for request in load)
            seen = grown("vae_inference_queue_seconds_count")
            require(boarded == seen - wrong, f"{boarded} in batches; {seen} seen, {wrong} of them wrong")
            batches = grown("vae_batch_requests_count")
            require(0 < batches <= boarded, f"{batches} batches of {boarded} requests")
            require(batches == grown("vae_batch_compute_seconds_count"), "times of other batches")
        with suite.case("times fit into each other"):
            whole = sum(after.total(DURATION + "_sum", http_route=f"/v1/models/{{model}}/{name}")
                        for name in ("encode", "decode", "sample", "interpolate", "reconstruct"))
            parts = (after.total("vae_inference_queue_seconds_sum") + after.total("vae_inference_compute_seconds_sum"))
            require(0 < parts <= whole, f"queue and compute {parts} s, requests {whole} s")
        with suite.case("nothing was rejected, dropped, lost or left"):
            for name in ("vae_rejected_total", "vae_dropped_total", "vae_nonfinite_total",
                         "http_server_lost_clients_total", "vae_queue_depth", "vae_inflight",
                         "vae_log_lines_dropped_total", "vae_buffered_bytes"):
                require(after.total(name) == 0, f"{name} is {after.total(name)}")
            require(after.get("http_server_active_requests") == 1, "the scrape itself is the one active request")
        with suite.case("the page is sound, and promtool finds nothing to say"):
            require_sound(after)
            done = subprocess.run(["promtool", "check", "metrics"], input=server.get("/metrics"), capture_output=True,
                                  timeout=30)
            require(done.returncode == 0 and not done.stdout and not done.stderr, f"{done.stdout} {done.stderr}")
        with suite.case("reasons are named before they happen, so that a rate can be taken"):
            for reason in ("queue_full", "overloaded", "unauthorized", "connection_limit"):
                require(("vae_rejected_total", frozenset({("reason", reason)})) in after.samples, reason)
            for reason in ("client_gone", "deadline"):
                require(("vae_dropped_total", frozenset({("reason", reason)})) in after.samples, reason)
        with suite.case("models and process"):
            infos = {dict(labels)["model"]: dict(labels)["content_hash"] for (name, labels) in after.samples
                     if name == "vae_model_info"}
            require(infos == {card["name"]: card["content_hash"] for card in listing["models"]}, f"{infos}")
            with open(f"/proc/{server.process.pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            require(after.get("process_threads") == int(fields[17]), "threads")
            resident = after.get("process_resident_memory_bytes")
            require(abs(resident - server.status_kilobytes("VmRSS") * 1024) < 8 << 20, f"{resident} bytes resident")
            require(0 < after.get("process_open_fds") < after.get("process_max_fds"), "file descriptors")
            started = after.get("process_start_time_seconds")
            with open("/proc/stat") as file:
                booted = int(re.search(r"^btime (\d+)", file.read(), re.MULTILINE).group(1))
            require(abs(started - booted - int(fields[19]) / 100) < 2, f"started at {started}")
            require(scrape(server).get("process_start_time_seconds") == started, "the start moves")
    refusals(suite, models)


def settle(server):
    """Waits until what is answered is also counted: that comes a moment after the reply."""
    seen = []

    def still():
        page = scrape(server)
        seen.append((page.total(DURATION + "_count") - page.total(DURATION + "_count", http_route="/metrics"),
                     page.get("vae_batch_requests_count"), page.get("http_server_active_requests")))
        return len(seen) > 2 and seen[-1] == seen[-2] == seen[-3] and seen[-1][2] == 1

    wait_for(still, 10, "the counts to settle")


def refusals(suite, models):
    with suite.case("a full queue: every 429 is one rejection"):
        with Server(models, "--workers", "1", "--max-queue", "1") as server:
            statuses = collections.Counter()
            lock = threading.Lock()

            def ask():
                for _ in range(10):
                    status = server.request("GET", "/v1/sample?n=512")[0]
                    with lock:
                        statuses[status] += 1

            threads = [threading.Thread(target=ask) for _ in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
            require(set(statuses) == {200, 429} and sum(statuses.values()) == 120, f"{statuses}")
            settle(server)
            page = scrape(server)
            require(page.get("vae_rejected_total", reason="queue_full") == statuses[429], f"{statuses}")
            for status, count in statuses.items():
                found = page.total(DURATION + "_count", http_response_status_code=str(status),
                                   http_route="/v1/models/{model}/sample")
                require(found == count, f"{found} of status {status}, {count} seen")
            require(page.get("vae_queue_limit") == 1, "the limit")
    with suite.case("a connection too many: each 503 is one rejection"):
        with Server(models, "--max-connections", "2") as server:
            with contextlib.ExitStack() as stack:
                open_ = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
                         for _ in range(2)]
                for client in open_:
                    client.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                    require(read_reply(client)[0] == 200, "a connection within the limit")
                for _ in range(5):
                    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
                        require(read_reply(client)[0] == 503, "a connection beyond the limit")
                open_[0].sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
                page = Page(read_reply(open_[0])[2].decode())
                require(page.get("vae_rejected_total", reason="connection_limit") == 5, "not five")
                require(page.get("http_server_open_connections") == 2, "not two open")
    with suite.case("a client that leaves in the middle of its body is counted as lost, and nothing else"):
        with Server(models) as server:
            for _ in range(3):
                with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
                    client.sendall(b"POST /v1/encode HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
                                   b"Content-Length: 1000\r\n\r\n" + bytes(100))
                    wait_for(lambda: scrape(server).get("http_server_active_requests") == 2, 5, "the request to begin")
            wait_for(lambda: scrape(server).get("http_server_lost_clients_total") == 3, 5, "three lost clients")
            page = scrape(server)
            require(page.total(DURATION + "_count", http_route="/v1/models/{model}/encode") == 0, "counted as answered")
            require(page.get("vae_buffered_bytes") == 0, "memory is still held")
