"""Three times the load that the server can carry, sent whether or not it answers, and the second after that."""

import time

from . import report, settings
from .load import closed_loop, open_loop, open_loop_result

CONNECTIONS, QUEUE, FACTOR, RECOVERY_SECONDS = 2048, 1024, 3, 3


def run(make_server, request, work):
    server = make_server()
    server.start(work)
    try:
        measure(server, request, work)
    finally:
        server.stop()


def measure(server, request, work):
    report.progress("overload: what it can carry")
    closed_loop(server, request, settings.CONNECTIONS, 1)
    carried = closed_loop(server, request, settings.CONNECTIONS, settings.SECONDS_EACH).rate
    quiet = open_loop_result(open_loop(server, request, work, CONNECTIONS, [(carried / 10, 3)]), 30)["phases"][0]
    before = server.resident_bytes()

    phases = [(FACTOR * carried, settings.OVERLOAD_SECONDS), (0.8 * carried, RECOVERY_SECONDS)]
    process, begun, weights = open_loop(server, request, work, CONNECTIONS, phases), time.monotonic(), []
    try:
        while process.poll() is None and time.monotonic() - begun < settings.OVERLOAD_SECONDS:
            weights.append(server.resident_bytes())
            report.progress(f"overload: {time.monotonic() - begun:.0f} of {settings.OVERLOAD_SECONDS:.0f} s")
            time.sleep(0.5)
        result = open_loop_result(process, 60)
    finally:
        process.kill()
    describe(request, carried, quiet, result["phases"], before, weights, server.resident_bytes())


def describe(request, carried, quiet, phases, before, weights, after):
    over, recovery = phases
    statuses = {int(status): count for status, count in over["statuses"].items()}
    sent, answered = sum(statuses.values()), over["answered"]
    wrong = sum(count for status, count in statuses.items() if status >= 500 and status != 503)
    limit = 3 * quiet["answered"]["p99"] + QUEUE / carried * 1e3
    third = max(1, len(weights) // 3)
    growth = max(weights[-third:]) - max(weights[third:-third] or weights)
    calm, ms, mb = calm_after(recovery, limit), report.milliseconds, report.megabytes
    seconds = settings.OVERLOAD_SECONDS
    replies = ", ".join(f"{count:,} × {status or 'lost'}" for status, count in sorted(statuses.items()))
    report.paragraph(
        f"Overload ({request.title}; carries {carried:,.0f} requests per second, p99 {ms(quiet['answered']['p99'])} at "
        f"a tenth of that): {over['rate']:,.0f} offered for {seconds:.0f} s over {CONNECTIONS} connections, "
        f"{sent / seconds:,.0f} sent; {answered['count'] / seconds:,.0f} answered with p50 {ms(answered['p50'])}, p99 "
        f"{ms(answered['p99'])}; {replies}; refusals took {ms(over['refused']['p50'])} (p50), "
        f"{ms(over['refused']['p99'])} (p99). Resident memory {mb(before)} before, at most {mb(max(weights))}, "
        f"{mb(after)} after. At 0.8 times what it carries, from the end of the overload: nothing refused or late "
        f"after {calm} ms.")
    name = f"overload, {request.key}: "
    report.ask(name + "5xx other than 503, and lost requests", "none", f"{wrong} and {statuses.get(0, 0)}",
               wrong == 0 and statuses.get(0, 0) == 0)
    report.ask(name + "sent, in times of what it carries", f"≥ {0.99 * FACTOR:.2f}", f"{sent / seconds / carried:.2f}",
               sent >= 0.99 * over["due"])
    report.ask(name + "p99 of the accepted, against 3 × the unloaded p99 + the queue's time", f"≤ {ms(limit)}",
               ms(answered["p99"]), answered["p99"] <= limit)
    report.ask(name + "highest resident memory of the last third over that of the second", "< 2 MB", mb(growth),
               growth < 2e6)
    report.ask(name + "full speed again", "≤ 1000 ms", f"{calm} ms", calm <= 1000)


def calm_after(recovery, limit):
    """Milliseconds of the recovery after which every request was answered, and within `limit`."""
    last = -1
    for index, (_, refused, failed, unsent, longest) in enumerate(recovery["line"]):
        if refused or failed or unsent or longest > limit:
            last = index
    return (last + 1) * recovery["step_ms"]
