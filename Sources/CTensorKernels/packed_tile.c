#include "packed_tile.h"

size_t tk_tile_pixels(const tk_tile_form *form, size_t left) {
    size_t pixels = left < TK_TILE_PIXELS ? left : TK_TILE_PIXELS;
    while (form->of[pixels] == NULL) pixels--;
    return pixels;
}

const tk_tile_set *tk_fastest_tiles(void) {
    const tk_tile_set *tiles = tk_avx512_tiles();
    if (tiles == NULL) tiles = tk_avx2_tiles();
    return tiles != NULL ? tiles : tk_plain_tiles();
}
