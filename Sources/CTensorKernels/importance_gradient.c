#include <math.h>

#include "CTensorKernels.h"
#include "vector_math.h"

TK_VECTORISED
void tk_importance_samples(size_t rows, size_t samples, size_t latent, const float *mu, const float *sigma,
                           const float *noise, float *z) {
    for (size_t r = 0; r < rows; r++, mu += latent, sigma += latent)
        for (size_t s = 0; s < samples; s++, noise += latent, z += latent)
            for (size_t j = 0; j < latent; j++) z[j] = mu[j] + sigma[j] * noise[j];
}

// ln w = ln p(x|z) + ln p(z) − ln q(z|x), and with z = μ + σ·ε the constants of the two Gaussians cancel:
//     ln w = ln p(x|z) + Σ_j ½(ε_j² − z_j²) + ln σ_j.
void tk_importance_log_weights(size_t rows, size_t samples, size_t latent, const float *nll, const float *log_variance,
                               const float *noise, const float *z, double *log_weights) {
    for (size_t r = 0; r < rows; r++, log_variance += latent) {
        double log_sigma = 0;
        for (size_t j = 0; j < latent; j++) log_sigma += 0.5 * (double)log_variance[j];
        for (size_t s = 0; s < samples; s++, noise += latent, z += latent) {
            double difference = 0;
            for (size_t j = 0; j < latent; j++)
                difference += ((double)noise[j] - (double)z[j]) * ((double)noise[j] + (double)z[j]);
            log_weights[r * samples + s] = 0.5 * difference + log_sigma - (double)nll[r * samples + s];
        }
    }
}

void tk_importance_normalise(size_t rows, size_t samples, const double *log_weights, float *weights, double *bounds) {
    for (size_t r = 0; r < rows; r++, log_weights += samples, weights += samples) {
        double largest = log_weights[0], sum = 0;
        for (size_t s = 1; s < samples; s++)
            if (log_weights[s] > largest) largest = log_weights[s];
        for (size_t s = 0; s < samples; s++) sum += exp(log_weights[s] - largest);
        for (size_t s = 0; s < samples; s++) weights[s] = (float)(exp(log_weights[s] - largest) / sum);
        bounds[r] = largest + log(sum / (double)samples);
    }
}

// With g = ∂(−ln w)/∂z along the path z = μ + σ·ε, and weights w̃ that do not depend on the parameters:
//   plain   ∂μ = Σ w̃·g,  ∂ln σ = Σ w̃·(g·σ·ε − 1)       where g = ∂nll/∂z + z           (Burda et al. 2016, eq. 13–14)
//   sticking the landing   the same sums with h = g − ε/σ instead, and no −1             (Roeder et al. 2017)
//   doubly reparameterised   ∂μ = Σ w̃²·h,  ∂ln σ = Σ w̃²·h·σ·ε                           (Tucker et al. 2019, eq. 8)
// `dz` holds w̃·∂nll/∂z already, since the decoder's parameters want that weight.
void tk_importance_backward(tk_posterior_head config, tk_importance_gradient estimator, size_t rows, size_t samples,
                            const float *head, const float *sigma, const float *noise, const float *z,
                            const float *normalised, const float *weights, float scale, const float *dz, float *dhead) {
    const size_t latent = config.latent;
    for (size_t r = 0; r < rows; r++, head += 2 * latent, sigma += latent, dhead += 2 * latent) {
        memset(dhead, 0, 2 * latent * sizeof *dhead);
        for (size_t s = 0; s < samples; s++, normalised++, weights++, noise += latent, z += latent, dz += latent) {
            const float weight = *weights;
            if (weight == 0) continue;
            const float factor = estimator == TK_DOUBLY_REPARAMETERISED ? *normalised : 1.0f;
            const float direct = estimator == TK_IMPORTANCE_PLAIN ? 0.0f : 1.0f;
            for (size_t j = 0; j < latent; j++) {
                float g = factor * (dz[j] + scale * weight * (z[j] - direct * noise[j] / sigma[j]));
                dhead[j] += g;
                dhead[latent + j] += g * sigma[j] * noise[j] - (1.0f - direct) * scale * weight;
            }
        }
        for (size_t j = 0; j < latent; j++) {
            float raw = head[latent + j], lv = config.sigma == TK_LOG_SIGMA ? 2.0f * raw : raw;
            bool inside = lv > config.minimum_log_variance && lv < config.maximum_log_variance;
            float gradient = config.sigma == TK_LOG_SIGMA ? dhead[latent + j] : 0.5f * dhead[latent + j];
            dhead[latent + j] = inside ? gradient : 0.0f;
        }
    }
}

TK_VECTORISED
void tk_scale_rows(size_t rows, size_t width, const float *factors, float *x) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i++) x[r * width + i] *= factors[r];
}

void tk_keep_rows(size_t kept, size_t width, const uint32_t *indices, float *x) {
    for (size_t r = 0; r < kept; r++)
        if (indices[r] != r) memcpy(x + r * width, x + indices[r] * width, width * sizeof *x);
}

void tk_spread_rows(size_t kept, size_t rows, size_t width, const uint32_t *indices, const float *x, float *y) {
    memset(y, 0, rows * width * sizeof *y);
    for (size_t r = 0; r < kept; r++) memcpy(y + indices[r] * width, x + r * width, width * sizeof *y);
}
