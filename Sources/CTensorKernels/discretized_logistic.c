#include <math.h>

#include "CTensorKernels.h"
#include "likelihood.h"

TK_VECTORISED
void tk_discretized_logistic_mean(size_t count, const float *decoded, float *mean) {
    tk_bounded_mean(count, decoded, mean);
}

/// `inverse` is 1/s, `bin` the width w = 1/(256 s) of a level, `bin_loss` −ln(1 − e^−w), and `bin_slope` the derivative
/// of that by ln s.
static tk_scale logistic_scale(float log_scale) {
    const double inverse = exp(-(double)tk_bounded_log_scale(log_scale)), bin = inverse / 256;
    return (tk_scale){
        .inverse = (float)inverse,
        .bin = (float)bin,
        .bin_loss = (float)-log(-expm1(-bin)),
        .bin_slope = (float)(bin / expm1(bin)),
    };
}

/// The level of x, 0…255: its 256ths rounded down, as in the authors' code. Adding 2^23 rounds to the nearest integer, in
/// a form that vectorises everywhere and keeps a NaN.
TK_INLINE float level_of(float x) {
    float scaled = 256.0f * x, nearest = (scaled + 8388608.0f) - 8388608.0f;
    float level = nearest > scaled ? nearest - 1.0f : nearest;
    level = level < 0 ? 0.0f : level;
    return level > 255 ? 255.0f : level;
}

/// −ln p of a level between l and u, both in units of s from the mean m:
///     p = σ(u) − σ(l) = σ(u) · σ(−l) · (1 − e^−w),   u = l + w,
/// so −ln p = softplus(−u) + softplus(l) − ln(1 − e^−w), where nothing cancels and nothing underflows, however far m is
/// away and however narrow the scale. The first level reaches down to −∞ and the last up to +∞: each lacks a term.
TK_INLINE tk_pixel discretized_logistic(float m, float x, tk_scale scale) {
    float level = level_of(x);
    float l = (level * (1.0f / 256.0f) - m) * scale.inverse, u = l + scale.bin;
    float below = level > 0 ? 1.0f : 0.0f, above = level < 255 ? 1.0f : 0.0f;
    float el = tk_exp(-tk_fabs(l)), eu = tk_exp(-tk_fabs(u));
    float lower = below * ((l > 0 ? l : 0.0f) + tk_log1p_unit(el));   // softplus(l)
    float upper = above * ((u < 0 ? -u : 0.0f) + tk_log1p_unit(eu));  // softplus(−u)
    float dl = below * (l < 0 ? el : 1.0f) / (1.0f + el);             // σ(l)
    float du = above * (u > 0 ? eu : 1.0f) / (1.0f + eu);             // σ(−u)
    // du − dl, which cancels where the scale is wide and the level is not one of the outer ones.
    float inner = -tk_tanh(0.5f * (l + u)) * ((1.0f - du) * dl + du * (1.0f - dl));
    float slope = below * above > 0 ? inner : du - dl;
    return (tk_pixel){
        .nll = lower + upper + below * above * scale.bin_loss,
        .by_decoded = slope * scale.inverse,
        .by_log_scale = du * u - dl * l + below * above * scale.bin_slope,
    };
}

TK_VECTORISED
void tk_discretized_logistic_nll(size_t rows, size_t width, const float *decoded, const float *x, float log_scale,
                                 float *nll) {
    tk_rows_nll(discretized_logistic, logistic_scale(log_scale), rows, width, decoded, x, nll);
}

TK_VECTORISED
void tk_discretized_logistic_nll_gradient(size_t rows, size_t width, const float *decoded, const float *x,
                                          float log_scale, float scale, float *nll, float *gradient,
                                          float *log_scale_gradient) {
    tk_rows_nll_gradient(discretized_logistic, logistic_scale(log_scale), rows, width, decoded, x, scale, nll, gradient,
                         log_scale_gradient);
}
