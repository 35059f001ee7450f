// Eigenvalues of small symmetric matrices.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "CTensorKernels.h"
#include "internal.h"

/// Turns rows p and q of `m` [n, n] by the angle of cosine c and sine s.
TK_VECTORISED
static void rotate_rows(size_t n, double *m, size_t p, size_t q, double c, double s) {
    double *a = m + p * n, *b = m + q * n;
    for (size_t i = 0; i < n; i++) {
        const double x = a[i], y = b[i];
        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
}

/// The same of columns.
static void rotate_columns(size_t n, double *m, size_t p, size_t q, double c, double s) {
    for (size_t i = 0; i < n; i++) {
        const double x = m[i * n + p], y = m[i * n + q];
        m[i * n + p] = c * x - s * y;
        m[i * n + q] = s * x + c * y;
    }
}

/// The rotation that makes a[p, q] zero; `transposed` gathers the eigenvectors in its rows.
static void annihilate(size_t n, double *a, double *transposed, size_t p, size_t q) {
    const double off = a[p * n + q];
    if (off == 0) return;
    const double theta = (a[q * n + q] - a[p * n + p]) / (2 * off);
    const double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(1 + theta * theta));
    const double c = 1 / sqrt(1 + t * t), s = t * c;
    rotate_rows(n, a, p, q, c, s);
    rotate_columns(n, a, p, q, c, s);
    rotate_rows(n, transposed, p, q, c, s);
}

/// Sorts by value, largest first, and turns the rows of `transposed` into the columns of `vectors`.
static void sort(size_t n, const double *a, double *transposed, double *values, double *vectors) {
    for (size_t i = 0; i < n; i++) values[i] = a[i * n + i];
    for (size_t i = 0; i < n; i++) {
        size_t best = i;
        for (size_t j = i + 1; j < n; j++)
            if (values[j] > values[best]) best = j;
        const double value = values[best];
        values[best] = values[i];
        values[i] = value;
        for (size_t k = 0; k < n; k++) {
            vectors[k * n + i] = transposed[best * n + k];
            transposed[best * n + k] = transposed[i * n + k];
        }
    }
}

bool tk_symmetric_eigen(size_t n, double *a, double *values, double *vectors) {
    double *transposed = calloc(n * n, sizeof *transposed);
    if (transposed == NULL) return false;
    double total = 0;
    for (size_t i = 0; i < n; i++) transposed[i * n + i] = 1;
    for (size_t i = 0; i < n * n; i++) total += a[i] * a[i];
    enum { MOST_SWEEPS = 60 };  // it converges quadratically: ten are usual
    bool converged = false;
    for (int sweep = 0; sweep < MOST_SWEEPS && !converged; sweep++) {
        double off = 0;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++) off += 2 * a[p * n + q] * a[p * n + q];
        converged = off <= 1e-30 * total;
        for (size_t p = 0; p < n && !converged; p++)
            for (size_t q = p + 1; q < n; q++) annihilate(n, a, transposed, p, q);
    }
    if (converged) sort(n, a, transposed, values, vectors);
    free(transposed);
    return converged;
}
