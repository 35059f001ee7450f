#include "packed_product.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const tk_tile_set *tiles_for(tk_number number, tk_instructions instructions) {
    if (number == TK_BFLOAT16)
        return instructions == TK_FASTEST || instructions == TK_AVX512 ? tk_avx512_bf16_tiles() : NULL;
    switch (instructions) {
    case TK_AVX512: return tk_avx512_tiles();
    case TK_AVX2: return tk_avx2_tiles();
    case TK_PLAIN: return tk_plain_tiles();
    case TK_FASTEST: break;
    }
    return tk_fastest_tiles();
}

bool tk_has_bfloat16(void) { return tk_avx512_bf16_tiles() != NULL; }

uint32_t tk_arithmetic_version(void) {
    // To be counted up whenever a change of the tiles or of a fused activation changes bits.
    const uint32_t order_of_sums = 1;
    const uint32_t instructions = tk_avx512_tiles() != NULL ? 2 : tk_avx2_tiles() != NULL ? 1 : 0;
    return order_of_sums << 8 | instructions;
}

static size_t number_bytes(tk_number number) { return number == TK_BFLOAT16 ? 2 : 4; }
static size_t panel_count(int64_t outputs) { return ((size_t)outputs + TK_PANEL - 1) / TK_PANEL; }

// MARK: - Packing

static bool phase_pack(tk_product_phase *phase, const tk_product *product, tk_weight_reader weight,
                       const void *context) {
    const int64_t outputs = product->output.channels, channels = product->input.channels;
    const bool pairs = product->input_number == TK_BFLOAT16;
    const size_t depth = (size_t)(phase->y->taps * phase->x->taps * channels) / (pairs ? 2 : 1);
    phase->next_panel = depth * TK_PANEL * sizeof(float);
    phase->weight = (char *)tk_allocate_floats(panel_count(outputs) * depth * TK_PANEL);
    if (phase->weight == NULL) return false;
    for (int64_t n = 0; n < outputs; n++) {
        char *column = phase->weight + (size_t)(n / TK_PANEL) * phase->next_panel + (size_t)(n % TK_PANEL) * sizeof(float);
        size_t k = 0;
        for (int64_t y = 0; y < phase->y->taps; y++)
            for (int64_t x = 0; x < phase->x->taps; x++)
                for (int64_t c = 0; c < channels; c++, k++) {
                    const float value = weight(context, n, c, phase->y->first_kernel_index + y * phase->y->kernel_step,
                                               phase->x->first_kernel_index + x * phase->x->kernel_step);
                    uint16_t half;
                    tk_bfloat16_from_floats(1, &value, &half);
                    if (pairs) memcpy(column + k / 2 * TK_PANEL * sizeof(float) + k % 2 * sizeof half, &half, sizeof half);
                    else memcpy(column + k * TK_PANEL * sizeof(float), &value, sizeof value);
                }
    }
    return true;
}

/// All phases of an axis; NULL when memory is short.
static tk_axis_phase *axis_phases(tk_axis axis, size_t *count) {
    tk_axis_phase *phases = calloc((size_t)tk_axis_phase_count(axis), sizeof *phases);
    *count = phases == NULL ? 0 : (size_t)tk_axis_phase_count(axis);
    bool complete = phases != NULL;
    for (size_t i = 0; i < *count; i++) complete = tk_axis_phase_create(&phases[i], axis, (int64_t)i) && complete;
    if (complete) return phases;
    for (size_t i = 0; i < *count; i++) free(phases[i].intervals);
    free(phases);
    *count = 0;
    return NULL;
}

