#include "convolution.h"

#include <string.h>

#include "internal.h"

TK_VECTORISED
void tk_add_bias(size_t pixels, size_t channels, const float *bias, float *y) {
    for (size_t p = 0; p < pixels; p++, y += channels)
        for (size_t c = 0; c < channels; c++) y[c] += bias[c];
}

TK_VECTORISED
static void add_lines(size_t lines, size_t width, const float *x, float *lanes) {
    for (size_t line = 0; line < lines; line++, x += width)
        for (size_t i = 0; i < width; i++) lanes[i] += x[i];
}

void tk_channel_sums(size_t pixels, size_t channels, const float *x, float *sum) {
    // Few channels get several lanes each, so that a line fills a vector register.
    const size_t fold = channels >= 16 ? 1 : (16 + channels - 1) / channels, width = fold * channels;
    // So many lines are summed before the sum joins the total, which keeps the digits of sums over millions.
    const size_t block = 256, lines = pixels / fold;
    float lanes[TK_MAX_CHANNELS];
    memset(sum, 0, channels * sizeof *sum);
    for (size_t line = 0; line < lines; line += block) {
        memset(lanes, 0, width * sizeof *lanes);
        add_lines(lines - line < block ? lines - line : block, width, x + line * width, lanes);
        for (size_t i = 0; i < width; i++) sum[i % channels] += lanes[i];
    }
    for (size_t i = lines * width; i < pixels * channels; i++) sum[i % channels] += x[i];
}

TK_VECTORISED
void tk_transpose(size_t rows, size_t lines, size_t columns, const float *x, float *y) {
    for (size_t row = 0; row < rows; row++, x += lines * columns, y += lines * columns)
        for (size_t line = 0; line < lines; line++)
            for (size_t column = 0; column < columns; column++) y[column * lines + line] = x[line * columns + column];
}
