#include "CTensorKernels.h"
#include "vector_math.h"

/// Elementwise loops here may run in place, which the compiler would answer with its scalar version.
#define ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")

TK_VECTORISED
void tk_bernoulli_mean(size_t count, const float *logits, float *mean) {
    ELEMENTWISE
    for (size_t i = 0; i < count; i++) mean[i] = tk_sigmoid(logits[i]);
}

/// −log p(x | a) = max(a, 0) − a·x + log1p(e^−|a|): never forms a probability, so nothing needs clipping.
TK_INLINE float nll_from_logit(float a, float x, float e) { return (a > 0 ? a : 0.0f) - a * x + tk_log1p_unit(e); }

/// A row's sum, fed in pieces: sixteen partial sums, so that its order is the same for every vector width.
typedef struct {
    float lanes[16], tail;
} row_sum;

/// Numbers of a row that are worked on together: they stay in the first-level cache. A multiple of sixteen.
enum { PIECE = 256 };

/// Adds `count` terms; every piece but the last has a multiple of sixteen.
TK_INLINE void row_sum_add(row_sum *sum, size_t count, const float *terms) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (size_t k = 0; k < 16; k++) sum->lanes[k] += terms[i + k];
    for (; i < count; i++) sum->tail += terms[i];
}

TK_INLINE float row_sum_total(const row_sum *sum) { return tk_sum16(sum->lanes) + sum->tail; }

TK_VECTORISED
void tk_bernoulli_nll(size_t rows, size_t width, const float *logits, const float *x, float *nll) {
    float terms[PIECE];
    for (size_t r = 0; r < rows; r++) {
        row_sum sum = {0};
        for (size_t start = 0; start < width; start += PIECE) {
            const float *a = logits + r * width + start, *pixels = x + r * width + start;
            size_t length = width - start < PIECE ? width - start : PIECE;
            for (size_t i = 0; i < length; i++) terms[i] = nll_from_logit(a[i], pixels[i], tk_exp(-tk_fabs(a[i])));
            row_sum_add(&sum, length, terms);
        }
        nll[r] = row_sum_total(&sum);
    }
}

TK_VECTORISED
void tk_bernoulli_nll_gradient(size_t rows, size_t width, const float *logits, const float *x, float scale, float *nll,
                               float *gradient) {
    float terms[PIECE];
    for (size_t r = 0; r < rows; r++) {
        row_sum sum = {0};
        for (size_t start = 0; start < width; start += PIECE) {
            const float *a = logits + r * width + start, *pixels = x + r * width + start;
            float *da = gradient + r * width + start;
            size_t length = width - start < PIECE ? width - start : PIECE;
            ELEMENTWISE
            for (size_t i = 0; i < length; i++) {
                float logit = a[i], e = tk_exp(-tk_fabs(logit));
                terms[i] = nll_from_logit(logit, pixels[i], e);
                da[i] = scale * ((logit < 0 ? e : 1.0f) / (1.0f + e) - pixels[i]);
            }
            row_sum_add(&sum, length, terms);
        }
        nll[r] = row_sum_total(&sum);
    }
}
