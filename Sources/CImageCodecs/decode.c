// The way in: tells formats apart by their first bytes and hands the rest to a codec.

#include "internal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

ic_limits ic_default_limits(void) {
    return (ic_limits){.max_pixels = 16u << 20, .max_side = 65535, .max_scans = 64};
}

static bool matches(const uint8_t *bytes, size_t length, size_t offset, const char *magic, size_t magic_length) {
    return length >= offset + magic_length && memcmp(bytes + offset, magic, magic_length) == 0;
}

/// The name of a format that is known but not decoded, or null.
static const char *other_format(const uint8_t *bytes, size_t length) {
    static const struct {
        const char *name;
        size_t offset, length;
        const char *magic;
    } formats[] = {
        {"GIF", 0, 4, "GIF8"},       {"WebP", 8, 4, "WEBP"},      {"TIFF", 0, 4, "II*\0"},
        {"TIFF", 0, 4, "MM\0*"},     {"AVIF", 4, 8, "ftypavif"},  {"HEIC", 4, 8, "ftypheic"},
        {"HEIF", 4, 8, "ftypmif1"},  {"JPEG XL", 0, 2, "\xff\n"}, {"JPEG XL", 4, 8, "JXL \r\n\x87\n"},
        {"JPEG 2000", 4, 4, "jP  "}, {"Photoshop", 0, 4, "8BPS"}, {"BMP", 0, 2, "BM"},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (matches(bytes, length, formats[i].offset, formats[i].magic, formats[i].length)) return formats[i].name;
    return NULL;
}

static ic_status decode(const uint8_t *bytes, size_t length, const ic_limits *limits, ic_sink *sink,
                        ic_failure *failure) {
    if (matches(bytes, length, 0, "\x89PNG\r\n\x1a\n", 8)) return ic_png_decode(bytes, length, limits, sink, failure);
    if (matches(bytes, length, 0, "\xff\xd8\xff", 3)) return ic_jpeg_decode(bytes, length, limits, sink, failure);
    const char *name = other_format(bytes, length);
    if (name) return ic_fail(failure, IC_UNSUPPORTED_FORMAT, "expected a PNG or JPEG, found a %s", name);
    if (length < 8) return ic_fail(failure, IC_NOT_AN_IMAGE, "expected a PNG or JPEG, found %zu bytes", length);
    return ic_fail(failure, IC_NOT_AN_IMAGE, "expected a PNG or JPEG, found %zu bytes that begin %02x %02x %02x %02x",
                   length, bytes[0], bytes[1], bytes[2], bytes[3]);
}

static ic_status check_channels(int channels, ic_failure *failure) {
    if (channels == 1 || channels == 3) return IC_OK;
    return ic_fail(failure, IC_INVALID_ARGUMENT, "expected 1 or 3 channels, found %d", channels);
}

// MARK: One row of a batch

typedef struct {
    ic_sink sink;
    int channels, height, width;
    float *out;
    ic_layout layout;
    float full_scale;
    float *planes;        // [channels][layout.width]
    ic_resizer *resizer;  // null when the image has the right size already
} row_sink;

static ic_status row_begin(ic_sink *base, const ic_layout *layout, ic_failure *failure) {
    row_sink *sink = (row_sink *)base;
    sink->layout = *layout;
    sink->full_scale = ic_full_scale(layout, sink->channels);
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

ic_status ic_decode_row(const uint8_t *bytes, size_t length, const ic_limits *limits, int channels, int height,
                        int width, float *out, ic_failure *failure) {
    if (check_channels(channels, failure) != IC_OK) return failure->status;
    if (height < 1 || width < 1)
        return ic_fail(failure, IC_INVALID_ARGUMENT, "expected a row of at least 1x1, found %dx%d", width, height);
    row_sink sink = {.sink = {row_begin, row_push}, .channels = channels, .height = height, .width = width, .out = out};
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
    if (check_channels(channels, failure) != IC_OK) return failure->status;
    pixel_sink sink = {.sink = {pixels_begin, pixels_push}, .pixels = pixels};
    ic_status status = decode(bytes, length, limits, &sink.sink, failure);
    free(sink.planes);
    if (status != IC_OK) {
        free(pixels->data);
        pixels->data = NULL;
    }
    return status;
}
