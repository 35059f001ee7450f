"""Models that change while they are served: by request, on SIGHUP and by polling; rolled out, broken, gone, unloaded."""

import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import struct
import tempfile
import threading
import time

import numpy
from safetensors import safe_open
from safetensors.numpy import save

from checkpoints import WORDS, changed_headers, small_checkpoint
from contract import metric
from support import Server, digits, png_bytes, require, require_error, wait_for

PICTURE = png_bytes(digits(1, 28, 28)[0])
#: What is asked of a model, over and over: (method, path behind the model's name, body).
QUESTIONS = [
    ("POST", "encode", PICTURE), ("GET", "sample?n=3&seed=5", None), ("POST", "reconstruct", PICTURE),
    ("GET", "interpolate?from_seed=1&to_seed=2&steps=5", None), ("GET", "sample?n=9&seed=2&format=png", None),
]


def variants(models, count):
    """Checkpoints like the mnist model, each with weights a little different."""
    path = pathlib.Path(models, "mnist.safetensors")
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    generator = numpy.random.default_rng(11)
    for _ in range(count):
        # The weights of the mixture of its codes must go on adding up to 1.
        yield save(
            {name: value if name.startswith("aggregate.")
             else (value * generator.normal(1, 0.01, value.shape)).astype(numpy.float32)
             for name, value in tensors.items()}, metadata)


def install(directory, name, data):
    """As a roll does it: a finished file takes the name."""
    fresh = pathlib.Path(directory, f".{name}.new")
    fresh.write_bytes(data)
    os.replace(fresh, pathlib.Path(directory, f"{name}.safetensors"))


def load(server, name, action="load"):
    """(status, JSON) of POST …/load."""
    status, _, body = server.request("POST", f"/v1/models/{name}/{action}")
    return status, json.loads(body)


def listing(server):
    return json.loads(server.get("/v1/models"))


def content_hash(server, name):
    return json.loads(server.get(f"/v1/models/{name}"))["content_hash"]


def answer(connection, question, model):
    """(status, ETag, body) of one question on a connection that is kept."""
    method, path, body = question
    headers = {"Content-Type": "image/png"} if body else {}
    connection.request(method, f"/v1/models/{model}/{path}", body, headers)
    reply = connection.getresponse()
    return reply.status, reply.headers["ETag"], reply.read()


def all_answers(server, model):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    with contextlib.closing(connection):
        return [answer(connection, question, model) for question in QUESTIONS]


def answers_of(data, name="digits"):
    """What a server that never served anything else says of a checkpoint: its hash, and a reply to each question."""
    with tempfile.TemporaryDirectory() as folder:
        install(folder, name, data)
        with Server(folder) as server:
            return content_hash(server, name), all_answers(server, name)


class Traffic:
    """Keep-alive connections that go through the questions without a pause. Notes (question, reply, begin, end)."""

    def __init__(self, server, model, connections=6):
        self.server, self.model = server, model
        self.stopping = threading.Event()
        self.replies, self.failures = [], []
        self.threads = [threading.Thread(target=self.work, args=(index,)) for index in range(connections)]

    def work(self, turn):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            while not self.stopping.is_set():
                number = turn % len(QUESTIONS)
                begin = time.monotonic()
                reply = answer(connection, QUESTIONS[number], self.model)
                self.replies.append((number, reply, begin, time.monotonic()))
                turn += 1
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
            self.failures.append(repr(error))
        finally:
            connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
        require(not self.failures, f"{len(self.failures)} connections failed: {self.failures[:3]}")
        bad = [reply for _, reply, _, _ in self.replies if reply[0] != 200]
        require(not bad, f"{len(bad)} of {len(self.replies)} replies are not 200: {bad[:2]}")


def run(suite, models):
    versions = list(variants(models, 2))
    known = [answers_of(data) for data in versions]
    require(known[0][0] != known[1][0], "two checkpoints with one hash")
    roll(suite, versions, known)
    shapes(suite)
    bad_files(suite)
    overwritten(suite, versions, known)
    storm(suite, versions)
    comings_and_goings(suite)
    polling(suite)
    refusals(suite)
    memory(suite, versions)


