"""HTTPS: every byte right under load, the ends of connections, clients that do not speak it, and bad certificates."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

from flags import command
from load_balancer import questions
from support import Server, read_reply, require, require_error, wait_for
from traffic import Question, Traffic

HEADER_TIMEOUT = 10  # seconds; the server's own, no flag sets it


def make_certificate(folder, name, key="ec:P-256"):
    """A self-signed certificate for localhost: (certificate, key) files."""
    paths = [str(pathlib.Path(folder, f"{name}.{kind}")) for kind in ["pem", "key"]]
    algorithm, _, parameter = key.partition(":")
    option = {"ec": f"ec_paramgen_curve:{parameter}", "rsa": f"rsa_keygen_bits:{parameter}"}[algorithm]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", algorithm, "-pkeyopt", option, "-nodes", "-days", "30",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-out", paths[0], "-keyout", paths[1]],
        check=True, capture_output=True)
    return paths


def make_expired_certificate(folder):
    """One that was good in January 2020. Only `openssl ca` sets such dates."""
    _, key = make_certificate(folder, "expired")
    base = pathlib.Path(folder, "authority")
    base.mkdir()
    (base / "index").touch()
    (base / "configuration").write_text(
        f"[ca]\ndefault_ca = it\n[it]\ndatabase = {base}/index\nnew_certs_dir = {base}\nrand_serial = yes\n"
        "policy = names\n[names]\ncommonName = supplied\n")
    for arguments in [
        ["req", "-new", "-key", key, "-subj", "/CN=expired", "-out", f"{base}/request"],
        ["ca", "-batch", "-notext", "-selfsign", "-config", f"{base}/configuration", "-keyfile", key, "-md", "sha256",
         "-startdate", "20200101000000Z", "-enddate", "20200131000000Z", "-in", f"{base}/request",
         "-out", f"{base}/expired.pem"],
    ]:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
    return f"{base}/expired.pem", key


def trusting(*certificates, version=None):
    context = ssl.create_default_context()
    for certificate in certificates:
        context.load_verify_locations(certificate)
    if version:
        context.minimum_version = context.maximum_version = version
    return context


class SecureServer(Server):
    def __init__(self, models, pair, *flags):
        self.context = trusting(pair[0])
        super().__init__(models, "--tls-certificate", pair[0], "--tls-key", pair[1], *flags)

    def request(self, method, path, body=None, content_type=None, **headers):
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=self.context)
        try:
            connection.request(method, path, body, {"Content-Type": content_type} if content_type else {})
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def connect(self, context=None, timeout=20):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        return (context or self.context).wrap_socket(plain, server_hostname="localhost")


def processor_seconds(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def client_hello():
    """The first flight of a TLS client, as bytes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def end_of(client):
    """All that comes until the server closes."""
    data = b""
    with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
        while part := client.recv(65536):
            data += part
    return data


def run(suite, models):
    with tempfile.TemporaryDirectory() as folder:
        pair = make_certificate(folder, "first")
        with SecureServer(models, pair, "--workers", "2") as server, contextlib.ExitStack() as stack:
            stalled = start_stalling(server, stack)
            with suite.case("handshakes that stall cost no processor time"):
                before = processor_seconds(server)
                time.sleep(1)
                spent = processor_seconds(server) - before
                require(spent < 0.2, f"{spent:.2f} s in one")
            versions(suite, server, models, pair, folder)
            exchanges(suite, server, models)
            strangers(suite, server, models)
            check_stalled(suite, server, stalled)
        draining(suite, models, pair)
        replacing(suite, models, folder)
        starting(suite, models, pair, folder)


