#include <math.h>

#include "CTensorKernels.h"
#include "vector_math.h"

enum { WINDOW = 11, MOMENTS = 5 };

TK_VECTORISED
void tk_absolute_differences(size_t count, const float *x, const float *y, float *difference) {
    for (size_t i = 0; i < count; i++) difference[i] = tk_fabs(x[i] - y[i]);
}

TK_VECTORISED
void tk_mean_squared_differences(size_t rows, size_t width, const float *x, const float *y, double *means) {
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        double sums[8] = {0};
        size_t i = 0;
        for (; i + 8 <= width; i += 8) {
            for (size_t k = 0; k < 8; k++) {
                const double d = (double)x[i + k] - (double)y[i + k];
                sums[k] += d * d;
            }
        }
        for (; i < width; i++) {
            const double d = (double)x[i] - (double)y[i];
            sums[0] += d * d;
        }
        const double sum = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
        means[r] = sum / (double)width;
    }
}

static size_t window_of(size_t extent) { return extent < WINDOW ? extent : WINDOW; }

size_t tk_structural_similarity_scratch(size_t height, size_t width) {
    return (window_of(height) + 1) * MOMENTS * (width - window_of(width) + 1);
}

/// The weights of a window of `length` in one direction, which add up to 1.
static void gaussian(size_t length, double *weights) {
    double sum = 0;
    for (size_t i = 0; i < length; i++) {
        const double d = (double)i - 0.5 * (double)(length - 1);
        sum += weights[i] = exp(-d * d / (2 * 1.5 * 1.5));
    }
    for (size_t i = 0; i < length; i++) weights[i] /= sum;
}

/// Weighted means of x, y, x², y² and xy along a line: moments [MOMENTS, columns].
TK_INLINE void along_line(const float *x, const float *y, const double *weights, size_t window, size_t columns,
                          double *moments) {
    for (size_t i = 0; i < MOMENTS * columns; i++) moments[i] = 0;
    for (size_t k = 0; k < window; k++) {
        const double w = weights[k];
        for (size_t i = 0; i < columns; i++) {
            const double a = (double)x[i + k], b = (double)y[i + k];
            moments[i] += w * a;
            moments[columns + i] += w * b;
            moments[2 * columns + i] += w * (a * a);
            moments[3 * columns + i] += w * (b * b);
            moments[4 * columns + i] += w * (a * b);
        }
    }
}

TK_VECTORISED
void tk_structural_similarity(size_t planes, size_t height, size_t width, const float *x, const float *y,
                              double *scratch, double *means) {
    const double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
    const size_t tall = window_of(height), wide = window_of(width);
    const size_t lines = height - tall + 1, columns = width - wide + 1, block = MOMENTS * columns;
    double down[WINDOW], across[WINDOW], *const sums = scratch + tall * block;
    gaussian(tall, down);
    gaussian(wide, across);
    for (size_t p = 0; p < planes; p++, x += height * width, y += height * width) {
        double total = 0;
        for (size_t line = 0; line < height; line++) {
            // The last lines, as many as the window is high, go round in `scratch`.
            along_line(x + line * width, y + line * width, across, wide, columns, scratch + line % tall * block);
            if (line + 1 < tall) continue;
            for (size_t i = 0; i < block; i++) sums[i] = 0;
            for (size_t k = 0; k < tall; k++) {
                const double *moments = scratch + (line + 1 - tall + k) % tall * block, w = down[k];
                for (size_t i = 0; i < block; i++) sums[i] += w * moments[i];
            }
            for (size_t i = 0; i < columns; i++) {
                const double a = sums[i], b = sums[columns + i];
                const double aa = sums[2 * columns + i] - a * a, bb = sums[3 * columns + i] - b * b;
                const double ab = sums[4 * columns + i] - a * b;
                total += (2 * a * b + c1) * (2 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2));
            }
        }
        means[p] = total / (double)(lines * columns);
    }
}
