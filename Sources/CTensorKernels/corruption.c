#include <math.h>

#include "CTensorKernels.h"
#include "vector_math.h"

TK_VECTORISED
void tk_mask(size_t count, const float *chances, float part, float rest, float *x) {
    for (size_t i = 0; i < count; i++) x[i] = chances[i] < part ? 0.0f : rest * x[i];
}

TK_VECTORISED
void tk_add_scaled(size_t count, float factor, const float *y, float *x) {
    for (size_t i = 0; i < count; i++) x[i] += factor * y[i];
}

TK_VECTORISED
void tk_unit_rows(size_t rows, size_t width, float *x) {
    for (size_t r = 0; r < rows; r++, x += width) {
        float lanes[16] = {0}, rest = 0;
        size_t i = 0;
        for (; i + 16 <= width; i += 16)
            for (size_t k = 0; k < 16; k++) lanes[k] += x[i + k] * x[i + k];
        for (; i < width; i++) rest += x[i] * x[i];
        const float square = tk_sum16(lanes) + rest;
        const float factor = square > 0 ? 1.0f / sqrtf(square) : 0.0f;
        for (i = 0; i < width; i++) x[i] *= factor;
    }
}

void tk_join_columns(size_t rows, size_t left, size_t right, const float *x, size_t repeats, const float *y,
                     float *joined) {
    for (size_t r = 0; r < rows; r++, joined += left + right) {
        memcpy(joined, x + r * left, left * sizeof *x);
        memcpy(joined + left, y + r / repeats * right, right * sizeof *y);
    }
}

void tk_left_columns(size_t rows, size_t left, size_t right, float *joined) {
    for (size_t r = 1; r < rows; r++) memmove(joined + r * left, joined + r * (left + right), left * sizeof *joined);
}
