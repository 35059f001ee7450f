#include "CTensorKernels.h"
#include "likelihood.h"

TK_VECTORISED
void tk_bernoulli_mean(size_t count, const float *logits, float *mean) {
    TK_ELEMENTWISE
    for (size_t i = 0; i < count; i++) mean[i] = tk_sigmoid(logits[i]);
}

/// −ln p(x | a) = max(a, 0) − a·x + log1p(e^−|a|): never forms a probability, so nothing needs clipping.
TK_INLINE tk_pixel bernoulli(float a, float x, tk_scale scale) {
    (void)scale;
    float e = tk_exp(-tk_fabs(a));
    return (tk_pixel){
        .nll = (a > 0 ? a : 0.0f) - a * x + tk_log1p_unit(e),
        .by_decoded = (a < 0 ? e : 1.0f) / (1.0f + e) - x,
    };
}

TK_VECTORISED
void tk_bernoulli_nll(size_t rows, size_t width, const float *logits, const float *x, float *nll) {
    tk_rows_nll(bernoulli, (tk_scale){0}, rows, width, logits, x, nll);
}

/// −x ln x − (1 − x) ln(1 − x), which is what `bernoulli` gives at the logit of x; 0 at 0 and 1.
TK_INLINE tk_pixel entropy(float a, float x, tk_scale scale) {
    (void)a, (void)scale;
    const float least = 1e-30f, rest = 1.0f - x;
    return (tk_pixel){.nll = -x * tk_log(x > least ? x : least) - rest * tk_log(rest > least ? rest : least)};
}

TK_VECTORISED
void tk_bernoulli_entropy(size_t rows, size_t width, const float *x, float *nats) {
    tk_rows_nll(entropy, (tk_scale){0}, rows, width, x, x, nats);
}

TK_VECTORISED
void tk_bernoulli_nll_gradient(size_t rows, size_t width, const float *logits, const float *x, float scale, float *nll,
                               float *gradient) {
    tk_rows_nll_gradient(bernoulli, (tk_scale){0}, rows, width, logits, x, scale, nll, gradient, NULL);
}
