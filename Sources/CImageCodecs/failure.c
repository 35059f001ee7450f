// Failures in words.

#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

ic_status ic_fail(ic_failure *failure, ic_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->message, sizeof failure->message, format, arguments);
    va_end(arguments);
    failure->status = status;
    return status;
}

ic_status ic_check_size(const char *kind, uint64_t width, uint64_t height, const ic_limits *limits,
                        ic_failure *failure) {
    if (width == 0 || height == 0)
        return ic_fail(failure, IC_CORRUPT, "%s has no pixels: expected at least 1x1, found %llux%llu", kind,
                       (unsigned long long)width, (unsigned long long)height);
    if (width > limits->max_side || height > limits->max_side)
        return ic_fail(failure, IC_TOO_LARGE, "%s is %llux%llu; at most %u pixels a side are accepted", kind,
                       (unsigned long long)width, (unsigned long long)height, (unsigned)limits->max_side);
    // Both sides are below 2^32 here, so the product fits.
    if (width * height > limits->max_pixels)
        return ic_fail(failure, IC_TOO_LARGE, "%s is %llux%llu = %llu pixels; at most %llu are accepted", kind,
                       (unsigned long long)width, (unsigned long long)height, (unsigned long long)(width * height),
                       (unsigned long long)limits->max_pixels);
    if (limits->pixels_left != NULL) {
        if (width * height > *limits->pixels_left)
            return ic_fail(failure, IC_TOO_LARGE, "%s is %llux%llu; images sent together may have %llu more pixels", kind,
                           (unsigned long long)width, (unsigned long long)height,
                           (unsigned long long)*limits->pixels_left);
        *limits->pixels_left -= width * height;
    }
    return IC_OK;
}
