// The way in: from the bytes of a file to a row of a batch, or to pixels.

#include "internal.h"

#include <stdlib.h>

ic_limits ic_default_limits(void) {
    return (ic_limits){.max_pixels = 16u << 20, .max_side = 65535, .max_scans = 64};
}

static ic_status decode(const uint8_t *bytes, size_t length, const ic_limits *limits, ic_sink *sink,
                        ic_failure *failure) {
    switch (ic_identify(bytes, length, failure)) {
    case IC_FORMAT_PNG:
        return ic_png_decode(bytes, length, limits, sink, failure);
    case IC_FORMAT_JPEG:
        return ic_jpeg_decode(bytes, length, limits, sink, failure);
    default:
        return failure->status;
    }
}

ic_status ic_check_channels(int channels, ic_failure *failure) {
    if (channels == 1 || channels == 3) return IC_OK;
    return ic_fail(failure, IC_INVALID_ARGUMENT, "expected 1 or 3 channels, found %d", channels);
}

// MARK: One row of a batch

typedef struct {
    ic_sink sink;
    int channels, height, width;
    int crop;             // side of the square that is cut out of the middle; 0 for all of the image
    int left, top;        // where it begins
    float *out;
    ic_layout layout;     // of what is left after cropping
    float full_scale;
    float *planes;        // [channels][layout.width]
    ic_resizer *resizer;  // null when the image has the right size already
} row_sink;

static ic_status row_begin(ic_sink *base, const ic_layout *layout, ic_failure *failure) {
    row_sink *sink = (row_sink *)base;
    sink->layout = *layout;
    sink->full_scale = ic_full_scale(layout, sink->channels);
    if (ic_crop(sink->crop, &sink->layout.width, &sink->layout.height, &sink->left, &sink->top, failure) != IC_OK)
        return failure->status;
    layout = &sink->layout;
    bool same_size = layout->width == sink->width && layout->height == sink->height;
    // The digit in its own size needs no memory at all.
    if (same_size && sink->channels == 1 && layout->samples == 1 && layout->depth == 8) return IC_OK;
    sink->planes = malloc((size_t)sink->channels * (size_t)layout->width * sizeof(float));
    if (!same_size)
        sink->resizer = ic_resizer_new(sink->channels, layout->width, layout->height, sink->width, sink->height,
                                       sink->full_scale, sink->out);
    if (sink->planes && (same_size || sink->resizer)) return IC_OK;
    return ic_fail(failure, IC_OUT_OF_MEMORY, "no memory to convert an image of %dx%d", layout->width, layout->height);
}

static void row_push(ic_sink *base, int y, const void *samples) {
    row_sink *sink = (row_sink *)base;
    y -= sink->top;
    if (y < 0 || y >= sink->layout.height) return;
    samples = (const uint8_t *)samples + sink->left * sink->layout.samples * (sink->layout.depth / 8);
    size_t width = (size_t)sink->width, plane = (size_t)sink->height * width;
    if (!sink->planes) {
        const uint8_t *in = samples;
        float *out = sink->out + (size_t)y * width;
        for (size_t x = 0; x < width; x++) out[x] = (float)in[x] / 255.0f;
        return;
    }
    ic_to_planes(&sink->layout, samples, sink->channels, sink->planes);
    if (sink->resizer) {
        ic_resizer_push(sink->resizer, y, sink->planes);
        return;
    }
    for (int c = 0; c < sink->channels; c++) {
        const float *in = sink->planes + (size_t)c * width;
        float *out = sink->out + (size_t)c * plane + (size_t)y * width;
        for (size_t x = 0; x < width; x++) out[x] = in[x] / sink->full_scale;
    }
}

ic_status ic_decode_row(const uint8_t *bytes, size_t length, const ic_limits *limits, int crop, int channels,
                        int height, int width, float *out, ic_failure *failure) {
    if (ic_check_channels(channels, failure) != IC_OK) return failure->status;
    if (height < 1 || width < 1)
        return ic_fail(failure, IC_INVALID_ARGUMENT, "expected a row of at least 1x1, found %dx%d", width, height);
    row_sink sink = {.sink = {row_begin, row_push}, .crop = crop, .channels = channels, .height = height,
                     .width = width, .out = out};
    ic_status status = decode(bytes, length, limits, &sink.sink, failure);
    ic_resizer_free(sink.resizer);
    free(sink.planes);
    return status;
}

// MARK: Pixels at their own size

typedef struct {
    ic_sink sink;
    ic_pixels *pixels;
    ic_layout layout;
    float to_byte;
    float *planes;  // [channels][width]
} pixel_sink;

static ic_status pixels_begin(ic_sink *base, const ic_layout *layout, ic_failure *failure) {
    pixel_sink *sink = (pixel_sink *)base;
    size_t row = (size_t)layout->width * (size_t)sink->pixels->channels;
    sink->layout = *layout;
    sink->to_byte = 255.0f / ic_full_scale(layout, sink->pixels->channels);
    sink->pixels->width = layout->width;
    sink->pixels->height = layout->height;
    sink->pixels->data = malloc(row * (size_t)layout->height);
    sink->planes = malloc(row * sizeof(float));
    if (sink->pixels->data && sink->planes) return IC_OK;
    return ic_fail(failure, IC_OUT_OF_MEMORY, "no memory for an image of %dx%d", layout->width, layout->height);
}

static void pixels_push(ic_sink *base, int y, const void *samples) {
    pixel_sink *sink = (pixel_sink *)base;
    size_t width = (size_t)sink->layout.width, channels = (size_t)sink->pixels->channels;
    ic_to_planes(&sink->layout, samples, (int)channels, sink->planes);
    uint8_t *out = sink->pixels->data + (size_t)y * width * channels;
    for (size_t c = 0; c < channels; c++)
        for (size_t x = 0; x < width; x++)
            out[x * channels + c] = (uint8_t)(sink->planes[c * width + x] * sink->to_byte + 0.5f);
}

ic_status ic_decode_pixels(const uint8_t *bytes, size_t length, const ic_limits *limits, int channels,
                           ic_pixels *pixels, ic_failure *failure) {
    *pixels = (ic_pixels){.channels = channels};
    if (ic_check_channels(channels, failure) != IC_OK) return failure->status;
    pixel_sink sink = {.sink = {pixels_begin, pixels_push}, .pixels = pixels};
    ic_status status = decode(bytes, length, limits, &sink.sink, failure);
    free(sink.planes);
    if (status != IC_OK) {
        free(pixels->data);
        pixels->data = NULL;
    }
    return status;
}
