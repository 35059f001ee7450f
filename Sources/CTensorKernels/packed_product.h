/// Products over the pixels of channels-last images, with the weights packed for the tiles of this processor.
#ifndef TK_PACKED_PRODUCT_H
#define TK_PACKED_PRODUCT_H

#include "packed_axis.h"
#include "packed_tile.h"

#pragma clang assume_nonnull begin

/// One phase of both axes, with its weights [panel][tap y][tap x][channel][`TK_PANEL`].
typedef struct {
    const tk_axis_phase *y, *x;
    char *weight;
    size_t next_panel;  ///< In bytes.
} tk_product_phase;

typedef struct {
    tk_image input, output;
    tk_number input_number, output_number;
    tk_activation activation;
    const tk_tile_set *tiles;
    float *bias;  ///< Whole panels of it.
    size_t y_count, x_count;
    tk_axis_phase *y, *x;
    tk_product_phase *phases;  ///< [y_count][x_count]
} tk_product;

/// A weight of the layer: that of output channel `output`, input channel `input` and kernel index (`y`, `x`).
typedef float (*tk_weight_reader)(const void *context, int64_t output, int64_t input, int64_t y, int64_t x);

/// Packs what `weight` reads. False when memory is short, or the processor has no arithmetic for `options`.
bool tk_product_create(tk_product *product, tk_window window, tk_packed_options options, tk_weight_reader weight,
                       const void *context, const float *_Nullable bias);
void tk_product_destroy(tk_product *product);
/// Both images channels-last, of `rows` rows.
void tk_product_run(const tk_product *product, size_t rows, const void *x, void *y);

#pragma clang assume_nonnull end
#endif
