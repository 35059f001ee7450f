// PNG in, by libspng: every kind of PNG, rows as they are inflated.

#include "internal.h"

#include <spng.h>
#include <stdbool.h>
#include <stdlib.h>

// Text and colour profiles are skipped, but libspng reads them into memory first.
enum { MAX_CHUNK = 8 << 20, MAX_CHUNK_CACHE = 16 << 20 };

static ic_status fail(ic_failure *failure, int error, const char *where) {
    ic_status status = error == SPNG_EMEM ? IC_OUT_OF_MEMORY : error == SPNG_ECHUNK_LIMITS ? IC_TOO_LARGE : IC_CORRUPT;
    const char *verdict = status == IC_CORRUPT ? "corrupt" : status == IC_TOO_LARGE ? "too large" : "not decoded";
    return ic_fail(failure, status, "PNG is %s: expected a whole %s, found \"%s\"", verdict, where,
                   spng_strerror(error));
}

/// Picks the libspng output format with the fewest samples that loses nothing, and says what it looks like.
static int choose_format(const struct spng_ihdr *header, bool transparent, ic_layout *layout) {
    bool deep = header->bit_depth == 16;
    layout->depth = deep ? 16 : 8;
    switch (header->color_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE:
        layout->samples = transparent ? 2 : 1;
        if (transparent) return deep ? SPNG_FMT_GA16 : SPNG_FMT_GA8;
        return deep ? SPNG_FMT_PNG : SPNG_FMT_G8;
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
        layout->samples = 2;
        return SPNG_FMT_PNG;
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA:
        layout->samples = 4;
        return SPNG_FMT_PNG;
    default:
        layout->samples = transparent ? 4 : 3;
        if (transparent) return deep ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8;
        return deep ? SPNG_FMT_PNG : SPNG_FMT_RGB8;
    }
}

/// The passes of an interlaced image are spread over all rows, so all of it has to be held.
static int decode_interlaced(spng_ctx *context, int format, int flags, const ic_layout *layout, ic_sink *sink) {
    size_t row = (size_t)layout->width * (size_t)layout->samples * (size_t)(layout->depth / 8);
    size_t size = row * (size_t)layout->height;
    uint8_t *image = malloc(size);
    if (!image) return SPNG_EMEM;
    int error = spng_decode_image(context, image, size, format, flags);
    if (!error)
        for (int y = 0; y < layout->height; y++) sink->row(sink, y, image + (size_t)y * row);
    free(image);
    return error;
}

static int decode_rows(spng_ctx *context, int format, int flags, const ic_layout *layout, ic_sink *sink) {
    int error = spng_decode_image(context, NULL, 0, format, flags | SPNG_DECODE_PROGRESSIVE);
    if (error) return error;
    size_t row = (size_t)layout->width * (size_t)layout->samples * (size_t)(layout->depth / 8);
    _Alignas(uint16_t) uint8_t small[1024];  // Saves an allocation for what a VAE is mostly sent.
    uint8_t *samples = row <= sizeof small ? small : malloc(row);
    if (!samples) return SPNG_EMEM;
    for (int y = 0; y < layout->height && !error; y++) {
        error = spng_decode_row(context, samples, row);
        if (error == SPNG_EOI && y == layout->height - 1) error = 0;
        if (!error) sink->row(sink, y, samples);
    }
    if (samples != small) free(samples);
    return error;
}

static ic_status decode(spng_ctx *context, const uint8_t *bytes, size_t length, const ic_limits *limits, ic_sink *sink,
                        ic_failure *failure) {
    spng_set_chunk_limits(context, MAX_CHUNK, MAX_CHUNK_CACHE);
    struct spng_ihdr header;
    int error = spng_set_png_buffer(context, bytes, length);
    if (!error) error = spng_get_ihdr(context, &header);
    if (error) return fail(failure, error, "header");
    if (ic_check_size("PNG", header.width, header.height, limits, failure) != IC_OK) return failure->status;

    struct spng_trns key;
    error = spng_get_trns(context, &key);
    if (error && error != SPNG_ECHUNKAVAIL) return fail(failure, error, "header");
    bool transparent = !error;
    ic_layout layout = {.width = (int)header.width, .height = (int)header.height};
    int format = choose_format(&header, transparent, &layout);
    if (sink->begin(sink, &layout, failure) != IC_OK) return failure->status;

    int flags = transparent ? SPNG_DECODE_TRNS : 0;
    error = header.interlace_method ? decode_interlaced(context, format, flags, &layout, sink)
                                    : decode_rows(context, format, flags, &layout, sink);
    if (error) return fail(failure, error, "image");
    // The rest up to IEND: a file cut off behind its pixels is still a file cut off.
    error = spng_decode_chunks(context);
    return error ? fail(failure, error, "end of file") : IC_OK;
}

ic_status ic_png_decode(const uint8_t *bytes, size_t length, const ic_limits *limits, ic_sink *sink,
                        ic_failure *failure) {
    ic_status plain;
    if (ic_png_decode_plain(bytes, length, limits, sink, failure, &plain)) return plain;
    spng_ctx *context = spng_ctx_new(0);
    if (!context) return ic_fail(failure, IC_OUT_OF_MEMORY, "no memory for a PNG decoder");
    ic_status status = decode(context, bytes, length, limits, sink, failure);
    spng_ctx_free(context);
    return status;
}