bool tk_product_create(tk_product *product, tk_window window, tk_packed_options options, tk_weight_reader weight,
                       const void *context, const float *bias) {
    *product = (tk_product){
        .input = window.input, .output = window.output, .input_number = options.input, .output_number = options.output,
        .activation = options.activation, .tiles = tiles_for(options.input, options.instructions),
    };
    if (product->tiles == NULL) return false;
    if (options.input == TK_BFLOAT16 && window.input.channels % 2 != 0) return false;
    if (options.output == TK_BFLOAT16 && !tk_has_bfloat16()) return false;
    product->y = axis_phases((tk_axis){window.input.height, window.output.height, window.kernel_height,
                                       window.vertical_stride, window.top_padding, window.transposed}, &product->y_count);
    product->x = axis_phases((tk_axis){window.input.width, window.output.width, window.kernel_width,
                                       window.horizontal_stride, window.left_padding, window.transposed}, &product->x_count);
    product->bias = tk_allocate_floats(panel_count(window.output.channels) * TK_PANEL);
    product->phases = calloc(product->y_count * product->x_count, sizeof *product->phases);
    bool complete = product->y != NULL && product->x != NULL && product->bias != NULL && product->phases != NULL;
    for (size_t i = 0; complete && i < product->y_count * product->x_count; i++) {
        product->phases[i].y = &product->y[i / product->x_count], product->phases[i].x = &product->x[i % product->x_count];
        complete = phase_pack(&product->phases[i], product, weight, context);
    }
    if (complete && bias != NULL) memcpy(product->bias, bias, (size_t)window.output.channels * sizeof *bias);
    if (!complete) tk_product_destroy(product);
    return complete;
}

void tk_product_destroy(tk_product *product) {
    for (size_t i = 0; product->phases != NULL && i < product->y_count * product->x_count; i++)
        free(product->phases[i].weight);
    for (size_t i = 0; i < product->y_count; i++) free(product->y[i].intervals);
    for (size_t i = 0; i < product->x_count; i++) free(product->x[i].intervals);
    free(product->phases);
    free(product->y);
    free(product->x);
    free(product->bias);
    memset(product, 0, sizeof *product);
}

// MARK: - Running

/// The widest form for `left` outputs that does not leave more than one register's lanes unused.
static const tk_tile_form *form_for(const tk_tile_set *tiles, int64_t left) {
    const tk_tile_form *form = tiles->forms;
    for (int i = 1; i < tiles->form_count && left + TK_PANEL / 2 <= form->outputs; i++) form = &tiles->forms[i];
    return form;
}

static bool is_fused(tk_activation activation) {
    return activation.kind == TK_IDENTITY || activation.kind == TK_RELU || activation.kind == TK_LEAKY_RELU;
}

/// Where a walk over pixels stands: row by row, line by line.
typedef struct {
    const char *x;
    char *y;
    int64_t line, column, lines, columns;
    ptrdiff_t x_pixel, y_pixel;  ///< Bytes to the next pixel of a line.
    ptrdiff_t x_line, y_line;    ///< Added at the end of a line.
    ptrdiff_t x_row, y_row;      ///< Added at the end of a row of the batch.
} walk;

TK_INLINE void step(walk *at) {
    at->x += at->x_pixel, at->y += at->y_pixel;
    if (++at->column < at->columns) return;
    at->column = 0, at->x += at->x_line, at->y += at->y_line;
    if (++at->line < at->lines) return;
    at->line = 0, at->x += at->x_row, at->y += at->y_row;
}

/// What a tile leaves to be done: the other activations, another number format, columns that are not whole vectors.
static void finish(const tk_product *product, int pixels, int width, size_t used, float *sums, char *const *y) {
    if (!is_fused(product->activation))
        tk_activation_forward(product->activation, (size_t)(pixels * width), sums, sums);
    for (int i = 0; i < pixels; i++) {
        if (product->output_number == TK_FLOAT32) memcpy(y[i], sums + i * width, used * sizeof *sums);
        else tk_bfloat16_from_floats(used, sums + i * width, (uint16_t *)(void *)y[i]);
    }
}

