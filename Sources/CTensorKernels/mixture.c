#include <string.h>

#include "CTensorKernels.h"
#include "vector_math.h"

/// Densities and moments of Gaussians over many points. Sums are in double: a data set is long.

/// Points that go through a whitening matrix together, so that its elements are loaded once for all of them.
enum { POINTS = TK_DENSITY_POINTS };

TK_VECTORISED
void tk_gaussian_log_densities(size_t rows, size_t width, const float *x, const double *mean, const double *whitening,
                               double constant, double *scratch, double *log_density) {
    for (size_t start = 0; start < rows; start += POINTS) {
        const size_t count = rows - start < POINTS ? rows - start : POINTS;
        // scratch [width, POINTS]: x − mean, transposed. Missing points are zeros.
        if (count < POINTS) memset(scratch, 0, width * POINTS * sizeof *scratch);
        for (size_t p = 0; p < count; p++)
            for (size_t j = 0; j < width; j++) scratch[j * POINTS + p] = (double)x[(start + p) * width + j] - mean[j];
        double squares[POINTS] = {0};
        for (size_t i = 0; i < width; i++) {
            double sums[POINTS] = {0};
            for (size_t j = 0; j <= i; j++) {
                const double w = whitening[i * width + j];
                for (size_t p = 0; p < POINTS; p++) sums[p] += w * scratch[j * POINTS + p];
            }
            for (size_t p = 0; p < POINTS; p++) squares[p] += sums[p] * sums[p];
        }
        for (size_t p = 0; p < count; p++) log_density[start + p] = constant - 0.5 * squares[p];
    }
}

/// Adds up to eight points, those of no weight left out by the caller's padding.
TK_INLINE void add_eight(size_t width, const float *const x[8], const double w[8], double *sums, double *products) {
    for (size_t i = 0; i < width; i++) {
        double a[8];
        for (int p = 0; p < 8; p++) a[p] = w[p] * (double)x[p][i];
        sums[i] += ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]));
        double *line = products + i * width;
        for (size_t j = 0; j <= i; j++) {
            line[j] += ((a[0] * (double)x[0][j] + a[1] * (double)x[1][j]) + (a[2] * (double)x[2][j] + a[3] * (double)x[3][j])) +
                       ((a[4] * (double)x[4][j] + a[5] * (double)x[5][j]) + (a[6] * (double)x[6][j] + a[7] * (double)x[7][j]));
        }
    }
}

TK_VECTORISED
void tk_add_moments(size_t rows, size_t width, const float *x, const double *weights, double *sums, double *products) {
    for (size_t start = 0; start < rows; start += 8) {
        const float *points[8];
        double w[8];
        double total = 0;
        for (size_t p = 0; p < 8; p++) {
            const size_t row = start + p < rows ? start + p : start;
            points[p] = x + row * width;
            w[p] = start + p < rows ? (weights ? weights[row] : 1) : 0;
            total += w[p];
        }
        // Most points belong to one component of a mixture, and weigh nothing in the others.
        if (total > 0) add_eight(width, points, w, sums, products);
    }
}

TK_VECTORISED
void tk_diagonal_log_densities(size_t count, size_t width, const float *z, const float *mean, const float *precision,
                               const float *constant, float *log_density) {
    for (size_t n = 0; n < count; n++, mean += width, precision += width) {
        float lanes[16] = {0}, tail = 0;
        size_t j = 0;
        for (; j + 16 <= width; j += 16) {
            for (size_t k = 0; k < 16; k++) {
                const float distance = z[j + k] - mean[j + k];
                lanes[k] += distance * distance * precision[j + k];
            }
        }
        for (; j < width; j++) {
            const float distance = z[j] - mean[j];
            tail += distance * distance * precision[j];
        }
        log_density[n] = constant[n] - 0.5f * (tk_sum16(lanes) + tail);
    }
}

TK_VECTORISED
double tk_sum_exponentials(size_t count, const float *values, float largest) {
    double sum = 0;
    for (size_t start = 0; start < count; start += 256) {
        const size_t length = count - start < 256 ? count - start : 256;
        float terms[256], lanes[16] = {0};
        for (size_t i = 0; i < length; i++) terms[i] = tk_exp(values[start + i] - largest);
        for (size_t i = length; i < (length + 15) / 16 * 16; i++) terms[i] = 0;
        for (size_t i = 0; i < length; i += 16)
            for (size_t k = 0; k < 16; k++) lanes[k] += terms[i + k];
        sum += (double)tk_sum16(lanes);
    }
    return sum;
}

TK_VECTORISED
double tk_sum_normal_densities(size_t count, float z, const float *mean, const float *precision, const float *scale) {
    double sum = 0;
    for (size_t start = 0; start < count; start += 256) {
        const size_t length = count - start < 256 ? count - start : 256;
        float terms[256], lanes[16] = {0};
        for (size_t i = 0; i < length; i++) {
            const float distance = z - mean[start + i];
            terms[i] = scale[start + i] * tk_exp(-0.5f * distance * distance * precision[start + i]);
        }
        for (size_t i = length; i < (length + 15) / 16 * 16; i++) terms[i] = 0;
        for (size_t i = 0; i < length; i += 16)
            for (size_t k = 0; k < 16; k++) lanes[k] += terms[i + k];
        sum += (double)tk_sum16(lanes);
    }
    return sum;
}
