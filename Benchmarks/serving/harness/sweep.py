"""No number of connections may stall the server: a loop that loses a wake-up answers a few dozen requests a second."""

from statistics import median

from . import report, settings
from .load import closed_loop

CLOSE = [*range(120, 137), *range(248, 265)]
SAMPLE = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 63, 64, 65, 80, 96, 112, 144, 160, 176, 192, 208, 224, 240, 272, 288,
          320, 352, 383, 384, 385, 416, 448, 480, 504, 510, 511, 512]
# The loop's own time limit is 250 ms, and a wake-up that is lost is noticed then.
STALL_MS = 200


def run(ours, request):
    loads = {}
    for count in sorted(CLOSE + SAMPLE):
        report.progress(f"sweep: {count} connections")
        loads[count] = closed_loop(ours, request, count, settings.SWEEP_SECONDS)
    usual = median(load.rate for count, load in loads.items() if count >= 16)
    # A few connections cannot keep two processors busy: they are measured against one.
    limits = {count: usual / 2 if count >= 16 else loads[1].rate / 2 for count in loads}
    slowest = min((count for count in loads if count >= 16), key=lambda count: loads[count].rate)
    longest = max(loads, key=lambda count: loads[count].longest)
    stalls = [count for count, load in loads.items()
              if load.rate < limits[count] or load.longest > STALL_MS or load.failed]
    report.paragraph(
        f"Sweep over {len(loads)} numbers of connections from 1 to 512 ({request.title}, {settings.SWEEP_SECONDS:g} s "
        f"each): {loads[1].rate:,.0f} requests per second at 1; from 16 up median {usual:,.0f}, lowest "
        f"{loads[slowest].rate:,.0f} at {slowest}; the longest request took "
        f"{report.milliseconds(loads[longest].longest)}, at {longest}.")
    report.ask("stalls at 1…512 connections (below half of the usual rate, or a request over 200 ms)", "none",
               "none" if not stalls else "at " + ", ".join(map(str, stalls)), not stalls)
