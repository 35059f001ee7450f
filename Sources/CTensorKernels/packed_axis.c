#include "packed_axis.h"

#include <stdlib.h>

static int64_t at_least(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }

int64_t tk_axis_phase_count(tk_axis axis) { return axis.transposed ? at_most(axis.stride, axis.output) : 1; }

/// Input that tap 0 of the phase's output number `i` would read; may lie outside.
static int64_t first_input(tk_axis axis, const tk_axis_phase *phase, int64_t index, int64_t i) {
    if (!axis.transposed) return i * axis.stride - axis.padding;
    const int64_t remainder = (index + axis.padding) % axis.stride;
    return (index + axis.padding - remainder) / axis.stride + i - (phase->taps - 1);
}

bool tk_axis_phase_create(tk_axis_phase *phase, tk_axis axis, int64_t index) {
    *phase = (tk_axis_phase){.output_step = 1, .input_step = axis.stride, .taps = axis.kernel, .kernel_step = 1};
    int64_t outputs = axis.output;
    if (axis.transposed) {
        // Output o takes input i through kernel index k where o = i · stride + k − padding.
        const int64_t remainder = (index + axis.padding) % axis.stride;
        outputs = (axis.output - index + axis.stride - 1) / axis.stride;
        phase->output_step = axis.stride, phase->input_step = 1;
        phase->taps = remainder < axis.kernel ? (axis.kernel - remainder + axis.stride - 1) / axis.stride : 0;
        phase->first_kernel_index = remainder + (phase->taps - 1) * axis.stride, phase->kernel_step = -axis.stride;
    }
    size_t room = 0;
    for (int64_t i = 0; i < outputs; i++) {
        const int64_t start = first_input(axis, phase, index, i);
        const int64_t first_tap = at_least(0, -start), taps = at_most(phase->taps, axis.input - start) - first_tap;
        const tk_axis_interval next = {
            .count = 1, .first_output = index + i * phase->output_step, .first_input = taps > 0 ? start + first_tap : 0,
            .first_tap = taps > 0 ? first_tap : 0, .taps = at_least(0, taps),
        };
        tk_axis_interval *last = phase->interval_count == 0 ? NULL : &phase->intervals[phase->interval_count - 1];
        if (last != NULL && last->first_tap == next.first_tap && last->taps == next.taps) {
            last->count++;
            continue;
        }
        if (phase->interval_count == room) {
            room = room == 0 ? 4 : 2 * room;
            tk_axis_interval *grown = realloc(phase->intervals, room * sizeof *grown);
            if (grown == NULL) return false;
            phase->intervals = grown;
        }
        phase->intervals[phase->interval_count++] = next;
    }
    return true;
}
