/// The loops around convolutions that oneDNN has no fast kernel for. Images lie [height, width, channels].
#ifndef TK_CONVOLUTION_H
#define TK_CONVOLUTION_H

#include "CTensorKernels.h"

/// Most channels of either side.
enum { TK_MAX_CHANNELS = 4096 };

/// y[pixel, channel] += bias[channel].
void tk_add_bias(size_t pixels, size_t channels, const float *bias, float *y);
/// sum[channel] = Σ_pixel x[pixel, channel]; the order of the sum depends on the sizes only.
void tk_channel_sums(size_t pixels, size_t channels, const float *x, float *sum);
/// wide[pixel] = bias (or zero) + what every window that covers the pixel adds to it. `windows` [narrow.height,
/// narrow.width, kernel, kernel, wide.channels] lie `stride` pixels apart; the first starts at −padding.
void tk_add_windows(tk_image wide, tk_image narrow, int64_t kernel, int64_t stride, int64_t padding,
                    const float *windows, const float *bias, float *result);

#endif