def roll(suite, versions, known):
    with suite.case("a roll under load: every reply is one version's, bit for bit, and none fails"), \
            tempfile.TemporaryDirectory() as folder:
        install(folder, "digits", versions[0])
        with Server(folder, "--workers", "2") as server:
            periods = []  # (version, when it was certainly in service, until)
            with Traffic(server, "digits") as traffic:
                for turn in range(1, 25):
                    install(folder, "digits", versions[turn % 2])
                    if turn % 3:
                        status, card = load(server, "digits")
                        require(status == 200 and card["changed"], f"{status} {card}")
                        require(card["content_hash"] == known[turn % 2][0], "the reply is not the new card")
                    else:
                        server.process.send_signal(signal.SIGHUP)
                        wait_for(lambda: content_hash(server, "digits") == known[turn % 2][0], 10, "SIGHUP's effect")
                    begin = time.monotonic()
                    time.sleep(0.1)
                    periods.append((turn % 2, begin, time.monotonic()))
            counts = [0, 0]
            for number, reply, begin, end in traffic.replies:
                found = [version for version in (0, 1) if known[version][1][number] == reply]
                require(len(found) == 1, f"{QUESTIONS[number][:2]} is neither version's: {reply[:2]}")
                counts[found[0]] += 1
                for version, since, until in periods:
                    require(not (since <= begin and end <= until) or found == [version],
                            "the old version answered after the load had been confirmed")
            require(min(counts) > 100, f"replies of the versions: {counts}")
            print(f"  reload: {sum(counts)} replies over 24 rolls, {counts} of the two versions")
            require(server.stop() == 0, "the exit status is not 0")


def shapes(suite):
    with suite.case("a version of another shape takes over under load"), tempfile.TemporaryDirectory() as folder:
        versions = [small_checkpoint(1, (1, 28, 28)), small_checkpoint(2, (3, 10, 12))]
        known = [answers_of(data)[1] for data in versions]
        install(folder, "digits", versions[0])
        with Server(folder) as server, Traffic(server, "digits") as traffic:
            for turn in range(1, 11):
                install(folder, "digits", versions[turn % 2])
                require(load(server, "digits")[0] == 200, "not loaded")
                time.sleep(0.05)
        for number, reply, _, _ in traffic.replies:
            require(reply in (known[0][number], known[1][number]), f"{QUESTIONS[number][:2]} is neither version's")