def versions(suite, server, models, pair, folder):
    for version in [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]:
        with suite.case(f"{version.name} is spoken"):
            with server.connect(trusting(pair[0], version=version)) as client:
                client.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
                require(read_reply(client)[0] == 200, "no answer")
                require(client.version() == version.name.replace("_", "."), client.version())
                require("GCM" in client.cipher()[0], client.cipher()[0])
    for what, ciphers in [("TLS 1.1", "ALL:@SECLEVEL=0"), ("CBC", "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0")]:
        with suite.case(f"{what} is not"):
            context = ssl.create_default_context()
            context.load_verify_locations(pair[0])
            context.set_ciphers(ciphers)
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = ssl.TLSVersion.TLSv1_1 if what == "TLS 1.1" else ssl.TLSVersion.TLSv1_2
            try:
                server.connect(context).close()
            except ssl.SSLError:
                continue
            require(False, "it was accepted")
    with suite.case("a client that trusts another certificate is none of the server's concern"):
        other = make_certificate(folder, "other")
        try:
            server.connect(trusting(other[0])).close()
        except ssl.SSLCertVerificationError:
            pass
        else:
            require(False, "it was accepted")
        require(server.get("/readyz"), "not ready")
    with suite.case("an RSA key serves too"):
        rsa = make_certificate(folder, "rsa", key="rsa:2048")
        with SecureServer(models, rsa) as another:
            require(another.get("/readyz"), "not ready")


