#include <math.h>

#include "CTensorKernels.h"
#include "vector_math.h"

/// Whether `x` is neither NaN nor infinite, as 1 or 0, in a form that vectorises.
TK_INLINE uint32_t is_finite(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7f800000u) != 0x7f800000u;
}

TK_VECTORISED
size_t tk_adam_step(tk_adam config, size_t count, const float *const *gradients, size_t gradient_count, float *weights,
                  float *first_moment, float *second_moment) {
    const float beta1 = config.beta1, beta2 = config.beta2, epsilon = config.epsilon;
    // As PyTorch: step size lr / (1 − β₁ᵗ), denominator √(v / (1 − β₂ᵗ)) + ε.
    const float step_size = (float)(config.learning_rate / (1.0 - pow(config.beta1, (double)config.step)));
    const float root_correction = (float)(1.0 / sqrt(1.0 - pow(config.beta2, (double)config.step)));
    enum { CHUNK = 1024 };  // sums of the gradients stay in the first-level cache
    float sums[CHUNK];
    size_t skipped = 0;
    for (size_t start = 0; start < count; start += CHUNK) {
        size_t length = count - start < CHUNK ? count - start : CHUNK;
        const float *sum = gradients[0] + start;
        if (gradient_count > 1) {
            memcpy(sums, sum, length * sizeof *sum);
            for (size_t g = 1; g < gradient_count; g++)
                for (size_t i = 0; i < length; i++) sums[i] += gradients[g][start + i];
            sum = sums;
        }
        float *w = weights + start, *m = first_moment + start, *v = second_moment + start;
        uint32_t finite = 0;
        for (size_t i = 0; i < length; i++) {
            float m_new = m[i] + (1.0f - beta1) * (sum[i] - m[i]);
            float v_new = beta2 * v[i] + (1.0f - beta2) * sum[i] * sum[i];
            // Not sqrtf: its errno would keep the loop from vectorising.
            float root = __builtin_elementwise_sqrt(v_new);
            float w_new = w[i] - step_size * m_new / (root * root_correction + epsilon);
            uint32_t good = is_finite(v_new);  // the square overflows first
            m[i] = good ? m_new : m[i];
            v[i] = good ? v_new : v[i];
            w[i] = good ? w_new : w[i];
            finite += good;
        }
        skipped += length - finite;
    }
    return skipped;
}

TK_VECTORISED
bool tk_all_finite(size_t count, const float *values) {
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++) bad |= !is_finite(values[i]);
    return bad == 0;
}

TK_VECTORISED
void tk_floats_from_bytes(size_t count, const uint8_t *bytes, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = (float)bytes[i] / 255.0f;
}

TK_VECTORISED
void tk_bytes_from_floats(size_t count, const float *values, uint8_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = (uint8_t)(int32_t)(values[i] * 255.0f + 0.5f);
}

TK_VECTORISED
void tk_floats_from_byte_rows(size_t rows, size_t width, const uint8_t *bytes, const uint32_t *indices, float *out) {
    // The next row but one is anywhere in a set that no cache holds: it is asked for while this one is converted.
    const size_t ahead = 2, line = 64;
    for (size_t r = 0; r < rows; r++, out += width) {
        if (r + ahead < rows) {
            const uint8_t *next = bytes + (size_t)indices[r + ahead] * width;
            for (size_t i = 0; i < width; i += line) __builtin_prefetch(next + i);
        }
        const uint8_t *row = bytes + (size_t)indices[r] * width;
        for (size_t i = 0; i < width; i++) out[i] = (float)row[i] / 255.0f;
    }
}

TK_VECTORISED
void tk_add_column_sums(size_t rows, size_t width, const float *x, double *sum) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i++) sum[i] += (double)x[r * width + i];
}
