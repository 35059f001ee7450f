// The PNG that is sent most: small, 8 bits a sample, not interlaced, nothing in it but its pixels. It is inflated in one
// call, which takes a third of the time of libspng's stream. Whatever is not exactly that, or is damaged, goes to libspng,
// so this file has no errors to report.

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum {
    SIGNATURE = 8,
    HEADER = 13,            // data of IHDR
    OVERHEAD = 12,          // of a chunk: length, type, checksum
    MAX_RAW = 1 << 18,      // bytes of all rows with their filter bytes
    ON_STACK = 1 << 13,
};

static uint32_t big_endian(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/// The data of the chunk at `*at` if it is whole, of type `type`, and its checksum holds; `*at` is then behind it.
static const uint8_t *chunk(const uint8_t **at, const uint8_t *end, const char *type, uint32_t *length) {
    const uint8_t *start = *at;
    if (end - start < OVERHEAD) return NULL;
    *length = big_endian(start);
    if (*length > (size_t)(end - start) - OVERHEAD || memcmp(start + 4, type, 4) != 0) return NULL;
    if (libdeflate_crc32(0, start + 4, *length + 4) != big_endian(start + 8 + *length)) return NULL;
    *at = start + OVERHEAD + *length;
    return start + 8;
}

/// Samples of a pixel by colour type; 0 for those with a palette, and for none.
static int samples_of(uint8_t colour_type) {
    switch (colour_type) {
    case 0: return 1;
    case 2: return 3;
    case 4: return 2;
    case 6: return 4;
    default: return 0;
    }
}

static uint8_t paeth(int left, int up, int corner) {
    int estimate = left + up - corner;
    int to_left = abs(estimate - left), to_up = abs(estimate - up), to_corner = abs(estimate - corner);
    return (uint8_t)(to_left <= to_up && to_left <= to_corner ? left : to_up <= to_corner ? up : corner);
}

/// Undoes the filter of one row in place (PNG specification, clause 9).
static bool unfilter(uint8_t filter, uint8_t *row, const uint8_t *above, size_t length, size_t pixel) {
    switch (filter) {
    case 0:
        return true;
    case 1:
        for (size_t i = pixel; i < length; i++) row[i] = (uint8_t)(row[i] + row[i - pixel]);
        return true;
    case 2:
        for (size_t i = 0; i < length; i++) row[i] = (uint8_t)(row[i] + above[i]);
        return true;
    case 3:
        for (size_t i = 0; i < length; i++) row[i] = (uint8_t)(row[i] + ((i < pixel ? 0 : row[i - pixel]) + above[i]) / 2);
        return true;
    case 4:
        for (size_t i = 0; i < length; i++)
            row[i] = (uint8_t)(row[i] + (i < pixel ? above[i] : paeth(row[i - pixel], above[i], above[i - pixel])));
        return true;
    default:
        return false;
    }
}

/// Inflates `data` into exactly `size` bytes.
static bool inflate_all(const uint8_t *data, size_t length, uint8_t *raw, size_t size) {
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (decompressor == NULL) return false;
    size_t taken = 0;
    enum libdeflate_result result =
        libdeflate_zlib_decompress_ex(decompressor, data, length, raw, size, &taken, NULL);
    libdeflate_free_decompressor(decompressor);
    return result == LIBDEFLATE_SUCCESS && taken == length;
}

bool ic_png_decode_plain(const uint8_t *bytes, size_t length, const ic_limits *limits, ic_sink *sink,
                         ic_failure *failure, ic_status *status) {
    const uint8_t *at = bytes + SIGNATURE, *end = bytes + length;
    uint32_t size, data_size, nothing;
    const uint8_t *header = chunk(&at, end, "IHDR", &size);
    if (header == NULL || size != HEADER) return false;
    uint32_t width = big_endian(header), height = big_endian(header + 4);
    int samples = samples_of(header[9]);
    // Depth, and the methods of compression, filtering and interlacing.
    if (header[8] != 8 || samples == 0 || header[10] != 0 || header[11] != 0 || header[12] != 0) return false;
    if (width == 0 || height == 0 || width > MAX_RAW || height > MAX_RAW) return false;
    size_t row = (size_t)width * (size_t)samples, raw_size = (row + 1) * height;
    if (raw_size > MAX_RAW) return false;
    const uint8_t *data = chunk(&at, end, "IDAT", &data_size);
    if (data == NULL || chunk(&at, end, "IEND", &nothing) == NULL || nothing != 0 || at != end) return false;
    ic_failure ignored;
    if (ic_check_size("PNG", width, height, limits, &ignored) != IC_OK) return false;

    // A row of zeros first: what the first row is filtered against.
    uint8_t small[ON_STACK];
    uint8_t *memory = row + raw_size <= sizeof small ? small : malloc(row + raw_size);
    if (memory == NULL) return false;
    memset(memory, 0, row);
    uint8_t *raw = memory + row;
    const uint8_t *above = memory;
    bool good = inflate_all(data, data_size, raw, raw_size);
    for (uint32_t y = 0; good && y < height; y++) {
        uint8_t *line = raw + y * (row + 1);
        good = unfilter(line[0], line + 1, above, row, (size_t)samples);
        above = line + 1;
    }
    if (good) {
        ic_layout layout = {.width = (int)width, .height = (int)height, .samples = samples, .depth = 8};
        *status = sink->begin(sink, &layout, failure);
        for (uint32_t y = 0; *status == IC_OK && y < height; y++) sink->row(sink, (int)y, raw + y * (row + 1) + 1);
    }
    if (memory != small) free(memory);
    return good;
}
