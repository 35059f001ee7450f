"""A million requests of all kinds: does the memory stay where it is?"""

import time

from . import report, settings
from .load import closed_loop

LIMIT, GROWTH, TIME_LIMIT = 60e6, 1e6, 240


def run(make_server, requests, work):
    server = make_server()
    server.start(work)
    at_start = server.resident_bytes()
    count, half, begun = 0, None, time.monotonic()
    while count < settings.MEMORY_REQUESTS and time.monotonic() - begun < TIME_LIMIT:
        for request in requests:  # the same mixture in both halves
            load = closed_loop(server, request, settings.CONNECTIONS, 1)
            if load.failed:
                raise SystemExit(f"error: {load.failed} of {load.requests} {request.key} requests failed")
            count += load.requests
            report.progress(f"memory: {count:,} of {settings.MEMORY_REQUESTS:,} requests")
        if half is None and count >= settings.MEMORY_REQUESTS / 2:
            half = server.resident_bytes()
    at_end, peak = server.resident_bytes(), server.resident_bytes("VmHWM")
    server.stop()
    half = at_end if half is None else half
    titles = ", ".join(request.title for request in requests)
    report.paragraph(
        f"Resident memory of vae-server: {report.megabytes(at_start)} at the start, {report.megabytes(half)} after half, "
        f"{report.megabytes(at_end)} after {count:,} requests ({titles}); at most {report.megabytes(peak)}.")
    report.ask(f"resident memory after {count:,} requests", "≤ 60 MB", report.megabytes(at_end), at_end <= LIMIT)
    report.ask("its growth over the last half", "< 1 MB", report.megabytes(at_end - half), at_end - half < GROWTH)
