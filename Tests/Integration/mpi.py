"""vae-trainer under mpirun: two processes learn what one does, stop together, and end together when one fails."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import numpy
from safetensors.numpy import load_file

from support import require
from trainer import TRAINER, weights_of

SMALL = ["--hidden", "32", "--latent", "4", "--epochs", "2", "--threads", "1"]
# Both processes may share a processor with anything: nothing is bound, and more processes than processors are no error.
LAUNCHER = ["--oversubscribe", "--bind-to", "none"]


def environment(**more):
    return {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", **more}


def command(count, output, *flags):
    return ["mpirun", *LAUNCHER, "-n", str(count), TRAINER, "train", "--out", str(output), *flags]


def together(count, output, *flags, timeout=120):
    """A run of `count` processes to its end: (status, printed)."""
    done = subprocess.run(
        command(count, output, *flags), capture_output=True, text=True, timeout=timeout, env=environment())
    return done.returncode, done.stdout + done.stderr


def alone(output, *flags, **variables):
    done = subprocess.run(
        [TRAINER, "train", "--out", str(output), *flags], capture_output=True, text=True, timeout=120,
        env={**os.environ, **variables})
    return done.returncode, done.stdout + done.stderr


def curve(output):
    """The losses of every epoch, from the run's own log."""
    names = ["train_loss", "train_kl", "train_reconstruction", "test_loss", "test_kl", "gradient_norm"]
    lines = [json.loads(line) for line in output.with_suffix(".metrics.jsonl").read_text().splitlines()]
    return [line[name] for line in lines for name in names]


def children(pid):
    """The processes below `pid`."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            if parent == pid:
                found += [int(entry.name), *children(int(entry.name))]
    return found


def trainers(pid):
    """The trainers that the mpirun `pid` has started."""
    def name(child):
        try:
            return os.readlink(f"/proc/{child}/exe")
        except OSError:
            return ""
    return [child for child in children(pid) if pathlib.Path(name(child)).name == pathlib.Path(TRAINER).name]


def gone(pids, seconds=20):
    """Whether all processes end in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.1)
    return False


def signalled(output, number, rank, *flags):
    """Starts a run of two, sends `number` to one of them after its first epoch: (status, printed, all gone)."""
    run = subprocess.Popen(
        command(2, output, *flags), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())
    printed = ""
    for line in run.stdout:
        printed += line
        if line.startswith("epoch"):
            break
    pids = trainers(run.pid)
    require(len(pids) == 2, f"{len(pids)} trainers run: {printed}")
    for pid in pids:
        variables = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        if f"OMPI_COMM_WORLD_RANK={rank}".encode() in variables:
            os.kill(pid, number)
    try:
        printed += run.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        run.kill()
        raise AssertionError(f"the others go on for ever: {printed}")
    return run.returncode, printed, gone(pids)


def equal(suite, folder):
    # Two numbers have the same sum in either order; of more the last bits depend on it, as on the number of threads.
    layerwise = ["--epochs", "1", "--objective", "autoencoder", "--layerwise", "2"]
    for name, count, threads, flags, tolerance in [
        ("a VAE on two processes", 2, 1, ["--epochs", "2"], 0),
        ("statistics of the minibatch", 2, 1, ["--epochs", "1", "--free-bits", "0.1"], 0),
        ("four processes", 4, 1, ["--epochs", "1"], 1e-5), ("threads in both", 2, 2, ["--epochs", "1"], 1e-5),
        ("layer by layer", 2, 1, layerwise, 0),
    ]:
        with suite.case(f"mpirun: {name}: the result is that of one process with the same minibatches"):
            stem = f"{count}-{threads}-{len(flags)}"
            one, many = folder / f"{stem}-one.safetensors", folder / f"{stem}-many.safetensors"
            flags = ["--hidden", "32", "--latent", "4", *flags]
            status, text = alone(one, *flags, "--threads", str(count * threads))
            require(status == 0, text)
            status, text = together(count, many, *flags, "--threads", str(threads))
            require(status == 0, text)
            require(f"{count} processes of {threads} thread" in text, text)
            # Each of the two layers has a first epoch of its own.
            began = 3 if "--layerwise" in flags else 1
            require(text.count("epoch 1/") == began, f"not one process alone speaks: {text}")
            losses = curve(one), curve(many)
            require(len(losses[0]) >= 6, f"{losses[0]}")
            suite.close("mpirun: losses", losses[1], losses[0], 1e-6, relative=True)
            expected, found = load_file(one), load_file(many)
            for tensor in expected:
                scale = numpy.abs(expected[tensor]).max()
                suite.close("mpirun: weights", found[tensor] / scale, expected[tensor] / scale, tolerance)


