/// Which inputs an output of a convolution sees, one axis at a time.
///
/// A convolution is one *phase*. A transposed convolution of stride s is s of them per axis: the outputs o with equal
/// o mod s use the same taps, and see them as an ordinary convolution of stride 1 does. So no product is wasted on the
/// zeros that an upsampled input would have, and none is added up in memory afterwards.
#ifndef TK_PACKED_AXIS_H
#define TK_PACKED_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Consecutive outputs of a phase that have the same taps inside the input: taps beyond its edges are left out.
typedef struct {
    int64_t count;
    int64_t first_output;  ///< Index of the first on the output's axis.
    int64_t first_input;   ///< What the first one's first tap reads.
    int64_t first_tap, taps;
} tk_axis_interval;

typedef struct {
    int64_t output_step, input_step;        ///< From one output of the phase to the next.
    int64_t taps;                           ///< In ascending order of the inputs they read.
    int64_t first_kernel_index, kernel_step;  ///< Tap t uses index first + t · step of the kernel.
    size_t interval_count;
    tk_axis_interval *_Nullable intervals;
} tk_axis_phase;

typedef struct {
    int64_t input, output, kernel, stride, padding;
    bool transposed;
} tk_axis;

/// Number of phases of `axis`.
int64_t tk_axis_phase_count(tk_axis axis);
/// Fills in phase `index`, whose intervals the caller frees. False when memory is short.
bool tk_axis_phase_create(tk_axis_phase *phase, tk_axis axis, int64_t index);

#pragma clang assume_nonnull end
#endif