def exchanges(suite, server, models):
    listing = json.loads(server.get("/v1/models"))
    asked = questions(next(card for card in listing["models"] if card["name"] == listing["default"]))
    asked.append(Question("many", b"GET /v1/sample?n=200&seed=7 HTTP/1.1\r\nHost: vae\r\n\r\n", []))
    with Server(models) as plain:
        for question in asked:
            question.answers.append(plain.raw(question.request)[2])
    with suite.case("under load, every answer is byte for byte that of a server without TLS"):
        with Traffic(server.port, asked, context=server.context) as traffic:
            time.sleep(3)
        print(f"  https: {traffic.total} answered, {len(traffic.failures)} failed")
        require(not traffic.failures, f"{len(traffic.failures)}: {traffic.failures[:3]}")
        for question in asked:
            require(traffic.answered[question.name, 0] > 20, f"{traffic.answered}")
    with suite.case("requests sent in one go are answered in turn"):
        with server.connect() as client:
            client.sendall(b"".join(question.request for question in asked) * 3)
            received = client.makefile("rb")
            for turn in range(3):
                for question in asked:
                    head = b"".join(iter(received.readline, b"\r\n"))
                    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                    require(received.read(length) == question.answers[0], f"turn {turn}: {question.name}")
    with suite.case("a request in records of one byte"):
        with server.connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in asked[1].request[:400]:
                client.sendall(bytes([byte]))
            client.sendall(asked[1].request[400:])
            require(read_reply(client)[2] == asked[1].answers[0], "a wrong answer")
    with suite.case("a body of 24 MB is read, and one too large refused before it is"):
        status, _, body = server.request("POST", "/v1/encode", bytes(24 << 20), "application/octet-stream")
        require(status == 422 and b"found 25165824 bytes" in body, f"{status}: {body[:300]}")
        with server.connect() as client:
            client.sendall(b"POST /v1/encode HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 99999999\r\n\r\n")
            require_error(read_reply(client), 413, "body_too_large", "Content-Length")
            require(end_of(client) == b"", "it did not close")
    with suite.case("a chunked body that grows too large: 413 through TLS, then the end"):
        with server.connect() as client:
            client.sendall(
                b"POST /v1/encode HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n")
            with contextlib.suppress(OSError):
                for _ in range(33):
                    client.sendall(b"100000\r\n" + bytes(1 << 20) + b"\r\n")
            require_error(read_reply(client), 413, "body_too_large", "chunked")
    with suite.case("a reply of megabytes to a slow reader"):
        with server.connect() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.sendall(b"GET /v1/sample?n=1000&seed=7 HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.5)
            status, headers, body = read_reply(client)
            require(status == 200 and len(json.loads(body)["images"]) == 1000, f"{status}: {len(body)} bytes")
    with suite.case("clients that vanish while they wait leave nothing behind"):
        def active():
            page = server.get("/metrics").decode()
            return int(re.search(r"^http_server_active_requests (\d+)$", page, re.MULTILINE).group(1))

        before = active()
        for turn in range(40):
            client = server.connect()
            client.sendall(b"GET /v1/sample?n=100 HTTP/1.1\r\nHost: a\r\n\r\n")
            if turn % 2:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
        wait_for(lambda: active() <= before, 5, "their requests to end")


def strangers(suite, server, models):
    with suite.case("a plain request to the TLS port is told so, in JSON"):
        for data in [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /v1/encode HTTP/1.1\r\n\r\n" + bytes(20000)]:
            require_error(server.raw(data), 400, "tls_expected", "plain")
    with suite.case("noise on the TLS port ends that connection only"):
        for data in [bytes(100), b"\x16\x03\x01\xff\xff" + bytes(500), b"\x16\x03\x01\0\5hello", client_hello()[:-9] + bytes(9)]:
            with socket.create_connection(("127.0.0.1", server.port), timeout=2) as client:
                with contextlib.suppress(OSError):  # it may be closed already
                    client.sendall(data)
                    client.shutdown(socket.SHUT_WR)
                require(not end_of(client).startswith(b"HTTP"), "plain text")
        require(server.get("/readyz"), "not ready")
    with suite.case("TLS to a plain port ends, and the server lives"):
        with Server(models) as plain, socket.create_connection(("127.0.0.1", plain.port), timeout=20) as client:
            client.sendall(client_hello())
            client.shutdown(socket.SHUT_WR)
            end_of(client)
            require(plain.get("/readyz"), "not ready")


def start_stalling(server, stack):
    """Connections that stop in the middle: (what, socket, whether it is still open in the end)."""
    hello = client_hello()
    mute = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
    half = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
    half.sendall(hello[:len(hello) // 2])
    answered = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
    answered.sendall(hello)
    idle = stack.enter_context(server.connect(timeout=30))
    partial = stack.enter_context(server.connect(timeout=30))
    partial.sendall(b"GET /readyz HTTP/1.1\r\nHos")
    return {"mute": mute, "half": half, "answered": answered, "idle": idle, "partial": partial, "at": time.monotonic()}


def check_stalled(suite, server, stalled):
    time.sleep(max(0, stalled["at"] + HEADER_TIMEOUT + 3 - time.monotonic()))
    with suite.case("half a handshake is cut after the time for headers, without a word"):
        require(end_of(stalled["half"]) == b"", "something was said")
        require(b"HTTP/1.1" not in end_of(stalled["answered"]), "plain text in a handshake")
    with suite.case("half a request is cut with 408, through TLS"):
        require_error(read_reply(stalled["partial"]), 408, "request_timeout", "partial")
    with suite.case("a connection that has not begun anything is left alone"):
        stalled["idle"].sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
        require(read_reply(stalled["idle"])[0] == 200, "an idle connection was cut")
        secured = server.context.wrap_socket(stalled["mute"], server_hostname="localhost")
        secured.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
        require(read_reply(secured)[0] == 200, "a mute connection was cut")


def draining(suite, models, pair):
    with suite.case("SIGTERM under load: nothing lost"):
        with SecureServer(models, pair, "--drain-delay", "1") as server:
            with contextlib.ExitStack() as stack:
                clients = [stack.enter_context(server.connect()) for _ in range(24)]
                server.process.terminate()
                time.sleep(0.2)
                for client in clients:
                    client.sendall(b"GET /v1/sample?n=4&seed=1 HTTP/1.1\r\nHost: a\r\n\r\n")
                for client in clients:
                    status, headers, _ = read_reply(client)
                    require(status == 200 and headers.get("connection") == "close", f"{status} {headers}")
                    require(client.recv(10) == b"", "it was not closed")
            require(server.process.wait(10) == 0, f"exit status {server.process.returncode}")
    with suite.case("connections beyond the limit are closed, the others served"):
        with SecureServer(models, pair, "--max-connections", "4") as server, contextlib.ExitStack() as stack:
            kept = [stack.enter_context(server.connect()) for _ in range(4)]
            try:
                server.connect().close()
            except (ssl.SSLError, OSError):
                pass
            else:
                require(False, "a fifth was accepted")
            for client in kept:
                client.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
                require(read_reply(client)[0] == 200, "no answer")


def replacing(suite, models, folder):
    """SIGHUP: who is shown which certificate, and connections that stay."""
    first, second = make_certificate(folder, "served"), make_certificate(folder, "next")
    live = [str(pathlib.Path(folder, f"live.{kind}")) for kind in ["pem", "key"]]

    def install(certificate, key):
        for source, target in zip([certificate, key], live):
            shutil.copy(source, target + ".new")
            os.replace(target + ".new", target)

    def trusted(pair):
        try:
            server.connect(trusting(pair[0])).close()
        except ssl.SSLCertVerificationError:
            return False
        return True

    install(*first)
    with SecureServer(models, live) as server, server.connect() as old:
        with suite.case("SIGHUP shows new connections the new certificate, and keeps those open"):
            require(trusted(first) and not trusted(second), "not the first")
            install(*second)
            with Traffic(server.port, [Question("one", b"GET /v1/sample?n=1&seed=1 HTTP/1.1\r\nHost: a\r\n\r\n",
                                                [server.get("/v1/sample?n=1&seed=1")])], 8, trusting(first[0])) as traffic:
                wait_for(lambda: traffic.total > 100, 10, "all to be connected")
                server.process.send_signal(signal.SIGHUP)
                wait_for(lambda: trusted(second), 5, "the new certificate")
                require(not trusted(first), "both are shown")
            require(not traffic.failures, f"{traffic.total}, {traffic.failures[:3]}")
            old.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
            require(read_reply(old)[0] == 200, "an open connection was lost")
        with suite.case("SIGHUP with a bad pair keeps the old one, and says why"):
            install(first[0], second[1])
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "is not that of the certificate" in server.logged(), 5, "the reason")
            require(trusted(second) and not trusted(first), "not the old one")


def starting(suite, models, pair, folder):
    with suite.case("--healthcheck asks through TLS"):
        with SecureServer(models, pair) as server:
            arguments = ["--healthcheck", "--port", str(server.port)]
            secure = ["--tls-certificate", pair[0], "--tls-key", pair[1]]
            require(command(*arguments, *secure)[0] == 0, "not 0 from a server that is ready")
            require(command(*arguments)[0] == 1, "0 without TLS")
    other = make_certificate(folder, "other")
    locked = str(pathlib.Path(folder, "locked.key"))
    subprocess.run(
        ["openssl", "pkey", "-in", pair[1], "-aes256", "-passout", "pass:secret", "-out", locked], check=True)
    for what, files, expected in [
        ("a key of another certificate", [pair[0], other[1]], "is not that of the certificate"),
        ("files the wrong way round", [pair[1], pair[0]], "expected one to 16 certificates in PEM"),
        ("a key with a password", [pair[0], locked], "without a password"),
        ("a certificate as key", [pair[0], pair[0]], "expected a private key in PEM"),
        ("no such file", [pair[0], "/no/such.key"], "/no/such.key: No such file"),
        ("a directory", [folder, pair[1]], "expected a PEM file"),
    ]:
        with suite.case(f"{what}: refused, and said why"):
            status, _, text = command("--models", models, "--tls-certificate", files[0], "--tls-key", files[1])
            require(status == 1 and expected in text, f"{status}: {text}")
    with suite.case("a certificate without a key: refused"):
        status, _, text = command("--models", models, "--tls-certificate", pair[0])
        require(status > 1 and "--tls-key" in text, f"{status}: {text}")
    with suite.case("a certificate that has expired is served, with a warning"):
        expired = make_expired_certificate(folder)
        with Server(models, "--tls-certificate", expired[0], "--tls-key", expired[1]) as server:
            wait_for(lambda: "expired on 2020-01-31" in server.logged(), 5, "the warning")
