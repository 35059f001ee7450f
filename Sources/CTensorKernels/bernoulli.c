#include "CTensorKernels.h"
#include "vector_math.h"

TK_VECTORISED
void tk_bernoulli_mean(size_t count, const float *logits, float *mean) {
    for (size_t i = 0; i < count; i++) mean[i] = tk_sigmoid(logits[i]);
}

/// −log p(x | a) = max(a, 0) − a·x + log1p(e^−|a|): never forms a probability, so nothing needs clipping.
TK_INLINE float nll_from_logit(float a, float x, float e) { return (a > 0 ? a : 0.0f) - a * x + tk_log1p_unit(e); }

TK_VECTORISED
void tk_bernoulli_nll(size_t rows, size_t width, const float *logits, const float *x, float *nll) {
    for (size_t r = 0; r < rows; r++, logits += width, x += width) {
        float lanes[16] = {0}, tail = 0;
        size_t i = 0;
        for (; i + 16 <= width; i += 16)
            for (size_t k = 0; k < 16; k++)
                lanes[k] += nll_from_logit(logits[i + k], x[i + k], tk_exp(-tk_fabs(logits[i + k])));
        for (; i < width; i++) tail += nll_from_logit(logits[i], x[i], tk_exp(-tk_fabs(logits[i])));
        nll[r] = tk_sum16(lanes) + tail;
    }
}

TK_VECTORISED
void tk_bernoulli_nll_gradient(size_t rows, size_t width, const float *logits, const float *x, float scale, float *nll,
                               float *gradient) {
    for (size_t r = 0; r < rows; r++, logits += width, x += width, gradient += width) {
        float lanes[16] = {0}, tail = 0;
        size_t i = 0;
        for (; i + 16 <= width; i += 16)
            for (size_t k = 0; k < 16; k++) {
                float a = logits[i + k], e = tk_exp(-tk_fabs(a));
                lanes[k] += nll_from_logit(a, x[i + k], e);
                gradient[i + k] = scale * ((a < 0 ? e : 1.0f) / (1.0f + e) - x[i + k]);
            }
        for (; i < width; i++) {
            float a = logits[i], e = tk_exp(-tk_fabs(a));
            tail += nll_from_logit(a, x[i], e);
            gradient[i] = scale * ((a < 0 ? e : 1.0f) / (1.0f + e) - x[i]);
        }
        nll[r] = tk_sum16(lanes) + tail;
    }
}
