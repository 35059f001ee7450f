// Tells formats apart by their first bytes, and reads what stands there about size and colour.

#include "internal.h"

#include <string.h>

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

ic_format ic_identify(const uint8_t *bytes, size_t length, ic_failure *failure) {
    if (matches(bytes, length, 0, "\x89PNG\r\n\x1a\n", 8)) return IC_FORMAT_PNG;
    if (matches(bytes, length, 0, "\xff\xd8\xff", 3)) return IC_FORMAT_JPEG;
    const char *name = other_format(bytes, length);
    if (name)
        ic_fail(failure, IC_UNSUPPORTED_FORMAT, "expected a PNG or JPEG, found a %s", name);
    else if (length < 8)
        ic_fail(failure, IC_NOT_AN_IMAGE, "expected a PNG or JPEG, found %zu bytes", length);
    else
        ic_fail(failure, IC_NOT_AN_IMAGE, "expected a PNG or JPEG, found %zu bytes that begin %02x %02x %02x %02x",
                length, bytes[0], bytes[1], bytes[2], bytes[3]);
    return IC_FORMAT_OTHER;
}

static int big_endian(const uint8_t *bytes, int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
    return value > INT32_MAX ? INT32_MAX : (int)value;
}

static ic_status png_header(const uint8_t *bytes, size_t length, ic_header *header, ic_failure *failure) {
    if (length < 26) return IC_OK;
    if (memcmp(bytes + 12, "IHDR", 4) != 0)
        return ic_fail(failure, IC_CORRUPT, "PNG is corrupt: expected the chunk IHDR first");
    header->width = big_endian(bytes + 16, 4);
    header->height = big_endian(bytes + 20, 4);
    int kind = bytes[25];  // 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha
    header->channels = kind == 0 || kind == 4 ? 1 : 3;
    if (header->width > 0 && header->height > 0) return IC_OK;
    return ic_fail(failure, IC_CORRUPT, "PNG is corrupt: expected at least one pixel, found %dx%d", header->width,
                   header->height);
}

/// Segments follow each other, each with its length, up to the one that begins the frame.
static ic_status jpeg_header(const uint8_t *bytes, size_t length, ic_header *header, ic_failure *failure) {
    for (size_t at = 2; at + 4 <= length;) {
        if (bytes[at] != 0xff) break;
        uint8_t marker = bytes[at + 1];
        if (marker == 0xff) {  // a fill byte
            at += 1;
            continue;
        }
        if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {  // without a length
            at += 2;
            continue;
        }
        if (marker == 0xd9 || marker == 0xda)
            return ic_fail(failure, IC_CORRUPT, "JPEG is corrupt: expected a frame before its data");
        int size = big_endian(bytes + at + 2, 2);
        bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame && at + 10 <= length) {
            int height = big_endian(bytes + at + 5, 2);
            // A height of 0 is told later, in a segment of its own; the decoder has the last word on that.
            if (height == 0) return IC_OK;
            header->height = height;
            header->width = big_endian(bytes + at + 7, 2);
            header->channels = bytes[at + 9] == 1 ? 1 : 3;
            return IC_OK;
        }
        if (size < 2) break;
        at += 2 + (size_t)size;
    }
    return IC_OK;
}

ic_status ic_read_header(const uint8_t *bytes, size_t length, ic_header *header, ic_failure *failure) {
    *header = (ic_header){0};
    switch (ic_identify(bytes, length, failure)) {
    case IC_FORMAT_PNG:
        return png_header(bytes, length, header, failure);
    case IC_FORMAT_JPEG:
        return jpeg_header(bytes, length, header, failure);
    default:
        return failure->status;
    }
}
