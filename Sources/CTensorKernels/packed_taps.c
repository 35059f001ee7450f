#include "packed_taps.h"

#include <string.h>

static int64_t whole_vectors(int64_t lanes) { return (lanes + 15) / 16; }
static int64_t pixels(tk_image image) { return image.height * image.width; }
static int64_t taps(tk_window window) { return window.kernel_height * window.kernel_width; }

bool tk_taps_are_cheaper(tk_window window) {
    const int64_t steps = window.transposed ? window.vertical_stride * window.horizontal_stride : 1;
    // In vector operations. What is gathered costs a few operations for each tap of each output.
    const double direct = (double)pixels(window.output) * (double)whole_vectors(window.output.channels) *
                          (double)window.input.channels * (double)taps(window) / (double)steps,
                 product = (double)pixels(window.input) * (double)whole_vectors(window.output.channels * taps(window)) *
                           (double)window.input.channels,
                 gathering = (double)pixels(window.output) * (double)window.output.channels * (double)taps(window) /
                             (double)steps;
    return product + gathering < direct;
}

tk_window tk_taps_window(tk_window window) {
    return (tk_window){
        .input = window.input,
        .output = {window.output.channels * taps(window), window.input.height, window.input.width},
        .kernel_height = 1, .kernel_width = 1, .vertical_stride = 1, .horizontal_stride = 1,
    };
}

size_t tk_taps_scratch_bytes(tk_window window) {
    const int64_t shares = pixels(window.input) * window.output.channels * taps(window);
    const int64_t line = window.input.width * window.horizontal_stride + window.kernel_width + window.output.width;
    return (size_t)(shares + line + 64) * sizeof(float);
}

/// Where `outputs` positions of the output and the input positions they see through kernel index `k` lie.
typedef struct {
    int64_t first_output, output_step, first_input, input_step, count;
} meeting;

static meeting meet(int64_t inputs, int64_t outputs, int64_t stride, int64_t padding, int64_t k, bool transposed) {
    // One of the two, called the coarse one, takes every position; the other one every stride-th.
    const int64_t coarse = transposed ? inputs : outputs, fine = transposed ? outputs : inputs, shift = k - padding;
    int64_t first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    int64_t end = fine - shift <= 0 ? 0 : (fine - shift + stride - 1) / stride;
    if (end > coarse) end = coarse;
    meeting result = {first, 1, first * stride + shift, stride, end > first ? end - first : 0};
    if (transposed) result = (meeting){result.first_input, stride, first, 1, result.count};
    return result;
}

/// line[x] += the shares of one line of input pixels, through one line of the kernel.
static void add_line(tk_window window, const float *shares, size_t pixel, float *line) {
    for (int64_t k = 0; k < window.kernel_width; k++) {
        const meeting at = meet(window.input.width, window.output.width, window.horizontal_stride, window.left_padding,
                                k, window.transposed);
        const float *share = shares + k + (size_t)at.first_input * pixel;
        float *sum = line + at.first_output;
        for (int64_t i = 0; i < at.count; i++) sum[i * at.output_step] += share[(size_t)(i * at.input_step) * pixel];
    }
}

typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
typedef float two __attribute__((vector_size(8), aligned(4), may_alias));

/// The same for four taps at stride two, of one line or of two at once: an input pixel's upper two outputs are the next
/// one's lower two.
static void add_line_4_by_2(tk_window window, const float *first, const float *second, size_t pixel, float *pairs) {
    two carried = {0, 0};
    const int64_t width = window.input.width;
    for (int64_t i = 0; i < width; i++) {
        four share = *(const four *)(first + (size_t)i * pixel);
        if (second != NULL) share += *(const four *)(second + (size_t)i * pixel);
        *(two *)(pairs + 2 * i) += carried + __builtin_shufflevector(share, share, 0, 1);
        carried = __builtin_shufflevector(share, share, 2, 3);
    }
    *(two *)(pairs + 2 * width) += carried;
}

static void store(tk_window window, tk_packed_options options, const float *line, int64_t channel, int64_t y, char *out) {
    const tk_image image = window.output;
    const bool planar = options.planar_output || image.channels == 1;
    const int64_t pixel = planar ? 1 : image.channels;
    const int64_t start = planar ? (channel * image.height + y) * image.width : y * image.width * image.channels + channel;
    if (options.output == TK_BFLOAT16) {
        uint16_t *to = (uint16_t *)(void *)out + start;
        for (int64_t x = 0; x < image.width; x++) tk_bfloat16_from_floats(1, line + x, to + x * pixel);
    } else {
        float *to = (float *)(void *)out + start;
        if (pixel == 1) memcpy(to, line, (size_t)image.width * sizeof *line);
        else for (int64_t x = 0; x < image.width; x++) to[x * pixel] = line[x];
    }
}

void tk_taps_gather(tk_window window, tk_packed_options options, const float *bias, const float *shares, float *line,
                    void *y) {
    const size_t pixel = (size_t)(window.output.channels * taps(window)), input_line = (size_t)window.input.width * pixel;
    // Wide enough for every output of a line of inputs, also for those that the padding cuts off.
    const bool paired = window.transposed && window.kernel_width == 4 && window.horizontal_stride == 2 &&
                        2 * window.input.width + 2 >= window.left_padding + window.output.width;
    const size_t line_length = (size_t)(paired ? 2 * window.input.width + 2 : window.output.width);
    for (int64_t channel = 0; channel < window.output.channels; channel++) {
        for (int64_t out = 0; out < window.output.height; out++) {
            for (size_t i = 0; i < line_length; i++) line[i] = bias[channel];
            const float *waiting = NULL;
            for (int64_t k = 0; k < window.kernel_height; k++) {
                int64_t in = out * window.vertical_stride + k - window.top_padding;
                if (window.transposed) {
                    const int64_t shifted = out + window.top_padding - k;
                    if (shifted < 0 || shifted % window.vertical_stride != 0) continue;
                    in = shifted / window.vertical_stride;
                }
                if (in < 0 || in >= window.input.height) continue;
                const float *from = shares + (size_t)in * input_line +
                                    (size_t)((channel * window.kernel_height + k) * window.kernel_width);
                if (!paired) {
                    add_line(window, from, pixel, line);
                } else if (waiting == NULL) {
                    waiting = from;
                } else {
                    add_line_4_by_2(window, waiting, from, pixel, line);
                    waiting = NULL;
                }
            }
            if (waiting != NULL) add_line_4_by_2(window, waiting, NULL, pixel, line);
            float *result = line + (paired ? window.left_padding : 0);
            tk_activation_forward(options.activation, (size_t)window.output.width, result, result);
            store(window, options, result, channel, out, y);
        }
    }
}