def bad_files(suite):
    good = small_checkpoint(1, (1, 28, 28))
    generator = random.Random(5)
    header = 8 + struct.unpack("<Q", good[:8])[0]
    noise = []
    for _ in range(40):
        data = bytearray(good)
        data[generator.randrange(header)] = generator.randrange(256)
        noise.append(bytes(data))
    bad = {
        "cut": good[:-1000], "cut in the header": good[:200], "empty": b"",
        "a weight of NaN": good[:-4] + numpy.float32(numpy.nan).tobytes(),
        "weights that overflow": good[:header] + numpy.full(len(good[header:]) // 4, 1e30, "<f4").tobytes(),
        "text": b"this is no checkpoint at all", **dict(list(changed_headers(good))[::7]),
    }
    with tempfile.TemporaryDirectory() as folder:
        install(folder, "digits", good)
        with Server(folder) as server:
            before = listing(server)
            expected = all_answers(server, "digits")
            for name, data in bad.items():
                with suite.case(f"{name}: 422 with what was expected and found, and the old version goes on"):
                    failures = metric(server, "vae_model_load_failures_total", 'model="digits"')
                    install(folder, "digits", data)
                    reply = server.request("POST", "/v1/models/digits/load")
                    error = require_error(reply, 422, "unusable_checkpoint", name)["error"]
                    require(WORDS.search(error) or "finite" in error, f"it says neither: {error}")
                    card = json.loads(server.get("/v1/models/digits"))
                    require(card.pop("load_error") == error, "the card says something else")
                    require(card == before["models"][0], "the rest of the card has changed")
                    require(error in server.logged(), "the log does not say so")
                    require(all_answers(server, "digits") == expected, "other answers")
                    counted = metric(server, "vae_model_load_failures_total", 'model="digits"') - failures
                    require(counted == 1, f"{counted} failures counted")
            with suite.case("random bytes in the header: refused or served, never a crash"):
                for data in noise:
                    install(folder, "digits", data)
                    status, body = load(server, "digits")
                    require(status in (200, 422), f"{status} {body}")
            with suite.case("a good file ends the trouble"):
                install(folder, "digits", good)
                require(load(server, "digits")[0] == 200, "not loaded")
                require(listing(server) == before, "another listing than at first")
                require(all_answers(server, "digits") == expected, "other answers than at first")
            require(server.stop() == 0, "the exit status is not 0")


def overwritten(suite, versions, known):
    """What a plain `cp` onto a checkpoint in service does, in the middle of being read."""
    with suite.case("a file cut and rewritten in place while it is read: no crash, and only whole versions served"), \
            tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "digits.safetensors")
        path.write_bytes(versions[0])
        stopping = threading.Event()
        generator = random.Random(6)

        def rewrite():
            turn = 0
            while not stopping.is_set():
                turn += 1
                data = versions[turn % 2]
                with open(path, "wb", buffering=0) as file:  # truncates
                    for start in range(0, len(data), 200_000):
                        file.write(data[start:start + 200_000])
                        time.sleep(generator.choice((0, 0, 0.001)))
                time.sleep(generator.choice((0, 0.02)))

        with Server(folder) as server, Traffic(server, "digits", connections=2) as traffic:
            writer = threading.Thread(target=rewrite)
            writer.start()
            statuses = {}
            try:
                for turn in range(250):
                    status, body = load(server, "digits")
                    statuses[status] = statuses.get(status, 0) + 1
                    require(status in (200, 409, 422), f"{status} {body}")
                    if status == 409:
                        require("rename" in body["error"], f"no advice: {body}")
                    server.process.send_signal(signal.SIGHUP)
                    require(content_hash(server, "digits") in (known[0][0], known[1][0]), "a mixture is served")
            finally:
                stopping.set()
                writer.join()
            require(len(statuses) > 1, f"never in the middle of it: {statuses}")
            print(f"  reload: loads of a file being rewritten, by status: {dict(sorted(statuses.items()))}")
            path.write_bytes(versions[1])
            require(load(server, "digits")[0] == 200, "the finished file is refused")
            require(content_hash(server, "digits") == known[1][0], "another version than the finished file's")
        for number, reply, _, _ in traffic.replies:
            require(reply in (known[0][1][number], known[1][1][number]), f"{QUESTIONS[number][:2]}: neither version's")


def storm(suite, versions):
    with suite.case("many SIGHUPs and loads at once: all are answered, and the new file is loaded once"), \
            tempfile.TemporaryDirectory() as folder:
        install(folder, "digits", versions[0])
        with Server(folder) as server, Traffic(server, "digits", connections=2):
            install(folder, "digits", versions[1])
            replies = []
            threads = [threading.Thread(target=lambda: replies.append(load(server, "digits"))) for _ in range(24)]
            for thread in threads:
                thread.start()
            for _ in range(300):
                server.process.send_signal(signal.SIGHUP)
            for thread in threads:
                thread.join(60)
            require([status for status, _ in replies] == [200] * 24, f"{[status for status, _ in replies]}")
            hashes = {card["content_hash"] for _, card in replies}
            require(hashes == {content_hash(server, "digits")}, f"{hashes}")
            require(metric(server, "vae_model_loads_total", 'model="digits"') == 2, "loaded more than twice")
            require(server.process.poll() is None, "the server has ended")


