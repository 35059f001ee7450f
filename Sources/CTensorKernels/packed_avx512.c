#include <string.h>

#include "packed_tile.h"

#if defined(__x86_64__)
#include <immintrin.h>

// 32 registers: 24 sums, and up to four for weights.
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)
#define LANES 16
typedef float element;
#define MULTIPLY_ADD(sum, x, weights) (vector) _mm512_fmadd_ps(_mm512_set1_ps(x), (__m512)(weights), (__m512)(sum))
#include "packed_tile_body.h"
TILE(1, 4) TILE(2, 4) TILE(3, 4) TILE(4, 4) TILE(5, 4) TILE(6, 4)
TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(6, 2) TILE(8, 2) TILE(12, 2)
TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(6, 1) TILE(8, 1) TILE(12, 1)
#pragma clang attribute pop

static const tk_tile_set tiles = {
    .form_count = 3,
    .forms = {
        {64, {NULL, tile_1_4, tile_2_4, tile_3_4, tile_4_4, tile_5_4, tile_6_4}},
        {32, {NULL, tile_1_2, tile_2_2, tile_3_2, tile_4_2, NULL, tile_6_2, NULL, tile_8_2, [12] = tile_12_2}},
        {16, {NULL, tile_1_1, tile_2_1, tile_3_1, tile_4_1, NULL, tile_6_1, NULL, tile_8_1, [12] = tile_12_1}},
    },
};

const tk_tile_set *tk_avx512_tiles(void) { return __builtin_cpu_supports("x86-64-v4") ? &tiles : NULL; }
#else
const tk_tile_set *tk_avx512_tiles(void) { return NULL; }
#endif
