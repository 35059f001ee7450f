/// The product of weights as they lie with rows that have been transposed, for training: weights change at every step, so
/// that packing them costs more than turning the rows of a minibatch, which are fewer.
#ifndef TK_TURNED_PRODUCT_H
#define TK_TURNED_PRODUCT_H

#include "CTensorKernels.h"

#pragma clang assume_nonnull begin

enum { TK_TURNED = 16 };

/// Columns of a matrix of `rows` rows that has been turned: so many, up to the next multiple of `TK_TURNED`.
size_t tk_turned_columns(size_t rows);

/// to [columns, to_stride] = the first `columns` of from [rows, from_stride] transposed, and zeros where rows have an end
/// before `to_stride` or the next multiple of `TK_TURNED`; `bias` [rows], where it is given, is added to each row of `to`.
void tk_turn(size_t rows, size_t columns, const float *from, size_t from_stride, const float *_Nullable bias, float *to,
             size_t to_stride);

/// sums [outputs, columns] = weight [outputs, inputs] · turned [inputs, columns], for a multiple of `TK_TURNED` columns. A sum
/// does not depend on how many columns there are.
void tk_turned_product(size_t outputs, size_t inputs, size_t columns, const float *weight, const float *turned,
                       float *sums);

#pragma clang assume_nonnull end
#endif
