// Cropping, colour and size for images that lie in memory as planes of float.

#include "internal.h"

#include <stdlib.h>
#include <string.h>

ic_status ic_crop(int crop, int *width, int *height, int *left, int *top, ic_failure *failure) {
    *left = *top = 0;
    if (crop == 0) return IC_OK;
    if (crop < 0 || crop > *width || crop > *height)
        return ic_fail(failure, IC_INVALID_ARGUMENT, "expected an image of at least %dx%d to crop, found %dx%d", crop,
                       crop, *width, *height);
    *left = (*width - crop) / 2;
    *top = (*height - crop) / 2;
    *width = *height = crop;
    return IC_OK;
}

/// One line of every channel, in the colours wanted.
static void to_line(const float *image, size_t plane, int in_channels, int channels, size_t width, float *line) {
    if (in_channels == channels) {
        for (int c = 0; c < channels; c++) memcpy(line + (size_t)c * width, image + (size_t)c * plane, width * sizeof(float));
    } else if (channels == 3) {
        for (int c = 0; c < 3; c++) memcpy(line + (size_t)c * width, image, width * sizeof(float));
    } else {
        // ITU-R 601 luma, as convert.c.
        const float *green = image + plane, *blue = green + plane;
        for (size_t x = 0; x < width; x++) line[x] = (299 * image[x] + 587 * green[x] + 114 * blue[x]) / 1000;
    }
}

ic_status ic_convert_row(const float *image, int in_channels, int in_height, int in_width, int crop, int channels,
                         int height, int width, float *out, ic_failure *failure) {
    if (ic_check_channels(in_channels, failure) != IC_OK || ic_check_channels(channels, failure) != IC_OK)
        return failure->status;
    int left, top, from_width = in_width, from_height = in_height;
    if (ic_crop(crop, &from_width, &from_height, &left, &top, failure) != IC_OK) return failure->status;
    bool same_size = from_width == width && from_height == height;
    float *line = malloc((size_t)channels * (size_t)from_width * sizeof(float));
    ic_resizer *resizer =
        same_size ? NULL : ic_resizer_new(channels, from_width, from_height, width, height, 1, out);
    if (!line || (!same_size && !resizer)) {
        free(line);
        ic_resizer_free(resizer);
        return ic_fail(failure, IC_OUT_OF_MEMORY, "no memory to convert an image of %dx%d", in_width, in_height);
    }
    size_t plane = (size_t)in_height * (size_t)in_width;
    for (int y = 0; y < from_height; y++) {
        const float *from = image + (size_t)(top + y) * (size_t)in_width + (size_t)left;
        to_line(from, plane, in_channels, channels, (size_t)from_width, line);
        if (resizer) {
            ic_resizer_push(resizer, y, line);
            continue;
        }
        for (int c = 0; c < channels; c++)
            memcpy(out + ((size_t)c * (size_t)height + (size_t)y) * (size_t)width, line + (size_t)c * (size_t)width,
                   (size_t)width * sizeof(float));
    }
    ic_resizer_free(resizer);
    free(line);
    return IC_OK;
}
