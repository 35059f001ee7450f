/// The one door to the image libraries: libspng and libjpeg-turbo in, libdeflate out.
///
/// It exists because none of them is callable from Swift as it stands (libjpeg reports errors by `longjmp`, which must
/// never cross a Swift frame), because an upload is hostile until proven otherwise and the checks belong in one place,
/// and because the per-pixel loops vectorise in C and not in Swift.
///
/// Nothing here keeps state between calls but one deflate compressor per thread, freed when the thread ends.
/// Every function may be called from any thread at any time.
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma clang assume_nonnull begin
#define IC_NULLABLE _Nullable
#define IC_NONNULL _Nonnull
#else
#define IC_NULLABLE
#define IC_NONNULL
#endif

/// Outcome of every call.
typedef enum {
    IC_OK = 0,
    IC_NOT_AN_IMAGE = 1,        ///< No known image format begins with these bytes.
    IC_UNSUPPORTED_FORMAT = 2,  ///< An image, but not a PNG or JPEG, or a rare kind of JPEG.
    IC_CORRUPT = 3,             ///< Cut short, a failed checksum, or against the format's rules.
    IC_TOO_LARGE = 4,           ///< Over one of `ic_limits`.
    IC_OUT_OF_MEMORY = 5,
    IC_INVALID_ARGUMENT = 6,    ///< The caller's own numbers do not fit together.
} ic_status;

/// Why a call failed, in words: what was expected and what was found.
typedef struct {
    ic_status status;
    char message[256];  ///< NUL-terminated ASCII.
} ic_failure;

/// What an image may ask of the decoder. Checked against its header, before memory is taken for its pixels.
typedef struct {
    uint64_t max_pixels;  ///< Width times height.
    uint32_t max_side;    ///< Width, and height.
    int32_t max_scans;    ///< Of a progressive JPEG: each costs a pass over the whole image, and a few bytes buy one.
    /// What several images may still have together, reduced by each; NULL for no such bound. Without it a small body of
    /// many compressible pictures buys seconds of work.
    uint64_t *IC_NULLABLE pixels_left;
} ic_limits;

/// 16 Mi pixels, 65 535 a side (the most a JPEG can say), 64 scans.
ic_limits ic_default_limits(void);

/// What the first bytes of a file say about an image.
typedef struct {
    int width, height;  ///< 0 when these bytes do not reach as far as the size.
    int channels;       ///< 1 grey, 3 colour.
} ic_header;

/// Reads size and colour from the first bytes of a PNG or JPEG, without decoding it. 64 KiB reach nearly always.
/// `IC_OK` says nothing about the rest of the file.
ic_status ic_read_header(const uint8_t *bytes, size_t length, ic_header *header, ic_failure *failure);

/// Decodes a PNG or JPEG into one row of a batch: `[channels][height][width]`, values 0…1.
///
/// First a square of side `crop` is cut out of the middle, unless it is 0. `channels` is 1 or 3. Transparency is laid over black, colour becomes grey by ITU-R 601 luma, grey becomes colour by
/// repetition, and another size is stretched to fit by a triangle filter that widens when shrinking. All of that
/// happens on the stored values, without gamma or colour profile, and EXIF orientation is ignored. A byte v of an
/// image of just this size and colour becomes exactly `v / 255.0f`, a 16-bit v `v / 65535.0f`.
///
/// On failure `out` may have been written in part.
ic_status ic_decode_row(const uint8_t *bytes, size_t length, const ic_limits *limits, int crop, int channels,
                        int height, int width, float *out, ic_failure *failure);

/// The same conversions for an image that is not encoded: `[in_channels][in_height][in_width]`, values 0…1.
ic_status ic_convert_row(const float *image, int in_channels, int in_height, int in_width, int crop, int channels,
                         int height, int width, float *out, ic_failure *failure);

/// Pixels `[height][width][channels]`, 8 bit. `data` is a `malloc` block that the caller frees with `free`.
typedef struct {
    int width, height, channels;
    uint8_t *IC_NULLABLE data;
} ic_pixels;

/// Decodes a PNG or JPEG at its own size, with the conversions of `ic_decode_row` rounded to 8 bit.
/// On failure `pixels->data` is null.
ic_status ic_decode_pixels(const uint8_t *bytes, size_t length, const ic_limits *limits, int channels,
                           ic_pixels *pixels, ic_failure *failure);

/// Encodes `[frames][height][width][channels]` pixels as an 8-bit grey (1 channel) or RGB (3 channels) PNG.
///
/// More than one frame make an animation that is shown again and again (APNG, PNG third edition), `frames_per_second`
/// 1…255; programs that know no animations show the first frame.
///
/// On `IC_OK` `*png` is a `malloc` block of `*size` bytes that the caller frees with `free`; otherwise it is untouched.
ic_status ic_apng_encode(const uint8_t *pixels, int frames, int frames_per_second, int width, int height, int channels,
                         uint8_t *IC_NULLABLE *IC_NONNULL png, size_t *size, ic_failure *failure);

/// Encodes `[height][width][channels]` pixels, grey or RGB, as a JPEG of `quality` 1 to 100, colour at half the resolution.
///
/// On `IC_OK` `*jpeg` is a `malloc` block of `*size` bytes that the caller frees with `free`; otherwise it is untouched.
ic_status ic_jpeg_encode(const uint8_t *pixels, int width, int height, int channels, int quality,
                         uint8_t *IC_NULLABLE *IC_NONNULL jpeg, size_t *size, ic_failure *failure);

/// How rows become one picture: `columns` tiles across, `padding` pixels of `background` between them (none outside),
/// and whole tiles of `background` where the last line is not full.
typedef struct {
    int columns;
    int padding;
    uint8_t background;
} ic_grid;

/// The size of the picture that `ic_tile_rows` makes. `IC_TOO_LARGE` when it would exceed `max_pixels`.
ic_status ic_grid_size(const ic_grid *grid, int count, int height, int width, uint64_t max_pixels, int *grid_width,
                       int *grid_height, ic_failure *failure);

/// Lays `count` rows `[channels][height][width]` out as `[grid_height][grid_width][channels]` pixels.
/// A value becomes `floor(255 v + 1/2)`, clamped to 0…1 first; NaN becomes 0.
/// The sizes must be those from `ic_grid_size`, and `channels` 1 or 3.
void ic_tile_rows(const float *rows, int count, int channels, int height, int width, const ic_grid *grid,
                  int grid_width, int grid_height, uint8_t *pixels);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif
#endif
