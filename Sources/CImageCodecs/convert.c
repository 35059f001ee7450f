// Samples as stored → planes of float.

#include "internal.h"

// ITU-R 601 luma in thousandths. In whole numbers the sum is exact, so a grey pixel stored as colour (v, v, v) gives
// 1000 v / 255000, which rounds to the same float as v / 255.
enum { RED = 299, GREEN = 587, BLUE = 114, LUMA = RED + GREEN + BLUE };

float ic_full_scale(const ic_layout *layout, int channels) {
    float top = layout->depth == 16 ? 65535.0f : 255.0f;
    return channels == 1 && layout->samples >= 3 ? top * LUMA : top;
}

// Written once and instantiated for both sample widths, with every decision outside the loops so that they vectorise.
// Alpha multiplies as a / top, which is exactly 1 for an opaque pixel: opaque pixels keep their exact value.
#define DEFINE_TO_PLANES(NAME, SAMPLE, TOP)                                                                            \
    static void NAME(int samples, size_t width, const SAMPLE *in, int channels, float *out) {                          \
        float *green = out + width, *blue = green + width;                                                             \
        if (channels == 1) {                                                                                           \
            switch (samples) {                                                                                         \
            case 1:                                                                                                    \
                for (size_t x = 0; x < width; x++) out[x] = (float)in[x];                                              \
                break;                                                                                                 \
            case 2:                                                                                                    \
                for (size_t x = 0; x < width; x++) out[x] = (float)in[2 * x] * ((float)in[2 * x + 1] / TOP);           \
                break;                                                                                                 \
            case 3:                                                                                                    \
                for (size_t x = 0; x < width; x++)                                                                     \
                    out[x] = (float)(RED * in[3 * x] + GREEN * in[3 * x + 1] + BLUE * in[3 * x + 2]);                  \
                break;                                                                                                 \
            default:                                                                                                   \
                for (size_t x = 0; x < width; x++)                                                                     \
                    out[x] = (float)(RED * in[4 * x] + GREEN * in[4 * x + 1] + BLUE * in[4 * x + 2]) *                 \
                             ((float)in[4 * x + 3] / TOP);                                                             \
            }                                                                                                          \
            return;                                                                                                    \
        }                                                                                                              \
        switch (samples) {                                                                                             \
        case 1:                                                                                                        \
            for (size_t x = 0; x < width; x++) out[x] = green[x] = blue[x] = (float)in[x];                             \
            break;                                                                                                     \
        case 2:                                                                                                        \
            for (size_t x = 0; x < width; x++)                                                                         \
                out[x] = green[x] = blue[x] = (float)in[2 * x] * ((float)in[2 * x + 1] / TOP);                         \
            break;                                                                                                     \
        case 3:                                                                                                        \
            for (size_t x = 0; x < width; x++) {                                                                       \
                out[x] = (float)in[3 * x];                                                                             \
                green[x] = (float)in[3 * x + 1];                                                                       \
                blue[x] = (float)in[3 * x + 2];                                                                        \
            }                                                                                                          \
            break;                                                                                                     \
        default:                                                                                                       \
            for (size_t x = 0; x < width; x++) {                                                                       \
                float alpha = (float)in[4 * x + 3] / TOP;                                                              \
                out[x] = (float)in[4 * x] * alpha;                                                                     \
                green[x] = (float)in[4 * x + 1] * alpha;                                                               \
                blue[x] = (float)in[4 * x + 2] * alpha;                                                                \
            }                                                                                                          \
        }                                                                                                              \
    }

DEFINE_TO_PLANES(to_planes_8, uint8_t, 255.0f)
DEFINE_TO_PLANES(to_planes_16, uint16_t, 65535.0f)

void ic_to_planes(const ic_layout *layout, const void *samples, int channels, float *planes) {
    if (layout->depth == 16)
        to_planes_16(layout->samples, (size_t)layout->width, samples, channels, planes);
    else
        to_planes_8(layout->samples, (size_t)layout->width, samples, channels, planes);
}
