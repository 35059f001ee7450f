// Rows of zeros and ones, such as who chose what, and the thin products of a truncated singular value decomposition.
//
// Every sum is taken in the order of the rows, an element at a time, so that the result does not depend on how wide the
// processor's vectors are.

#include <string.h>

#include "CTensorKernels.h"
#include "internal.h"

void tk_sparse_gather(tk_sparse_rows sparse, const uint32_t *indices, size_t count, float *x) {
    for (size_t r = 0; r < count; r++) {
        float *row = x + r * sparse.width;
        memset(row, 0, sparse.width * sizeof *row);
        const size_t index = indices[r];
        for (size_t i = sparse.offsets[index]; i < sparse.offsets[index + 1]; i++) row[sparse.columns[i]] = 1;
    }
}

TK_VECTORISED
void tk_sparse_product(tk_sparse_rows sparse, size_t depth, const double *b, double *y) {
    for (size_t r = 0; r < sparse.rows; r++) {
        double *sum = y + r * depth;
        memset(sum, 0, depth * sizeof *sum);
        for (size_t i = sparse.offsets[r]; i < sparse.offsets[r + 1]; i++) {
            const double *term = b + sparse.columns[i] * depth;
            for (size_t d = 0; d < depth; d++) sum[d] += term[d];
        }
    }
}

TK_VECTORISED
void tk_sparse_transposed_product(tk_sparse_rows sparse, size_t depth, const double *b, double *y) {
    memset(y, 0, sparse.width * depth * sizeof *y);
    for (size_t r = 0; r < sparse.rows; r++) {
        const double *term = b + r * depth;
        for (size_t i = sparse.offsets[r]; i < sparse.offsets[r + 1]; i++) {
            double *sum = y + sparse.columns[i] * depth;
            for (size_t d = 0; d < depth; d++) sum[d] += term[d];
        }
    }
}

TK_VECTORISED
void tk_dense_product(size_t rows, size_t depth, size_t width, const double *a, const double *b, double *y) {
    for (size_t r = 0; r < rows; r++) {
        double *sum = y + r * width;
        memset(sum, 0, width * sizeof *sum);
        for (size_t d = 0; d < depth; d++) {
            const double factor = a[r * depth + d], *term = b + d * width;
            for (size_t i = 0; i < width; i++) sum[i] += factor * term[i];
        }
    }
}

TK_VECTORISED
void tk_gram(size_t rows, size_t width, const double *a, double *gram) {
    memset(gram, 0, width * width * sizeof *gram);
    for (size_t r = 0; r < rows; r++) {
        const double *row = a + r * width;
        for (size_t i = 0; i < width; i++) {
            double *sum = gram + i * width;
            for (size_t j = 0; j < width; j++) sum[j] += row[i] * row[j];
        }
    }
}