/// The outputs from `first` on that `form` takes, for all `count` pixels of a walk.
static void run_columns(const tk_product *product, const tk_tile_form *form, int64_t first, tk_tile *tile, walk at,
                        size_t count) {
    _Alignas(64) float sums[TK_TILE_PIXELS * TK_TILE_OUTPUTS];
    const int64_t left = product->output.channels - first;
    const size_t used = (size_t)(left < form->outputs ? left : form->outputs);
    const bool direct = used == (size_t)form->outputs && is_fused(product->activation) &&
                        (product->output_number == TK_FLOAT32 || product->input_number == TK_BFLOAT16);
    tile->to_bfloat16 = direct && product->output_number == TK_BFLOAT16;
    char *y[TK_TILE_PIXELS];
    for (size_t done = 0; done < count;) {
        const int pixels = (int)tk_tile_pixels(form, count - done);
        for (int i = 0; i < pixels; i++) {
            tile->x[i] = at.x, y[i] = at.y;
            step(&at);
        }
        for (int i = 0; i < pixels; i++) tile->y[i] = direct ? y[i] : (char *)(sums + i * form->outputs);
        form->of[pixels](tile);
        if (!direct) finish(product, pixels, form->outputs, used, sums, y);
        done += (size_t)pixels;
    }
}

static void run_phase(const tk_product *product, const tk_product_phase *phase, const tk_axis_interval *down,
                      const tk_axis_interval *across, size_t rows, const char *x, char *y) {
    const tk_image in = product->input, out = product->output;
    const ptrdiff_t x_pixel = (ptrdiff_t)number_bytes(product->input_number) * in.channels,
                    y_pixel = (ptrdiff_t)number_bytes(product->output_number) * out.channels,
                    x_line = x_pixel * in.width, y_line = y_pixel * out.width;
    // Bytes of x and bytes of weights go in step: four of x are one element, and have a panel's weights.
    const size_t element = sizeof(float), tap = (size_t)x_pixel / element * TK_PANEL * element;
    tk_tile tile = {
        .weight_step = TK_PANEL * element, .next_panel = phase->next_panel, .activation = product->activation,
        .runs = across->taps > 0 ? (size_t)down->taps : 0, .run_bytes = (size_t)(across->taps * x_pixel),
        .x_step = (size_t)x_line, .weight_skip = (size_t)(phase->x->taps - across->taps) * tap,
    };
    if (!is_fused(product->activation)) tile.activation.kind = TK_IDENTITY;
    const size_t first_weight = (size_t)(down->first_tap * phase->x->taps + across->first_tap) * tap;
    walk start = {
        .x = x + down->first_input * x_line + across->first_input * x_pixel,
        .lines = down->count, .columns = across->count,
        .x_pixel = phase->x->input_step * x_pixel, .y_pixel = phase->x->output_step * y_pixel,
    };
    start.x_line = phase->y->input_step * x_line - across->count * start.x_pixel;
    start.y_line = phase->y->output_step * y_line - across->count * start.y_pixel;
    start.x_row = (in.height - down->count * phase->y->input_step) * x_line;
    start.y_row = (out.height - down->count * phase->y->output_step) * y_line;
    for (int64_t first = 0; first < out.channels;) {
        const tk_tile_form *form = form_for(product->tiles, out.channels - first);
        tile.weight = phase->weight + (size_t)(first / TK_PANEL) * phase->next_panel +
                      (size_t)(first % TK_PANEL) * sizeof(float) + first_weight;
        tile.bias = product->bias + first;
        start.y = y + down->first_output * y_line + across->first_output * y_pixel +
                  first * (ptrdiff_t)number_bytes(product->output_number);
        run_columns(product, form, first, &tile, start, rows * (size_t)(down->count * across->count));
        first += form->outputs;
    }
}

void tk_product_run(const tk_product *product, size_t rows, const void *x, void *y) {
    if (rows == 0) return;
    for (size_t i = 0; i < product->y_count * product->x_count; i++) {
        const tk_product_phase *phase = &product->phases[i];
        for (size_t down = 0; down < phase->y->interval_count; down++)
            for (size_t across = 0; across < phase->x->interval_count; across++)
                run_phase(product, phase, &phase->y->intervals[down], &phase->x->intervals[across], rows, x, y);
    }
}
