// What the files behind the door share: failures, and the path of pixels from a codec to where they are wanted.
//
// A codec pushes rows of samples into a sink as it decodes them, so no whole image is held unless the file format
// needs it (interlaced PNG, progressive JPEG): a 16-megapixel upload costs some hundreds of kilobytes.
#ifndef IC_INTERNAL_H
#define IC_INTERNAL_H

#include <stdbool.h>

#include "CImageCodecs.h"

/// Writes the message and returns the status, so that a failure is one `return`.
ic_status ic_fail(ic_failure *failure, ic_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/// Checks the numbers of a header against the limits. `kind` is "PNG" or "JPEG".
ic_status ic_check_size(const char *kind, uint64_t width, uint64_t height, const ic_limits *limits,
                        ic_failure *failure);

ic_status ic_check_channels(int channels, ic_failure *failure);

/// What the first bytes of a file say it is.
typedef enum { IC_FORMAT_OTHER = 0, IC_FORMAT_PNG, IC_FORMAT_JPEG } ic_format;
/// `IC_FORMAT_OTHER` comes with a failure that names what was found.
ic_format ic_identify(const uint8_t *bytes, size_t length, ic_failure *failure);

/// Turns the extents of an image into those of the square of side `crop` in its middle, and says where that begins.
/// With `crop` 0 it is the whole image. `IC_INVALID_ARGUMENT` when the image is smaller.
ic_status ic_crop(int crop, int *width, int *height, int *left, int *top, ic_failure *failure);

/// What a decoded row of samples looks like: interleaved, 8 bit or 16 bit in the machine's byte order.
typedef struct {
    int width, height;
    int samples;  // 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha
    int depth;    // 8 or 16
} ic_layout;

/// Where the rows go. `begin` runs once, after the header has passed the checks; `row` once for each row, from the top.
typedef struct ic_sink ic_sink;
struct ic_sink {
    ic_status (*begin)(ic_sink *sink, const ic_layout *layout, ic_failure *failure);
    void (*row)(ic_sink *sink, int y, const void *samples);
};

/// Decodes a PNG of the plainest kind; false for any other, or a damaged one: the sink was then not touched.
bool ic_png_decode_plain(const uint8_t *bytes, size_t length, const ic_limits *limits, ic_sink *sink,
                         ic_failure *failure, ic_status *status);
ic_status ic_png_decode(const uint8_t *bytes, size_t length, const ic_limits *limits, ic_sink *sink,
                        ic_failure *failure);
ic_status ic_jpeg_decode(const uint8_t *bytes, size_t length, const ic_limits *limits, ic_sink *sink,
                         ic_failure *failure);

/// Turns samples into `channels` planes `[channels][width]` of float, alpha laid over black, not yet divided by
/// `ic_full_scale`: whole numbers stay exact, and a division per pixel is saved where one per output will do.
void ic_to_planes(const ic_layout *layout, const void *samples, int channels, float *planes);

/// The number that stands for 1 in the planes of `ic_to_planes`.
float ic_full_scale(const ic_layout *layout, int channels);

/// Resizes while rows arrive. See resize.c.
typedef struct ic_resizer ic_resizer;
ic_resizer *ic_resizer_new(int channels, int in_width, int in_height, int width, int height, float full_scale,
                           float *out);
void ic_resizer_push(ic_resizer *resizer, int y, const float *planes);
void ic_resizer_free(ic_resizer *resizer);

#endif
