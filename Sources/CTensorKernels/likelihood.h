/// What the likelihoods share: a file says what one pixel costs, the loops here add rows of pixels up.
///
/// The cost of a pixel is given as a constant function, so that it is inlined and the loops over it vectorise.
#ifndef TK_LIKELIHOOD_H
#define TK_LIKELIHOOD_H

#include <stddef.h>

#include "vector_math.h"

/// Elementwise loops here may run in place, which the compiler would answer with its scalar version.
#define TK_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")

/// A row's sum, fed in pieces: sixteen partial sums, so that its order is the same for every vector width.
typedef struct {
    float lanes[16], tail;
} tk_row_sum;

/// Numbers of a row that are worked on together: they stay in the first-level cache. A multiple of sixteen.
enum { TK_PIECE = 256 };

TK_INLINE size_t tk_piece_length(size_t width, size_t start) {
    return width - start < TK_PIECE ? width - start : TK_PIECE;
}

/// Adds `count` terms; every piece but the last has a multiple of sixteen.
TK_INLINE void tk_row_sum_add(tk_row_sum *sum, size_t count, const float *terms) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (size_t k = 0; k < 16; k++) sum->lanes[k] += terms[i + k];
    for (; i < count; i++) sum->tail += terms[i];
}

TK_INLINE float tk_row_sum_total(const tk_row_sum *sum) { return tk_sum16(sum->lanes) + sum->tail; }

/// What the pixels of a call have in common, where a likelihood has a scale; each says what it stores.
typedef struct {
    float inverse, bin, bin_loss, bin_slope;
} tk_scale;

/// −ln p of one pixel, and its derivatives by the decoder's number and by the logarithm of the scale.
typedef struct {
    float nll, by_decoded, by_log_scale;
} tk_pixel;

/// One pixel x under the decoder's number a.
typedef tk_pixel (*tk_pixel_loss)(float a, float x, tk_scale scale);

/// Bounds of ln scale, ±ln 1000: within them nothing overflows for decoder's numbers up to 1e15, and a pixel's 1/256 is
/// neither lost in the scale nor vast beside it. A NaN stays visible.
TK_INLINE float tk_bounded_log_scale(float log_scale) {
    const float limit = 6.9077554f;
    float bounded = log_scale < -limit ? -limit : log_scale;
    return bounded > limit ? limit : bounded;
}

/// nll[r] = Σ loss over row r.
TK_INLINE void tk_rows_nll(tk_pixel_loss loss, tk_scale scale, size_t rows, size_t width, const float *decoded,
                           const float *x, float *nll) {
    float terms[TK_PIECE];
    for (size_t r = 0; r < rows; r++) {
        tk_row_sum sum = {0};
        for (size_t start = 0; start < width; start += TK_PIECE) {
            const float *a = decoded + r * width + start, *pixels = x + r * width + start;
            size_t length = tk_piece_length(width, start);
            for (size_t i = 0; i < length; i++) terms[i] = loss(a[i], pixels[i], scale).nll;
            tk_row_sum_add(&sum, length, terms);
        }
        nll[r] = tk_row_sum_total(&sum);
    }
}

/// The same with `gradient_scale` times the derivatives: by the decoder's numbers, in `gradient`, which may be
/// `decoded`; and by ln scale, one number a row, if `log_scale_gradient` is given.
TK_INLINE void tk_rows_nll_gradient(tk_pixel_loss loss, tk_scale scale, size_t rows, size_t width,
                                    const float *decoded, const float *x, float gradient_scale, float *nll,
                                    float *gradient, float *log_scale_gradient) {
    float terms[TK_PIECE], scale_terms[TK_PIECE];
    for (size_t r = 0; r < rows; r++) {
        tk_row_sum sum = {0}, scale_sum = {0};
        for (size_t start = 0; start < width; start += TK_PIECE) {
            const float *a = decoded + r * width + start, *pixels = x + r * width + start;
            float *da = gradient + r * width + start;
            size_t length = tk_piece_length(width, start);
            TK_ELEMENTWISE
            for (size_t i = 0; i < length; i++) {
                tk_pixel pixel = loss(a[i], pixels[i], scale);
                terms[i] = pixel.nll;
                scale_terms[i] = pixel.by_log_scale;
                da[i] = gradient_scale * pixel.by_decoded;
            }
            tk_row_sum_add(&sum, length, terms);
            if (log_scale_gradient) tk_row_sum_add(&scale_sum, length, scale_terms);
        }
        nll[r] = tk_row_sum_total(&sum);
        if (log_scale_gradient) log_scale_gradient[r] = gradient_scale * tk_row_sum_total(&scale_sum);
    }
}

/// mean[i] = decoded[i] within 0…1, where the decoder's numbers are means; NaN stays visible.
TK_INLINE void tk_bounded_mean(size_t count, const float *decoded, float *mean) {
    TK_ELEMENTWISE
    for (size_t i = 0; i < count; i++) {
        float value = decoded[i] < 0 ? 0.0f : decoded[i];
        mean[i] = value > 1 ? 1.0f : value;
    }
}

#endif
