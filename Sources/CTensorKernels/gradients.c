#include "CTensorKernels.h"
#include "vector_math.h"

TK_VECTORISED
double tk_sum_gradients(size_t count, const float *const *gradients, size_t gradient_count, float *sum) {
    enum { LANES = 16 };
    double total = 0;
    enum { CHUNK = 1024 };  // one chunk stays in the first-level cache
    for (size_t start = 0; start < count; start += CHUNK) {
        const size_t length = count - start < CHUNK ? count - start : CHUNK;
        float *s = sum + start;
        if (gradients[0] + start != s) memcpy(s, gradients[0] + start, length * sizeof *s);
        for (size_t g = 1; g < gradient_count; g++)
            for (size_t i = 0; i < length; i++) s[i] += gradients[g][start + i];
        float lanes[LANES] = {0};
        size_t i = 0;
        for (; i + LANES <= length; i += LANES)
            for (size_t k = 0; k < LANES; k++) lanes[k] += s[i + k] * s[i + k];
        for (; i < length; i++) lanes[0] += s[i] * s[i];
        total += (double)tk_sum16(lanes);
    }
    return total;
}

TK_VECTORISED
void tk_multiply(size_t count, float factor, float *x) {
    for (size_t i = 0; i < count; i++) x[i] *= factor;
}

TK_VECTORISED
void tk_average(size_t count, float decay, const float *x, float *average) {
    for (size_t i = 0; i < count; i++) average[i] += (1.0f - decay) * (x[i] - average[i]);
}
