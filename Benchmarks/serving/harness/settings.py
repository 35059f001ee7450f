"""What can be set from outside, and where things are."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]


def number(name, default):
    return type(default)(os.environ.get(name, default))


SECONDS_EACH = number("SECONDS_EACH", 3.0)  # of one measurement
ROUNDS = number("ROUNDS", 3)  # of all servers by turns
CONNECTIONS = number("CONNECTIONS", 64)
OPERATIONS = os.environ.get("OPERATIONS", "").split()  # empty: all
PEERS = os.environ.get("PEERS", "onnx torch").split()
SWEEP_SECONDS = number("SWEEP_SECONDS", 1.0)
MEMORY_REQUESTS = number("MEMORY_REQUESTS", 1_000_000)
STARTS = number("STARTS", 11)
OVERLOAD_SECONDS = number("OVERLOAD_SECONDS", 60.0)
OVERLOAD_OPERATION = os.environ.get("OVERLOAD_OPERATION", "png-grid")
BASE_PORT = number("BASE_PORT", 18080)
BINARIES = pathlib.Path(os.environ.get("BINARIES", ROOT / ".build/release"))
MODEL_DIRECTORY = pathlib.Path(os.environ.get("MODEL_DIR", ROOT / "models")).resolve()
SERVER_FLAGS = os.environ.get("SERVER_FLAGS", "").split()
PYTHON_ENVIRONMENT = pathlib.Path(os.environ.get("PEER_ENVIRONMENT", ROOT / ".venv-bench"))
DENSE_MODEL, CONVOLUTIONAL_MODEL = "mnist", "shapes"
