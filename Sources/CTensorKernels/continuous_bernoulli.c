#include "CTensorKernels.h"
#include "likelihood.h"

/// p(x | λ) = C(λ) λ^x (1 − λ)^(1 − x) on 0…1 with λ = sigmoid(a) is e^(a·x) / ∫₀¹ e^(a·t) dt: a truncated exponential.
/// So −ln p is a·(½ − x) plus ln(sinh h / h), where h = a/2, and its derivative by a is the mean less x. Both are exact
/// at a = 0, where λ = ½ and the published C(λ) is 0/0.

/// ln(sinh h / h) by its series in h², for |h| ≤ ½: the first omitted term is 4e-11.
TK_INLINE float log_sinhc_near_zero(float h2) {
    float p = 1.0f / 467775.0f;
    p = p * h2 - 1.0f / 37800.0f;
    p = p * h2 + 1.0f / 2835.0f;
    p = p * h2 - 1.0f / 180.0f;
    p = p * h2 + 1.0f / 6.0f;
    return p * h2;
}

/// E[x] given a and e = e^−|a|: 1/(1 − e^−a) − 1/a. Near zero the series ½ + Σ B₂ₙ a^(2n−1) / (2n)! (Bernoulli numbers);
/// its first omitted term is 1e-11 at |a| = 1. Below zero in a form that keeps the small tail.
TK_INLINE float mean_from_logit(float a, float e) {
    float a2 = a * a, u = tk_fabs(a);
    float p = -691.0f / 1307674368000.0f;
    p = p * a2 + 1.0f / 47900160.0f;
    p = p * a2 - 1.0f / 1209600.0f;
    p = p * a2 + 1.0f / 30240.0f;
    p = p * a2 - 1.0f / 720.0f;
    p = p * a2 + 1.0f / 12.0f;
    float near = p * a + 0.5f, away = u < 1.0f ? 1.0f : u, inverse = 1.0f / away;
    float far = a < 0 ? inverse - e / (1.0f - e) : 1.0f / (1.0f - e) - inverse;
    return u < 1.0f ? near : far;
}

TK_VECTORISED
void tk_continuous_bernoulli_mean(size_t count, const float *logits, float *mean) {
    TK_ELEMENTWISE
    for (size_t i = 0; i < count; i++) mean[i] = mean_from_logit(logits[i], tk_exp(-tk_fabs(logits[i])));
}

TK_INLINE tk_pixel continuous_bernoulli(float a, float x, tk_scale scale) {
    (void)scale;
    float u = tk_fabs(a), e = tk_exp(-u), away = u < 1.0f ? 1.0f : u;
    float near = a * (0.5f - x) + log_sinhc_near_zero(0.25f * a * a);
    float far = (a > 0 ? a : 0.0f) - a * x + tk_log((1.0f - e) / away);
    return (tk_pixel){.nll = u < 1.0f ? near : far, .by_decoded = mean_from_logit(a, e) - x};
}

TK_VECTORISED
void tk_continuous_bernoulli_nll(size_t rows, size_t width, const float *logits, const float *x, float *nll) {
    tk_rows_nll(continuous_bernoulli, (tk_scale){0}, rows, width, logits, x, nll);
}

TK_VECTORISED
void tk_continuous_bernoulli_nll_gradient(size_t rows, size_t width, const float *logits, const float *x, float scale,
                                          float *nll, float *gradient) {
    tk_rows_nll_gradient(continuous_bernoulli, (tk_scale){0}, rows, width, logits, x, scale, nll, gradient, NULL);
}