def comings_and_goings(suite):
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        install(folder, "one", small_checkpoint(1, (1, 28, 28)))
        install(folder, "two", small_checkpoint(2, (1, 28, 28)))
        (directory / "default.safetensors").symlink_to("two.safetensors")

        def names(server):
            return [card["name"] for card in listing(server)["models"]]

        with Server(folder) as server:
            def hang_up():
                server.process.send_signal(signal.SIGHUP)

            with suite.case("a new file becomes a model on SIGHUP, or by loading it"):
                install(folder, "three", small_checkpoint(3, (1, 28, 28)))
                require(server.request("GET", "/v1/models/three/sample")[0] == 404, "served before anybody asked")
                hang_up()
                wait_for(lambda: "three" in names(server), 10, "the new model")
                install(folder, "four", small_checkpoint(4, (1, 28, 28)))
                status, card = load(server, "four")
                require(status == 200 and card["changed"] and card["name"] == "four", f"{status} {card}")
                require(all(status == 200 for status, _, _ in all_answers(server, "four")), "it does not answer")
            with suite.case("a file missing for a moment drops no request"):
                data = (directory / "three.safetensors").read_bytes()
                with Traffic(server, "three", connections=2):
                    for _ in range(3):
                        (directory / "three.safetensors").unlink()
                        hang_up()
                        time.sleep(0.3)
                        (directory / "three.safetensors").write_bytes(data)
                        time.sleep(1)
                require("three" in names(server), "it was removed")
            with suite.case("a file that stays away takes its model with it, and the others go on"):
                (directory / "three.safetensors").unlink()
                with Traffic(server, "one", connections=2):
                    hang_up()
                    wait_for(lambda: "three" not in names(server), 10, "the model to leave")
                require_error(server.request("GET", "/v1/models/three/sample"), 404, "unknown_model")
                require_error(server.request("POST", "/v1/models/three/load"), 404, "unknown_model")
                require('model="three"' not in server.get("/metrics").decode(), "it is still counted")
            with suite.case("unload, and load again"):
                status, body = load(server, "four", "unload")
                require((status, body) == (200, {"name": "four", "unloaded": True}), f"{status} {body}")
                hang_up()
                require_error(server.request("POST", "/v1/models/four/unload"), 404, "unknown_model")
                error = require_error(server.request("GET", "/v1/models/four"), 404, "unknown_model")["error"]
                require("/v1/models/four/load" in error, f"no advice: {error}")
                require([entry["name"] for entry in listing(server)["not_served"]] == ["four"], "not listed")
                require(load(server, "four")[1]["changed"], "it was there")
                require("four" in names(server) and not listing(server)["not_served"], "it is not back")
            with suite.case("the default link is followed, under load"):
                require(json.loads(server.get("/v1/sample?seed=1"))["model"] == "two", "not the link's")
                with Traffic(server, "two", connections=2):
                    for name in ("one", "four", "two", "one"):
                        link = directory / ".default"
                        link.symlink_to(f"{name}.safetensors")
                        os.replace(link, directory / "default.safetensors")
                        hang_up()
                        wait_for(lambda: json.loads(server.get("/v1/sample?seed=1"))["model"] == name, 10, "the switch")
                        require(listing(server)["default"] == name, "the listing does not know")
            with suite.case("the default model is not unloaded, and stays when its file is gone"):
                require_error(server.request("POST", "/v1/models/one/unload"), 409, "model_in_use")
                (directory / "one.safetensors").unlink()
                hang_up()
                wait_for(lambda: "the file of one is gone" in server.logged(), 10, "a word in the log")
                require(server.get("/v1/sample?seed=1"), "it is gone")
            with suite.case("a directory that loses everything, or itself, changes nothing"):
                expected = names(server)
                for file in directory.iterdir():
                    file.unlink()
                hang_up()
                wait_for(lambda: "no *.safetensors file" in server.logged(), 10, "a word in the log")
                directory.rename(f"{folder}.away")
                try:
                    hang_up()
                    wait_for(lambda: "cannot read the model directory" in server.logged(), 10, "a word in the log")
                    time.sleep(1.2)
                    require(names(server) == expected, f"{names(server)}")
                    reply = server.request("POST", "/v1/models/one/load")
                    require_error(reply, 500, "internal_error")
                finally:
                    pathlib.Path(f"{folder}.away").rename(directory)
            require(server.stop() == 0, "the exit status is not 0")


