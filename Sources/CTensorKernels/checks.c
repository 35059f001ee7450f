#include "CTensorKernels.h"
#include "internal.h"

TK_VECTORISED
size_t tk_first_outside(size_t count, const float *values, float low, float high) {
    // Counted without a branch first, since nearly every row passes.
    uint32_t outside = 0;
    for (size_t i = 0; i < count; i++) outside += !(values[i] >= low && values[i] <= high);
    if (outside == 0) return count;
    size_t i = 0;
    while (values[i] >= low && values[i] <= high) i++;
    return i;
}
