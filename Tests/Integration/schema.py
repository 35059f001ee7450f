"""openapi.yaml against the server, request by request: schemathesis makes them up from the document."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from support import Server, require

OPENAPI = pathlib.Path(__file__).resolve().parents[2] / "openapi.yaml"

# What schemathesis cannot know: a body that fits the schema is still no picture, or has not this model's shape, so that
# refusing it is right; a body may be too large (413) before it is wrong; and a client that gives a request six
# milliseconds (X-Request-Timeout) is told when they are over (504).
CONFIGURATION = """
[checks]
positive_data_acceptance.enabled = false
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "504"]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "406", "413", "414", "415", "422", "429"]
"""


def run(suite, models):
    program = pathlib.Path(sys.executable).parent / "schemathesis"
    if not program.exists():
        print("  skipped: no schemathesis beside this Python; scripts/setup.sh test installs it")
        return
    with tempfile.TemporaryDirectory() as folder:
        # Models are unloaded and loaded on the way.
        shutil.copytree(models, f"{folder}/models", symlinks=True)
        pathlib.Path(folder, "schemathesis.toml").write_text(CONFIGURATION)
        with Server(f"{folder}/models") as server:
            with suite.case("every operation answers as openapi.yaml says, and never with 5xx but a deadline's"):
                done = subprocess.run(
                    [program, "--config-file", f"{folder}/schemathesis.toml", "run", OPENAPI, "--url",
                     f"http://127.0.0.1:{server.port}", "--phases", "examples,coverage,fuzzing", "--max-examples", "15",
                     "--max-time", "90", "--seed", "1", "--workers", "1", "--no-color"],
                    cwd=folder, capture_output=True, text=True, timeout=300)
                heading = re.search("= (FAILURES|ERRORS) =", done.stdout)
                findings = done.stdout[heading.start():] if heading else done.stdout[-4000:]
                require(done.returncode == 0, f"exit {done.returncode}: {findings[:6000]} {done.stderr[-500:]}")
                count = re.search(r"(\d+) generated", done.stdout)
                tested = re.search(r"Tested: (\d+)", done.stdout)
                require(count and tested, done.stdout[-1000:])
                print(f"  {tested.group(1)} operations, {count.group(1)} requests")
            with suite.case("and the server lives"):
                require(server.request("GET", "/livez")[0] == 200, "no reply")
                _, _, page = server.request("GET", "/metrics")
                server_errors = [line for line in page.decode().splitlines() if re.search(r'status_code="5(?!04)', line)]
                require(not server_errors, f"{server_errors}")
