"""Three replicas behind HAProxy and nginx with the configurations of deploy/: restarts, a new checkpoint, kill -9.

The load is requests of all kinds through the proxy, and every byte of every answer is checked."""

import csv
import io
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import numpy
import support
import yaml
from flags import command, free_port
from support import Server, digits, png_bytes, require, wait_for
from traffic import Question, Traffic

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
REPLICAS = 3
DRAIN_DELAY = 2  # seconds; HAProxy's checks, twice a second apart, need one
# Copied into the proxy's buffer whole, so a proxy may send it again; see tune.bufsize.
RETRIED = ["json", "png", "sample", "grid"]


def questions(card):
    """Requests of all kinds, without their answers. The last is too large for a proxy to keep and send again."""
    channels, height, width = card["input"]
    image = digits(1, height, width)[0]
    pixels = numpy.broadcast_to(image / numpy.float32(255), (channels, height, width))
    rows = (192 << 10) // (4 * channels * height * width) + 1

    def post(body, media):
        return (
            f"POST /v1/encode HTTP/1.1\r\nHost: vae\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def get(target):
        return f"GET {target} HTTP/1.1\r\nHost: vae\r\n\r\n".encode()

    return [
        Question("json", post(json.dumps({"images": [pixels.tolist()]}).encode(), "application/json"), []),
        Question("png", post(png_bytes(image), "image/png"), []),
        Question("sample", get("/v1/sample?n=1&seed=7"), []),
        Question("grid", get("/v1/sample?n=16&seed=7&format=png"), []),
        Question("large", post(bytes(4 * channels * height * width * rows), "application/octet-stream"), []),
    ]


def note_answers(asked, server):
    """Adds what `server` answers to each question to the right answers."""
    for question in asked:
        status, _, body = server.raw(question.request)
        require(status == 200, f"{question.name}: {status} {body[:300]}")
        question.answers.append(body)


class Proxy:
    """A proxy with a configuration of deploy/ in which only addresses and places differ; ended by leaving `with`."""

    def __init__(self, command, configuration, replacements, ports):
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        text = (DEPLOY / configuration).read_text()
        addresses = {f"10.0.0.1{index + 1}:8080": f"127.0.0.1:{port}" for index, port in enumerate(ports)}
        for old, new in {**addresses, **replacements(self)}.items():
            require(old in text, f"{configuration} has no {old!r}")
            text = text.replace(old, new)
        path = pathlib.Path(self.folder.name, configuration)
        path.write_text(text)
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen([*command, str(path)], stdout=self.log, stderr=self.log)
        wait_for(self.answers, 10, f"{command[0]} to listen")

    def answers(self):
        require(self.process.poll() is None, f"the proxy has ended: {self.logged()}")
        try:
            return support.Server.request(self, "GET", "/readyz")[0] == 200
        except OSError:
            return False

    def logged(self):
        self.log.seek(0)
        return self.log.read()[-3000:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()
        self.folder.cleanup()


class HAProxy(Proxy):
    def __init__(self, ports):
        super().__init__(["haproxy", "-db", "-f"], "haproxy.cfg", lambda self: {
            "maxconn 10000": "maxconn 1000",  # needs no more descriptors than anyone has
            "bind :8080": f"bind 127.0.0.1:{self.port}",
            "bind 127.0.0.1:8404": f"bind 127.0.0.1:{free_port()}",
            "/run/haproxy/admin.sock": f"{self.folder.name}/admin.sock",
            "    user haproxy\n    group haproxy\n": "",
        }, ports)

    def statistics(self):
        """By replica: a dictionary of HAProxy's counters."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{self.folder.name}/admin.sock")
            client.sendall(b"show stat\n")
            text = b"".join(iter(lambda: client.recv(1 << 16), b"")).decode()
        rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
        return [row for row in rows if row["pxname"] == "replicas" and row["svname"].startswith("replica")]

    def wait_for_replica(self, index, status):
        wait_for(lambda: self.statistics()[index]["status"].startswith(status), 10, f"replica {index + 1} to be {status}")

    def retries(self):
        return sum(int(row["wretr"]) for row in self.statistics())


class NGINX(Proxy):
    def __init__(self, ports):
        super().__init__(["nginx", "-g", "daemon off; error_log stderr;", "-c"], "nginx.conf", lambda self: {
            "listen 8080;": f"listen 127.0.0.1:{self.port};",
            "/dev/stdout vae": "off",
            # nginx removes its pid file when it ends: /dev/null, for root.
            "events {\n": f"pid {self.folder.name}/nginx.pid;\nevents {{\n",
            "worker_processes auto": "worker_processes 1",
            # Debian's places for bodies on disk are root's.
            "http {\n": "http {\n" + "".join(
                f"    {name}_temp_path {self.folder.name}/{name};\n"
                for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]),
        }, ports)


def replica(models, port):
    return Server(models, "--port", str(port), "--drain-delay", str(DRAIN_DELAY), "--workers", "1")


def end(replicas):
    for server in replicas:
        server.process.kill()
    for server in replicas:
        server.__exit__()


def report(what, traffic, extra=""):
    print(f"  {what}: {traffic.total} answered, {len(traffic.failures)} failed{extra}")


def require_no_failures(traffic):
    require(not traffic.failures, f"{len(traffic.failures)} of {traffic.total} failed: {traffic.failures[:3]}")
    for question in traffic.connections[0].questions:
        count = sum(count for (name, _), count in traffic.answered.items() if name == question.name)
        require(count > 20, f"only {count} answers to {question.name}")


def rewritten(source, destination):
    """A checkpoint like `source` with other weights, put in place of `destination` as a trainer does: at once."""
    data = bytearray(source.read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    for name, tensor in json.loads(data[8:start]).items():
        if name.startswith(("encoder.", "decoder.", "mu.", "sigma.")):
            first, end = tensor["data_offsets"]
            weights = numpy.frombuffer(data, "<f4", (end - first) // 4, start + first)
            weights *= numpy.float32(0.75)
    fresh = destination.with_name("fresh.partial")
    fresh.write_bytes(data)
    fresh.replace(destination)


def run(suite, models):
    manifests(suite, models)
    for program in ["haproxy", "nginx"]:
        if shutil.which(program) is None:
            with suite.case(f"{program} is installed"):
                require(False, "scripts/setup.sh test installs it")
            return

    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch, "models")
        shutil.copytree(models, folder, symlinks=True)
        with Server(folder) as server:
            card = json.loads(server.get("/v1/models"))
            card = next(one for one in card["models"] if one["name"] == card["default"])
            asked = questions(card)
            note_answers(asked, server)
        ports = [free_port() for _ in range(REPLICAS)]
        replicas = [replica(folder, port) for port in ports]
        try:
            with HAProxy(ports) as proxy:
                rolling_restart(suite, proxy, replicas, folder, asked)
                asked = new_checkpoint(suite, proxy, replicas, folder, card["name"], asked)
                killed(suite, proxy, replicas, folder, asked)
            with NGINX(ports) as proxy:
                rolling_restart_behind_nginx(suite, proxy, replicas, folder, asked)
        finally:
            end(replicas)


def manifests(suite, models):
    """What the manifests say about the server must be so."""
    documents = [
        document for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())]
    kinds = {document["kind"]: document for document in documents}
    deployment = kinds["Deployment"]["spec"]["template"]["spec"]
    container = deployment["containers"][0]
    with suite.case("deploy/kubernetes: variables are the server's, and the grace period holds the drain"):
        _, text, _ = command("--help")
        variables = {item["name"]: item["value"] for item in container["env"]}
        for name in variables:
            require("--" + name.removeprefix("VAE_").lower().replace("_", "-") in text, f"{name} is no flag")
        drain = int(variables["VAE_DRAIN_DELAY"]) + int(variables["VAE_DRAIN_TIMEOUT"])
        before = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
        require(before + drain < deployment["terminationGracePeriodSeconds"], "SIGKILL would come first")
    with suite.case("deploy/kubernetes: probes answer, and the autoscaler's metric exists"):
        adapter = yaml.safe_load((DEPLOY / "prometheus-adapter.yaml").read_text())["rules"]["custom"][0]
        metric = kinds["HorizontalPodAutoscaler"]["spec"]["metrics"][0]["pods"]["metric"]["name"]
        require(adapter["name"]["as"] == metric, f"the adapter names it {adapter['name']['as']}")
        with Server(models) as server:
            for probe in ["startupProbe", "readinessProbe", "livenessProbe"]:
                server.get(container[probe]["httpGet"]["path"])
            require(re.search(rf"^{metric} \d+$", server.get("/metrics").decode(), re.MULTILINE), f"no gauge {metric}")
            require(adapter["seriesQuery"].startswith(metric + "{"), adapter["seriesQuery"])
    with suite.case("deploy/kubernetes: selectors select the pods"):
        labels = kinds["Deployment"]["spec"]["template"]["metadata"]["labels"]
        selectors = [document["spec"]["selector"] for document in documents if "selector" in document["spec"]]
        require(len(selectors) == 4, f"{len(selectors)} selectors")
        for selector in selectors:
            require(selector.get("matchLabels", selector) == labels, f"{selector}")


def rolling_restart(suite, proxy, replicas, folder, asked):
    with suite.case("HAProxy: each replica restarted in turn under load, nothing lost"):
        before = proxy.retries()
        served = [int(row["hrsp_2xx"]) for row in proxy.statistics()]
        with Traffic(proxy.port, asked) as traffic:
            time.sleep(0.5)
            for index, old in enumerate(replicas):
                require(old.stop() == 0, f"exit status {old.process.returncode}: {old.logged()}")
                replicas[index] = replica(folder, old.port)
                old.__exit__()
                proxy.wait_for_replica(index, "UP")
                time.sleep(0.3)
        report("rolling restart behind HAProxy", traffic, f", {proxy.retries() - before} retried by it")
        require_no_failures(traffic)
        for index, row in enumerate(proxy.statistics()):
            require(int(row["hrsp_2xx"]) > served[index] + 100, f"replica {index + 1} was not used")


def new_checkpoint(suite, proxy, replicas, folder, name, asked):
    """Rolls out other weights for the model under load. Returns the questions with the new answers alone."""
    with tempfile.TemporaryDirectory() as scratch:
        ahead = pathlib.Path(scratch, "models")
        shutil.copytree(folder, ahead, symlinks=True)
        rewritten(folder / f"{name}.safetensors", ahead / f"{name}.safetensors")
        with Server(ahead) as server:
            note_answers(asked, server)
            fresh = content_hash(server, name)
    with suite.case("HAProxy: a new checkpoint rolled out under load, nothing lost, each answer of the old or the new model"):
        before = proxy.retries()
        with Traffic(proxy.port, asked) as traffic:
            time.sleep(0.3)
            rewritten(folder / f"{name}.safetensors", folder / f"{name}.safetensors")
            for server in replicas:
                require(content_hash(server, name) != fresh, "it has the new one without being told")
                server.process.send_signal(signal.SIGHUP)
                wait_for(lambda: content_hash(server, name) == fresh, 10, "the new checkpoint to be served")
                time.sleep(0.3)
            settled = {question.name: traffic.answered[question.name, 0] for question in asked}
            time.sleep(0.5)
        old, new = (sum(traffic.answered[question.name, index] for question in asked) for index in (0, 1))
        report("new checkpoint behind HAProxy", traffic, f", {old} by the old model, {new} by the new one, "
               f"{proxy.retries() - before} retried by it")
        require_no_failures(traffic)
        require(all(traffic.answered[question.name, 1] > 5 for question in asked), f"{traffic.answered}")
        for question in asked:
            require(traffic.answered[question.name, 0] == settled[question.name], "an old answer after the roll")
    return [Question(question.name, question.request, question.answers[1:]) for question in asked]


def content_hash(server, name):
    return json.loads(server.get(f"/v1/models/{name}"))["content_hash"]


def killed(suite, proxy, replicas, folder, asked):
    with suite.case("HAProxy: kill -9 under load costs at most what was in flight there and cannot be retried"):
        before = proxy.retries()
        with Traffic(proxy.port, asked) as traffic:
            time.sleep(0.5)
            in_flight = int(proxy.statistics()[1]["scur"])
            replicas[1].process.kill()
            replicas[1].process.wait()
            proxy.wait_for_replica(1, "DOWN")
            time.sleep(0.3)
            old, replicas[1] = replicas[1], replica(folder, replicas[1].port)
            old.__exit__()
            proxy.wait_for_replica(1, "UP")
            time.sleep(0.3)
        report("kill -9 behind HAProxy", traffic, f", {in_flight} in flight there, {proxy.retries() - before} retried by it")
        lost = [failure for failure in traffic.failures if failure.question in RETRIED]
        require(len(traffic.failures) <= in_flight + 1, f"{len(traffic.failures)}: {traffic.failures[:3]}")
        require(not lost, f"{len(lost)} that the proxy could have sent again: {lost[:3]}")
        require(traffic.total > 500, f"only {traffic.total} answers")


def rolling_restart_behind_nginx(suite, proxy, replicas, folder, asked):
    with suite.case("nginx: each replica restarted in turn under load, nothing lost"):
        with Traffic(proxy.port, asked) as traffic:
            time.sleep(0.3)
            for index, old in enumerate(replicas):
                require(old.stop() == 0, f"exit status {old.process.returncode}: {old.logged()}")
                replicas[index] = replica(folder, old.port)
                old.__exit__()
                time.sleep(0.3)
        report("rolling restart behind nginx", traffic)
        require_no_failures(traffic)
