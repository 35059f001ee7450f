#include <math.h>

#include "CTensorKernels.h"
#include "vector_math.h"

/// The log-variance that a raw head output stands for, before the clamp.
TK_INLINE float raw_log_variance(tk_sigma_kind kind, float raw) { return kind == TK_LOG_SIGMA ? 2.0f * raw : raw; }

TK_VECTORISED
void tk_posterior_forward(tk_posterior_head config, size_t rows, const float *head, float *mu, float *log_variance,
                          float *sigma) {
    const size_t latent = config.latent;
    for (size_t r = 0; r < rows; r++, head += 2 * latent, mu += latent, log_variance += latent, sigma += latent) {
        memcpy(mu, head, latent * sizeof *mu);
        for (size_t j = 0; j < latent; j++) {
            float lv = raw_log_variance(config.sigma, head[latent + j]);
            lv = lv < config.minimum_log_variance ? config.minimum_log_variance : lv;
            lv = lv > config.maximum_log_variance ? config.maximum_log_variance : lv;
            log_variance[j] = lv;
            sigma[j] = tk_exp(0.5f * lv);
        }
    }
}

/// e^v − 1 − v, which is v²/2 near zero: there expm1(v) − v would cancel to nothing but rounding.
TK_INLINE float expm1_minus(float v) {
    float p = 1.0f / 39916800.0f;  // Taylor series of (e^v − 1 − v) / v²: the first omitted term is 2e-9 at |v| = 1
    p = p * v + 1.0f / 3628800.0f;
    p = p * v + 1.0f / 362880.0f;
    p = p * v + 1.0f / 40320.0f;
    p = p * v + 1.0f / 5040.0f;
    p = p * v + 1.0f / 720.0f;
    p = p * v + 1.0f / 120.0f;
    p = p * v + 1.0f / 24.0f;
    p = p * v + 1.0f / 6.0f;
    p = p * v + 0.5f;
    float small = p * v * v, large = (tk_exp(v) - 1.0f) - v;
    return tk_fabs(v) < 1.0f ? small : large;
}

TK_VECTORISED
void tk_posterior_kl(size_t count, const float *mu, const float *log_variance, float *kl) {
    for (size_t i = 0; i < count; i++) kl[i] = 0.5f * (mu[i] * mu[i] + expm1_minus(log_variance[i]));
}

/// Sums are in double and in one order, eight at a time, for every vector width.
enum { LANES = 8 };

TK_INLINE double sum_of_lanes(const double lanes[LANES]) {
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

TK_VECTORISED
void tk_posterior_distances(size_t rows, size_t latent, const float *mu, const float *sigma, const float *other_mu,
                            const float *other_sigma, float *euclidean, float *wasserstein, float *divergence) {
    for (size_t r = 0; r < rows; r++, other_mu += latent, other_sigma += latent) {
        double means[LANES] = {0}, deviations[LANES] = {0}, divergences[LANES] = {0};
        for (size_t start = 0; start < latent; start += LANES) {
            const size_t length = latent - start < LANES ? latent - start : LANES;
            for (size_t k = 0; k < length; k++) {
                const size_t j = start + k;
                const double m = (double)mu[j] - other_mu[j], s = (double)sigma[j] - other_sigma[j];
                means[k] += m * m;
                deviations[k] += s * s;
            }
            if (!divergence) continue;
            for (size_t k = 0; k < length; k++) {
                // ½ [(v + m²)/v' + (v' + m²)/v − 2], in which the logarithms have cancelled, without cancellation itself.
                const size_t j = start + k;
                const double m = (double)mu[j] - other_mu[j];
                const double v = (double)sigma[j] * sigma[j], w = (double)other_sigma[j] * other_sigma[j];
                divergences[k] += 0.5 * ((v - w) * (v - w) + m * m * (v + w)) / (v * w);
            }
        }
        const double mean = sum_of_lanes(means);
        euclidean[r] = (float)sqrt(mean);
        wasserstein[r] = (float)sqrt(mean + sum_of_lanes(deviations));
        if (divergence) divergence[r] = (float)sum_of_lanes(divergences);
    }
}

TK_VECTORISED
void tk_posterior_sample(size_t count, const float *mu, const float *sigma, const float *noise, float temperature,
                         float *z) {
    for (size_t i = 0; i < count; i++) z[i] = mu[i] + temperature * sigma[i] * noise[i];
}

TK_VECTORISED
void tk_posterior_backward(tk_posterior_head config, size_t rows, const float *head, const float *sigma,
                           const float *noise, const float *dz, const float *kl_scales, float *dhead) {
    const size_t latent = config.latent;
    for (size_t r = 0; r < rows; r++) {
        for (size_t j = 0; j < latent; j++) {
            float raw = head[latent + j], lv = raw_log_variance(config.sigma, raw);
            dhead[j] = dz[j] + kl_scales[j] * head[j];
            // dz/dlv = ½ σ ε and dKL/dlv = ½ (σ² − 1) = ½ expm1(lv); outside the clamp nothing moves.
            bool inside = lv > config.minimum_log_variance && lv < config.maximum_log_variance;
            float dlv = 0.5f * (dz[j] * sigma[j] * noise[j] + kl_scales[j] * (expm1_minus(lv) + lv));
            dhead[latent + j] = inside ? (config.sigma == TK_LOG_SIGMA ? 2.0f * dlv : dlv) : 0.0f;
        }
        head += 2 * latent, sigma += latent, noise += latent, dz += latent, dhead += 2 * latent;
    }
}
