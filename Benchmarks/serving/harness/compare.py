"""Ours, the bare echo and the peers, by turns: the main table."""

from statistics import median

from . import report, settings
from .load import Load, closed_loop

UNSTEADY = 1.25


def rounds(servers, request, connections, reply_bytes):
    """Every server in every round, so that what the machine does meanwhile hits all alike; medians of the rounds."""
    runs = {server.name: [] for server in servers}
    for server in servers:  # warm, and for a second: PyTorch specialises its graphs in the first requests
        closed_loop(server, request, connections, 1, echo_path(server, reply_bytes))
    for index in range(settings.ROUNDS):
        for server in servers:
            report.progress(f"{request.key}, {connections} connections, round {index + 1}: {server.name}")
            run = closed_loop(server, request, connections, settings.SECONDS_EACH, echo_path(server, reply_bytes))
            if run.failed:
                report.paragraph(f"**{server.name} failed {run.failed} of {run.requests} {request.key} requests.**")
            runs[server.name].append(run)
    unsteady = [name for name, loads in runs.items()
                if max(load.rate for load in loads) > UNSTEADY * min(load.rate for load in loads)]
    if unsteady:
        report.paragraph(f"Note: {request.key}, {connections} connections: the rounds of {', '.join(unsteady)} differ by "
                         f"more than {UNSTEADY - 1:.0%}. Is the machine quiet?")
    return {name: Load(*map(median, zip(*loads)))._replace(failed=sum(load.failed for load in loads))
            for name, loads in runs.items()}


def echo_path(server, reply_bytes):
    return f"/?{reply_bytes}" if server.name == "bare echo" else None


def run(ours, echo, peers, requests, reply_bytes):
    rows, failed = [], 0
    for request in requests:
        result = rounds([ours, echo, *peers], request, settings.CONNECTIONS, reply_bytes[request.key])
        mine, bare = result[ours.name], result[echo.name]
        row = [request.title, f"{mine.rate:,.0f}", *(f"{result[peer.name].rate:,.0f}" for peer in peers)]
        if peers:
            best = max((peer.name for peer in peers), key=lambda name: result[name].rate)
            ratio = mine.rate / result[best].rate
            row += [f"**{ratio:.1f}**", f"≥ {request.ratio_asked:g}" if request.ratio_asked else ""]
            if request.ratio_asked:
                report.ask(f"{request.title}: times the best peer ({best})", f"≥ {request.ratio_asked:g}",
                           f"{ratio:.2f}", ratio >= request.ratio_asked)
        failed += mine.failed
        share = mine.rate / bare.rate
        row += [f"{bare.rate:,.0f}", f"{share:.0%}" + (f" (≥ {request.echo_asked:.0%})" if request.echo_asked else "")]
        if request.echo_asked:
            report.ask(f"{request.title}: share of our bare echo", f"≥ {request.echo_asked:.0%}", f"{share:.1%}",
                       share >= request.echo_asked)
        spread = mine.p99 / mine.p50
        report.ask(f"{request.title}: p99 ÷ p50", "≤ 4", f"{spread:.1f}", spread <= 4)
        row += [report.milliseconds(mine.p50), report.milliseconds(mine.p99), f"{spread:.1f}"]
        if peers:
            row.append(f"{report.milliseconds(result[best].p50)} · {report.milliseconds(result[best].p99)}")
        rows.append(row)
    head = [f"{settings.CONNECTIONS} connections, requests per second", "vae-server", *(peer.name for peer in peers)]
    head += ["× best peer", "asked"] if peers else []
    head += ["bare echo, same sizes", "our share", "p50", "p99", "p99 ÷ p50"]
    head += ["best peer's p50 · p99"] if peers else []
    report.table(head, rows)
    report.ask("failed requests, all of the above", "none", f"{failed}", failed == 0)
    if peers and requests[0].key == "json-encode":
        alone(ours, echo, peers, requests[0], reply_bytes[requests[0].key])
    report.paragraph("Resident memory after this load: " + ", ".join(
        f"{server.name} {report.megabytes(server.resident_bytes())}" for server in [ours, *peers]) + ".")


def alone(ours, echo, peers, request, reply_bytes):
    """One connection: what a request costs when nothing else is going on."""
    result = rounds([ours, echo, *peers], request, 1, reply_bytes)
    rows = [[name, f"{load.rate:,.0f}", report.milliseconds(load.p50), report.milliseconds(load.p99)]
            for name, load in result.items()]
    report.table([f"1 connection, {request.title}", "requests per second", "p50", "p99"], rows)
    best = min(result[peer.name].p50 for peer in peers)
    share = result[ours.name].p50 / best
    report.ask(f"{request.title} at 1 connection: p50 in parts of the best peer's", "≤ 0.5", f"{share:.2f}",
               share <= 0.5)
