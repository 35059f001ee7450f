#include "CZlib.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

enum { FIRST_CAPACITY = 1 << 16, PIECE = 1 << 30 };

struct gz_reader {
    z_stream stream;
    const uint8_t *input;  // what the stream has not been offered yet
    size_t left;
    gz_format format;
    bool is_done;
};

gz_reader *gz_reader_create(gz_format format, const uint8_t *input, size_t length) {
    gz_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) return NULL;
    reader->input = input;
    reader->left = length;
    reader->format = format;
    // 15 bits of window; 16 more: gzip framing only, with its CRC. A zlib frame has an Adler-32.
    if (inflateInit2(&reader->stream, format == GZ_GZIP ? 15 + 16 : 15) == Z_OK) return reader;
    free(reader);
    return NULL;
}

void gz_reader_free(gz_reader *reader) {
    if (reader == NULL) return;
    inflateEnd(&reader->stream);
    free(reader);
}

gz_status gz_reader_read(gz_reader *reader, uint8_t *output, size_t room, size_t *written, bool *is_done) {
    z_stream *stream = &reader->stream;
    *written = 0;
    while (!reader->is_done && *written < room) {
        if (stream->avail_in == 0 && reader->left > 0) {
            uInt piece = reader->left > PIECE ? PIECE : (uInt)reader->left;  // zlib counts in 32 bits
            stream->next_in = (Bytef *)reader->input;
            stream->avail_in = piece;
            reader->input += piece;
            reader->left -= piece;
        }
        size_t wanted = room - *written;
        uInt offered = wanted > PIECE ? PIECE : (uInt)wanted;
        stream->next_out = output + *written;
        stream->avail_out = offered;
        int result = inflate(stream, Z_NO_FLUSH);
        *written += offered - stream->avail_out;
        bool is_empty = stream->avail_in == 0 && reader->left == 0;
        if (result == Z_STREAM_END) {
            if (is_empty) {
                reader->is_done = true;
            } else if (reader->format != GZ_GZIP || inflateReset(stream) != Z_OK) {  // the next member of the file
                return GZ_CORRUPT;
            }
        } else if (result == Z_MEM_ERROR) {
            return GZ_NO_MEMORY;
        } else if (result != Z_OK || (is_empty && stream->avail_out > 0)) {
            return GZ_CORRUPT;  // or the input ended in the middle of a member
        }
    }
    *is_done = reader->is_done;
    return GZ_OK;
}

static size_t offset_of(const gz_reader *reader, const uint8_t *input) {
    return (size_t)(reader->input - input) - reader->stream.avail_in;
}

gz_status gz_inflate(const uint8_t *input, size_t input_length, size_t limit, uint8_t **output, size_t *output_length,
                     size_t *offset) {
    *offset = 0;
    gz_reader *reader = gz_reader_create(GZ_GZIP, input, input_length);
    if (reader == NULL) return GZ_NO_MEMORY;
    gz_status status = GZ_OK;
    size_t capacity = 0, length = 0;
    uint8_t *bytes = NULL;
    for (bool is_done = false; status == GZ_OK && !is_done;) {
        if (length == capacity) {
            if (capacity > limit) { status = GZ_TOO_LARGE; break; }
            size_t wanted = capacity == 0 ? FIRST_CAPACITY : capacity * 2;
            if (wanted > limit) wanted = limit + 1;  // one byte past the limit tells "exactly full" from "too large"
            uint8_t *grown = realloc(bytes, wanted);
            if (grown == NULL) { status = GZ_NO_MEMORY; break; }
            bytes = grown;
            capacity = wanted;
        }
        size_t written = 0;
        status = gz_reader_read(reader, bytes + length, capacity - length, &written, &is_done);
        length += written;
    }
    if (status == GZ_OK && length > limit) status = GZ_TOO_LARGE;
    *offset = offset_of(reader, input);
    gz_reader_free(reader);
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