def stopped(suite, folder):
    whole = folder / "whole.safetensors"
    with suite.case("mpirun: a signal to either process stops both at one step, and --resume gives the same file"):
        # Long enough that the signal comes before the end.
        flags = ["--hidden", "400", "--latent", "4", "--epochs", "8", "--threads", "1"]
        status, text = together(2, whole, *flags)
        require(status == 0, text)
        for rank in (0, 1):
            part = folder / f"part{rank}" / "shapes.safetensors"
            status, text, ended = signalled(part, signal.SIGTERM, rank, *flags)
            require(status == 130 and ended, f"process {rank}: status {status}: {text}")
            require("to go on:" in text, text)
            require(part.with_suffix(".resume.safetensors").exists(), "no state to resume from")
            status, text = together(2, part, "--resume")
            require(status == 0, text)
            require(weights_of(part) == weights_of(whole), "the weights differ")
    with suite.case("mpirun: one process killed ends the others"):
        for rank in (0, 1):
            status, text, ended = signalled(
                folder / f"killed{rank}.safetensors", signal.SIGKILL, rank, *SMALL[:-4], "--epochs", "1000", "--threads", "1")
            require(status != 0 and ended, f"process {rank}: status {status}: {text}")


def refused(suite, folder):
    with suite.case("mpirun: an error in one process ends all, with its message"):
        # The second process finds other data than the first.
        script = folder / "other.sh"
        script.write_text(
            f'#!/bin/sh\nexec "{TRAINER}" train --out "{folder}/other.safetensors" --hidden 32 --latent 4 '
            '--epochs 2 --threads 1 --seed "$OMPI_COMM_WORLD_RANK"\n')
        script.chmod(0o755)
        done = subprocess.run(
            ["mpirun", *LAUNCHER, "-n", "2", str(script)], capture_output=True, text=True, timeout=60, env=environment())
        text = done.stdout + done.stderr
        require(done.returncode != 0 and "process 1" in text and "other flags" in text, text)
        status, text = together(2, "/proc/shapes.safetensors", *SMALL, timeout=60)
        require(status != 0 and "process 0" in text and "/proc" in text, text)
    with suite.case("mpirun: too many processes for a minibatch are refused"):
        status, text = together(4, folder / "small.safetensors", *SMALL, "--batch-size", "3", timeout=60)
        require(status != 0 and "--batch-size 3" in text, text)
    with suite.case("without Open MPI's library, or with another's, the message says what to install"):
        broken = folder / "broken"
        broken.mkdir()
        (broken / "libmpi.so.40").write_text("no library")
        status, text = alone(folder / "none.safetensors", *SMALL, OMPI_COMM_WORLD_SIZE="2", LD_LIBRARY_PATH=str(broken))
        require(status != 0 and "apt-get install libopenmpi3" in text, text)
        if compiler := shutil.which("cc") or shutil.which("gcc") or shutil.which("g++"):
            source = broken / "other.c"
            names = ["Init_thread", "Comm_rank", "Comm_size", "Comm_set_errhandler", "Allreduce", "Bcast", "Barrier",
                     "Error_string", "Finalize", "Abort"]
            handles = ["comm_world", "float", "double", "byte", "op_sum", "errors_return"]
            source.write_text(
                "#include <string.h>\n" + "".join(f"int MPI_{name}(void) {{ return 1; }}\n" for name in names)
                + "".join(f"int ompi_mpi_{name};\n" for name in handles)
                + 'int MPI_Get_library_version(char *text, int *length) { strcpy(text, "Other MPI 7.0"); '
                "*length = 13; return 0; }\n")
            for flags, words in [([], '"Other MPI 7.0"'), (["-DMPI_Bcast=MPI_Bc"], "without MPI_Bcast")]:
                subprocess.run(
                    [compiler, "-shared", "-fPIC", "-x", "c", *flags, "-o", str(broken / "libmpi.so.40"), str(source)],
                    check=True)
                status, text = alone(
                    folder / "none.safetensors", *SMALL, OMPI_COMM_WORLD_SIZE="2", LD_LIBRARY_PATH=str(broken))
                require(status != 0 and "expected Open MPI" in text and words in text, text)
        status, text = alone(folder / "none.safetensors", *SMALL, PMI_SIZE="2")
        require(status != 0 and "another MPI" in text, text)


def run(suite, models):
    require(shutil.which("mpirun"), "mpirun is missing: scripts/setup.sh test")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        equal(suite, folder)
        stopped(suite, folder)
        refused(suite, folder)
