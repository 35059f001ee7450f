#include <string.h>

#include "packed_tile.h"

// Any processor: four lanes, as every 64-bit one has them.
#define LANES 4
typedef float element;
#define MULTIPLY_ADD(sum, x, weights) ((sum) + (vector){x, x, x, x} * (weights))
#include "packed_tile_body.h"
TILE(1, 2) TILE(2, 2) TILE(4, 2)

static const tk_tile_set tiles = {
    .form_count = 1,
    .forms = {{8, {NULL, tile_1_2, tile_2_2, NULL, tile_4_2}}},
};

const tk_tile_set *tk_plain_tiles(void) { return &tiles; }
