#include <math.h>

#include "CTensorKernels.h"
#include "likelihood.h"

/// What turns a row of logits into probabilities: p = e^(a − maximum) / sum.
typedef struct {
    float maximum, sum;
} softmax;

/// The largest logit is taken out first, so that no exponential overflows.
TK_INLINE softmax softmax_of(size_t width, const float *a) {
    float lanes[16], terms[TK_PIECE];
    for (size_t k = 0; k < 16; k++) lanes[k] = a[0];
    size_t i = 0;
    for (; i + 16 <= width; i += 16)
        for (size_t k = 0; k < 16; k++) lanes[k] = a[i + k] > lanes[k] ? a[i + k] : lanes[k];
    for (; i < width; i++) lanes[0] = a[i] > lanes[0] ? a[i] : lanes[0];
    float maximum = lanes[0];
    for (size_t k = 1; k < 16; k++) maximum = lanes[k] > maximum ? lanes[k] : maximum;
    tk_row_sum sum = {0};
    for (size_t start = 0; start < width; start += TK_PIECE) {
        size_t length = tk_piece_length(width, start);
        for (size_t j = 0; j < length; j++) terms[j] = tk_exp(a[start + j] - maximum);
        tk_row_sum_add(&sum, length, terms);
    }
    return (softmax){.maximum = maximum, .sum = tk_row_sum_total(&sum)};
}

TK_VECTORISED
void tk_multinomial_mean(size_t rows, size_t width, const float *logits, float *mean) {
    for (size_t r = 0; r < rows; r++, logits += width, mean += width) {
        const softmax row = softmax_of(width, logits);
        const float inverse = 1.0f / row.sum;
        TK_ELEMENTWISE
        for (size_t i = 0; i < width; i++) mean[i] = tk_exp(logits[i] - row.maximum) * inverse;
    }
}

/// Σ x · −ln p, every −ln p as the sum of two numbers that are not negative.
TK_INLINE float row_nll(size_t width, const float *a, const float *x, softmax row) {
    const float log_sum = logf(row.sum);
    float terms[TK_PIECE];
    tk_row_sum sum = {0};
    for (size_t start = 0; start < width; start += TK_PIECE) {
        size_t length = tk_piece_length(width, start);
        for (size_t i = 0; i < length; i++) terms[i] = x[start + i] * (log_sum + (row.maximum - a[start + i]));
        tk_row_sum_add(&sum, length, terms);
    }
    return tk_row_sum_total(&sum);
}

TK_VECTORISED
void tk_multinomial_nll(size_t rows, size_t width, const float *logits, const float *x, float *nll) {
    for (size_t r = 0; r < rows; r++, logits += width, x += width)
        nll[r] = row_nll(width, logits, x, softmax_of(width, logits));
}

TK_VECTORISED
void tk_multinomial_nll_gradient(size_t rows, size_t width, const float *logits, const float *x, float scale,
                                 float *nll, float *gradient) {
    for (size_t r = 0; r < rows; r++, logits += width, x += width, gradient += width) {
        const softmax row = softmax_of(width, logits);
        nll[r] = row_nll(width, logits, x, row);
        tk_row_sum counts = {0};
        for (size_t start = 0; start < width; start += TK_PIECE)
            tk_row_sum_add(&counts, tk_piece_length(width, start), x + start);
        const float share = tk_row_sum_total(&counts) / row.sum;
        TK_ELEMENTWISE
        for (size_t i = 0; i < width; i++)
            gradient[i] = scale * (share * tk_exp(logits[i] - row.maximum) - x[i]);
    }
}
