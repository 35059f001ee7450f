/// Products of matrices as they lie, for training, where weights change at every step and packing them would cost too much.
#ifndef TK_PRODUCT_IN_PLACE_H
#define TK_PRODUCT_IN_PLACE_H

#include "CTensorKernels.h"

#pragma clang assume_nonnull begin

/// c [rows, columns] = a [rows, depth] · b [depth, columns], all in rows that lie `…_stride` floats apart.
typedef struct {
    size_t rows, columns, depth;
    const float *a;
    size_t a_stride;
    const float *b;
    size_t b_stride;
    float *c;
    size_t c_stride;
    bool adds;      ///< c += instead.
    bool is_large;  ///< c is larger than a cache.
} tk_product_in_place;

/// On the calling thread. A number of c does not depend on how many rows and columns there are.
void tk_multiply_in_place(tk_product_in_place product);

/// to [columns, rows] = from [rows, columns] transposed; where `bias` [rows] is given it is added to each row of `to`. The
/// rows of `to` are filled up with zeros to a multiple of `TK_TURNED` where `to_stride` has room.
void tk_turn(size_t rows, size_t columns, const float *from, size_t from_stride, const float *_Nullable bias,
                  float *to, size_t to_stride);

enum { TK_TURNED = 16 };

#pragma clang assume_nonnull end
#endif
