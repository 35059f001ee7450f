// Rows of float → one picture of bytes.

#include "internal.h"

#include <string.h>

ic_status ic_grid_size(const ic_grid *grid, int count, int height, int width, uint64_t max_pixels, int *grid_width,
                       int *grid_height, ic_failure *failure) {
    if (count < 1 || height < 1 || width < 1 || grid->columns < 1 || grid->padding < 0)
        return ic_fail(failure, IC_INVALID_ARGUMENT,
                       "expected at least 1 image of 1x1 in 1 column, padding 0; found %d of %dx%d in %d, padding %d",
                       count, width, height, grid->columns, grid->padding);
    uint64_t columns = (uint64_t)grid->columns, padding = (uint64_t)grid->padding;
    uint64_t lines = ((uint64_t)count + columns - 1) / columns;
    // A factor and a side below 2^31 each give products below 2^63.
    uint64_t across = columns * ((uint64_t)width + padding) - padding;
    uint64_t down = lines * ((uint64_t)height + padding) - padding;
    if (across > INT32_MAX || down > INT32_MAX || across * down > max_pixels)
        return ic_fail(failure, IC_TOO_LARGE,
                       "grid of %llux%llu tiles would be %llux%llu; at most %llu pixels are drawn",
                       (unsigned long long)columns, (unsigned long long)lines, (unsigned long long)across,
                       (unsigned long long)down, (unsigned long long)max_pixels);
    *grid_width = (int)across;
    *grid_height = (int)down;
    return IC_OK;
}

/// Written so that NaN fails the first comparison, and so that both compile to a maximum and a minimum.
static inline uint8_t to_byte(float v) {
    v = v > 0 ? v : 0;
    v = v < 1 ? v : 1;
    return (uint8_t)(int)(v * 255.0f + 0.5f);
}

static void tile_grey(const float *row, size_t height, size_t width, size_t stride, uint8_t *out) {
    for (size_t y = 0; y < height; y++, row += width, out += stride)
        for (size_t x = 0; x < width; x++) out[x] = to_byte(row[x]);
}

static void tile_colour(const float *row, size_t height, size_t width, size_t stride, uint8_t *out) {
    size_t plane = height * width;
    for (size_t y = 0; y < height; y++, row += width, out += stride)
        for (size_t x = 0; x < width; x++) {
            out[3 * x] = to_byte(row[x]);
            out[3 * x + 1] = to_byte(row[plane + x]);
            out[3 * x + 2] = to_byte(row[2 * plane + x]);
        }
}

void ic_tile_rows(const float *rows, int count, int channels, int height, int width, const ic_grid *grid,
                  int grid_width, int grid_height, uint8_t *pixels) {
    size_t tile_width = (size_t)width * (size_t)channels, stride = (size_t)grid_width * (size_t)channels;
    memset(pixels, grid->background, stride * (size_t)grid_height);
    for (int i = 0; i < count; i++, rows += (size_t)height * tile_width) {
        size_t top = (size_t)(i / grid->columns) * (size_t)(height + grid->padding);
        size_t left = (size_t)(i % grid->columns) * (size_t)(width + grid->padding) * (size_t)channels;
        uint8_t *out = pixels + top * stride + left;
        if (channels == 1)
            tile_grey(rows, (size_t)height, (size_t)width, stride, out);
        else
            tile_colour(rows, (size_t)height, (size_t)width, stride, out);
    }
}