def polling(suite):
    with suite.case("polling finds what is new, changed, broken and gone"), tempfile.TemporaryDirectory() as folder:
        install(folder, "one", small_checkpoint(1))
        install(folder, "two", small_checkpoint(2))
        with Server(folder, "--poll-interval", "1") as server:
            before = content_hash(server, "two")
            install(folder, "two", small_checkpoint(5))
            wait_for(lambda: content_hash(server, "two") != before, 10, "the changed model")
            install(folder, "three", small_checkpoint(3))
            wait_for(lambda: len(listing(server)["models"]) == 3, 10, "the new model")
            install(folder, "three", b"no checkpoint")
            wait_for(lambda: b"load_error" in server.get("/v1/models/three"), 10, "the refusal")
            time.sleep(2.5)
            failures = metric(server, "vae_model_load_failures_total", 'model="three"')
            require(failures == 1, f"a bad file was tried {failures} times")
            pathlib.Path(folder, "three.safetensors").unlink()
            wait_for(lambda: len(listing(server)["models"]) == 2, 10, "the removal")
            loads = metric(server, "vae_model_loads_total", 'model="two"')
            os.utime(pathlib.Path(folder, "two.safetensors"), (1, 1))
            time.sleep(2.5)
            require(metric(server, "vae_model_loads_total", 'model="two"') == loads, "the same contents were loaded anew")
    with suite.case("without --poll-interval nothing changes by itself"), tempfile.TemporaryDirectory() as folder:
        install(folder, "one", small_checkpoint(1))
        with Server(folder) as server:
            before = content_hash(server, "one")
            install(folder, "one", small_checkpoint(2))
            time.sleep(2)
            require(content_hash(server, "one") == before, "it was loaded")


def refusals(suite):
    with tempfile.TemporaryDirectory() as folder:
        install(folder, "one", small_checkpoint(1))
        with Server(folder, "--drain-delay", "2") as server:
            for action in ("load", "unload"):
                path = f"/v1/models/one/{action}"
                with suite.case(f"{action}: another method, a body, a parameter, an unknown model"):
                    require_error(server.request("GET", path), 405, "method_not_allowed")
                    require_error(server.request("POST", path, b"{}", "application/json"), 400, "malformed_body")
                    chunked = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
                    require_error(server.raw(chunked.encode()), 400, "malformed_body")
                    require_error(server.request("POST", path + "?force=1"), 400, "unknown_parameter")
                    for name in ("none", "default", ".", "..", "a%2Fb", "..%2Fone", "%00", "x" * 3000):
                        status, _, body = server.request("POST", f"/v1/models/{name}/{action}")
                        require(status in (400, 404), f"{name[:20]}: {status} {body[:200]}")
                    require_error(server.request("POST", f"/v1/{action}"), 404, "unknown_route")
            with suite.case("a draining server loads nothing"):
                server.process.terminate()
                wait_for(lambda: server.request("GET", "/readyz")[0] == 503, 2, "readiness to fall")
                require_error(server.request("POST", "/v1/models/one/load"), 503, "draining")
                server.process.send_signal(signal.SIGHUP)
                require(server.process.wait(20) == 0, f"exit status {server.process.returncode}")


def memory(suite, versions):
    with suite.case("50 reloads leave memory as it was"), tempfile.TemporaryDirectory() as folder:
        install(folder, "digits", versions[0])
        with Server(folder) as server:
            resident = []
            for turn in range(1, 81):
                install(folder, "digits", versions[turn % 2])
                require(load(server, "digits")[1]["changed"], "not loaded")
                all_answers(server, "digits")
                resident.append(server.status_kilobytes("VmRSS") / 1024)
            # The allocator settles within twenty. The old model may be on its way out when one looks: the least of ten
            # looks is without it.
            first, last = min(resident[20:30]), min(resident[-10:])
            print(f"  reload: {first:.1f} MB resident after 30 reloads, {last:.1f} MB after 80")
            require(last - first < 3, f"{first:.1f} MB became {last:.1f} MB")  # one model takes 2.6
