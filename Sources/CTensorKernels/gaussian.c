#include <math.h>

#include "CTensorKernels.h"
#include "likelihood.h"

TK_VECTORISED
void tk_gaussian_mean(size_t count, const float *decoded, float *mean) { tk_bounded_mean(count, decoded, mean); }

/// The part of −ln p that depends on the pixel: ½ t² with t = (m − x) / σ; its derivative by m is t / σ.
TK_INLINE tk_pixel gaussian(float m, float x, tk_scale scale) {
    float t = (m - x) * scale.inverse;
    return (tk_pixel){.nll = 0.5f * t * t, .by_decoded = t * scale.inverse};
}

/// `inverse` is 1/σ.
static tk_scale gaussian_scale(float log_scale) { return (tk_scale){.inverse = expf(-log_scale)}; }

/// The part that all pixels have in common: ln σ + ½ ln 2π.
static void add_normaliser(size_t rows, size_t width, float log_scale, float *nll) {
    const double normaliser = (double)width * ((double)log_scale + 0.91893853320467274178);
    for (size_t r = 0; r < rows; r++) nll[r] = (float)(nll[r] + normaliser);
}

TK_VECTORISED
void tk_gaussian_nll(size_t rows, size_t width, const float *decoded, const float *x, float log_scale, float *nll) {
    log_scale = tk_bounded_log_scale(log_scale);
    tk_rows_nll(gaussian, gaussian_scale(log_scale), rows, width, decoded, x, nll);
    add_normaliser(rows, width, log_scale, nll);
}

TK_VECTORISED
void tk_gaussian_nll_gradient(size_t rows, size_t width, const float *decoded, const float *x, float log_scale,
                              float scale, float *nll, float *gradient, float *log_scale_gradient) {
    log_scale = tk_bounded_log_scale(log_scale);
    tk_rows_nll_gradient(gaussian, gaussian_scale(log_scale), rows, width, decoded, x, scale, nll, gradient, NULL);
    // Σ 1 − t², from the Σ ½ t² that is there already.
    if (log_scale_gradient)
        for (size_t r = 0; r < rows; r++) log_scale_gradient[r] = scale * ((float)width - 2.0f * nll[r]);
    add_normaliser(rows, width, log_scale, nll);
}
