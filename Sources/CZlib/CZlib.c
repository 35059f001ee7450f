#include "CZlib.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

enum { FIRST_CAPACITY = 1 << 16 };

gz_status gz_inflate(const uint8_t *input, size_t input_length, size_t limit, uint8_t **output, size_t *output_length) {
    if (input_length > UINT32_MAX) return GZ_TOO_LARGE;
    z_stream stream = {.next_in = (Bytef *)input, .avail_in = (uInt)input_length};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return GZ_NO_MEMORY;  // 16: gzip framing only, with its CRC

    gz_status status = GZ_CORRUPT;
    size_t capacity = 0, length = 0;
    uint8_t *bytes = NULL;
    for (;;) {
        if (length == capacity) {
            if (capacity > limit) { status = GZ_TOO_LARGE; break; }
            size_t wanted = capacity == 0 ? FIRST_CAPACITY : capacity * 2;
            if (wanted > limit) wanted = limit + 1;  // one byte past the limit tells "exactly full" from "too large"
            uint8_t *grown = realloc(bytes, wanted);
            if (grown == NULL) { status = GZ_NO_MEMORY; break; }
            bytes = grown;
            capacity = wanted;
        }
        size_t room = capacity - length;
        stream.next_out = bytes + length;
        stream.avail_out = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
        uInt offered = stream.avail_out;
        int result = inflate(&stream, Z_NO_FLUSH);
        length += offered - stream.avail_out;
        if (result == Z_STREAM_END) {
            if (stream.avail_in == 0) { status = length > limit ? GZ_TOO_LARGE : GZ_OK; break; }
            if (inflateReset(&stream) != Z_OK) break;  // the next member of the file
        } else if (result == Z_MEM_ERROR) {
            status = GZ_NO_MEMORY;
            break;
        } else if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) {
            break;  // corrupt, or the input ended in the middle of a member
        }
    }
    inflateEnd(&stream);
    if (status != GZ_OK) { free(bytes); return status; }
    *output = bytes;
    *output_length = length;
    return GZ_OK;
}

gz_status gz_inflate_raw(const uint8_t *input, size_t input_length, uint8_t *output, size_t output_length) {
    if (input_length > UINT32_MAX || output_length > UINT32_MAX) return GZ_TOO_LARGE;
    z_stream stream = {.next_in = (Bytef *)input, .avail_in = (uInt)input_length};
    if (inflateInit2(&stream, -15) != Z_OK) return GZ_NO_MEMORY;  // negative: neither header nor checksum
    stream.next_out = output;
    stream.avail_out = (uInt)output_length;
    int result = inflate(&stream, Z_FINISH);
    bool whole = result == Z_STREAM_END && stream.avail_out == 0;
    inflateEnd(&stream);
    return whole ? GZ_OK : result == Z_MEM_ERROR ? GZ_NO_MEMORY : GZ_CORRUPT;
}

uint32_t gz_crc32(const uint8_t *bytes, size_t length) { return (uint32_t)crc32_z(0, bytes, length); }
