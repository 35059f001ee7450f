/// The inner loop of products: a few pixels times a few outputs, all sums in registers.
///
/// Everything that inference multiplies has one form, and so has the way forth of linear layers in training
/// (`turned_product.h`): for each *pixel* (a row of a batch, or a position of an image)
///
///     y[n] = activation(bias[n] + Σ_runs Σ_k x[run][k] · weight[run][k][n])
///
/// where a run is a stretch of numbers that lie side by side in a channels-last image: all inputs of a linear layer, or
/// one line of a convolution's window. An output's sum starts at the bias and takes its terms one after the other, so it
/// does not depend on which pixels share a tile with it: a row alone equals the row in any batch.
#ifndef TK_PACKED_TILE_H
#define TK_PACKED_TILE_H

#include "CTensorKernels.h"

/// Outputs that lie together for each k of the packed weights; the last panel is filled up with zeros.
enum { TK_PANEL = 32 };
/// The most pixels, and the most outputs, of one tile.
enum { TK_TILE_PIXELS = 12, TK_TILE_OUTPUTS = 64 };

/// Weights and inputs count in *elements* of four bytes: one float32, or two bfloat16 that are multiplied together.
typedef struct {
    const char *x[TK_TILE_PIXELS];  ///< The first element of each pixel's first run.
    char *y[TK_TILE_PIXELS];        ///< Where each pixel's outputs go.
    const char *weight;             ///< Of the first k: `TK_PANEL` elements.
    size_t weight_step;             ///< Bytes from one k's weights to the next one's.
    size_t next_panel;              ///< Bytes from one panel's weights to the next one's.
    const float *bias;
    size_t runs;
    size_t run_bytes;          ///< Length of a run, in bytes of x.
    size_t x_step;             ///< Bytes from the start of a run to the start of the next.
    size_t weight_skip;        ///< Bytes of weights between runs, for which these pixels have no input.
    bool adds;                 ///< Whether the sums are added to what y, float32, holds.
    bool to_bfloat16;          ///< Whether y is bfloat16.
    tk_activation activation;  ///< Identity, ReLU or leaky ReLU; the others are computed behind the tile.
} tk_tile;

typedef void (*tk_tile_function)(const tk_tile *tile);

/// Tiles of one width. `of[r]` takes r pixels; NULL where there is none for that many (there always is one for 1).
typedef struct {
    int outputs;
    tk_tile_function of[TK_TILE_PIXELS + 1];
} tk_tile_form;

/// The tiles for one instruction set.
typedef struct {
    int form_count;
    tk_tile_form forms[3];  ///< Widest first.
} tk_tile_set;

/// The most pixels, at most `left` of 1 or more, that one tile of `form` takes.
size_t tk_tile_pixels(const tk_tile_form *form, size_t left);

/// float32, with the best instructions that the processor has.
const tk_tile_set *tk_fastest_tiles(void);
/// NULL where the processor has no such instructions.
const tk_tile_set *tk_avx512_tiles(void);
const tk_tile_set *tk_avx512_bf16_tiles(void);
const tk_tile_set *tk_avx2_tiles(void);
/// Runs anywhere.
const tk_tile_set *tk_plain_tiles(void);

#endif
