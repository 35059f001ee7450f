#!/usr/bin/env python3
"""Tests vae-server from outside, over sockets, against numpy and against its own promises.

    VAE_SERVER_BINARY=.build/release/vae-server python3 Tests/Integration/run.py [--models DIR] [TOPIC…]

The binary and the model directory default to those of a release build in this repository.
"""

import argparse
import importlib
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
TOPICS = [
    "figures", "pictures", "determinism", "wrong_requests", "draining", "memory", "checkpoints", "reload", "flags", "contract",
    "latent_space", "scores", "metrics", "operations", "flow", "triton_client", "remote_vae", "page", "examples", "schema",
    "trainer", "kills", "trainer_data", "evaluate", "reports", "cards", "recommendation", "mpi", "interop", "tls",
    "load_balancer",
]


def main():
    sys.path.insert(0, str(HERE))
    import support

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=str(REPOSITORY / "models"), help="directory of checkpoints to test with")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"any of {', '.join(TOPICS)}; default: all")
    arguments = parser.parse_args()
    for topic in arguments.topics:
        if topic not in TOPICS:
            parser.error(f"there is no topic {topic!r}; there are {', '.join(TOPICS)}")

    sys.stdout.reconfigure(line_buffering=True)
    support.BINARY = str(pathlib.Path(support.BINARY).resolve())
    suite = support.Suite()
    for topic in arguments.topics or TOPICS:
        started = time.monotonic()
        print(f"{topic}")
        with suite.case(f"{topic}: runs to its end"):
            importlib.import_module(topic).run(suite, arguments.models)
        print(f"  {time.monotonic() - started:.1f} s")
    for kind, worst in suite.errors.items():
        print(f"largest error of {kind}: {worst:.2g}")
    print(f"{suite.passed} passed, {len(suite.failures)} failed")
    return 1 if suite.failures else 0


if __name__ == "__main__":
    sys.exit(main())
