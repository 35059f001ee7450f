#include <stdlib.h>
#include <string.h>

#include "packed_taps.h"

struct tk_packed {
    tk_product product;
    bool by_taps;
    tk_window window;
    tk_packed_options options;
    float *bias;  ///< Of the layer, where the product has none.
};

bool tk_packed_may_be_planar(tk_window window) {
    return window.output.channels == 1 || window.output.height * window.output.width == 1 || tk_taps_are_cheaper(window);
}

// MARK: - Weights as PyTorch lays them out

typedef struct {
    const float *weight;
    tk_window window;
    tk_image input, output;
} source;

static float convolution_weight(const void *context, int64_t output, int64_t input, int64_t y, int64_t x) {
    const source *from = context;
    const tk_window *window = &from->window;
    const int64_t outer = window->transposed ? input : output, inner = window->transposed ? output : input,
                  inners = window->transposed ? window->output.channels : window->input.channels;
    return from->weight[((outer * inners + inner) * window->kernel_height + y) * window->kernel_width + x];
}

/// For the product of `tk_taps_window`, whose outputs count [output channel][kernel y][kernel x].
static float tap_weight(const void *context, int64_t output, int64_t input, int64_t y, int64_t x) {
    (void)y, (void)x;
    const tk_window *window = &((const source *)context)->window;
    const int64_t taps = window->kernel_height * window->kernel_width, tap = output % taps;
    return convolution_weight(context, output / taps, input, tap / window->kernel_width, tap % window->kernel_width);
}

/// Index in a [C, H, W] image of what has index `i` in the same image channels-last.
static int64_t planar_index(tk_image image, int64_t i) {
    if (image.height * image.width == 1) return i;  // divisions would be half of the time that packing takes
    return i % image.channels * (image.height * image.width) + i / image.channels;
}

static int64_t count(tk_image image) { return image.channels * image.height * image.width; }

static float linear_weight(const void *context, int64_t output, int64_t input, int64_t y, int64_t x) {
    (void)y, (void)x;
    const source *from = context;
    return from->weight[planar_index(from->output, output) * count(from->input) + planar_index(from->input, input)];
}

// MARK: - Creating and running

tk_packed *tk_packed_linear_create(tk_image input, tk_image output, const float *weight, const float *bias,
                                   tk_packed_options options) {
    tk_packed *operation = calloc(1, sizeof *operation);
    if (operation == NULL) return NULL;
    operation->options = options;
    operation->window = (tk_window){
        .input = {count(input), 1, 1}, .output = {count(output), 1, 1},
        .kernel_height = 1, .kernel_width = 1, .vertical_stride = 1, .horizontal_stride = 1,
    };
    const source from = {.weight = weight, .input = input, .output = output};
    if (!tk_product_create(&operation->product, operation->window, options, linear_weight, &from, NULL)) {
        free(operation);
        return NULL;
    }
    for (int64_t i = 0; i < count(output); i++) operation->product.bias[i] = bias[planar_index(output, i)];
    return operation;
}

tk_packed *tk_packed_convolution_create(tk_window window, const float *weight, const float *bias,
                                        tk_packed_options options) {
    if (options.planar_output && !tk_packed_may_be_planar(window)) return NULL;
    tk_packed *operation = calloc(1, sizeof *operation);
    if (operation == NULL) return NULL;
    operation->window = window, operation->options = options, operation->by_taps = tk_taps_are_cheaper(window);
    const source from = {.weight = weight, .window = window};
    bool complete;
    if (operation->by_taps) {
        tk_packed_options plain = options;
        plain.output = TK_FLOAT32, plain.activation.kind = TK_IDENTITY;
        operation->bias = tk_allocate_floats((size_t)window.output.channels);
        complete = operation->bias != NULL && (options.output == TK_FLOAT32 || tk_has_bfloat16()) &&
                   tk_product_create(&operation->product, tk_taps_window(window), plain, tap_weight, &from, NULL);
        if (complete) memcpy(operation->bias, bias, (size_t)window.output.channels * sizeof *bias);
    } else {
        complete = tk_product_create(&operation->product, window, options, convolution_weight, &from, bias);
    }
    if (complete) return operation;
    tk_packed_destroy(operation);
    return NULL;
}

void tk_packed_destroy(tk_packed *operation) {
    if (operation == NULL) return;
    tk_product_destroy(&operation->product);
    free(operation->bias);
    free(operation);
}

size_t tk_packed_scratch_bytes(const tk_packed *operation) {
    return operation->by_taps ? tk_taps_scratch_bytes(operation->window) : 0;
}

void tk_packed_run(const tk_packed *operation, size_t rows, const void *x, void *y, void *scratch) {
    if (!operation->by_taps) {
        tk_product_run(&operation->product, rows, x, y);
        return;
    }
    const tk_window window = operation->window;
    const size_t x_row = (size_t)count(window.input) * (operation->options.input == TK_BFLOAT16 ? 2 : 4),
                 y_row = (size_t)count(window.output) * (operation->options.output == TK_BFLOAT16 ? 2 : 4),
                 shares = (size_t)count(operation->product.output);
    for (size_t row = 0; row < rows; row++) {
        tk_product_run(&operation->product, 1, (const char *)x + row * x_row, scratch);
        tk_taps_gather(window, operation->options, operation->bias, scratch, (float *)scratch + shares,
                       (char *)y + row * y_row);
    }
}

// MARK: - Between layouts

void tk_channels_last(tk_image image, size_t rows, const float *x, tk_number number, void *y) {
    const size_t channels = (size_t)image.channels, pixels = (size_t)(image.height * image.width), row = channels * pixels;
    if (channels == 1 || pixels == 1) {
        if (number == TK_BFLOAT16) tk_bfloat16_from_floats(rows * row, x, y);
        else memcpy(y, x, rows * row * sizeof *x);
        return;
    }
    if (number == TK_FLOAT32) {
        tk_transpose(rows, channels, pixels, x, y);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < pixels; p++)
                tk_bfloat16_from_floats(1, x + r * row + c * pixels + p, (uint16_t *)y + r * row + p * channels + c);
}

void tk_planar(tk_image image, size_t rows, const float *x, float *y) {
    tk_transpose(rows, (size_t)(image.height * image.width), (size_t)image.channels, x, y);
}
