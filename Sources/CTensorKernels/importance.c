#include <math.h>

#include "CTensorKernels.h"
#include "vector_math.h"

/// Rows of one image's importance samples: the image, its posterior and so on are the same for all of them.

/// Numbers of a row that are worked on together: they stay in the first-level cache. A multiple of sixteen.
enum { PIECE = 256 };
/// Factors of at most 2 in a lane's product before its logarithm is taken, so that it stays below 2^64.
enum { FACTORS = 64 };

/// ln of the product of sixteen numbers of 1…2^64, by two logarithms: eight of them stay below 2^512 in double.
static double log_product(const float lanes[16]) {
    double low = 1, high = 1;
    for (int k = 0; k < 8; k++) low *= (double)lanes[k], high *= (double)lanes[k + 8];
    return log(low) + log(high);
}

TK_VECTORISED
void tk_bernoulli_nll_of_one(size_t rows, size_t width, const float *logits, const float *x, float *nll) {
    float terms[PIECE], factors[PIECE];
    for (size_t r = 0; r < rows; r++) {
        // Σ log1p(e^−|a|) = ln Π (1 + e^−|a|): one logarithm for a thousand pixels instead of one for each.
        float sums[16] = {0}, products[16];
        double logarithms = 0;
        size_t factors_taken = 0;
        for (int k = 0; k < 16; k++) products[k] = 1;
        for (size_t start = 0; start < width; start += PIECE) {
            const float *a = logits + r * width + start, *pixels = x + start;
            const size_t length = width - start < PIECE ? width - start : PIECE;
            for (size_t i = 0; i < length; i++) {
                terms[i] = (a[i] > 0 ? a[i] : 0.0f) - a[i] * pixels[i];
                factors[i] = 1.0f + tk_exp(-tk_fabs(a[i]));
            }
            const size_t padded = (length + 15) / 16 * 16;
            for (size_t i = length; i < padded; i++) terms[i] = 0, factors[i] = 1;
            for (size_t i = 0; i < padded; i += 16)
                for (size_t k = 0; k < 16; k++) sums[k] += terms[i + k], products[k] *= factors[i + k];
            factors_taken += PIECE / 16;
            if (factors_taken + PIECE / 16 > FACTORS) {
                logarithms += log_product(products);
                for (int k = 0; k < 16; k++) products[k] = 1;
                factors_taken = 0;
            }
        }
        nll[r] = (float)((double)tk_sum16(sums) + logarithms + log_product(products));
    }
}

TK_VECTORISED
void tk_importance_latents(size_t rows, size_t latent, const float *mu, const float *log_variance, const float *sigma,
                           const float *noise, float *z, double *log_ratio) {
    for (size_t r = 0; r < rows; r++, noise += latent, z += latent) {
        double sums[8] = {0};
        size_t j = 0;
        for (; j + 8 <= latent; j += 8) {
            for (size_t k = 0; k < 8; k++) {
                const float e = noise[j + k], value = mu[j + k] + sigma[j + k] * e;
                z[j + k] = value;
                sums[k] += (double)e * e - (double)value * value + (double)log_variance[j + k];
            }
        }
        for (; j < latent; j++) {
            const float e = noise[j], value = mu[j] + sigma[j] * e;
            z[j] = value;
            sums[0] += (double)e * e - (double)value * value + (double)log_variance[j];
        }
        log_ratio[r] = 0.5 * (((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7])));
    }
}
