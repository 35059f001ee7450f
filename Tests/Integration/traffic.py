"""Load from many keep-alive connections, in one thread, that checks every byte of every answer."""

import collections
import contextlib
import selectors
import socket
import ssl
import threading
import time

PATIENCE = 20  # seconds for one answer

Question = collections.namedtuple("Question", ["name", "request", "answers"])
"""A request as bytes, and the bodies that are right; `answers` may be a growing list."""

Failure = collections.namedtuple("Failure", ["when", "question", "reason"])


class Connection:
    """Asks its questions in turn, each as soon as the one before is answered; connects again when it is closed."""

    def __init__(self, traffic, questions):
        self.traffic = traffic
        self.questions = questions
        self.turn = 0
        self.socket = None

    def open(self):
        self.socket = self.traffic.connect()
        self.traffic.selector.register(self.socket, selectors.EVENT_READ, self)

    def close(self):
        if self.socket is not None:
            self.traffic.selector.unregister(self.socket)
            self.socket.close()
            self.socket = None

    def ask(self):
        """Sends the next question. Small enough for the socket, as a rule; else it waits for room."""
        self.question = self.questions[self.turn % len(self.questions)]
        self.turn += 1
        self.reply = bytearray()
        self.sent = time.monotonic()
        try:
            if self.socket is None:
                self.open()
            self.socket.setblocking(True)
            self.socket.settimeout(PATIENCE)
            self.socket.sendall(self.question.request)
            self.socket.setblocking(False)
        except OSError as error:
            self.lose(f"{type(error).__name__} while sending")

    def lose(self, reason):
        time.sleep(0.01)  # a server that fails at once is not asked again thousands of times a second
        self.traffic.failures.append(Failure(time.monotonic(), self.question.name, reason))
        self.close()
        self.again = True

    def read(self):
        self.receive()
        while self.socket is not None and not self.again and self.traffic.context and self.socket.pending():
            self.receive()  # what has been decrypted no selector tells of

    def receive(self):
        try:
            part = self.socket.recv(1 << 18)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError as error:
            return self.lose(type(error).__name__)
        if not part:
            return self.lose(f"closed after {len(self.reply)} bytes of an answer")
        self.reply += part
        end = self.reply.find(b"\r\n\r\n", 0, 4096)
        if end < 0:
            return
        head = bytes(self.reply[:end]).lower()
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        if len(self.reply) >= end + 4 + length:
            self.answered(head, bytes(self.reply[end + 4:]))

    def answered(self, head, body):
        if not head.startswith(b"http/1.1 200"):
            self.lose(f"{head[:30].decode()}: {body[:200]}")
        elif body not in self.question.answers:
            self.lose(f"a wrong answer of {len(body)} bytes: {body[:100]}")
        else:
            self.traffic.answered[self.question.name, self.question.answers.index(body)] += 1
            if b"\r\nconnection: close" in head:
                self.close()
            self.again = True


class Traffic:
    """Runs from `with` to its end; what was on the way then is still awaited. `answered` counts right answers by
    (question, index of the answer), `failures` lists the others."""

    def __init__(self, port, questions, connections=48, context=None):
        self.port = port
        self.context = context  # for TLS
        self.answered = collections.Counter()
        self.failures = []
        self.stopping = False
        self.selector = selectors.DefaultSelector()
        self.connections = [
            Connection(self, questions[index % len(questions):] + questions[:index % len(questions)])
            for index in range(connections)]
        self.thread = threading.Thread(target=self.drive, daemon=True)

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        return self.context.wrap_socket(plain, server_hostname="localhost") if self.context else plain

    @property
    def total(self):
        return sum(self.answered.values())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()

    def drive(self):
        for connection in self.connections:
            connection.again = True
        waiting = set()
        with contextlib.closing(self.selector):
            while True:
                for connection in self.connections:
                    if connection.again:
                        waiting.discard(connection)
                        if not self.stopping:
                            connection.again = False
                            waiting.add(connection)
                            connection.ask()
                if not waiting and self.stopping:
                    break
                for key, _ in self.selector.select(0.05):
                    if key.data in waiting:
                        key.data.read()
                    else:  # idle, and the load is about to end
                        key.data.close()
                for connection in waiting:
                    if not connection.again and time.monotonic() - connection.sent > PATIENCE:
                        connection.lose(f"no answer in {PATIENCE} s")
            for connection in self.connections:
                connection.close()
