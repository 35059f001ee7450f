/// The one door to zlib: gzip-compressed data sets (`*.gz`), the members of zip archives (`*.npz`) and compressed bodies of
/// requests are read through it.
///
/// zlib's own initialisers are macros (`inflateInit2`), which do not import into Swift; these functions need none.
#ifndef CZLIB_H
#define CZLIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Outcome of unpacking.
typedef enum {
    GZ_OK = 0,
    GZ_CORRUPT = 1,    ///< Not what it should be, a failed checksum, or cut short.
    GZ_TOO_LARGE = 2,  ///< Would unpack to more than `limit` bytes.
    GZ_NO_MEMORY = 3,
} gz_status;

/// How compressed bytes are framed.
typedef enum {
    GZ_GZIP = 0,  ///< RFC 1952, one member or several: `Content-Encoding: gzip`.
    GZ_ZLIB = 1,  ///< RFC 1950: `Content-Encoding: deflate`.
} gz_format;

/// Unpacks piece by piece, for those who have something else to do now and then. One thread at a time.
typedef struct gz_reader gz_reader;

/// Starts on `length` bytes at `input`, which must stay in place. NULL without memory.
gz_reader *_Nullable gz_reader_create(gz_format format, const uint8_t *_Nonnull input, size_t length);

/// Unpacks up to `room` further bytes; `*written` is fewer only at the end, when `*is_done` becomes true. `GZ_CORRUPT` also
/// when bytes are left over at the end.
gz_status gz_reader_read(gz_reader *_Nonnull reader, uint8_t *_Nonnull output, size_t room, size_t *_Nonnull written,
                         bool *_Nonnull is_done);

void gz_reader_free(gz_reader *_Nullable reader);

/// Unpacks a whole gzip file held in memory (several members may follow each other).
///
/// On `GZ_OK` `*output` is a `malloc` block of `*output_length` bytes that the caller frees with `free`;
/// on any other status it is untouched. `*offset` is how far into the input it came: `input_length` where that ends too
/// early. Never allocates more than `limit` bytes plus one growth step.
gz_status gz_inflate(const uint8_t *_Nonnull input, size_t input_length, size_t limit,
                     uint8_t *_Nullable *_Nonnull output, size_t *_Nonnull output_length,
                     size_t *_Nonnull offset);

/// Unpacks a bare deflate stream, as in a zip archive, which must fill `output` exactly; `GZ_CORRUPT` otherwise.
gz_status gz_inflate_raw(const uint8_t *_Nonnull input, size_t input_length, uint8_t *_Nonnull output,
                         size_t output_length);

/// The checksum of gzip and zip over `length` bytes.
uint32_t gz_crc32(const uint8_t *_Nonnull bytes, size_t length);

#endif
