/// Convolutions with fewer output channels than a register has lanes, such as the last one of a decoder.
///
/// The lanes are filled with taps instead: one product gives, for each input pixel, what it adds to every output it can
/// reach ([pixel][output channel][kernel y][kernel x]); then each output gathers its share.
#ifndef TK_PACKED_TAPS_H
#define TK_PACKED_TAPS_H

#include "packed_product.h"

#pragma clang assume_nonnull begin

/// Whether that is less work than a product for each output pixel.
bool tk_taps_are_cheaper(tk_window window);
/// The product's window and options.
tk_window tk_taps_window(tk_window window);
/// Bytes for one row of the product's result, and a line of sums.
size_t tk_taps_scratch_bytes(tk_window window);
/// Adds up one row: `shares` is the product's result.
void tk_taps_gather(tk_window window, tk_packed_options options, const float *bias, const float *shares, float *line,
                    void *y);

#pragma clang assume_nonnull end
#endif
