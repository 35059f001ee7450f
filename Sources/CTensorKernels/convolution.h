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

#endif
