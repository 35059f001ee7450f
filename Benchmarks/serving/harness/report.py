"""What the run says: where it ran, tables, the list of what was asked, and on a terminal how far it is."""

import os
import pathlib
import platform
import re
import subprocess
import sys

from . import settings

asked = []


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text[:100])
        sys.stderr.flush()


def table(head, rows):
    progress("")
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def paragraph(text):
    progress("")
    print(text + "\n", flush=True)


def ask(what, limit, found, met):
    """Notes a promise and whether it is kept; the list is the end of the report."""
    asked.append((what, limit, found, "yes" if met else "**no**"))


def milliseconds(value):
    return f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"


def megabytes(count):
    return f"{count / 1e6:.1f} MB"


def output(*command):
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=settings.ROOT)
        return (result.stdout + result.stderr).strip()
    except OSError:
        return ""


def package(name):
    return output("dpkg-query", "-W", "-f", "${Version}", name).split("+")[0].split("-")[0] or "?"


def machine():
    """Processor, system and every version that the figures depend on, without a date."""
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    swift = re.search(r"Swift version (\S+)", output("swift", "--version"))
    versions = [f"Swift {swift[1] if swift else '?'}", f"libmicrohttpd {package('libmicrohttpd12')}",
                f"oneDNN {package('libdnnl2')}", f"wrk {package('wrk')}"]
    python = settings.PYTHON_ENVIRONMENT / "bin/python"
    if python.exists():
        names = "fastapi uvicorn uvloop orjson onnxruntime torch pillow numpy".split()
        script = ("import sys, importlib.metadata as m\n"
                  "print('Python', sys.version.split()[0], *(', ' + n + ' ' + m.version(n) for n in sys.argv[1:]"
                  " if next(iter(m.distributions(name=n)), None)), sep=' ')")
        versions.append(output(python, "-c", script, *names).replace(" ,", ","))
    revision = output("git", "describe", "--always", "--dirty", "--exclude", "*")
    return (f"{processor[1] if processor else platform.machine()}, {os.cpu_count()} processors, {system}, "
            f"Linux {platform.release()}; vae-server at {revision}; {', '.join(versions)}.")
