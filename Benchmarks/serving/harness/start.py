"""From the start of the program to its first answer from /readyz, which is after all models are loaded."""

from statistics import median

from . import report, settings


def run(make_server, peers, work):
    times = []
    for index in range(settings.STARTS):
        report.progress(f"start {index + 1} of {settings.STARTS}")
        server = make_server()
        times.append(server.start(work) * 1e3)
        server.stop()
    others = []
    for peer in peers:
        report.progress(f"start of {peer.name}")
        others.append(f"{peer.name} {peer.start(work):.1f} s")
        peer.stop()
    report.paragraph(
        f"Start to ready, median of {len(times)}: {median(times):.0f} ms (fastest {min(times):.0f}, slowest "
        f"{max(times):.0f})"
        + "".join(f"; {other}" for other in others) + ".")
    report.ask("start to ready", "≤ 50 ms", f"{median(times):.0f} ms", median(times) <= 50)
